"""Says which records of a list were judged already, so that the process that reads files judges only the others.

To judge a record is to find the jurisdiction that its name means, and what can't be right about it. That takes far
longer than reading the name, and most records stay as they are from one version of a list to the next. So the main
program sends a digest of each record of the last version to the process that reads files. That process judges the
records of the new version that have none of these digests, and answers which jurisdictions they are about.
"""

from __future__ import annotations

import os
from dataclasses import dataclass
from hashlib import blake2b
from typing import TYPE_CHECKING

from pydantic import ConfigDict, Field

from monitor import jurisdictions
from monitor.config.values import Model
from monitor.model import Jurisdiction  # noqa: TC001 - answers are checked against it

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping, Sequence

    from monitor.config.lists import ListDescription
    from monitor.model import Record, RecordList

    Values = tuple[str | None, ...]
    About = tuple[str | None, Jurisdiction | None]  # the state and the jurisdiction of a record

DIGEST_BYTES = 8
SALT_BYTES = 16


class KnownRecords(Model):
    """The records of each list that were judged already.

    - `salt`: random bytes, drawn for each file, so that nobody can prepare a value that passes for a known one.
    - `digests`: for each list, by its name, the digests of its known records, one after the other.
    """

    model_config = ConfigDict(ser_json_bytes="base64", val_json_bytes="base64")

    salt: bytes = b""
    digests: dict[str, bytes] = Field(default_factory=dict)

    @classmethod
    def of(cls, lists: Mapping[str, Iterable[Values]]) -> KnownRecords:
        """Return the digests of the known records of each list, made from their values with a new salt."""
        salt = os.urandom(SALT_BYTES)
        return cls(salt=salt, digests={name: b"".join(_digests(known, salt)) for name, known in lists.items()})

    def unknown(self, records: RecordList) -> Sequence[int]:
        """Return the positions of the records of a list that are not known."""
        packed = self.digests.get(records.name, b"")
        if not packed:
            return range(len(records.records))
        known = {packed[at : at + DIGEST_BYTES] for at in range(0, len(packed), DIGEST_BYTES)}
        digests = _digests((record.values for record in records.records), self.salt)
        return [position for position, digest in enumerate(digests) if digest not in known]


def _digests(each: Iterable[Values], salt: bytes) -> Iterable[bytes]:
    return (
        blake2b(repr(values).encode("utf-8", "surrogatepass"), key=salt, digest_size=DIGEST_BYTES).digest()
        for values in each
    )


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
