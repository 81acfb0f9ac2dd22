"""The command that shows what is watched, and the descriptions that come with the program, and adds one of these."""

from __future__ import annotations

from typing import TYPE_CHECKING

import click

from monitor.cli.adding import accept_drafts, add_source, check_free
from monitor.cli.options import as_json, pass_program
from monitor.cli.printed import print_json
from monitor.config.shelf import on_shelf, shelved
from monitor.errors import ConfigError

if TYPE_CHECKING:
    from collections.abc import Iterator

    from monitor.config.shelf import Shelved
    from monitor.config.sources import Source
    from monitor.program import Program

ADD, ACCEPT = "add", "accept"
LINE_LETTERS = 110  # of the list for a person


@click.command(name="sources")
@click.argument("words", nargs=-1, metavar="[NAME | add NAME | accept NAME]")
@click.option("--as", "other_name", metavar="NAME", help="With add: what the source is called in the configuration.")
@as_json
@pass_program
def sources_command(program: Program, *, words: tuple[str, ...], other_name: str | None, as_json: bool) -> None:
    """Show what is watched, and what else could be.

    Descriptions of further publications come with the program. With a NAME, one of them is shown as YAML. With `add`
    before it, it is put into the configuration, as its last source, after which `monitor try` shows what it reads. Each
    description says what it was tried on: most of them on files that were made as the real ones are documented, so look
    at what comes of the real ones first.

    With `accept` before the name of a source that you watch, its descriptions that the program drafted (`checked:
    false`, as `monitor watch` writes them) count as checked by a person, and alerts no longer say that they are not.

    Example: monitor sources add fdic-failed-banks
    """
    if words[:1] == (ADD,) and len(words) == 2:
        _add(program, shelved(words[1]), other_name or words[1])
        return
    if words[:1] == (ACCEPT,) and len(words) == 2 and other_name is None:
        _accept(program, words[1])
        return
    if other_name is not None:
        raise click.UsageError("--as belongs to add: monitor sources add NAME --as OTHER-NAME")
    if not words:
        _list(program, as_json=as_json)
    elif len(words) == 1 and words[0] not in {ADD, ACCEPT}:
        _show(shelved(words[0]), as_json=as_json)
    else:
        raise click.UsageError(
            "write `monitor sources`, and after it NAME, or as in `monitor sources add NAME` and "
            "`monitor sources accept NAME`"
        )


def _accept(program: Program, name: str) -> None:
    """Let the drafted descriptions of a source count as checked, and say of which reports they are."""
    reports = accept_drafts(program.config_path, name)
    click.echo(f"{name}: the descriptions of {', '.join(reports)} count as checked by a person from now on")


def _add(program: Program, description: Shelved, name: str) -> None:
    """Put a description into the configuration, as the source `name`, and say what to do next."""
    check_free(program, name)
    add_source(program.config_path, description.as_source(name))
    click.echo(f"{name}: added to {program.config_path}; its page is {description.page}")
    click.echo(f"tried on {description.tried_on}: {description.tried}")
    click.echo(f"next: `monitor try {name}` shows what it reads there now; `monitor poll {name}` begins its history")


def _show(description: Shelved, *, as_json: bool) -> None:
    """Print one description, with what it was tried on."""
    if as_json:
        print_json(_value(description) | {"description": description.as_source(description.name)})
        return
    click.echo(f"# {description.about}")
    for address in description.documented:
        click.echo(f"# documented at {address}")
    click.echo(f"sources:\n{description.as_source(description.name)}", nl=False)


def _list(program: Program, *, as_json: bool) -> None:
    """Print the sources that are watched, then the descriptions that can be added.

    Without a configuration that can be read, there are the descriptions alone, and standard error says why.
    """
    watched: dict[str, Source] = {}
    try:
        watched = program.config.sources
    except ConfigError as fault:
        for line in fault.faults:
            click.echo(f"monitor: {line}", err=True)
    if as_json:
        for name, source in watched.items():
            print_json({"name": name, "watched": True, "title": source.title, "page": source.page})
        for each in on_shelf().values():
            print_json(_value(each))
        return
    for line in _lines(watched):
        click.echo(line)


def _lines(watched: dict[str, Source]) -> Iterator[str]:
    """Yield the lines of the list for a person."""
    if watched:
        yield "in the configuration:"
    for name, source in watched.items():
        yield f"  {name}: {source.title or name}"
        yield f"    {source.page}"
    yield "that come with the program (`monitor sources add NAME` puts one into the configuration):"
    for name, each in on_shelf().items():
        yield f"  {name}: {each.title}"
        yield _indented(each.about)
        yield f"    {each.page}"
        yield _indented(f"tried on {each.tried_on}: {each.tried}")


def _indented(sentence: str) -> str:
    """Return a sentence on lines that are not too long, under the name that it is about."""
    return click.wrap_text(sentence, width=LINE_LETTERS, initial_indent="    ", subsequent_indent="    ")


def _value(description: Shelved) -> dict[str, object]:
    """Return a description as a JSON object, without its text."""
    return {
        "name": description.name,
        "watched": False,
        "title": description.title,
        "page": description.page,
        "about": description.about,
        "tried": description.tried,
        "tried_on": description.tried_on.isoformat(),
        "documented": list(description.documented),
    }
