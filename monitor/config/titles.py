"""The words for readers in place of names from the configuration: titles of sources, lists and fields, and records.

Pure: what its functions return depends only on their arguments.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from monitor.config.lists import first_values
from monitor.model import ReportKind
from monitor.times import period_in_words

if TYPE_CHECKING:
    from collections.abc import Mapping

    from monitor.config.sources import Config


@dataclass(frozen=True, slots=True)
class Titles:
    """Gives the words for readers, as the configuration has them; what it has no title for keeps its name.

    `config` is None where there is no configuration: then everything keeps its name.
    """

    config: Config | None = None

    def of_source(self, source: str) -> str:
        """Return the title of a source."""
        described = self.config.sources.get(source) if self.config else None
        return (described.title if described else "") or source

    def of_list(self, source: str, name: str) -> str:
        """Return the title of a list, like `Participating agencies`."""
        described = self.config.list_description(source, name) if self.config else None
        return (described.title if described else "") or name

    def of_field(self, source: str, name: str | None, field: str) -> str:
        """Return the title of a field of the list `name`; one without a title is its name with blanks.

        A field that the list lacks has the title that another list of the source gives it: a record that moved has the
        fields of both lists.
        """
        if self.config is None or source not in self.config.sources:
            return field.replace("_", " ")
        others = (each for report in self.config.sources[source].reports.values() for each in report.lists.values())
        lists = (self.config.list_description(source, name or ""), *others)
        column = next((each.columns[field] for each in lists if each and field in each.columns), None)
        return (column.title if column else "") or field.replace("_", " ")

    def of_lists_in(self, source: str, text: str) -> str:
        """Return why a version is held with the titles of lists in place of their names.

        In these texts, a list is named as in `pending: 14 of 22 records would be gone`, or in `list 'pending'`.
        """
        described = self.config.sources.get(source) if self.config else None
        for name in (name for report in described.reports.values() for name in report.lists) if described else ():
            title = self.of_list(source, name)
            parts = text.replace(f"list {name!r}", f"list {title}").split("; ")
            text = "; ".join(
                f"{title}{part.removeprefix(name)}" if part.startswith(f"{name}: ") else part for part in parts
            )
        return text

    def is_prose(self, source: str, name: str | None) -> bool:
        """Return whether the records of the list `name` are the texts of a page."""
        described = self.config.list_description(source, name or "") if self.config else None
        return described is not None and described.content == "text"

    def is_unchecked(self, source: str, name: str | None) -> bool:
        """Return whether the list `name` is read by a drafted description that no person has checked."""
        described = self.config.sources.get(source) if self.config else None
        return described is not None and any(
            not report.checked and name in report.lists for report in described.reports.values()
        )

    def hides(self, source: str, name: str, field: str, value: str) -> bool:
        """Return whether a value of a field says nothing to readers, like `#N/A`."""
        described = self.config.list_description(source, name) if self.config else None
        return described is not None and described.hides(field, value)

    def of_report(self, source: str, report: str) -> str:
        """Return the title of a report, given by its key.

        It is `the page` for lists on the page itself, the lists for a file that is replaced
        (`Participating agencies`), and the period for a report of a series (`11 to 17 February 2017`).
        """
        described = self.config.report_description(source, report) if self.config else None
        if described is None or described.kind == ReportKind.SERIES:
            return period_in_words(report)
        if described.kind == ReportKind.PAGE:
            return "the page"
        return " and ".join(self.of_list(source, name) for name in described.lists)

    def report_in_text(self, source: str, report: str) -> str:
        """Return a report as a sentence names it, like `the report of 11 to 17 February 2017`."""
        described = self.config.report_description(source, report) if self.config else None
        title = self.of_report(source, report)
        if described and described.kind == ReportKind.PAGE:
            return title
        if described and described.kind == ReportKind.ROLLING:
            return f"the {'list' if len(described.lists) == 1 else 'lists'} {title}"
        return f"the report {title}" if title == report else f"the report of {title}"

    def where(self, source: str, name: str | None = None, *, report: str = "") -> str:
        """Return where a record is, like `ICE 287(g) agreements, Participating agencies`.

        With the key of a `report`, its period is named too if it is one of a series; without a list, the report is.
        """
        described = self.config.report_description(source, report) if self.config else None
        shows_report = bool(report) and (name is None or described is None)
        parts = (
            self.of_source(source),
            self.of_report(source, report) if shows_report else "",
            self.of_list(source, name) if name else "",
        )
        return ", ".join(dict.fromkeys(filter(None, parts)))

    def move(self, source: str, name: str | None, to: str) -> str:
        """Return from where to where a record moved, like `from Pending agencies to Participating agencies`."""
        return f"from {self.of_list(source, name or '')} to {self.of_list(source, to)}"

    def record(self, source: str, name: str | None, fields: Mapping[str, str]) -> str:
        """Return a record in one line, in the sentence that its list has for that; else by its first values."""
        described = self.config.list_description(source, name or "") if self.config else None
        if described:
            return described.sentence(fields)
        return first_values(" ".join(value.split("\n", maxsplit=1)[0].split()) for value in fields.values())
