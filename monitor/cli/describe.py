"""The command that drafts the description of a source that nobody has described yet."""

from __future__ import annotations

from typing import TYPE_CHECKING

import click

from monitor.cli import render
from monitor.cli.adding import add_source, check_free
from monitor.cli.options import as_json, pass_program
from monitor.cli.printed import print_json
from monitor.cli.trial import trial_lines, trial_value
from monitor.config.titles import Titles
from monitor.history import drafting

if TYPE_CHECKING:
    from monitor.program import Program


@click.command(name="describe")
@click.argument("given", nargs=-1, required=True, metavar="FILE|URL...")
@click.option("--add", "name", metavar="NAME", help="Write the draft into the configuration, as the source NAME.")
@as_json
@pass_program
def describe_command(program: Program, *, given: tuple[str, ...], name: str | None, as_json: bool) -> None:
    """Draft a description of files or of a page, and try it.

    Files are versions of reports, older ones first; with two versions of a report, the draft's key is checked by the
    records that pair. A page is given first, by its address: its links to files, its tables and its lists are
    described. Files after it are older versions of what it links. The draft is printed as YAML; comments with `unsure`
    say what to look at. What came of trying it goes to standard error. The configuration is changed with --add alone.
    The exit status is 1 if the draft does not read one of the files; then it is not added.

    Example: monitor describe roster-1.csv roster-2.csv --add example-agreements
    """
    if name is not None:
        check_free(program, name)
    screen = render.console(stderr=True)
    with screen.status("reading ..."), program.trial() as context:
        drafted = drafting.draft_source(context, given, name=name)
    if as_json:
        unsure = [{"key": key, "why": why} for key, why in drafted.unsure]
        yaml = f"sources:\n{drafted.text}"
        print_json({"name": drafted.name, "yaml": yaml, "unsure": unsure, "trial": trial_value(drafted.trial)})
    else:
        click.echo(f"sources:\n{drafted.text}", nl=False)
        for line in trial_lines(drafted.trial, Titles(drafted.config)):
            click.echo(line, err=True)
    if drafted.trial.faults or any(each.fault for each in drafted.trial.files):
        click.echo("the draft does not read all of its own files" + (", and was not added" if name else ""), err=True)
        raise SystemExit(1)
    if name is not None:
        add_source(program.config_path, drafted.text)
        click.echo(f"added to {program.config_path} as {name}", err=True)
        click.echo(f"next: look at what is `unsure` there; `monitor poll {name}` begins its history", err=True)
