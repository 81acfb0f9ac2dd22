"""The commands about the documents that records link to: documents, search, fetch-documents."""

from __future__ import annotations

import json
import math
import shutil
import time
from collections import Counter
from contextlib import closing
from functools import partial
from typing import TYPE_CHECKING

import click

from monitor.cli import render
from monitor.cli.options import as_json, pass_program
from monitor.cli.printed import counted, plain
from monitor.config.titles import Titles
from monitor.errors import RefusedError
from monitor.store import document_links, documents
from monitor.store.document_needs import USUAL_BYTES
from monitor.store.document_search import search_documents
from monitor.times import instant

if TYPE_CHECKING:
    from collections.abc import Generator

    from monitor.program import Program
    from monitor.steps.documents import DocumentLook

LOOKS_AT_ONCE = 50  # of one source, before it is the turn of the next one


@click.command(name="documents")
@click.argument("source", required=False)
@click.option("--missing", is_flag=True, help="Only documents that are gone, refused, or not fetched yet.")
@click.option("--changed", is_flag=True, help="Only documents that had more than one file.")
@as_json
@pass_program
def documents_command(program: Program, *, source: str | None, missing: bool, changed: bool, as_json: bool) -> None:
    """Show the documents that records link to.

    With each come the files that it has had; the first line says whether it is there, gone, or could not be had.

    Example: monitor documents ice-287g --missing
    """
    for name in _watched(program, source):
        for row in documents.documents_of(program.store, name):
            files = documents.files_of(program.store, row.id)
            if (missing and row.status == "there") or (changed and len(files) < 2):
                continue
            if as_json:
                click.echo(json.dumps(documents.as_value(row, files), ensure_ascii=False))
                continue
            state = row.status if not row.unlinked_at else f"{row.status}, no longer linked"
            click.echo(plain(f"{row.url}  [{state}]"))
            for file in files:
                fault = "unreadable" if file.fault else ""
                pages = counted(file.pages, "page") if file.pages else fault
                copy = "the archive's copy" if file.memento else ""
                scan = "a scan without text" if file.letters == 0 and file.pages else ""
                said = ", ".join(
                    filter(None, (file.captured_at[:16].replace("T", " "), copy, pages, scan, f"{file.bytes:,} bytes"))
                )
                click.echo(f"    {file.number}. {said}, SHA-256 {file.sha256[:16]}...")
            if row.fault:
                click.echo(plain(f"    {row.fault}"))


@click.command(name="search")
@click.argument("words", nargs=-1, required=True)
@click.option("--source", help="Only documents of this source.")
@click.option("--former", is_flag=True, help="Also files that were replaced by others.")
@click.option("--limit", type=click.IntRange(1, 1_000), default=20, show_default=True, help="Documents at most.")
@as_json
@pass_program
def search_command(
    program: Program, *, words: tuple[str, ...], source: str | None, former: bool, limit: int, as_json: bool
) -> None:
    """Find documents that records link to by the words in them.

    A document is found if all WORDS stand on one of its pages. Words in quotation marks must follow each other there.

    Example: monitor search '"jail enforcement" training' --source ice-287g
    """
    if source:
        program.source(source)
    titles = Titles(program.config)
    found = search_documents(program.store, " ".join(words), source=source, limit=limit, former=former)
    for each in found:
        file = each.file
        linking = [record for line in each.line_ids if (record := document_links.record_linking(program.store, line))]
        if as_json:
            value = {
                "source": file.source, "url": file.url, "sha256": file.sha256, "captured_at": file.captured_at,
                "is_latest": each.is_latest, "page": each.page, "excerpt": each.excerpt,
                "records": [{"list": name, "fields": values} for name, values in linking],
            }  # fmt: skip
            click.echo(json.dumps(value, ensure_ascii=False))
            continue
        for name, values in linking:
            where = titles.where(file.source, name)
            click.echo(plain(f"{where}: {titles.record(file.source, name, values)}"))
        if not linking:
            click.echo(plain(f"{titles.of_source(file.source)}: no record links it now"))
        former_file = "" if each.is_latest else ", replaced since"
        click.echo(plain(f"    {file.url}, page {each.page}, kept {file.captured_at[:10]}{former_file}"))
        click.echo(plain(f"    {each.excerpt}"))
    if not found and not as_json:
        click.echo("no document has all these words on one page")


@click.command(name="fetch-documents")
@click.argument("source", required=False)
@click.option("--per-minute", type=click.IntRange(1, 6_000), default=60, show_default=True, help="Requests at most.")
@click.option("--recover", is_flag=True, help="Then look in the Wayback Machine for those that can't be had.")
@pass_program
def fetch_documents_command(program: Program, *, source: str | None, per_minute: int, recover: bool) -> None:
    """Fetch the documents that records link to.

    This is for the first load, which may be long. It can be stopped at any time: the next run goes on. The daemon does
    the same by and by.

    Example: monitor fetch-documents ice-287g --per-minute 120
    """
    names = _watched(program, source)
    program.note_documents(names)
    due, missing = documents.count_due(program.store, at=instant(program.now()), sources=names)
    click.echo(_estimate(program, names, due=due, missing=missing, per_minute=per_minute))
    done: Counter[str] = Counter()
    try:
        with render.progress() as bar, closing(_looks(program, names)) as looks:
            task = bar.add_task("documents", total=due)
            begun = time.monotonic()
            for look in looks:
                done["new" if look.is_new else "failed" if look.fault else "unchanged"] += 1
                # Some are due again before the last one was looked at.
                bar.update(task, completed=done.total(), total=max(due, done.total()))
                if look.fault:
                    render.tell(bar, f"monitor: {look.fault}")
                time.sleep(max(0.0, begun + done.total() * 60 / per_minute - time.monotonic()))
    finally:  # also where the person who runs it has enough
        click.echo(f"{done['new']:,} new files, {done['unchanged']:,} unchanged, {done['failed']:,} not had")
    waiting, due_at = documents.waiting(program.store, sources=names)
    if waiting:
        click.echo(
            f"{waiting:,} documents wait, for their server asked for that, or did not answer; "
            f"run the same command again after {due_at}"
        )
    if recover:
        _recover(program, names)
    absent = [
        row
        for name in names
        for row in documents.documents_of(program.store, name)
        if row.status != "there" and not row.unlinked_at
    ]
    if absent:
        click.echo(f"{len(absent):,} documents are missing; `monitor documents --missing` names them")


def _recover(program: Program, names: list[str]) -> None:
    """Look in the Wayback Machine for documents that can't be had, as fast as it allows. Raises WaybackError."""
    from monitor.history.recovered import documents_to_recover, recover_documents  # noqa: PLC0415 - rarely asked for

    with render.progress() as bar:
        recovering = program.recovering(program.web_archive(tell=partial(render.tell, bar)))
        task = bar.add_task("looking in the archive", total=documents_to_recover(recovering, names))
        kept = searched = 0
        try:
            for done in recover_documents(recovering, names, limit=-1):
                searched += 1
                kept += done.is_new
                bar.advance(task)
        finally:
            recovering.web.leave()
            render.tell(bar, f"{kept:,} of {searched:,} documents recovered from the archive")


def _looks(program: Program, names: list[str]) -> Generator[DocumentLook]:
    """Look at documents of the sources with these names, in turns, until none is due; yield the result of each look."""
    any_due = True
    while any_due:
        any_due = False
        for name in names:
            for look in program.look_at_documents(name, limit=LOOKS_AT_ONCE, stopping=lambda: False):
                any_due = True
                yield look


def _estimate(program: Program, names: list[str], *, due: int, missing: int, per_minute: int) -> str:
    """Return a sentence that says how much is about to be fetched, how long that takes, and whether the disk has room.

    Documents that were never had are expected to have the mean size of those that are kept.
    """
    kept, mean = documents.usual_bytes(program.store, names)
    size = missing * (mean if kept else USUAL_BYTES)
    again = f", and {due - missing:,} to be asked for again" if due > missing else ""
    said = (
        f"{missing:,} documents to be fetched{again}: about {max(size, 1_000_000 * bool(missing)) / 1e6:,.0f} MB, "
        f"{math.ceil(due / per_minute):,} minutes at {per_minute} a minute"
    )
    room = shutil.disk_usage(program.state).free
    return f"{said}; the disk has only {room / 1e6:,.0f} MB left" if size > room else said


def _watched(program: Program, source: str | None) -> list[str]:
    """Return the sources whose documents are watched: `source` alone, or all. Raises RefusedError if there are none."""
    if source:
        program.source(source)  # names what is wrong with it
    found = [name for name in program.config.sources_with_documents if source in {None, name}]
    if not found:
        raise RefusedError(
            f"no list of {source or 'any source'} has `documents`; name the field with the links there, "
            "like `documents: [moa]`"
        )
    return found
