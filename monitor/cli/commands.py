"""The commands. Each reads as what it does; how things look is in `render`."""

from __future__ import annotations

import json
import tempfile
import time
from pathlib import Path
from typing import TYPE_CHECKING, Any

import click

from monitor import __version__
from monitor.cli import render
from monitor.errors import RefusedError
from monitor.program import Program

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Mapping

    from monitor.rows import VersionRow
    from monitor.store.outbox import AlertRow

pass_program = click.make_pass_decorator(Program)
as_json = click.option("--json", "as_json", is_flag=True, help="One JSON object a line.")
as_csv = click.option("--csv", "as_csv", is_flag=True, help="CSV with a header line.")

LOG_COLUMNS = (
    "id", "observed_at", "source", "report", "list", "kind", "reason", "state", "jurisdiction", "fips", "ocd_id",
    "fields", "before", "after", "minor", "confidence", "reverts", "version", "previous", "entry_hash",
)  # fmt: skip


@click.group(context_settings={"help_option_names": ["-h", "--help"]})
@click.version_option(__version__, prog_name="monitor")
@click.option(
    "--config", "config_path", type=click.Path(path_type=Path), envvar="MONITOR_CONFIG", default="config.yaml",
    show_default=True, show_envvar=True, help="The configuration file.",
)  # fmt: skip
@click.option("--state", type=click.Path(path_type=Path), help="The folder for database and archive, over the file's.")
@click.pass_context
def cli(context: click.Context, config_path: Path, state: Path | None) -> None:
    """Watch the lists of jurisdictions that federal agencies publish, and tell what changed in them."""
    context.obj = context.with_resource(Program(config_path=config_path, state_override=state))


class Terminal:
    """The channel that everybody has: alerts are shown as they come."""

    def __init__(self) -> None:
        self._console = render.console()

    def send(self, alert: AlertRow) -> None:
        """Print one alert."""
        self._console.print(render.alert(alert))


@cli.command()
@click.argument("sources", nargs=-1)
@pass_program
def poll(program: Program, sources: tuple[str, ...]) -> None:
    """Look at the sources once, now: poll, process, deliver.

    Example: monitor poll ice-287g
    """
    names = list(dict.fromkeys(sources)) or list(program.config.sources)
    for name in names:
        program.source(name)
    screen = render.console(stderr=True)
    failed = False
    with screen.status("polling ...") as status:
        for polled in program.poll(names):
            failed = failed or bool(polled.faults)
            said = f"{polled.kept} new" if polled.kept else "nothing new" if not polled.faults else "failed"
            click.echo(f"{polled.source}: {said}")
            for line in polled.faults:
                click.echo(f"monitor: {polled.source}: {line}", err=True)
            for line in polled.notes:
                click.echo(f"  {line}")
            status.update("polling ...")
        status.update("reading ...")
        _process_all(program)
    program.deliver(Terminal())
    if failed:
        raise SystemExit(1)


def _process_all(program: Program, source: str | None = None) -> bool:
    """The second step, with a line for each hold; returns whether there was one."""
    held = False
    for done in program.process(source):
        if done.hold_reason:
            held = True
            click.echo(f"monitor: {_held(done.version, done.hold_reason)}", err=True)
    return held


def _held(version: VersionRow, reason: str) -> str:
    where = f"{version.source}/{version.report}: {version.file_name}"
    return f"{where} is held: {reason}; look with `monitor holds`"


@cli.command(name="import")
@click.argument("source")
@click.argument("file", type=click.Path(path_type=Path), required=False)
@click.option("--manifest", type=click.Path(path_type=Path), help="A CSV file with file, captured_at and url.")
@click.option("--at", help="When the file was captured (ISO 8601; default: now).")
@click.option("--url", help="The address that it was published at.")
@pass_program
def import_(
    program: Program, *, source: str, file: Path | None, manifest: Path | None, at: str | None, url: str | None
) -> None:
    """Take files got elsewhere into the history of SOURCE.

    Example: monitor import ice-287g --manifest files/manifest.csv
    """
    from rich.progress import track  # noqa: PLC0415 - only here

    from monitor import importing  # noqa: PLC0415 - only here
    from monitor.rows import instant  # noqa: PLC0415 - only here

    described = program.source(source)
    if (file is None) == (manifest is None):
        raise click.UsageError("Name either a FILE or a --manifest.")
    if manifest:
        if at or url:
            raise click.UsageError("--at and --url go with a FILE; a manifest has its own.")
        found = importing.manifest(manifest, source, described)
    else:
        assert file is not None
        moment = at or instant(program.now())
        found = (importing.describe(file, captured_at=moment, url=url, source=described),)
    kept = held = 0
    screen = render.console(stderr=True)
    for each in track(found, "importing", console=screen, disable=not screen.is_terminal, transient=True):
        kept += importing.keep(program.importer, source, each)
        held += _process_all(program, source)
    click.echo(f"{source}: {len(found)} files, {kept} new versions, {len(found) - kept} already known")
    program.deliver(Silent())
    if held:
        raise SystemExit(1)


class Silent:
    """Where the alerts of an import go: its amendments are history, and nobody is told of them as news."""

    def send(self, alert: AlertRow) -> None:
        """Nothing."""


@cli.command()
@click.option("--source", help="Of this source only.")
@click.option("--list", "list_", help="Of this list only.")
@click.option("--kind", "kinds", multiple=True, help="added, removed, corrected, ...; may be given several times.")
@click.option("--state-code", help="Of this state only, by its postal code, like TX.")
@click.option("--jurisdiction", help="Of this jurisdiction and all within it: a name, FIPS code or OCD id.")
@click.option("--since", help="Observed at this time or later (ISO 8601).")
@click.option("--until", help="Observed before this time (ISO 8601).")
@click.option("--follow", is_flag=True, help="Go on with entries as they come.")
@as_json
@as_csv
@pass_program
def log(
    program: Program,
    *,
    source: str | None,
    list_: str | None,
    kinds: tuple[str, ...],
    state_code: str | None,
    jurisdiction: str | None,
    since: str | None,
    until: str | None,
    follow: bool,
    as_json: bool,
    as_csv: bool,
) -> None:
    """Show the change log, oldest first.

    Example: monitor log --state-code TX --kind added --since 2025-06-01
    """
    from monitor.store import changelog  # noqa: PLC0415 - only here

    if source:
        program.source(source)
    asked: dict[str, Any] = {
        "source": source,
        "list": list_,
        "kinds": _kinds(kinds),
        "state": _state(state_code),
        "jurisdiction": _ocd_id(jurisdiction) if jurisdiction else None,
        "since": _instant(since),
        "until": _instant(until),
    }
    show = _shower(as_json=as_json, as_csv=as_csv)
    last = 0
    while True:
        last = show(changelog.entries(program.store, changelog.Asked(**asked, after_id=last)), last)
        if not follow:
            return
        time.sleep(1)


def _shower(*, as_json: bool, as_csv: bool) -> Callable[[Iterable[Mapping[str, Any]], int], int]:
    """What prints entries, and returns the last one's id."""
    screen = render.console()

    def show(entries: Iterable[Mapping[str, Any]], last: int) -> int:
        if as_csv:
            rows = [_log_row(entry) for entry in entries]
            text = render.table_csv(rows, LOG_COLUMNS)
            click.echo(text.partition("\n")[2] if last else text, nl=False)
            return rows[-1]["id"] if rows else last
        for entry in entries:
            if as_json:
                _print_json(entry)
            else:
                screen.print(render.amendment(entry))
            last = entry["id"]
        return last

    return show


def _log_row(entry: Mapping[str, Any]) -> dict[str, Any]:
    """An entry as one row of CSV."""
    place = entry["jurisdiction"] or {}
    row = dict(entry) | {
        "jurisdiction": place.get("name"),
        "state": place.get("state"),
        "fips": place.get("fips"),
        "ocd_id": place.get("ocd_id"),
        "fields": " ".join(entry["fields"]),
    }
    for side in ("before", "after"):
        row[side] = "; ".join(f"{field}: {value}" for field, value in (entry[side] or {}).items())
    return row


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


def _ocd_id(text: str) -> str:
    from monitor import jurisdictions  # noqa: PLC0415 - only here

    found = jurisdictions.find(text)
    if len(found) == 1 and found[0].ocd_id:
        return found[0].ocd_id
    if not found:
        raise RefusedError(f"no state or county is called {text!r}; try `monitor show {text!r}`, which looks for words")
    named = "; ".join(f"{each.name}, {each.state}" for each in found[:30])
    raise RefusedError(f"{len(found)} jurisdictions are called {text!r}; say which: {named}")


def _instant(text: str | None) -> str | None:
    from monitor.importing import moment_of  # noqa: PLC0415 - only here
    from monitor.rows import instant  # noqa: PLC0415 - only here

    return instant(moment_of(text)) if text else None


def _print_json(value: Mapping[str, Any]) -> None:
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
        _show_list(program, source, name, report, at=_instant(at), as_json=as_json, as_csv=as_csv)


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
    from monitor.store import reading  # noqa: PLC0415 - only here

    version = reading.version_as_of(program.store, source, report, at)
    rows = reading.records_of(program.store, version, name) if version else []
    gone = reading.withdrawn_at(program.store, version.report_id) if version else None
    if gone and (at is None or at >= gone):
        click.echo(f"{source}/{name}: withdrawn since {gone}; this is the last version", err=True)
    if as_json:
        for row in rows:
            _print_json(row)
    elif as_csv:
        fields = list(dict.fromkeys(field for row in rows for field in row["fields"]))
        flat = [row | row["fields"] for row in rows]
        columns = (*fields, "source", "report", "list", "first_observed_at", "listed_since", "first_version")
        click.echo(render.table_csv(flat, columns), nl=False)
    elif version is None:
        click.echo(f"{source}/{name}: not seen {'by then' if at else 'yet'}; `monitor poll {source}` looks now")
    else:
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
    from monitor.store import reading  # noqa: PLC0415 - only here

    ids = tuple(found.ocd_id for found in jurisdictions.find(jurisdiction) if found.ocd_id)
    words = () if ids else tuple(jurisdiction.replace(",", " ").split())
    lines = reading.appearances(program.store, ocd_ids=ids, words=words)
    if as_json:
        for line in lines:
            _print_json(line)
        return
    if not lines:
        click.echo(f"nothing published so far names {jurisdiction!r}")
    screen = render.console()
    for line in lines:
        screen.print(render.appearance(line))


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
    from monitor import process  # noqa: PLC0415 - only here
    from monitor.store import reading  # noqa: PLC0415 - only here

    ((name, report),) = _lists(program, source, list_)
    ends = []
    for at in (_instant(from_), _instant(to)):
        version = reading.version_as_of(program.store, source, report, at)
        if version is None:
            raise RefusedError(f"{source}/{name}: not seen by {at}; `monitor versions {source}` shows what is there")
        ends.append(version)
    description = program.source(source).reports[report].lists[name]
    screen = render.console()
    for entry in process.between(program.store, ends[0], ends[1], name=name, description=description):
        if as_json:
            _print_json(entry)
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
    from monitor.store import reading  # noqa: PLC0415 - only here

    if source:
        program.source(source)
    rows = list(reading.versions(program.store, source))
    if not as_json:
        render.console().print(render.versions(rows))
        return
    for version, counts in rows:
        _print_json(_version_value(version, counts))


def _version_value(version: VersionRow, counts: Mapping[str, int]) -> dict[str, Any]:
    return {
        "source": version.source,
        "report": version.report,
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
    from monitor.store import recording  # noqa: PLC0415 - only here

    found = recording.held_versions(program.store)
    if not found and not as_json:
        click.echo("nothing is held")
    for version in found:
        if as_json:
            _print_json(_version_value(version, {}))
            continue
        click.echo(
            f"{version.sha256[:12]}  {version.source}/{version.report} version {version.number}, {version.file_name}"
        )
        click.echo(f"              captured {version.captured_at}: {version.hold_reason}")
        click.echo(f"              the bytes: {program.archive.path(version.sha256)}")
        way = f"`monitor release {version.sha256[:12]}` if it is right, " if version.releasable else ""
        click.echo(f"              {way}`monitor reject {version.sha256[:12]}` if it is not")


@cli.command()
@click.argument("version")
@pass_program
def release(program: Program, version: str) -> None:
    """Believe a held VERSION (by the first letters of its SHA-256): its amendments are recorded.

    Example: monitor release 4b87a1f97165
    """
    from monitor import process  # noqa: PLC0415 - only here

    done = process.release(program.processor, _one_version(program, version))
    said = ", ".join(f"{count} {kind}" for kind, count in done.counts.items()) or "no amendments"
    click.echo(f"{done.version.file_name}: recorded, {said}")
    _process_all(program, done.version.source)
    program.deliver(Terminal())


@cli.command()
@click.argument("version")
@pass_program
def reject(program: Program, version: str) -> None:
    """Decide that a held VERSION does not count; its bytes stay in the archive.

    Example: monitor reject 4b87a1f97165
    """
    from monitor import process  # noqa: PLC0415 - only here

    found = _one_version(program, version)
    process.reject(program.processor, found)
    click.echo(f"{found.file_name}: rejected")


def _one_version(program: Program, name: str) -> VersionRow:
    """The version that a person means: a held one before others, for the same bytes may have come before."""
    from monitor.store import reading  # noqa: PLC0415 - only here

    found = reading.named_version(program.store, name)
    found = [version for version in found if version.status == "held"] or found
    if len(found) != 1:
        what = "no version" if not found else f"{len(found)} versions"
        raise RefusedError(f"{what} {name!r}; say at least six letters of its SHA-256, or source/report/number")
    return found[0]


@cli.command()
@pass_program
def verify(program: Program) -> None:
    """Check the archive against its hashes, the change log's chain, and the database.

    Example: monitor verify
    """
    from monitor import verifying  # noqa: PLC0415 - only here

    screen = render.console(stderr=True)
    with screen.status("checking ..."):
        checked = verifying.verify(program.store, program.archive, program.config)
    for fault in checked.faults:
        click.echo(f"monitor: {fault}", err=True)
    click.echo(f"{checked.files} files, {checked.entries} entries of the change log, head {checked.head}")
    if checked.faults:
        raise SystemExit(1)
    click.echo("all as it was written")


@cli.command()
@pass_program
def demo(program: Program) -> None:
    """Replay a published history through the real program, on this machine alone.

    The history is left in the folder given with --state, or in a new one.

    Example: monitor demo
    """
    try:
        from monitor.demo.replay import replay  # noqa: PLC0415 - needs the extra "demo"
    except ImportError as fault:
        raise RefusedError(f"the demo needs the package {fault.name}; install monitor[demo]") from fault
    folder = program.state_override or Path(tempfile.mkdtemp(prefix="monitor-demo-"))
    if (folder / "monitor.db").exists():
        raise RefusedError(f"{folder}: there is a history already; name a new folder with --state")
    screen = render.console()
    screen.print("A server on this machine publishes what agencies published in 2017 and 2025; monitor watches it.")
    for played in replay(program.config_path, folder):
        screen.print(f"\n{played.step.at:%Y-%m-%d %H:%M}  {played.step.source}: {played.step.caption}", style="cyan")
        for line in played.lines:
            screen.print(f"  {line}", style="magenta")
        for done in played.processed:
            if done.hold_reason:
                screen.print(f"  held: {done.version.file_name}: {done.hold_reason}", style="magenta")
        for alert in played.alerts:
            screen.print(render.alert(alert))
        if not played.alerts:
            screen.print("  no alert", style="dim")
    click.echo(f"\nThe history is in {folder}. To explore it:")
    for command in EXPLORE:
        click.echo(f"  monitor --config {folder / 'config.yaml'} --state {folder} {command}")


EXPLORE = (
    "log --kind corrected",
    "log --source ice-ddor --list section-3",
    'show "Travis County, Texas"',
    "list doj-sanctuary states --at 2025-09-01",
    "diff ice-287g participating 2025-03-18 2025-07-04",
    "versions",
    "holds",
    "verify",
)
