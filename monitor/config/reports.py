"""The description of a report in the configuration: how its files are found, and which lists are in them.

The process that reads files from outside knows this part of the configuration, and no other.
"""

from __future__ import annotations

from typing import Annotated, Literal, Self

from pydantic import Field, model_validator

from monitor.config.lists import ListDescription
from monitor.config.values import Model, Name, Pattern
from monitor.model import ReportKind

# The ways to describe a list, by the format of its report.
WAYS = {
    "xlsx": ("columns",),
    "csv": ("columns",),
    "pdf": ("columns", "item"),
    "html": ("columns", "item", "paragraphs", "card", "content"),
}


class Match(Model):
    """The pattern by which the links to a report are found on the source's page.

    `href` must be found in the address of a link and `text` in its text; if only one is given, only that one counts.
    """

    href: Pattern | None = None
    text: Pattern | None = None

    @model_validator(mode="after")
    def _something(self) -> Self:
        if self.href is None and self.text is None:
            raise ValueError("say href, text or both")
        return self


class ReportMatch(Match):
    """The pattern by which the links to a report are found on the source's page.

    `else_text` must be found in the text of a link, where no link on the page fits `href` and `text`: as where files
    lie at addresses that say nothing. The address has to end in the report's format, or to have a word for files and a
    number, as in `/media/81/dl`.
    """

    else_text: Pattern | None = None


class Pager(Match):
    """The pattern by which the link to the next page of a list is found, on each page of the list.

    `at_most` is the largest number of pages, the first included. A list that goes on after them is not read.
    """

    at_most: Annotated[int, Field(ge=2, le=1_000)] = 50


class ReportDescription(Model):
    """The description of one report of a source, or of one series of reports.

    - `kind`, `format`: how its files follow each other, and their format.
    - `match`: which links on the page lead to it.
    - `key`: the part of an address that identifies a report of a series, or one of the `parts`.
    - `parts`: whether all files that match are parts of one list, and a version is all of them.
    - `pager`: how the list on the page goes on on further pages; None if it does not.
    - `lists`: the descriptions of its lists, by name.
    - `checked`: whether a person has looked at the description; if not, each alert says so.
    """

    kind: ReportKind
    format: Literal["xlsx", "csv", "pdf", "html"]
    match: ReportMatch | None = None
    key: Pattern | None = None  # what in the address tells one report of a series, or one part, from another
    parts: bool = False
    pager: Pager | None = None
    lists: Annotated[dict[Name, ListDescription], Field(min_length=1)]
    checked: bool = True  # False: its description was drafted by the program, and no person has looked at it

    @property
    def is_in_parts(self) -> bool:
        """Whether a version of the report can be several files or pages."""
        return self.parts or self.pager is not None

    @model_validator(mode="after")
    def _fits_its_kind(self) -> Self:
        if self.is_in_parts and any(each.content for each in self.lists.values()):
            raise ValueError("content reads one page as it is; take parts or pager out")
        if self.kind == ReportKind.PAGE and (self.match or self.format != "html"):
            raise ValueError("a report of kind page is the page itself: format html, and no match")
        if self.kind != ReportKind.PAGE and not self.match:
            raise ValueError("say by match which links are this report")
        if self.parts and self.kind != ReportKind.ROLLING:
            raise ValueError(
                f"parts: true is for kind rolling, where all files that match are one list; this is {self.kind}"
            )
        if self.pager and self.kind != ReportKind.PAGE:
            raise ValueError(
                f"pager is for kind page, whose list goes on on further pages; this is {self.kind}"
                + ("; several files that are one list take parts: true" if self.kind == ReportKind.ROLLING else "")
            )
        if self.key and self.kind != ReportKind.SERIES and not self.parts:
            raise ValueError("key is for a series only, or for a rolling report with parts: true")
        for name, each in self.lists.items():
            if why := each.format_fault(self.format):
                raise ValueError(f"lists.{name}: {why}")
        return self

    @model_validator(mode="after")
    def _fits_its_format(self) -> Self:
        for name, each in self.lists.items():
            if each.way not in WAYS[self.format]:
                ways = " or ".join(WAYS[self.format])
                raise ValueError(f"lists: {name}: {each.way} is not read in {self.format}; describe the list by {ways}")
            if each.until and self.format != "pdf":
                raise ValueError(f"lists: {name}: until is for PDFs only; in a page the next heading ends the list")
            if each.item and not each.heading and self.format == "html":
                raise ValueError(f"lists: {name}: a list with item needs the heading that it stands under")
        return self
