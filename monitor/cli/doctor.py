"""The command that looks for what would go wrong."""

from __future__ import annotations

import dataclasses
from collections import Counter
from typing import TYPE_CHECKING

import click
from rich.table import Table
from rich.text import Text

from monitor.cli import render
from monitor.cli.options import as_json, pass_program
from monitor.cli.read import print_json
from monitor.errors import ConfigError
from monitor.upkeep.doctor import Examination, Finding, Level, examine

if TYPE_CHECKING:
    from collections.abc import Sequence

    from monitor.program import Program

STYLES = {"ok": "green", "warning": "yellow", "fault": "bold red"}


@click.command(name="doctor")
@click.option("--offline", is_flag=True, help="Ask no other machine, neither sources nor channels.")
@as_json
@pass_program
def doctor_command(program: Program, *, offline: bool, as_json: bool) -> None:
    """Look for what would go wrong, and say how to mend it.

    Configuration, network, channels, disk and clock are looked at. Nothing is changed, and nothing is sent. The exit
    status is 1 if something does not work, and 2 if the configuration has faults.

    Example: monitor doctor --offline
    """
    try:
        asked = Examination(
            config=program.config,
            config_path=program.config_path,
            state=program.state,
            now=program.now,
            offline=offline,
        )
    except ConfigError as faulty:
        if not as_json:
            raise
        for each in faulty.faults:
            remedy = "correct it; docs/configuration.md explains each key"
            print_json(dataclasses.asdict(Finding(about="configuration", level=Level.FAULT, what=each, remedy=remedy)))
        raise SystemExit(2) from faulty
    found: list[Finding] = []
    with render.console(stderr=True).status("looking ...") as status:
        for finding in examine(asked):
            found.append(finding)
            status.update(f"{finding.about} ...")
            if as_json:
                print_json(dataclasses.asdict(finding))
    if not as_json:
        _print_findings(found)
    if any(finding.level == Level.FAULT for finding in found):
        raise SystemExit(1)


def _print_findings(found: Sequence[Finding]) -> None:
    """A table on a terminal; elsewhere a line for each finding, its remedy at the end."""
    screen = render.console()
    if screen.is_terminal:
        screen.print(_table(found))
    for finding in () if screen.is_terminal else found:
        remedy = f"; {finding.remedy}" if finding.remedy else ""
        click.echo(render.plain(f"{finding.level:<7}  {finding.about}: {finding.what}{remedy}"))
    counts = Counter(str(finding.level) for finding in found)
    said = (f"{counts[level]} {level}{'s' * (counts[level] > 1)}" for level in ("fault", "warning") if counts[level])
    click.echo(", ".join(said) or "nothing to see to")


def _table(found: Sequence[Finding]) -> Table:
    """The findings, the remedy under what was found."""
    table = Table(header_style="bold")
    for column in ("", "about", "finding"):
        table.add_column(column, overflow="fold")
    for finding in found:
        style = STYLES[finding.level]
        what = Text(render.plain(finding.what))
        if finding.remedy:
            what.append(f"\n{render.plain(finding.remedy)}", style="italic")
        table.add_row(Text(str(finding.level), style=style), Text(finding.about), what)
    return table
