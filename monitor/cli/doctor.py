"""The command that looks for problems before they do harm, and says how to solve them."""

from __future__ import annotations

import dataclasses
from collections import Counter
from typing import TYPE_CHECKING

import click
from rich.table import Table
from rich.text import Text

from monitor.cli import render
from monitor.cli.options import as_json, pass_program
from monitor.cli.printed import plain, print_json
from monitor.errors import ConfigError
from monitor.upkeep.doctor import Examination, Finding, Level, examine

if TYPE_CHECKING:
    from collections.abc import Sequence

    from monitor.program import Program

LEVEL_STYLES = {"ok": "green", "warning": "yellow", "fault": "bold red"}


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
        examination = Examination(
            config=program.config,
            config_path=program.config_path,
            state=program.state,
            now=program.now,
            offline=offline,
        )
    except ConfigError as faulty:
        if not as_json:
            raise
        for fault in faulty.faults:
            remedy = "correct it; docs/configuration.md explains each key"
            print_json(dataclasses.asdict(Finding(about="configuration", level=Level.FAULT, what=fault, remedy=remedy)))
        raise SystemExit(2) from faulty
    findings: list[Finding] = []
    with render.console(stderr=True).status("looking ...") as status:
        for finding in examine(examination):
            findings.append(finding)
            status.update(f"{finding.about} ...")
            if as_json:
                print_json(dataclasses.asdict(finding))
    if not as_json:
        _print_findings(findings)
    if any(finding.level == Level.FAULT for finding in findings):
        raise SystemExit(1)


def _print_findings(findings: Sequence[Finding]) -> None:
    """Print the findings: as a table on a terminal, elsewhere one line each with its remedy at the end."""
    screen = render.console()
    if screen.is_terminal:
        screen.print(_table(findings))
    for finding in () if screen.is_terminal else findings:
        remedy = f"; {finding.remedy}" if finding.remedy else ""
        click.echo(plain(f"{finding.level:<7}  {finding.about}: {finding.what}{remedy}"))
    counts = Counter(str(finding.level) for finding in findings)
    totals = (f"{counts[level]} {level}{'s' * (counts[level] > 1)}" for level in ("fault", "warning") if counts[level])
    click.echo(", ".join(totals) or "nothing to see to")


def _table(findings: Sequence[Finding]) -> Table:
    """Format the findings as a table, with each remedy under its finding."""
    table = Table(header_style="bold")
    for column in ("", "about", "finding"):
        table.add_column(column, overflow="fold")
    for finding in findings:
        style = LEVEL_STYLES[finding.level]
        what = Text(plain(finding.what))
        if finding.remedy:
            what.append(f"\n{plain(finding.remedy)}", style="italic")
        table.add_row(Text(str(finding.level), style=style), Text(finding.about), what)
    return table
