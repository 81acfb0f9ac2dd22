"""Makes spreadsheets laid out like those of ICE's 287(g) page. The same rows always give the same bytes."""

from __future__ import annotations

import io
from dataclasses import dataclass, replace
from datetime import UTC, date, datetime
from typing import TYPE_CHECKING
from urllib.parse import quote

import xlsxwriter

if TYPE_CHECKING:
    from collections.abc import Iterable

# The time of creation in every file, so that its bytes follow from its rows alone.
CREATED_AT = datetime(2025, 1, 1, tzinfo=UTC)
# The text of a cell whose link is not posted yet.
PENDING_LINK = "link pending"
# The form in which a mail filter wraps a link.
SAFELINK = "https://gcc02.safelinks.protection.outlook.com/?url={}&data=05%7C02%7C{:08x}&reserved=0"

AGREEMENT_COLUMNS = ("STATE", "LAW ENFORCEMENT AGENCY", "TYPE", "COUNTY", "SUPPORT TYPE", "SIGNED", "MOA")
WITH_ADDENDUM = (*AGREEMENT_COLUMNS, "ADDENDUM")
WITHOUT_DATE = tuple(name for name in AGREEMENT_COLUMNS if name != "SIGNED")
PENDING_COLUMNS = AGREEMENT_COLUMNS[:5]


@dataclass(frozen=True, slots=True, kw_only=True)
class Agreement:
    """One row of a spreadsheet: the agreement of an agency under one model.

    `signed` is None for a pending agreement. `moa` is the address of its memorandum, or a text if there is no link yet.
    """

    state: str
    agency: str
    type: str
    county: str
    model: str
    signed: date | None
    moa: str = PENDING_LINK

    @property
    def order(self) -> tuple[str, str, str]:
        """The key by which the rows of the published sheets are sorted."""
        return self.state, self.agency, self.model


def sheet(agreements: Iterable[Agreement], columns: tuple[str, ...] = AGREEMENT_COLUMNS) -> bytes:
    """Return an XLSX file with one row for each agreement, in the given order, and `columns` as its header row."""
    out = io.BytesIO()
    book = xlsxwriter.Workbook(out, {"in_memory": True, "strings_to_urls": False, "strings_to_numbers": False})
    book.set_properties({"created": CREATED_AT.replace(tzinfo=None)})
    page = book.add_worksheet("Sheet1")
    bold, dated = book.add_format({"bold": True, "text_wrap": True}), book.add_format({"num_format": "mm/dd/yyyy"})
    page.freeze_panes(1, 0)
    page.write_row(0, 0, columns, bold)
    for row, agreement in enumerate(agreements, start=1):
        cells: dict[str, str] = {
            "STATE": agreement.state,
            "LAW ENFORCEMENT AGENCY": agreement.agency,
            "TYPE": agreement.type,
            "COUNTY": agreement.county,
            "SUPPORT TYPE": agreement.model,
        }
        for column, name in enumerate(columns):
            if name == "SIGNED" and agreement.signed:
                page.write_datetime(row, column, agreement.signed, dated)
            elif name == "MOA" and agreement.moa.startswith("https:"):
                page.write_url(row, column, agreement.moa, string="link")
            elif name == "MOA":
                page.write_string(row, column, agreement.moa)
            elif name in cells:
                page.write_string(row, column, cells[name])
    book.close()
    return out.getvalue()


def agreements_in_order(agreements: Iterable[Agreement]) -> tuple[Agreement, ...]:
    """Return the agreements in the order of the published sheets: by state, agency and model."""
    return tuple(sorted(agreements, key=lambda each: each.order))


def linked(agreement: Agreement) -> Agreement:
    """Return the agreement with a link to its memorandum; the link is made up."""
    name = "".join(character for character in f"{agreement.agency}{agreement.state.title()}" if character.isalnum())
    signed = f"{agreement.signed:%m%d%Y}" if agreement.signed else ""
    short = "".join(word[0] for word in agreement.model.split())
    return replace(
        agreement,
        moa=f"https://www.ice.gov/doclib/287gMOA/{name}_{short}_MOA_{signed}.pdf",
    )


def with_curly_apostrophes(agreements: Iterable[Agreement]) -> tuple[Agreement, ...]:
    """Return the agreements with curly apostrophes in the name of every seventh agency."""
    return tuple(
        replace(each, agency=each.agency.replace("'", "\u2019")) if index % 7 == 0 else each
        for index, each in enumerate(agreements)
    )


def as_retyped(agreements: Iterable[Agreement]) -> tuple[Agreement, ...]:
    """Return the agreements as if someone had typed them anew, with the same content.

    They are in another order, some cells end with blanks, and the links are wrapped as a mail filter does it.
    """
    return tuple(
        replace(
            each,
            agency=each.agency + " " * (index % 3 == 0),
            county=each.county + "  " * (index % 5 == 0),
            moa=SAFELINK.format(quote(each.moa, safe=""), index) if each.moa.startswith("https:") else f"{each.moa} ",
        )
        for index, each in enumerate(sorted(agreements, key=lambda each: (each.model, each.order)))
    )
