"""The command that checks that nothing in the history was altered."""

from __future__ import annotations

import dataclasses
from typing import TYPE_CHECKING

import click

from monitor.changelog import verify as verification
from monitor.cli import render
from monitor.cli.options import as_json, pass_program
from monitor.cli.read import print_json

if TYPE_CHECKING:
    from monitor.program import Program


@click.command(name="verify")
@as_json
@pass_program
def verify_command(program: Program, *, as_json: bool) -> None:
    """Check that nothing in the history was altered.

    Every kept file is checked against its hash, every entry of the change log against the one before it, and the
    database against damage.

    Example: monitor verify
    """
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
