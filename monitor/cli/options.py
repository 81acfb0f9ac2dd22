"""What commands are asked for: options that choose entries of the change log, places and times as people write them."""

from __future__ import annotations

from typing import TYPE_CHECKING, TypedDict, TypeVar

import click

from monitor.errors import RefusedError

if TYPE_CHECKING:
    from collections.abc import Callable

    from monitor.model import Jurisdiction
    from monitor.program import Program
    from monitor.store.changelog import Asked

Command = TypeVar("Command", bound="Callable[..., None]")
LOG_FILTERS = (
    click.option("--source", help="Of this source only."),
    click.option("--list", "list_", help="Of this list only."),
    click.option("--kind", "kinds", multiple=True, help="added, removed, corrected, ...; may be given several times."),
    click.option("--state-code", help="Of this state only, by its postal code, like TX."),
    click.option("--jurisdiction", help="Of this jurisdiction and all within it: a name, FIPS code or OCD id."),
    click.option("--since", help="Observed at this time or later (ISO 8601)."),
    click.option("--until", help="Observed before this time (ISO 8601)."),
)


class LogFilters(TypedDict):
    """What the options that choose entries of the log say."""

    source: str | None
    list_: str | None
    kinds: tuple[str, ...]
    state_code: str | None
    jurisdiction: str | None
    since: str | None
    until: str | None


def log_filters(command: Command) -> Command:
    """Give a command the options that choose entries of the log."""
    for option in reversed(LOG_FILTERS):
        command = option(command)
    return command


def asked_of(program: Program, filters: LogFilters) -> Asked:
    """The entries that the options choose."""
    from monitor.store import changelog  # noqa: PLC0415 - only here

    if filters["source"]:
        program.source(filters["source"])
    return changelog.Asked(
        source=filters["source"],
        list=filters["list_"],
        kinds=_kinds(filters["kinds"]),
        state=_state(filters["state_code"]),
        jurisdictions=_ocd_ids(filters["jurisdiction"]) if filters["jurisdiction"] else (),
        since=instant_of(filters["since"]),
        until=instant_of(filters["until"]),
    )


def _kinds(kinds: tuple[str, ...]) -> tuple[str, ...]:
    from monitor.model import AmendmentKind  # noqa: PLC0415 - only here

    given = tuple(part for kind in kinds for part in kind.split(","))
    for kind in given:
        if kind not in list(AmendmentKind):
            raise click.UsageError(f"no kind {kind!r}; there are {', '.join(AmendmentKind)}")
    return given


def _state(code: str | None) -> str | None:
    from monitor.jurisdictions.states import code_of  # noqa: PLC0415 - only here

    if code is None:
        return None
    found = code_of(code)
    if found is None:
        raise click.UsageError(f"{code!r} is no state; write its postal code, like TX")
    return found


def _ocd_ids(text: str) -> tuple[str, ...]:
    """The ids of the one jurisdiction that is meant and of what lies in it."""
    from monitor import jurisdictions  # noqa: PLC0415 - only here

    found = jurisdictions.find(text)
    if len(found) == 1:
        return jurisdictions.inside(found[0])
    if not found:
        meant = "; ".join(called(each) for each in jurisdictions.suggestions(text))
        hint = f"did you mean {meant}?" if meant else f"try `monitor show {text!r}`, which looks for words"
        raise RefusedError(f"no state, county or place is called {text!r}; {hint}")
    named = "; ".join(called(each) for each in found[:30])
    raise RefusedError(f"{len(found)} jurisdictions are called {text!r}; say which: {named}")


def called(place: Jurisdiction) -> str:
    """A jurisdiction as people write it: with its state, where it is none."""
    return place.name if place.level == "state" else f"{place.name}, {place.state}"


def instant_of(text: str | None) -> str | None:
    """A time given on the command line as the database writes it."""
    from monitor.times import instant, moment_of  # noqa: PLC0415 - only here

    return instant(moment_of(text)) if text else None
