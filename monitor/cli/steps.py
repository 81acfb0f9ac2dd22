"""The commands that do something: poll, import, decide on holds, replay the demo."""

from __future__ import annotations

import os
import shutil
import sys
import tempfile
from collections import Counter
from pathlib import Path
from typing import TYPE_CHECKING

import click

from monitor.cli import render
from monitor.cli.app import cli, pass_program
from monitor.errors import RefusedError

if TYPE_CHECKING:
    from rich.console import Console

    from monitor.demo.replay import Played
    from monitor.program import Program
    from monitor.store.rows import VersionRow


BRIEF = 1_500  # characters of an alert that the terminal shows; the log has them all


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
    failed = False
    for polled in program.poll(names):
        failed = failed or bool(polled.faults)
        said = f"{polled.kept} new" if polled.kept else "nothing new" if not polled.faults else "failed"
        click.echo(f"{polled.source}: {said}")
        for line in polled.faults:
            click.echo(render.plain(f"monitor: {polled.source}: {line}"), err=True)
        for line in polled.notes:
            click.echo(render.plain(f"  {line}"))
        for turned in polled.turned:
            if message := program.message_about(turned):
                render.console().print(render.message(message, limit=BRIEF), end="")
    failed = _process_all(program, tell=True) or failed
    failed = deliver_all(program) or failed
    if failed:
        raise SystemExit(1)


def _process_all(program: Program, source: str | None = None, *, tell: bool = False) -> bool:
    """The second step, with a line for each version that could not be recorded; returns whether there was one.

    With `tell`, what the others brought is shown.
    """
    failed = False
    screen = render.console()
    for done in program.process(source):
        if done.hold_reason:
            click.echo(render.plain(f"monitor: {_held(done.version, done.hold_reason)}"), err=True)
        elif done.fault:
            where = f"{done.version.source}/{done.version.report_key}"
            click.echo(render.plain(f"monitor: {where}: {done.fault}"), err=True)
        elif tell and (message := program.message_about(done)):
            screen.print(render.message(message, limit=BRIEF), end="")
        failed = failed or bool(done.hold_reason or done.fault)
    return failed


def deliver_all(program: Program) -> bool:
    """The third step, with a line for each attempt; returns whether one failed."""
    failed = False
    for done in program.deliver():
        subject = render.plain(done.message.subject)
        if done.fault:
            failed = True
            click.echo(render.plain(f"monitor: {done.fault}; see `monitor outbox`"), err=True)
        else:
            click.echo(f"sent on {done.channel}: {subject}")
    return failed


def _held(version: VersionRow, reason: str) -> str:
    where = f"{version.source}/{version.report_key}: {version.file_name}"
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

    from monitor.history import importer  # noqa: PLC0415 - only here
    from monitor.times import instant  # noqa: PLC0415 - only here

    described = program.source(source)
    if (file is None) == (manifest is None):
        raise click.UsageError("Name either a FILE or a --manifest.")
    if manifest:
        if at or url:
            raise click.UsageError("--at and --url go with a FILE; a manifest has its own.")
        found = importer.manifest(manifest, source, described)
    else:
        assert file is not None
        moment = at or instant(program.now())
        found = (importer.describe(file, captured_at=moment, url=url, source=described),)
    kept = held = 0
    screen = render.console(stderr=True)
    for each in track(found, "importing", console=screen, disable=not screen.is_terminal, transient=True):
        kept += importer.keep(program.importer, source, each)
        held += _process_all(program, source)
    click.echo(f"{source}: {len(found)} files, {kept} new versions, {len(found) - kept} already known")
    if held:
        raise SystemExit(1)


@cli.command()
@click.argument("version")
@pass_program
def release(program: Program, version: str) -> None:
    """Believe a held VERSION (by the first letters of its SHA-256): its amendments are recorded.

    Example: monitor release 4b87a1f97165
    """
    from monitor.steps import holds  # noqa: PLC0415 - only here

    done = holds.release(program.processor, _one_version(program, version))
    counts = Counter(entry["kind"] for entry in done.entries)
    said = ", ".join(f"{count} {kind}" for kind, count in counts.items()) or "no amendments"
    click.echo(f"{done.version.file_name}: recorded, {said}")
    failed = _process_all(program, done.version.source, tell=True)
    if deliver_all(program) or failed:
        raise SystemExit(1)


@cli.command()
@click.argument("version")
@pass_program
def reject(program: Program, version: str) -> None:
    """Decide that a held VERSION does not count; its bytes stay in the archive.

    Example: monitor reject 4b87a1f97165
    """
    from monitor.steps import holds  # noqa: PLC0415 - only here

    found = _one_version(program, version)
    holds.reject(program.processor, found)
    click.echo(f"{found.file_name}: rejected")


def _one_version(program: Program, name: str) -> VersionRow:
    """The version that a person means: a held one before others, for the same bytes may have come before."""
    from monitor.store import queries  # noqa: PLC0415 - only here

    found = queries.named_version(program.store, name)
    found = [version for version in found if version.status == "held"] or found
    if len(found) != 1:
        what = "no version" if not found else f"{len(found)} versions"
        raise RefusedError(f"{what} {name!r}; say at least six letters of its SHA-256, or source/report/number")
    return found[0]


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
    _ = program.config  # its faults come first
    folder = program.state_override or Path(tempfile.mkdtemp(prefix="monitor-demo-"))
    if (folder / "monitor.db").exists():
        raise RefusedError(f"{folder}: there is a history already; name a new folder with --state")
    screen = render.console()
    screen.print("A server on this machine publishes what agencies published in 2017 and 2025; monitor watches it.")
    arrived: Counter[str] = Counter()
    for played in replay(program.config_path, folder):
        _show(screen, played)
        arrived.update(each.channel for each in played.arrived)
    click.echo(f"\n{arrived['mail']} mails and {arrived['slack']} Slack messages arrived at receivers on this machine.")
    click.echo(f"The mails are {folder / 'mail'}/*.eml, to be opened by a mail program.")
    click.echo(f"\nThe history is in {folder}. To explore it:")
    program_name = "monitor" if shutil.which("monitor") else os.path.relpath(sys.argv[0])
    for command in EXPLORE:
        click.echo(f"  {program_name} --config {folder / 'config.yaml'} --state {folder} {command}")


def _show(screen: Console, played: Played) -> None:
    """One step of the demo: what was published, what the program made of it, and what arrived where."""
    screen.print(f"\n{played.step.at:%Y-%m-%d %H:%M}  {played.step.source}: {played.step.caption}", style="cyan")
    for line in played.lines:
        screen.print(f"  {line}", style="magenta")
    for done in played.processed:
        if done.hold_reason:
            screen.print(f"  held: {done.version.file_name}: {done.hold_reason}", style="magenta")
    for message in played.messages:
        screen.print(render.message(message, limit=BRIEF), end="")
    if not played.messages:
        screen.print("  no alert", style="dim")
    for each in played.arrived:
        screen.print(f"  {each.channel}: {render.plain(each.subject)}", style="green", markup=False)


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
