"""Fifteen made publications with the peculiarities of real ones, each with its issues, truth and description."""

from __future__ import annotations

from functools import cache
from typing import TYPE_CHECKING

from tests.support.publications.delimited import failed_banks, regional_files, semicolons
from tests.support.publications.detention import detention
from tests.support.publications.facilities import facility_list, state_once
from tests.support.publications.months import sheet_per_month, stacked_months
from tests.support.publications.notes import sheet_with_notes
from tests.support.publications.pages import cards, layoff_notices, nested_headings
from tests.support.publications.printed import pdf_lines, pdf_ruled, quarterly_pdf

if TYPE_CHECKING:
    from tests.support.publications.publication import Publication

MAKERS = (
    detention,
    facility_list,
    stacked_months,
    sheet_per_month,
    pdf_lines,
    pdf_ruled,
    cards,
    failed_banks,
    layoff_notices,
    regional_files,
    sheet_with_notes,
    state_once,
    quarterly_pdf,
    nested_headings,
    semicolons,
)


@cache
def publications() -> dict[str, Publication]:
    """All of them, by name; they are made once."""
    made = [make() for make in MAKERS]
    return {each.name: each for each in made}
