"""The command that drafts the description of a source that nobody has described yet."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING

import click

from monitor.cli import render
from monitor.cli.options import pass_program
from monitor.cli.trial import trial_lines
from monitor.config.drafts import with_source
from monitor.config.sources import parse
from monitor.config.titles import Titles
from monitor.config.values import NAME
from monitor.errors import RefusedError
from monitor.files import sync, write_whole
from monitor.history import drafting

if TYPE_CHECKING:
    from pathlib import Path

    from monitor.program import Program


@click.command(name="describe")
@click.argument("given", nargs=-1, required=True, metavar="FILE|URL...")
@click.option("--add", "name", metavar="NAME", help="Write the draft into the configuration, as the source NAME.")
@pass_program
def describe_command(program: Program, *, given: tuple[str, ...], name: str | None) -> None:
    """Draft a description of files or of a page, and try it.

    Files are versions of reports, older ones first; with two versions of a report, the draft's key is checked by the
    records that pair. A page is given alone, by its address: its links to files, its tables and its lists are
    described. The draft is printed as YAML; comments with `unsure` say what to look at. What came of trying it goes to
    standard error. The configuration is changed with --add alone. The exit status is 1 if the draft does not read one
    of the files; then it is not added.

    Example: monitor describe roster-1.csv roster-2.csv --add example-agreements
    """
    if name is not None:
        if not re.fullmatch(NAME, name):
            raise RefusedError(f"{name!r} is no name; use small letters, digits and single hyphens")
        if name in program.config.sources:
            raise RefusedError(f"the configuration has a source {name!r} already; take another name")
    screen = render.console(stderr=True)
    with screen.status("reading ..."), program.trial() as context:
        drafted = drafting.draft_source(context, given, name=name)
    click.echo(f"sources:\n{drafted.text}", nl=False)
    for line in trial_lines(drafted.trial, Titles(drafted.config)):
        click.echo(line, err=True)
    if drafted.trial.faults or any(each.fault for each in drafted.trial.files):
        click.echo("the draft does not read all of its own files" + (", and was not added" if name else ""), err=True)
        raise SystemExit(1)
    if name is not None:
        _add(program.config_path, drafted.text)
        click.echo(f"added to {program.config_path} as {name}", err=True)


def _add(path: Path, draft: str) -> None:
    """Write a draft into the configuration file, as its last source. Raises ConfigError, RefusedError."""
    try:
        text = path.read_bytes().decode()
        parse(text, path.name)
        added = with_source(text, draft)
        parse(added, path.name)
        write_whole(path, added.encode(), mode=path.stat().st_mode & 0o777)
        sync(path.parent)
    except (OSError, ValueError) as fault:
        reason = getattr(fault, "strerror", None) or str(fault)
        raise RefusedError(f"{path}: {reason}; put the draft into it by hand") from fault
