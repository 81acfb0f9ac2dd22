"""The command that replays the demo's history."""

from __future__ import annotations

import os
import shlex
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
from monitor.config.extras import remedy
from monitor.config.file import load
from monitor.errors import RefusedError
from monitor.program import present
from monitor.sandbox.reader import Reader

if TYPE_CHECKING:
    from collections.abc import Callable
    from socket import socket

    from rich.console import Console

    from monitor.demo.replay import Played
    from monitor.program import Program


DEMO_PORTS = range(8080, 8090)  # of which the first free one is taken


@click.command(name="demo")
@click.option("--web", "ending", flag_value="web", help="Serve the web pages at the end even if this is no terminal.")
@click.option("--no-web", "ending", flag_value="none", help="Serve no web pages at the end.")
@pass_program
def demo_command(program: Program, *, ending: str | None) -> None:
    """Replay a published history here, as a demonstration.

    A web server on this machine publishes what agencies published in 2017 and 2025, and the real program watches it.
    The history is left in the folder given with --state before the command, or in a new one. At the end its web pages
    are served.

    Example: monitor demo
    """
    try:
        from monitor.demo.replay import replay  # noqa: PLC0415 - needs the extra "demo"
    except ImportError as fault:
        raise RefusedError(f"the demo needs the package {fault.name}; {remedy('demo')}") from fault
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
    click.echo(f"The Slack messages are {folder / 'slack'}/*.txt to read, and *.json as they were sent.")
    _how_to_explore(folder)
    if ending == "web" or (ending is None and sys.stdout.isatty()):
        _serve(folder)


def _how_to_explore(folder: Path) -> None:
    """Print the commands with which the history can be read, with a short name for their long beginning."""
    config = folder / "config.yaml"
    beginning = shlex.join([*_own_name(), "--config", str(config), "--state", str(folder)])
    click.echo(f"\nThe history is in {folder}. To explore it, give the long command a short name:\n")
    click.echo(f"  alias m={shlex.quote(beginning)}\n")
    for command in EXPLORE:
        click.echo(f"  m {command}")


def _own_name() -> list[str]:
    """Return the words by which a shell in this folder finds this program."""
    if shutil.which("monitor"):
        return ["monitor"]
    is_module = Path(sys.argv[0]).name == "__main__.py"  # it was started as `python -m monitor`
    return [sys.executable, "-m", "monitor"] if is_module else [os.path.relpath(sys.argv[0])]


def _serve(folder: Path) -> None:
    """Serve the web pages of the demo's history until Ctrl-C, at the first free port from 8080 on."""
    try:
        from monitor.web import server  # noqa: PLC0415 - needs the extra "web"
        from monitor.web.context import Access  # noqa: PLC0415 - the same
    except ImportError as fault:
        raise RefusedError(f"the pages need the package {fault.name}; install monitor[web]") from fault
    config = load(folder / "config.yaml")
    with Reader(server.PAGE_LIMITS) as reader, _free_socket(server.bound) as listening:
        click.echo(f"\nThe same as web pages: http://127.0.0.1:{listening.getsockname()[1]}/ (end it with Ctrl-C)")
        server.serve_pages(listening, server.site(config, folder, reader, access=Access(), now=present))
    click.echo(f"\nThe pages have ended; `m web` serves them again. The history stays in {folder}.")


def _free_socket(bound: Callable[[str, int], socket]) -> socket:
    """Return a socket that listens at the first free port from 8080 on; say which ports were in use."""
    for port in DEMO_PORTS:
        try:
            return bound("127.0.0.1", port)
        except RefusedError:
            click.echo(f"Port {port} is in use; the next one is tried.")
    return bound("127.0.0.1", 0)


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
