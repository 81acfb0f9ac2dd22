"""The command that adds a source by the address of a page alone."""

from __future__ import annotations

import time
from typing import TYPE_CHECKING

import click

from monitor.cli import render
from monitor.cli.adding import add_source, check_free
from monitor.cli.options import pass_program
from monitor.cli.printed import plain
from monitor.errors import RefusedError
from monitor.history import watching

if TYPE_CHECKING:
    from collections.abc import Iterator

    from monitor.history.trial import TriedFile
    from monitor.history.watching import WatchedPage
    from monitor.program import Program

DEFAULT_PAUSE = 31  # seconds between two looks: after both, a clock in minutes has gone on
MAX_NAMED_PARTS = 5  # texts or addresses that a message names
MAX_PART_LETTERS = 100  # of each of them
MAX_UNREAD_LETTERS = 300  # of why a file is not read


@click.command(name="watch")
@click.argument("url")
@click.option("--name", help="The name of the new source (default: from the address).")
@click.option(
    "--pause",
    type=click.IntRange(0, 3600),
    default=DEFAULT_PAUSE,
    show_default=True,
    metavar="SECONDS",
    help="Seconds between two looks at the page.",
)
@pass_program
def watch_command(program: Program, *, url: str, name: str | None, pause: int) -> None:
    """Add a page to the sources by its address alone.

    The page is looked at three times. Two lists of it are watched from then on: its text, by paragraphs and headings,
    and its links to files. Menus, headers and footers are left out, and so is what differed between the looks, like a
    counter; the patterns stand in the configuration. Spreadsheets, CSV files and tables in PDF files that the page
    links are read by a drafted description. Each alert says that no person has checked it, until you say
    `monitor sources accept NAME`.

    Example: monitor watch https://www.example.gov/data --name detention
    """
    if name is not None:
        check_free(program, name)
    known = next((each for each, source in program.config.sources.items() if source.page == url), None)
    if known is not None and name is None:
        raise RefusedError(f"{url} is the page of the source {known!r} already; give --name to watch it once more")

    def between(number: int) -> None:
        if number > 1 and pause:
            click.echo(f"look {number} of {watching.LOOKS_AT_PAGE} in {pause} s ...", err=True)
            time.sleep(pause)
        else:
            click.echo(f"look {number} of {watching.LOOKS_AT_PAGE} ...", err=True)

    screen = render.console(stderr=True)
    with program.trial() as context:
        taken = set(program.config.sources)
        with screen.status("reading ..."):
            page = watching.watch_page(context, url, name=name, taken=taken, between=between)
    add_source(program.config_path, page.drafted.text)
    click.echo(f"added to {program.config_path} as {page.drafted.name}")
    for line in watched_in_words(page):
        click.echo(plain(line))


def watched_in_words(page: WatchedPage) -> Iterator[str]:
    """Yield the lines that tell a person what is watched of a page, what is left out, and what is not read."""
    source = page.drafted.config.sources[page.drafted.name]
    for file in page.drafted.trial.files:
        for each in file.lists:
            title = source.reports[file.report].lists[each.name].title or each.name
            yield f"  {title}: {each.records:,} records{_of_file(file)}"
    found = page.unsteady
    yield from _named("left out of the text, because it differed between the looks", found.patterns)
    yield from _named("left out as a part of the page, because it differed between the looks", found.parts)
    yield from _named("left out of the addresses of files", found.parameters)
    yield from _named(
        "differed between the looks, and is not left out; where it is no news, name its part of the page in not_in, or "
        "a pattern in ignore",
        found.others,
    )
    yield from _named(
        "not read: of these files only the link is watched, so that a new name or address is told, and a change within "
        "the file is not",
        page.unread,
        MAX_UNREAD_LETTERS,
    )
    if any(not report.checked for report in source.reports.values()):
        yield "  the files are read by drafted descriptions that no person has checked, and each alert says so;"
        name = page.drafted.name
        yield f"  look at them with `monitor try {name}`, then say `monitor sources accept {name}`"
    yield f"  say `monitor poll {page.drafted.name}` to begin"


def _of_file(file: TriedFile) -> str:
    """Return which file it is, where its address names it."""
    name = file.file.rpartition("/")[2]
    return f" of {name}" if "." in name and file.report != watching.BARE_PAGE.name else ""


def _named(title: str, found: tuple[str, ...], letters: int = MAX_PART_LETTERS) -> Iterator[str]:
    if found:
        yield f"  {title}:"
        yield from (
            f"    {each if len(each) <= letters else each[:letters] + ' ...'}" for each in found[:MAX_NAMED_PARTS]
        )
    if len(found) > MAX_NAMED_PARTS:
        yield f"    and {len(found) - MAX_NAMED_PARTS} more"
