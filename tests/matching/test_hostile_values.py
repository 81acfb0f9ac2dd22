"""Whatever a publisher's cells say, comparing two versions ends soon and in bounded memory: each case in a process.

What reads files has limits of its own; what compares them runs in the daemon, where one cell could stop all alerts.
"""

from __future__ import annotations

import multiprocessing
import resource
from typing import TYPE_CHECKING

import pytest

from monitor import jurisdictions
from monitor.matching.amend import amend
from monitor.matching.match import match
from tests.support.lists import CONFIG, PARTICIPATING, agreement, made

if TYPE_CHECKING:
    from collections.abc import Callable

    from monitor.config.lists import ListDescription

SECONDS = 60  # of processor time; without bounds these take hours, or more memory than there is
MEMORY = 2_000_000_000
NOTICES = CONFIG.sources["ice-ddor"].reports["page"].lists["notices"]
CELL = 32_767  # characters, as many as a spreadsheet takes


def compare(before: list[dict[str, str]], after: list[dict[str, str]], description: ListDescription) -> None:
    """All that the daemon does with two versions of a list, but for the database."""
    for each in amend(match(made(before, description), made(after, description), description), description):
        for record in filter(None, (each.before, each.after)):
            jurisdictions.resolved(record, description)


def cell(value: str) -> None:
    """A cell of each field that says this, then something else."""
    usual = agreement("Bay County Sheriff's Office")
    for field in PARTICIPATING.fields:
        compare([usual], [usual | {field: value}], PARTICIPATING)
        compare([usual | {field: value}], [usual | {field: f"{value} x"}], PARTICIPATING)


def dashes() -> None:
    """Punctuation without end, and a letter."""
    cell("-" * CELL + "x")


def brackets() -> None:
    """Brackets that nothing closes."""
    cell("(" * 300_000)


def one_word() -> None:
    """A single word."""
    cell("Abc" * 100_000)


def names() -> None:
    """Words that could all be names of places, without a state."""
    jurisdictions.mentioned("Abc " * 100_000)
    cell("County Sheriff's Office " * 20_000)


def notices() -> None:
    """Long notices, that have hardly a word in common."""
    before, after = (
        [{"text": f"Correction: {' '.join(f'{side}{n}x{word}' for word in range(1_000))}"} for n in range(30)]
        for side in "ab"
    )
    compare(before, after, NOTICES)


def long_names() -> None:
    """Names of twenty words, all of them others."""
    before, after = (
        [agreement(" ".join(f"{side}{n}x{word}" for word in range(20))) for n in range(380)] for side in "ab"
    )
    compare(before, after, PARTICIPATING)


def classes() -> None:
    """As many types as there are agencies, nearly, and all of them others."""
    before, after = (
        [agreement(f"Agency {n}", type=f"{side}{n // 3} kind of {n // 3}") for n in range(6_000)] for side in "ab"
    )
    compare(before, after, PARTICIPATING)


def chain() -> None:
    """Each record could be one of two others, so that all of them hang together."""
    count = 20_000
    before = [agreement("alpha beta", moa=f"https://x.org/{n}", signed=f"{n}") for n in range(count)]
    after = [agreement("beta alpha", moa=f"https://x.org/{n}", signed=f"{n + 1}") for n in range(count)]
    compare(before, after, PARTICIPATING)


def _limited(case: Callable[[], None]) -> None:
    resource.setrlimit(resource.RLIMIT_CPU, (SECONDS, SECONDS))
    resource.setrlimit(resource.RLIMIT_AS, (MEMORY, MEMORY))
    case()


@pytest.mark.parametrize(
    "case",
    [dashes, brackets, one_word, names, notices, long_names, classes, chain],
    ids=lambda case: case.__name__,
)
def test_comparing_ends(case: Callable[[], None]) -> None:
    """Within the limits of its process, which the kernel would end beyond."""
    process = multiprocessing.get_context("fork").Process(target=_limited, args=(case,))
    process.start()
    process.join()
    assert process.exitcode == 0
