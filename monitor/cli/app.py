"""The command group with its global options; commands take what they need from the Program."""

from __future__ import annotations

from pathlib import Path

import click

from monitor import __version__
from monitor.program import Program

pass_program = click.make_pass_decorator(Program)


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
