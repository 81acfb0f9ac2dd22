"""The command group with its global options; commands take what they need from the Program."""

from __future__ import annotations

import os
from pathlib import Path
from typing import TYPE_CHECKING

import click

from monitor import __version__
from monitor.program import Program

if TYPE_CHECKING:
    from contextlib import AbstractContextManager

    from monitor.sandbox.pool import Workers

pass_program = click.make_pass_decorator(Program)
workers_option = click.option(
    "--workers", type=click.IntRange(1, 256), help="Processes that read (default: one for each processor)."
)
executor_option = click.option(
    "--executor", metavar="ADDRESS", help="Read on a Dask cluster instead: dask://HOST:PORT."
)


def reading(program: Program, *, workers: int | None, executor: str | None) -> AbstractContextManager[Workers]:
    """What reads many versions, as the options above say."""
    if workers and executor:
        raise click.UsageError("--workers are processes of this machine; an --executor has its own.")
    return program.workers(workers or len(os.sched_getaffinity(0)), executor)


@click.group(context_settings={"help_option_names": ["-h", "--help"]})
@click.version_option(__version__, prog_name="monitor")
@click.option(
    "--config", "config_path", type=click.Path(path_type=Path), envvar="MONITOR_CONFIG", default="config.yaml",
    show_default=True, show_envvar=True, help="The configuration file.",
)  # fmt: skip
@click.option("--state", type=click.Path(path_type=Path), help="The folder for database and archive, over the file's.")
@click.pass_context
def cli(context: click.Context, config_path: Path, state: Path | None) -> None:
    """Watch the lists of jurisdictions that federal agencies publish, and tell what changed in them."""
    context.obj = context.with_resource(Program(config_path=config_path, state_override=state))
