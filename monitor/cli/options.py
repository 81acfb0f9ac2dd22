"""The options that several commands share, and how their values are read: kinds, states, places, times."""

from __future__ import annotations

import os
from functools import wraps
from typing import TYPE_CHECKING

import click

from monitor.errors import RefusedError
from monitor.program import Program
from monitor.store.search import LogFilter
from monitor.times import instant, moment_of

if TYPE_CHECKING:
    from collections.abc import Callable
    from contextlib import AbstractContextManager

    from monitor.model import Jurisdiction
    from monitor.sandbox.pool import Workers

pass_program = click.make_pass_decorator(Program)
workers_option = click.option(
    "--workers", type=click.IntRange(1, 256), help="Processes that read files (default: one for each processor)."
)
executor_option = click.option(
    "--executor", metavar="ADDRESS", help="Read files on a Dask cluster instead: dask://HOST:PORT."
)
as_json = click.option("--json", "as_json", is_flag=True, help="Print one JSON object a line.")
as_csv = click.option("--csv", "as_csv", is_flag=True, help="Print CSV with a header line.")
LOG_OPTIONS = (
    click.option("--source", help="Only entries of this source."),
    click.option("--list", "list_", help="Only entries of this list."),
    click.option(
        "--kind",
        "kinds",
        multiple=True,
        help="Only entries of this kind: added, removed, corrected, ...; can be repeated.",
    ),
    click.option("--state-code", help="Only entries of this state, by its postal code, like TX."),
    click.option("--jurisdiction", help="Only entries of this place and all within it: a name, FIPS code or OCD id."),
    click.option("--since", help="Only entries observed at this time or later, like 2025-06-01 (ISO 8601)."),
    click.option("--until", help="Only entries observed before this time (ISO 8601)."),
)


def readers(program: Program, *, workers: int | None, executor: str | None) -> AbstractContextManager[Workers]:
    """Return the workers that read many files at the same time, as the options --workers and --executor say.

    Raises UsageError if both are given.
    """
    if workers and executor:
        raise click.UsageError("--workers are processes of this machine; an --executor has its own.")
    return program.workers(workers or len(os.sched_getaffinity(0)), executor)


def with_log_filter(command: Callable[..., None]) -> Callable[..., None]:
    """Add the options that choose entries of the log (--source, --kind and others) to a command.

    The command gets their values as one argument, `log_filter`.
    """

    @wraps(command)
    def filtered(
        *,
        source: str | None,
        list_: str | None,
        kinds: tuple[str, ...],
        state_code: str | None,
        jurisdiction: str | None,
        since: str | None,
        until: str | None,
        **others: object,
    ) -> None:
        if source:
            click.get_current_context().ensure_object(Program).reports(source)
        log_filter = LogFilter(
            source=source,
            list=list_,
            kinds=_kinds(kinds),
            state=_state(state_code),
            jurisdictions=_ocd_ids(jurisdiction) if jurisdiction else (),
            since=instant_of(since),
            until=instant_of(until),
        )
        command(log_filter=log_filter, **others)

    for option in reversed(LOG_OPTIONS):
        filtered = option(filtered)
    return filtered


def lists_named(program: Program, source: str, name: str | None) -> list[tuple[str, str]]:
    """Return the lists of a source that are called `name` (None: all), each with the name of its report.

    Raises RefusedError if the source has no such list.
    """
    known = [(each, report) for report, lists in program.reports(source).items() for each in lists]
    chosen = [pair for pair in known if name in (None, pair[0])]
    if not chosen:
        raise RefusedError(f"{source} has no list {name!r}; it has {', '.join(each for each, _ in known)}")
    return chosen


def _kinds(kinds: tuple[str, ...]) -> tuple[str, ...]:
    if not kinds:
        return ()
    from monitor.model import AmendmentKind  # noqa: PLC0415 - most questions are not about kinds

    given = tuple(part for kind in kinds for part in kind.split(","))
    for kind in given:
        if kind not in list(AmendmentKind):
            raise click.UsageError(f"no kind {kind!r}; there are {', '.join(AmendmentKind)}")
    return given


def _state(code: str | None) -> str | None:
    if code is None:
        return None
    from monitor.jurisdictions.states import code_of  # noqa: PLC0415 - loads the gazetteer

    found = code_of(code)
    if found is None:
        raise click.UsageError(f"{code!r} is no state; write its postal code, like TX")
    return found


def _ocd_ids(text: str) -> tuple[str, ...]:
    """Find the jurisdiction that a text names, and return its Open Civic Data id and those of all places within it.

    Raises RefusedError if the text names no jurisdiction, or several.
    """
    from monitor import jurisdictions  # noqa: PLC0415 - loads the gazetteer

    found = jurisdictions.find(text)
    if len(found) == 1:
        return jurisdictions.inside(found[0])
    if not found:
        meant = "; ".join(full_name(each) for each in jurisdictions.suggestions(text))
        hint = f"did you mean {meant}?" if meant else f"try `monitor show {text!r}`, which looks for words"
        raise RefusedError(f"no state, county or place is called {text!r}; {hint}")
    named = "; ".join(full_name(each) for each in found[:30])
    raise RefusedError(f"{len(found)} jurisdictions are called {text!r}; say which: {named}")


def full_name(place: Jurisdiction) -> str:
    """Return a jurisdiction's name as people write it, like "Travis County, Texas"."""
    return place.name if place.level == "state" else f"{place.name}, {place.state}"


def end_of(text: str | None) -> str | None:
    """Turn a time from the command line into the form of the database; a date becomes the end of that day.

    None stays None. Raises RefusedError if the text is no time.
    """
    time = instant_of(text)
    is_date = text is not None and len(text.strip()) == len("2025-07-04")
    return f"{time[:10]}T23:59:59Z" if time and is_date else time


def instant_of(text: str | None) -> str | None:
    """Turn a time from the command line into the form of the database; a date becomes the start of that day.

    None stays None. Raises RefusedError if the text is no time.
    """
    return instant(moment_of(text)) if text else None
