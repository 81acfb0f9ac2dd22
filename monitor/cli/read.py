"""The commands that only read: the log, lists, places, differences, versions, holds, and whether all is sound."""

from __future__ import annotations

import dataclasses
import json
import time
from itertools import islice
from typing import TYPE_CHECKING, Any, Unpack

import click

from monitor.alerts.writing import as_csv as csv_rows
from monitor.cli import render
from monitor.cli.app import cli, pass_program
from monitor.cli.options import asked_of, called, instant_of, log_filters
from monitor.errors import RefusedError

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Mapping

    from monitor.cli.options import LogFilters
    from monitor.program import Program
    from monitor.store.rows import VersionRow

as_json = click.option("--json", "as_json", is_flag=True, help="One JSON object a line.")
as_csv = click.option("--csv", "as_csv", is_flag=True, help="CSV with a header line.")
AT_ONCE = 500  # entries of the log that are held to be printed


@cli.command()
@log_filters
@click.option("--follow", is_flag=True, help="Go on with entries as they come.")
@as_json
@as_csv
@pass_program
def log(program: Program, *, follow: bool, as_json: bool, as_csv: bool, **filters: Unpack[LogFilters]) -> None:
    """Show the change log, oldest first.

    Example: monitor log --state-code TX --kind added --since 2025-06-01
    """
    from monitor.store import changelog  # noqa: PLC0415 - only here

    asked = asked_of(program, filters)
    show = shower(as_json=as_json, as_csv=as_csv)
    last = 0
    while True:
        last = show(changelog.entries(program.store, dataclasses.replace(asked, after_id=last)), last)
        if not follow:
            return
        time.sleep(1)


def shower(*, as_json: bool, as_csv: bool) -> Callable[[Iterable[Mapping[str, Any]], int], int]:
    """What prints entries as they come, and returns the last one's id, or the one it is given where none came."""
    screen = render.console()
    if as_csv:
        click.echo(csv_rows.lines((), csv_rows.LOG_COLUMNS), nl=False)

    def show(entries: Iterable[Mapping[str, Any]], last: int) -> int:
        coming = iter(entries)
        while some := list(islice(coming, AT_ONCE)):
            if as_csv:
                click.echo(csv_rows.lines(map(csv_rows.log_row, some), csv_rows.LOG_COLUMNS, header=False), nl=False)
            for entry in () if as_csv else some:
                if as_json:
                    print_json(entry)
                else:
                    screen.print(render.amendment(entry))
            last = some[-1]["id"]
        return last

    return show


def print_json(value: Mapping[str, Any]) -> None:
    """One object on a line."""
    click.echo(json.dumps(value, ensure_ascii=False))


@cli.command(name="list")
@click.argument("source")
@click.argument("list_", metavar="[LIST]", required=False)
@click.option("--at", help="As of this time (ISO 8601; default: now).")
@as_json
@as_csv
@pass_program
def list_(program: Program, source: str, list_: str | None, at: str | None, *, as_json: bool, as_csv: bool) -> None:
    """Show a list of SOURCE as it stands, or stood.

    Example: monitor list ice-287g participating --at 2025-05-01
    """
    for name, report in _lists(program, source, list_):
        _show_list(program, source, name, report, at=instant_of(at), as_json=as_json, as_csv=as_csv)


def _lists(program: Program, source: str, name: str | None) -> list[tuple[str, str]]:
    """The lists of a source, or the one that is named, each with its report's name in the configuration."""
    known = [(each, report) for report, found in program.source(source).reports.items() for each in found.lists]
    chosen = [pair for pair in known if name in (None, pair[0])]
    if not chosen:
        raise RefusedError(f"{source} has no list {name!r}; it has {', '.join(each for each, _ in known)}")
    return chosen


def _show_list(
    program: Program, source: str, name: str, report: str, *, at: str | None, as_json: bool, as_csv: bool
) -> None:
    from monitor.store import queries  # noqa: PLC0415 - only here

    version = queries.version_as_of(program.store, source, report, at)
    unknown = queries.not_looked_for(program.store, version, name) if version else None
    rows = queries.records_of(program.store, version, name) if version and not unknown else []
    gone = queries.withdrawn_at(program.store, version.report_id) if version else None
    if gone and (at is None or at >= gone):
        click.echo(f"{source}/{name}: withdrawn since {gone}; this is the last version", err=True)
    if unknown:
        click.echo(unknown, err=as_json or as_csv)
    if as_json:
        for row in rows:
            print_json(row)
    elif as_csv:
        fields = list(dict.fromkeys(field for row in rows for field in row["fields"]))
        flat = [row | row["fields"] for row in rows]
        columns = (*fields, "source", "report", "list", "first_observed_at", "listed_since", "first_version")
        click.echo(csv_rows.lines(flat, columns), nl=False)
    elif version is None:
        click.echo(f"{source}/{name}: not seen {'by then' if at else 'yet'}; `monitor poll {source}` looks now")
    elif not unknown:
        title = f"{source}/{name}: {len(rows)} records in {version.file_name}, captured {version.captured_at}"
        render.console().print(render.records(rows, title))


@cli.command()
@click.argument("jurisdiction")
@as_json
@pass_program
def show(program: Program, jurisdiction: str, *, as_json: bool) -> None:
    """Show everything ever published about one place, over all sources.

    Example: monitor show "Travis County, Texas"
    """
    from monitor import jurisdictions  # noqa: PLC0415 - only here
    from monitor.store import changelog, queries  # noqa: PLC0415 - only here

    ids = tuple(each for found in jurisdictions.find(jurisdiction) for each in jurisdictions.inside(found))
    words = () if ids else tuple(jurisdiction.replace(",", " ").split())
    lines = queries.appearances(program.store, ocd_ids=ids, words=words)
    notices = list(changelog.notices(program.store, ids)) if ids else []
    if as_json:
        for line in (*lines, *notices):
            print_json(line)
        return
    if not lines and not notices:
        click.echo(f"nothing published so far names {jurisdiction!r}")
    if not ids and (meant := jurisdictions.suggestions(jurisdiction)):
        click.echo(f"did you mean {'; '.join(called(each) for each in meant)}?")
    screen = render.console()
    for line in lines:
        screen.print(render.appearance(line))
    for entry in notices:
        screen.print(render.amendment(entry))


@cli.command()
@click.argument("source", required=False)
@as_json
@pass_program
def doubts(program: Program, source: str | None, *, as_json: bool) -> None:
    """Show what can't be right in the lists as they stand, with the likeliest mending.

    Example: monitor doubts ice-287g
    """
    from monitor.store import doubts as doubt_rows  # noqa: PLC0415 - only here

    if source:
        program.source(source)
    found = doubt_rows.printed(program.store, source)
    if not found and not as_json:
        click.echo("nothing is doubtful")
    screen = render.console()
    for doubt in found:
        if as_json:
            print_json(doubt)
        else:
            screen.print(render.doubt(doubt))


@cli.command()
@click.argument("source")
@click.argument("list_", metavar="LIST")
@click.argument("from_", metavar="FROM")
@click.argument("to")
@as_json
@pass_program
def diff(program: Program, source: str, list_: str, from_: str, to: str, *, as_json: bool) -> None:
    """Show the amendments of a list between any two times.

    Example: monitor diff ice-287g participating 2025-03-01 2025-07-01
    """
    from monitor.changelog import compare  # noqa: PLC0415 - pulls in the matching
    from monitor.store import queries  # noqa: PLC0415 - only here

    ((name, report),) = _lists(program, source, list_)
    ends = []
    for at in (instant_of(from_), instant_of(to)):
        version = queries.version_as_of(program.store, source, report, at)
        if version is None:
            raise RefusedError(f"{source}/{name}: not seen by {at}; `monitor versions {source}` shows what is there")
        ends.append(version)
    description = program.source(source).reports[report].lists[name]
    screen = render.console()
    for entry in compare.between(program.store, ends[0], ends[1], name=name, description=description):
        if as_json:
            print_json(entry)
        else:
            screen.print(render.amendment(entry))


@cli.command()
@click.argument("source", required=False)
@as_json
@pass_program
def versions(program: Program, source: str | None, *, as_json: bool) -> None:
    """Show the reports and their versions: files, times, hashes, states.

    Example: monitor versions ice-ddor
    """
    from monitor.store import queries, receipts  # noqa: PLC0415 - only here

    if source:
        program.source(source)
    rows = list(queries.versions(program.store, source))
    if not as_json:
        render.console().print(render.versions(rows))
        return
    saved = receipts.mementos(program.store)
    for version, counts in rows:
        print_json(_version_value(version, counts) | {"saved": saved.get(version.id)})


def _version_value(version: VersionRow, counts: Mapping[str, int]) -> dict[str, Any]:
    return {
        "source": version.source,
        "report": version.report_key,
        "kind": version.kind,
        "number": version.number,
        "sha256": version.sha256,
        "url": version.url,
        "file_name": version.file_name,
        "captured_at": version.captured_at,
        "last_seen_at": version.last_seen_at,
        "bytes": version.bytes,
        "status": str(version.status),
        "hold_reason": version.hold_reason,
        "records": dict(counts),
    }


@cli.command()
@as_json
@pass_program
def holds(program: Program, *, as_json: bool) -> None:
    """Show the versions that wait for a person.

    Example: monitor holds
    """
    from monitor.store import records  # noqa: PLC0415 - only here

    found = records.held_versions(program.store)
    if not found and not as_json:
        click.echo("nothing is held")
    for version in found:
        if as_json:
            print_json(_version_value(version, {}))
            continue
        where = f"{version.source}/{version.report_key} version {version.number}"
        click.echo(f"{version.sha256[:12]}  {where}, {version.file_name}")
        click.echo(render.plain(f"              captured {version.captured_at}: {version.hold_reason}"))
        click.echo(f"              the bytes: {program.archive.path(version.sha256)}")
        believe = "if it is right" if version.releasable else "to read it once more"
        way = f"`monitor release {version.sha256[:12]}` {believe}, "
        click.echo(f"              {way}`monitor reject {version.sha256[:12]}` if it is not")


@cli.command()
@as_json
@pass_program
def verify(program: Program, *, as_json: bool) -> None:
    """Check the archive against its hashes, the change log's chain, and the database.

    Example: monitor verify
    """
    from monitor.changelog import verify as verification  # noqa: PLC0415 - only here

    screen = render.console(stderr=True)
    with screen.status("checking ..."):
        checked = verification.verify(program.store, program.archive, program.config)
    if as_json:
        print_json(dataclasses.asdict(checked))
    else:
        for fault in checked.faults:
            click.echo(f"monitor: {fault}", err=True)
        click.echo(f"{checked.files} files, {checked.entries} entries of the change log, head {checked.head}")
        click.echo("not all is as it was written" if checked.faults else "all as it was written")
    if checked.faults:
        raise SystemExit(1)
