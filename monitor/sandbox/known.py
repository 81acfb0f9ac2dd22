"""Says which records of a list are known already, so that the process that reads files judges and sends only others.

To judge a record is to find the jurisdiction that its name means, and what can't be right about it. That takes far
longer than reading the name, and most records stay as they are from one version of a list to the next. So the main
program sends a digest of each record of the last version to the process that reads files. That process judges the
records of the new version that have none of these digests, and answers which jurisdictions they are about. Of the
others it answers which known record each of them is, and where it stands now; their values need not be sent again.
"""

from __future__ import annotations

import marshal
import os
from dataclasses import dataclass
from hashlib import blake2b
from typing import TYPE_CHECKING

from pydantic import ConfigDict, Field, PrivateAttr

from monitor import jurisdictions
from monitor.config.values import Model
from monitor.errors import UnreadableError
from monitor.model import Jurisdiction, Locator, Record

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator, Mapping, Sequence

    from monitor.config.lists import ListDescription
    from monitor.model import RecordList

    Values = tuple[str | None, ...]
    About = tuple[str | None, Jurisdiction | None]  # the state and the jurisdiction of a record

DIGEST_BYTES = 16  # so that never in the life of a list two different records have the same digest
SALT_BYTES = 16
NOT_KNOWN = -1  # in place of the number of a known record


class KnownRecords(Model):
    """The records of each list that were judged already.

    - `salt`: random bytes, drawn for each file, so that nobody can prepare a value that passes for a known one.
    - `digests`: for each list, by its name, the digests of its known records, one after the other.

    The values of these records stay in the main program, and are not sent.
    """

    model_config = ConfigDict(ser_json_bytes="base64", val_json_bytes="base64")

    salt: bytes = b""
    digests: dict[str, bytes] = Field(default_factory=dict)
    _values: dict[str, list[Values]] = PrivateAttr(default_factory=dict)

    @classmethod
    def of(cls, lists: Mapping[str, Iterable[Values]]) -> KnownRecords:
        """Return the digests of the known records of each list, made from their values with a new salt."""
        salt = os.urandom(SALT_BYTES)
        values = {name: list(known) for name, known in lists.items()}
        made = cls(salt=salt, digests={name: b"".join(_digests(known, salt)) for name, known in values.items()})
        made._values = values
        return made

    def values(self, name: str) -> Sequence[Values]:
        """Return the values of the known records of a list, in the order of their digests; in the main program only."""
        return self._values.get(name, ())

    def numbers(self, records: RecordList) -> list[int]:
        """Return for each record of a list the index of the known record that it is; NOT_KNOWN if it is none."""
        packed = self.digests.get(records.name, b"")
        if not packed:
            return [NOT_KNOWN] * len(records.records)
        known = {packed[at : at + DIGEST_BYTES]: at // DIGEST_BYTES for at in range(0, len(packed), DIGEST_BYTES)}
        digests = _digests((record.values for record in records.records), self.salt)
        return [known.get(digest, NOT_KNOWN) for digest in digests]


def positions_not_known(numbers: Sequence[int]) -> Sequence[int]:
    """Return the positions at which `KnownRecords.numbers` has found no known record."""
    return [position for position, number in enumerate(numbers) if number == NOT_KNOWN]


def _digests(each: Iterable[Values], salt: bytes) -> Iterable[bytes]:
    """Return a digest for each of these values.

    What `marshal` writes in its format 2 depends on the values alone, and takes half as long as `repr`.
    """
    return (blake2b(salt + marshal.dumps(values, 2)).digest()[:DIGEST_BYTES] for values in each)


@dataclass(frozen=True, slots=True, kw_only=True)
class SentRecords:
    """Some records of a list, one after the other, as they are sent to the main program.

    - `numbers`: for each record the index of the known record with the same values; NOT_KNOWN if there is none.
    - `locators`: the places of those that are known. `others`: the records that are not.
    """

    numbers: tuple[int, ...]
    locators: tuple[Locator, ...]
    others: tuple[Record, ...]

    @classmethod
    def of(cls, records: Sequence[Record], numbers: Sequence[int]) -> SentRecords:
        """Put records together for sending; `numbers` is what `KnownRecords.numbers` has found for them."""
        found = tuple(zip(records, numbers, strict=True))
        return cls(
            numbers=tuple(numbers),
            locators=tuple(record.locator for record, number in found if number != NOT_KNOWN),
            others=tuple(record for record, number in found if number == NOT_KNOWN),
        )

    def records(self, known: Sequence[Values], *, start: int) -> Iterator[Record]:
        """Yield the records, of which the first has the position `start` in its list.

        `known` are the values of the known records. Raises UnreadableError if the parts do not fit together.
        """
        unknown = self.numbers.count(NOT_KNOWN)
        sizes = (unknown, len(self.numbers) - unknown)
        if (len(self.others), len(self.locators)) != sizes or not all(
            NOT_KNOWN <= number < len(known) for number in self.numbers
        ):
            raise UnreadableError("the process that reads files tells of records that were never sent to it")
        locators, others = iter(self.locators), iter(self.others)
        for position, number in enumerate(self.numbers, start):
            if number == NOT_KNOWN:
                yield next(others)
            else:
                yield Record(values=known[number], locator=next(locators), position=position)


@dataclass(frozen=True, slots=True, kw_only=True)
class Places:
    """The states and jurisdictions that some records of a list are about: in columns, because lists are long.

    - `positions`: the indexes of these records in the list.
    - `states`: for each of them the postal code of its state, or None.
    - `numbers`: for each of them the index of its jurisdiction in `jurisdictions`, or None.
    - `jurisdictions`: the jurisdictions, each once.
    """

    positions: tuple[int, ...] = ()
    states: tuple[str | None, ...] = ()
    numbers: tuple[int | None, ...] = ()
    jurisdictions: tuple[Jurisdiction, ...] = ()

    @property
    def is_sound(self) -> bool:
        """Whether the columns are equally long, and have only indexes of jurisdictions that are there."""
        count = len(self.jurisdictions)
        return len(self.positions) == len(self.states) == len(self.numbers) and all(
            number is None or 0 <= number < count for number in self.numbers
        )

    def by_position(self) -> dict[int | None, About]:
        """Return the state and the jurisdiction of each of the records, by its position."""
        return {
            position: (state, None if number is None else self.jurisdictions[number])
            for position, state, number in zip(self.positions, self.states, self.numbers, strict=True)
        }


class FindPlaces:
    """Finds the jurisdictions of records of a list, one after the other, and collects them in `places`."""

    def __init__(self, records: Sequence[Record], description: ListDescription) -> None:
        self._records = records
        self._description = description
        self._positions: list[int] = []
        self._states: list[str | None] = []
        self._numbers: list[int | None] = []
        self._known: dict[Jurisdiction, int] = {}

    def find(self, position: int) -> None:
        """Find the jurisdiction of the record at a position."""
        found = jurisdictions.of_record(self._records[position], self._description)
        place = found.jurisdiction
        self._positions.append(position)
        self._states.append(found.state)
        self._numbers.append(None if place is None else self._known.setdefault(place, len(self._known)))

    @property
    def places(self) -> Places:
        """Return what was found so far."""
        return Places(
            positions=tuple(self._positions),
            states=tuple(self._states),
            numbers=tuple(self._numbers),
            jurisdictions=tuple(self._known),
        )
