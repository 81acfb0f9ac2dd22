"""The commands that write the default configuration file, check one, and show its JSON Schema."""

from __future__ import annotations

import json
from pathlib import Path
from typing import TYPE_CHECKING

import click

from monitor import PACKAGE
from monitor.cli.options import pass_program
from monitor.cli.printed import counted
from monitor.config.extras import missing, needed
from monitor.errors import ConfigError, RefusedError
from monitor.files import write_new

if TYPE_CHECKING:
    from monitor.program import Program


@click.command(name="init")
@click.argument("file", required=False, type=click.Path(path_type=Path, dir_okay=False))
@pass_program
def init_command(program: Program, file: Path | None) -> None:
    """Write the default configuration, with its comments.

    It goes into FILE, or else where the global option --config says: `config.yaml` in this folder. A file that is there
    is never replaced. It has four sources, and sends no alerts until you name channels and subscriptions in it.

    Example: monitor init
    """
    path = file or program.config_path
    try:
        write_new(path, default_config(), mode=0o644)
    except FileExistsError as fault:
        raise RefusedError(f"{path}: is there already, and is not replaced; name another file") from fault
    except OSError as fault:
        raise RefusedError(f"{path}: {fault.strerror}; name a file in a folder that you may write") from fault
    click.echo(f"{path}: written; say `monitor poll` to begin, and name channels and subscriptions in it for alerts")
    click.echo("`monitor sources` lists the descriptions of further publications that come with the program")


def default_config() -> bytes:
    """Return the configuration file that comes with the program."""
    installed = PACKAGE / "config.yaml"
    return (installed if installed.exists() else PACKAGE.parent / "config.yaml").read_bytes()


@click.command(name="config")
@click.argument("action", type=click.Choice(["check", "schema", "extras"]))
@pass_program
def config_command(program: Program, *, action: str) -> None:
    """Check the configuration file, or show its JSON Schema.

    `check` names every fault of the file at once, each with its key; the exit status is 2 then. `schema` prints the
    schema by which editors complete the file while one types, and mark what can't be. `extras` prints the extras that
    the file needs, one in each line.

    Example: monitor config check
    """
    if action == "schema":
        from monitor.config.schema import config_schema  # noqa: PLC0415 - only this needs it

        click.echo(json.dumps(config_schema(), indent=2))
        return
    config = program.config
    needs = tuple(needed(config))
    if action == "extras":
        for extra in sorted({extra for _, extra in needs}):
            click.echo(extra)
        return
    if faults := tuple(
        f"{program.config_path}: {where}: {fault}" for where, extra in needs if (fault := missing(extra))
    ):
        raise ConfigError(faults)
    lists = [each for source in config.sources.values() for report in source.reports.values() for each in report.lists]
    click.echo(
        f"{program.config_path}: no fault; "
        f"{counted(len(config.sources), 'source')} with {counted(len(lists), 'list')}, "
        f"{counted(len(config.channels), 'channel')}, {counted(len(config.subscriptions), 'subscription')}"
    )
    for name in config.unsigned():
        click.echo(f"{program.config_path}: channels.{name} has no secret, so its alerts are sent unsigned")
