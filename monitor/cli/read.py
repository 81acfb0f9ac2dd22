"""The commands that only read the history: list, show, doubts, versions, holds."""

from __future__ import annotations

import dataclasses
from typing import TYPE_CHECKING

import click

from monitor import jurisdictions
from monitor.alerts.writing import as_csv as csv_rows
from monitor.changelog import listed
from monitor.changelog.stories import stories
from monitor.cli import render
from monitor.cli.options import (
    as_csv,
    as_json,
    end_of,
    full_name,
    lists_named,
    pass_program,
)
from monitor.cli.printed import plain, print_json
from monitor.store import changelog, holds, queries, records
from monitor.store.parts import part_values, parts_of_version

if TYPE_CHECKING:
    from collections.abc import Mapping

    from monitor.program import Program
    from monitor.store.rows import VersionRow

HOLDS = """\
These versions changed nothing, and nobody was alerted: monitor can't read them, or can't believe how much they differ.
Open each file, compare it with the publisher's page, and decide. Until then the last good version stays.
"""
DOUBTS = """\
These values can't be right as the publisher printed them. They are listed all the same, and monitor corrects nothing.
Ask the publisher before you quote one.
"""


@click.command(name="list")
@click.argument("source")
@click.argument("list_", metavar="[LIST]", required=False)
@click.option("--at", help="Show the list as of this time, like 2025-05-01 (ISO 8601; a date means its end).")
@as_json
@as_csv
@pass_program
def list_command(
    program: Program, source: str, list_: str | None, at: str | None, *, as_json: bool, as_csv: bool
) -> None:
    """Show a list of SOURCE as it stands, or stood at a time.

    Without a LIST, all lists of the source are shown.

    Example: monitor list ice-287g participating --at 2025-05-01
    """
    for name, report in lists_named(program, source, list_):
        _show_list(program, source, name, report, at=end_of(at), as_json=as_json, as_csv=as_csv)


def _show_list(
    program: Program, source: str, name: str, report: str, *, at: str | None, as_json: bool, as_csv: bool
) -> None:
    """Print the list `name` as it was at the time `at`, or as it is now if `at` is None.

    `report` is the name of the list's report in the configuration.
    """
    version = queries.version_as_of(program.store, source, report, at)
    unknown = queries.not_looked_for(program.store, version, name) if version else None
    listed = queries.records_of(program.store, version, name) if version and not unknown else []
    titles = program.titles
    where = titles.where(source, name)
    gone = queries.withdrawn_at(program.store, version.report_id) if version else None
    if gone and (at is None or at >= gone):
        click.echo(f"{where}: taken down {gone}; this is the last version", err=True)
    if unknown:
        hint = f"`monitor versions {source}` shows where it was"
        click.echo(f"{where}: {unknown}; {hint}", err=as_json or as_csv)
    if version and (beside := queries.shown_of_series(program.store, version, at)):
        click.echo(f"{where}: {beside}", err=True)
    if as_json:
        for record in listed:
            print_json(record.to_json())
    elif as_csv:
        fields = list(dict.fromkeys(field for record in listed for field in record.fields))
        flat = [record.to_json() | record.fields for record in listed]
        columns = (*fields, "source", "report", "list", "first_observed_at", "listed_since", "first_version")
        click.echo(csv_rows.lines(flat, columns), nl=False)
    elif version is None:
        click.echo(f"{where}: not seen {'by then' if at else 'yet'}; `monitor poll {source}` looks now")
    elif not unknown:
        title = f"{where}: {len(listed)} records in {version.file_name}, captured {version.captured_at}"
        render.console().print(render.records(listed, title, titles))


@click.command(name="show")
@click.argument("jurisdiction")
@click.option("--at", help="Show how it stood at this time, like 2017-03-22 (ISO 8601; a date means its end).")
@click.option("--standing", "only_standing", is_flag=True, help="Say only of each list how the place stands in it.")
@as_json
@pass_program
def show_command(program: Program, jurisdiction: str, at: str | None, *, only_standing: bool, as_json: bool) -> None:
    """Show everything ever published about one place.

    JURISDICTION is the name of a state, county, city or the like, its FIPS code, or its Open Civic Data id. All sources
    are searched. A text that is no such name is looked for as words in the records.

    For each list it is said first whether the place is listed, was listed, or whether that is not known, and why. The
    records follow, with all that changed in them.

    Example: monitor show "Travis County, Texas" --at 2017-03-22
    """
    question = listed.Question.of(program.config, now=program.now(), at=end_of(at))
    places = jurisdictions.find(jurisdiction)
    ids = tuple(ocd_id for place in places for ocd_id in jurisdictions.inside(place))
    words = () if ids else tuple(jurisdiction.replace(",", " ").split())
    found = listed.in_lists(program.store, question, ocd_ids=ids, words=words)
    lines = listed.histories(program.store, [each for group in found for each in group.lines], at=question.at)
    notices = [
        entry
        for entry in (changelog.notices(program.store, ids) if ids else ())
        if question.at is None or entry.observed_at <= question.at
    ]
    standings = [(place, listed.of_place(program.store, question, place)) for place in places]
    if as_json:
        for each in (
            [{"place": place.as_value()} | each.to_json(question.at) for place, lists in standings for each in lists]
            if only_standing
            else [*(line.to_json(question.at) for line in lines), *(entry.to_json() for entry in notices)]
        ):
            print_json(each)
        return
    screen, titles = render.console(), program.titles
    if not lines and not notices:
        click.echo(f"nothing published {'by then' if question.at else 'so far'} names {jurisdiction!r}")
    for place, lists in standings:
        screen.print(render.place(place, lists, question.at, titles))
    if not ids and (hint := _meant(jurisdiction, is_found=bool(lines or notices))):
        click.echo(hint)
    if only_standing:
        return
    for line, story in stories(lines, titles=titles):
        screen.print(render.story(line, story, titles))
    for told in render.in_short(lines, question.at, titles):
        screen.print(told)
    for entry in notices:
        screen.print(render.amendment(entry, titles))


def _meant(text: str, *, is_found: bool) -> str:
    """Return what to say of a text that names no place; "" if records have its words and no place has such a name."""
    if meant := jurisdictions.suggestions(text):
        return f"did you mean {'; '.join(map(full_name, meant))}?"
    return "" if is_found else 'no state, county or city has such a name; write it like "Travis County, Texas"'


@click.command(name="doubts")
@click.argument("source", required=False)
@as_json
@pass_program
def doubts_command(program: Program, source: str | None, *, as_json: bool) -> None:
    """Show values in the lists that can't be right.

    A doubt is a value that contradicts itself as the publisher printed it: a county that is in no such state, a date
    that is yet to come. The list is shown as printed all the same, and the program corrects nothing. Where one
    correction is likely it is named. Look the record up, and ask the publisher before you quote it.

    Example: monitor doubts ice-287g
    """
    if source:
        program.source(source)
    from monitor.store import doubts as doubt_rows  # noqa: PLC0415 - no other command here needs them

    doubts = doubt_rows.listed_doubts(program.store, source)
    if not as_json:
        click.echo(DOUBTS if doubts else "nothing is doubtful")
    screen = render.console()
    for doubt in doubts:
        if as_json:
            print_json(dataclasses.asdict(doubt))
        else:
            screen.print(render.listed_doubt(doubt, program.titles))


@click.command(name="versions")
@click.argument("source", required=False)
@as_json
@pass_program
def versions_command(program: Program, source: str | None, *, as_json: bool) -> None:
    """Show the reports, and every version that was kept of each.

    A version is a file, or a page, as it was published at a time. It is kept (not read yet), recorded (its records are
    in the history), held (see `monitor holds`) or rejected.

    Example: monitor versions ice-ddor
    """
    if source:
        program.source(source)
    rows = list(queries.all_versions(program.store, source))
    from monitor.store import copies  # noqa: PLC0415 - no other command here needs them

    saved = copies.archive_copies(program.store)
    if not as_json:
        render.console().print(render.versions(rows))
        for version, _ in rows:
            if copy := saved.get(version.id):
                where = f"{copy.source}/{copy.report_key} no. {copy.number}"
                click.echo(plain(f"{where}: {copy.memento}: {copy.words}"))
        return
    for version, counts in rows:
        copy = saved.get(version.id)
        value: dict[str, object] = {
            "saved": copy.memento if copy else None,
            "compared": copy.compared if copy else None,
        }
        if found := parts_of_version(program.store, version.id):
            value["parts"] = part_values(found)
        print_json(_version_value(version, counts) | value)


def _version_value(version: VersionRow, counts: Mapping[str, int]) -> dict[str, object]:
    """Return a version as the JSON object that is printed; `counts` has the number of records in each of its lists."""
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


@click.command(name="holds")
@as_json
@pass_program
def holds_command(program: Program, *, as_json: bool) -> None:
    """Show the versions that wait for a person's decision.

    A version is held when the program can't read it, or can't believe how much it changed: half of a list may be gone
    because the publisher made a mistake, or because the layout changed. Nothing of a held version is in the change log,
    and nobody was alerted. The list stays as the last good version had it. Where the file could be read, the first
    lines of what it would tell are shown. A hold ends by itself when the next version is good, or when a description
    in config.yaml that was wrong is mended.

    Open the file that is named, and compare it with the publisher's page. Then say `monitor release` if the file is
    right, or `monitor reject` if it is not.

    Example: monitor holds
    """
    held, titles = records.held_versions(program.store), program.titles
    if not as_json:
        click.echo(HOLDS if held else "nothing is held")
    for version in held:
        if as_json:
            print_json(_version_value(version, {}))
            continue
        where = f"{titles.where(version.source, report=version.report_key)}, version {version.number}"
        click.echo(f"{version.sha256[:12]}  {where}, {version.file_name}")
        why = titles.of_lists_in(version.source, version.hold_reason or "")
        click.echo(plain(f"              captured {version.captured_at}: {why}"))
        details = holds.hold_details(program.store, version)
        for line in details.would_tell if details else ():
            click.echo(plain(f"                {line}"))
        parts = parts_of_version(program.store, version.id)
        for part in parts:
            click.echo(plain(f"              {part.name}: {program.archive.path(part.sha256)}"))
        if not parts:
            click.echo(f"              the bytes: {program.archive.path(version.sha256)}")
        believe = "if it is right" if version.releasable else "to read it once more"
        way = f"`monitor release {version.sha256[:12]}` {believe}, "
        click.echo(f"              {way}`monitor reject {version.sha256[:12]}` if it is not")
