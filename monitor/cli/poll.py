"""The command that runs the three steps (poll, process, deliver) once."""

from __future__ import annotations

from collections import Counter
from typing import TYPE_CHECKING

import click

from monitor.cli.options import pass_program
from monitor.cli.printed import plain
from monitor.cli.steps import deliver_all, print_message, process_all, require_sources, tell_waiting
from monitor.store import holds
from monitor.times import instant

if TYPE_CHECKING:
    from monitor.program import Program

MAX_DOCUMENTS = 100  # that one poll looks at; the rest waits for the next one, or for `monitor fetch-documents`


@click.command(name="poll")
@click.argument("sources", nargs=-1)
@pass_program
def poll_command(program: Program, sources: tuple[str, ...]) -> None:
    """Look at the sources once, now, and send what follows.

    Without a SOURCE, all sources of the configuration are looked at. A new version of a report is compared with the
    one before it, the differences enter the change log, and the alerts about them are sent. Digests, and alerts in
    quiet hours, wait for their time: it is said until when, and `monitor run` or a later poll sends them. Up to 100
    documents that records link to are looked at before, if they are due.

    Example: monitor poll ice-287g
    """
    require_sources(program)
    names = list(dict.fromkeys(sources)) or list(program.outline.sources)
    for name in names:
        program.reports(name)
    failed = False
    for polled in program.poll(names):
        failed = failed or bool(polled.faults)
        said = f"{polled.kept} new" if polled.kept else "nothing new" if not polled.faults else "failed"
        click.echo(f"{polled.source}: {said}")
        for line in polled.faults:
            click.echo(plain(f"monitor: {polled.source}: {line}"), err=True)
        for line in (*polled.notes, *program.changed_descriptions(polled.source)):
            click.echo(plain(f"  {line}"))
        for turned in polled.turned:
            if message := program.message_about(turned):
                print_message(message)
    before = {held.id for held in holds.held_of_source(program.store, None)}
    failed = process_all(program, tell=True) or failed
    for held in holds.held_of_source(program.store, None):
        if held.source in names and held.id in before:
            click.echo(plain(f"  {held.source}: {held.file_name} is still held; look with `monitor holds`"))
    _look_at_documents(program, [name for name in program.sources_with_documents if name in names])
    failed = deliver_all(program, settled=True) or failed
    tell_waiting(program)
    if failed:
        raise SystemExit(1)


def _look_at_documents(program: Program, names: list[str]) -> None:
    """Look at some of the documents that the sources with these names link to, and say what came of it.

    A document that can't be had is no failure of the poll: agencies post many days after the row that links them.
    """
    if not names:
        return
    from monitor.store import documents  # noqa: PLC0415 - few sources have documents

    done: Counter[str] = Counter()
    for name in names:
        for look in program.look_at_documents(name, limit=MAX_DOCUMENTS - done.total(), stopping=lambda: False):
            done["new" if look.is_new else "failed" if look.fault else "unchanged"] += 1
            for entry in look.entries:
                click.echo(plain(f"  {name}: a document, {entry.reason}: {look.document.url}"))
    if done:
        click.echo(f"documents: {done['new']} new files, {done['unchanged']} unchanged, {done['failed']} not had")
    due, _ = documents.count_due(program.store, at=instant(program.now()), sources=names)
    if due:
        click.echo(f"{due:,} documents wait; `monitor fetch-documents` fetches them")
