"""The command that checks the configuration file, and shows its JSON Schema."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING

import click

from monitor.cli.options import pass_program

if TYPE_CHECKING:
    from monitor.program import Program


@click.command(name="config")
@click.argument("action", type=click.Choice(["check", "schema"]))
@pass_program
def config_command(program: Program, *, action: str) -> None:
    """Check the configuration file, or show its JSON Schema.

    `check` names every fault of the file at once, each with its key; the exit status is 2 then. `schema` prints the
    schema by which editors complete the file while one types, and mark what can't be.

    Example: monitor config check
    """
    if action == "schema":
        from monitor.config.schema import config_schema  # noqa: PLC0415 - only this needs it

        click.echo(json.dumps(config_schema(), indent=2))
        return
    config = program.config
    lists = [each for source in config.sources.values() for report in source.reports.values() for each in report.lists]
    click.echo(
        f"{program.config_path}: no fault; {len(config.sources)} sources with {len(lists)} lists, "
        f"{len(config.channels)} channels, {len(config.subscriptions)} subscriptions"
    )
