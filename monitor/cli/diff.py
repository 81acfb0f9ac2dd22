"""The command that compares a list at two times."""

from __future__ import annotations

from typing import TYPE_CHECKING

import click

from monitor.changelog import compare
from monitor.cli import render
from monitor.cli.options import as_json, instant_of, lists_named, pass_program
from monitor.cli.printed import print_json
from monitor.config.titles import Titles
from monitor.errors import RefusedError
from monitor.store import queries

if TYPE_CHECKING:
    from monitor.program import Program


@click.command(name="diff")
@click.argument("source")
@click.argument("list_", metavar="LIST")
@click.argument("from_", metavar="FROM")
@click.argument("to")
@as_json
@pass_program
def diff_command(program: Program, source: str, list_: str, from_: str, to: str, *, as_json: bool) -> None:
    """Show how a list differs between two times.

    FROM and TO are times as in ISO 8601; a date means its beginning. Only the two ends are compared: a record that came
    and went in between is not shown. `monitor log` shows all that happened.

    Example: monitor diff ice-287g participating 2025-03-01 2025-07-01
    """
    ((name, report),) = lists_named(program, source, list_)
    ends = []
    for at in (instant_of(from_), instant_of(to)):
        version = queries.version_as_of(program.store, source, report, at)
        if version is None:
            raise RefusedError(f"{source}/{name}: not seen by {at}; `monitor versions {source}` shows what is there")
        ends.append(version)
    description = program.source(source).reports[report].lists[name]
    screen, titles = render.console(), Titles(program.config)
    for entry in compare.between(program.store, ends[0], ends[1], name=name, description=description):
        if as_json:
            print_json(entry.to_json())
        else:
            screen.print(render.amendment(entry, titles))
