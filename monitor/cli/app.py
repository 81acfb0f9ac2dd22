"""The command `monitor` with its global options; it loads the module of the one command that is called."""

from __future__ import annotations

from importlib import import_module
from pathlib import Path

import click

from monitor import __version__
from monitor.cli.commands import COMMANDS, GROUPS


class LazyGroup(click.Group):
    """A group of commands that imports the module of a command only when that command, or its help, is asked for.

    This is the pattern that click documents as "lazily loading subcommands". `commands.py` has the table of commands.
    """

    def list_commands(self, ctx: click.Context) -> list[str]:  # noqa: ARG002 - click passes it
        """Return the names of all commands, in the order in which the help lists them."""
        return list(COMMANDS)

    def get_command(self, ctx: click.Context, cmd_name: str) -> click.Command | None:  # noqa: ARG002 - click passes it
        """Load a command and return it, or return None if there is no such command."""
        listing = COMMANDS.get(cmd_name)
        if listing is None:
            return None
        module = import_module(f"monitor.cli.{listing.module}")
        command = getattr(module, f"{cmd_name.replace('-', '_')}_command")
        assert isinstance(command, click.Command)
        return command

    def resolve_command(
        self, ctx: click.Context, args: list[str]
    ) -> tuple[str | None, click.Command | None, list[str]]:
        """Find the command that the arguments name. Raises UsageError, with similar names, if there is none."""
        name = args[0]
        if name not in COMMANDS and not name.startswith("-"):
            from difflib import get_close_matches  # noqa: PLC0415 - only a mistake needs it

            similar = get_close_matches(name, COMMANDS)
            hint = f" Did you mean {' or '.join(similar)}?" if similar else ""
            ctx.fail(f"No such command {name!r}.{hint}")
        return super().resolve_command(ctx, args)

    def invoke(self, ctx: click.Context) -> object:
        """Run the command. An option that stands behind the command, and belongs before it, is named as such."""
        try:
            return super().invoke(ctx)
        except click.NoSuchOption as fault:
            own = next((each for each in self.params if fault.option_name in each.opts), None)
            if own is None:
                raise
            name = fault.option_name
            ctx.fail(f"{name} stands before the command: monitor {name} ... {ctx.invoked_subcommand}")

    def format_commands(self, ctx: click.Context, formatter: click.HelpFormatter) -> None:  # noqa: ARG002 - the same
        """Write the list of commands for the help: group by group, each with its whole first sentence."""
        widest = max(map(len, COMMANDS))
        for title, group in GROUPS.items():
            with formatter.section(title):
                formatter.write_dl([(name.ljust(widest), listing.help) for name, listing in group.items()])


@click.group(cls=LazyGroup, context_settings={"help_option_names": ["-h", "--help"]})
@click.version_option(__version__, prog_name="monitor")
@click.option(
    "--config", "config_path", type=click.Path(path_type=Path), envvar="MONITOR_CONFIG", default="config.yaml",
    show_default=True, show_envvar=True, help="The configuration file.",
)  # fmt: skip
@click.option(
    "--state",
    type=click.Path(path_type=Path),
    help="The folder of the history: database and kept files (default: the one that the configuration names).",
)
@click.pass_context
def cli(context: click.Context, config_path: Path, state: Path | None) -> None:
    """Watch the lists of jurisdictions that federal agencies publish, and tell what changed in them.

    `monitor COMMAND --help` explains one command, with an example.
    """
    from monitor.program import Program  # noqa: PLC0415 - help needs no program, and loading it takes half a second

    context.obj = context.with_resource(Program(config_path=config_path, state_override=state))
