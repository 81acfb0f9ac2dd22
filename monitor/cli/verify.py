"""The command that checks that nothing in the history was altered."""

from __future__ import annotations

import dataclasses
import zipfile
from pathlib import Path
from typing import TYPE_CHECKING

import click

from monitor.changelog import verify as verification
from monitor.cli import render
from monitor.cli.options import as_json, pass_program
from monitor.cli.printed import print_json
from monitor.evidence.against import compare

if TYPE_CHECKING:
    from monitor.program import Program


@click.command(name="verify")
@click.option(
    "--against",
    type=click.Path(path_type=Path, exists=True),
    help="Only compare with this: an old checkpoint, a packet of evidence, or the text of an alert.",
)
@as_json
@pass_program
def verify_command(program: Program, *, against: Path | None, as_json: bool) -> None:
    """Check that nothing in the history was altered.

    Every kept file is checked against its hash, every entry of the change log against the one before it, every row that
    was recorded against the evidence log, and the database against damage. With --against, the history is compared with
    what somebody else holds of it: if it is the continuation of that, nothing from before was altered since.

    Example: monitor verify
    """
    if against:
        click.echo(compare(program.store, against))
        if against.is_dir() or zipfile.is_zipfile(against):
            click.echo(
                "whether the files of the packet are whole is for VERIFY.txt in it to say: they were not looked at"
            )
        return
    screen = render.console(stderr=True)
    with screen.status("checking ..."):
        checked = verification.verify(program.store, program.archive, program.config)
    if as_json:
        print_json(dataclasses.asdict(checked))
    else:
        for fault in checked.faults:
            click.echo(f"monitor: {fault}", err=True)
        for remark in checked.remarks:
            click.echo(remark)
        click.echo(f"{checked.statements} statements of the evidence log, root {checked.root}")
        click.echo(f"{checked.files} files, {checked.entries} entries of the change log, head {checked.head}")
        click.echo("not all is as it was written" if checked.faults else "all as it was written")
    if checked.faults:
        raise SystemExit(1)
