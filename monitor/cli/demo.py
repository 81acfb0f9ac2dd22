"""The command that replays the demo's history."""

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
from monitor.cli.options import pass_program
from monitor.cli.printed import plain
from monitor.cli.steps import BRIEF
from monitor.errors import RefusedError

if TYPE_CHECKING:
    from rich.console import Console

    from monitor.demo.replay import Played
    from monitor.program import Program


@click.command(name="demo")
@pass_program
def demo_command(program: Program) -> None:
    """Replay a published history here, as a demonstration.

    A web server on this machine publishes what agencies published in 2017 and 2025, and the real program watches it.
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
        arrived.update(arrival.channel for arrival in played.arrived)
    click.echo(f"\n{arrived['mail']} mails and {arrived['slack']} Slack messages arrived at receivers on this machine.")
    click.echo(f"The mails are {folder / 'mail'}/*.eml, to be opened by a mail program.")
    click.echo(f"\nThe history is in {folder}. To explore it:")
    program_name = "monitor" if shutil.which("monitor") else os.path.relpath(sys.argv[0])
    for command in EXPLORE:
        click.echo(f"  {program_name} --config {folder / 'config.yaml'} --state {folder} {command}")


def _show(screen: Console, played: Played) -> None:
    """Print one step of the demo: the publication, the changes that the program found, and the alerts that arrived."""
    screen.print(f"\n{played.step.at:%Y-%m-%d %H:%M}  {played.step.source}: {played.step.caption}", style="cyan")
    for line in played.lines:
        screen.print(f"  {line}", style="magenta")
    for done in played.processed:
        if done.hold_reason:
            screen.print(f"  held: {done.version.file_name}: {done.hold_reason}", style="magenta")
    for line in played.documents:
        screen.print(f"  {line}", style="blue")
    for message in played.messages:
        screen.print(render.message(message, limit=BRIEF), end="")
    if not played.messages:
        screen.print("  no alert", style="dim")
    for arrival in played.arrived:
        screen.print(f"  {arrival.channel}: {plain(arrival.subject)}", style="green", markup=False)


EXPLORE = (
    "log --kind corrected",
    "log --source ice-ddor --list section-3",
    'show "Travis County, Texas"',
    "list doj-sanctuary states --at 2025-09-01",
    "diff ice-287g participating 2025-03-18 2025-07-04",
    "documents ice-287g --changed",
    "versions",
    "holds",
    "verify",
)
