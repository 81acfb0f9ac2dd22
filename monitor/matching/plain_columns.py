"""Brings the values of each column of two versions of a list into comparable form, each different value once.

Pure: what its functions return depends only on their arguments.
"""

from __future__ import annotations

from itertools import chain
from operator import itemgetter
from typing import TYPE_CHECKING, cast

from monitor.matching.forms import form_of
from monitor.matching.in_bulk import plain_values
from monitor.matching.names import plain_value
from monitor.matching.unchanged import values_of

if TYPE_CHECKING:
    from collections.abc import Collection, Mapping, Sequence

    from monitor.config.lists import ListDescription
    from monitor.model import Record

    Plain = Mapping[str | None, str]  # the comparable form of each value


class PlainColumns:
    """The comparable form of each value in two versions of a list. A column is given by its number, from 0."""

    def __init__(
        self, versions: Sequence[Sequence[Record]], description: ListDescription, compared: Collection[int]
    ) -> None:
        """Prepare for the records of both versions.

        `compared` has the numbers of the columns that both versions have and that are not ignored. In any other column
        the comparable form of every value is "".
        """
        self._versions, self._compared = versions, compared
        self._forms = [form_of(description, field) for field in description.fields]
        self._known: dict[int, Plain] = {}

    def of_all(self, column: int) -> Plain:
        """Return the comparable form of each value of a column; it is worked out at the first call."""
        if column not in self._known:
            self._known[column] = self._of(column, self._versions)
        return self._known[column]

    def learn(self, column: int, records: Sequence[Record]) -> Plain:
        """Work out what `of_all` returns for a column, keep it, and return it.

        `records` are some of the records, which have all values of the column between them.
        """
        self._known[column] = self._of(column, (records,))
        return self._known[column]

    def of_some(self, column: int, *records: Sequence[Record]) -> Plain:
        """Return the comparable form of at least those values that the given records have in a column."""
        return self._known.get(column) or self._of(column, records)

    def names(self, column: int) -> Plain:
        """Return each value of a column without case and punctuation, whatever the form in which it is compared."""
        plain = self.of_all(column)
        return plain if self._forms[column] is plain_value else {value: plain_value(value or "") for value in plain}

    def _of(self, column: int, records: Sequence[Sequence[Record]]) -> Plain:
        """Return the comparable form of the values of a column: "" where one version lacks it, or it is ignored."""
        values = set(map(itemgetter(column), map(values_of, chain(*records))))
        values.discard(None)
        texts = cast("set[str]", values)
        texts.add("")
        form = self._forms[column]
        plain: dict[str | None, str]
        if column not in self._compared:
            plain = dict.fromkeys(texts, "")
        elif form is plain_value:
            plain = cast("dict[str | None, str]", plain_values(texts))
        else:
            plain = {text: form(text) for text in texts}
        plain[None] = plain[""]
        return plain
