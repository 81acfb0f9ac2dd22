"""Makes the demo's agreements: the PDFs that its 287(g) sheet links to, and the steps in which they are posted.

They are made up, and say of themselves that they are.
"""

from __future__ import annotations

from dataclasses import replace
from datetime import UTC, datetime
from typing import TYPE_CHECKING

from fpdf import FPDF

from monitor.demo import sheets
from monitor.demo.issues import (
    AGREEMENTS_FOLDER,
    AGREEMENTS_PAGE,
    AGREEMENTS_SOURCE,
    XLSX,
    last_roster,
)
from monitor.demo.pages import agreements as agreements_page
from monitor.demo.publisher import HTML_TYPE
from monitor.demo.step import Expectation, Publish, Step
from monitor.model import AmendmentKind, Reason

if TYPE_CHECKING:
    from collections.abc import Iterator

    from monitor.demo.sheets import Agreement

MADE_AT = datetime(2025, 1, 1, tzinfo=UTC)  # in every file, so that its bytes follow from its words alone
ICE = "https://www.ice.gov"
POSTED_LATE = ("Smith County Sheriff's Office", "Task Force Model")
REPLACED = ("Bee County Sheriff's Office", "Warrant Service Officer")
TERMS = """
This is a made-up agreement, drawn for a demonstration. Nobody has signed it, and it is evidence of nothing.
U.S. Immigration and Customs Enforcement delegates to trained officers of the agency named above the authority to \
perform certain functions of an immigration officer, under its direction and supervision, as set out below.
The agency nominates officers, who are trained and examined before they are certified. Each party bears its own \
costs. Either party may end this agreement at any time by written notice to the other.
"""


def document_steps() -> Iterator[Step]:
    """Yield the steps of the demo's agreements: kept, one posted late and mislinked, put right, and one replaced."""
    first, late, right = (datetime(2025, 10, day, 14, 0, tzinfo=UTC) for day in (1, 3, 5))
    rows = sheets.agreements_in_order(_local(each) for each in last_roster().participating)
    linked = {each.moa: each for each in rows if each.moa.startswith("/")}
    by_agency = {(each.agency, each.model): path for path, each in linked.items()}
    late_path, replaced_path = by_agency[POSTED_LATE], by_agency[REPLACED]
    sheet, waiting = (f"{AGREEMENTS_FOLDER}/{name}Agencies10012025am.xlsx" for name in ("participating", "pending"))
    pending = sheets.sheet(sheets.agreements_in_order(last_roster().pending), sheets.PENDING_COLUMNS)
    yield Step(
        at=first,
        source=AGREEMENTS_SOURCE,
        caption="287(g): the links lead to the signed agreements themselves, which are fetched from now on",
        changes=(
            Publish(path=sheet, content=sheets.sheet(rows, sheets.WITH_ADDENDUM), content_type=XLSX),
            Publish(path=waiting, content=pending, content_type=XLSX),
            Publish(
                path=AGREEMENTS_PAGE,
                content=agreements_page(first, participating=sheet, pending=waiting),
                content_type=HTML_TYPE,
            ),
            *(_posted(path, each) for path, each in linked.items() if path != late_path),
        ),
        expected=(f"{len(linked) - 1} agreements kept, told to nobody; that of {POSTED_LATE[0]} is not there yet",),
        expectations=(_expect(AmendmentKind.CORRECTED, len(linked), reason=Reason.RELINKED),),
        looks=True,
    )
    yield Step(
        at=late,
        source=AGREEMENTS_SOURCE,
        caption=f"287(g): the agreement of {POSTED_LATE[0]} is posted; but it is another agency's",
        changes=(_posted(late_path, linked[replaced_path]),),
        expected=("1 document posted, and doubted: it names another agency",),
        expectations=(_expect(AmendmentKind.DOCUMENT, 1, reason="posted"),),
        looks=True,
    )
    yield Step(
        at=right,
        source=AGREEMENTS_SOURCE,
        caption="287(g): that is mended, and another agreement is silently replaced, at the same address",
        changes=(
            _posted(late_path, linked[late_path]),
            _posted(replaced_path, linked[replaced_path], "As amended: the number of nominated officers is 12."),
        ),
        expected=("2 documents replaced, though page and sheet are the same as before",),
        expectations=(_expect(AmendmentKind.DOCUMENT, 2, reason="replaced", minor=False),),
        looks=True,
    )


def _expect(kind: AmendmentKind, count: int, *, reason: str, minor: bool = True) -> Expectation:
    return Expectation(
        source=AGREEMENTS_SOURCE, list="participating", kind=kind, count=count, reason=reason, minor=minor
    )


def _local(each: Agreement) -> Agreement:
    """Return the agreement with its link as a path, which leads to the demo's own server."""
    return replace(each, moa=each.moa.removeprefix(ICE))


def _posted(path: str, each: Agreement, *further: str) -> Publish:
    return Publish(path=path, content=agreement_pdf(each, *further), content_type="application/pdf")


def agreement_pdf(each: Agreement, *further: str) -> bytes:
    """Return the PDF of an agreement, with further paragraphs at its end; the same words make the same bytes."""
    pdf = FPDF(format="letter")
    pdf.set_creation_date(MADE_AT)
    pdf.add_page()
    pdf.set_font("helvetica", style="B", size=14)
    pdf.multi_cell(0, 8, "MEMORANDUM OF AGREEMENT", new_x="LMARGIN", new_y="NEXT")
    pdf.set_font("helvetica", size=11)
    signed = f"{each.signed:%B} {each.signed.day}, {each.signed.year}" if each.signed else "a later day"
    parties = f"between U.S. Immigration and Customs Enforcement and the {each.agency}, {each.state.title()}".replace(
        "\u2019", "'"
    )
    for text in (f"{parties}. {each.model}.", *TERMS.strip().splitlines(), *further, f"Signed on {signed}."):
        pdf.multi_cell(0, 6, text, new_x="LMARGIN", new_y="NEXT")
        pdf.ln(4)
    return bytes(pdf.output())
