"""The commands about the documents that records link to: documents, search, fetch-documents."""

from __future__ import annotations

import json
import time
from collections import Counter
from typing import TYPE_CHECKING

import click

from monitor.cli import render
from monitor.cli.options import as_json, pass_program
from monitor.config.titles import Titles
from monitor.errors import RefusedError
from monitor.store import documents
from monitor.store.document_needs import USUAL_BYTES
from monitor.store.document_search import search_documents

if TYPE_CHECKING:
    from monitor.program import Program

LOOKS_AT_ONCE = 10  # between two looks at the clock


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
            click.echo(render.plain(f"{row.url}  [{state}]"))
            for file in files:
                pages = f"{file.pages} pages" if file.pages else "unreadable" if file.fault else ""
                said = ", ".join(
                    filter(None, (file.captured_at[:16].replace("T", " "), pages, f"{file.bytes:,} bytes"))
                )
                click.echo(f"    {file.number}. {said}, SHA-256 {file.sha256[:16]}...")
            if row.fault:
                click.echo(render.plain(f"    {row.fault}"))


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
        linking = [record for line in each.line_ids if (record := documents.record_linking(program.store, line))]
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
            click.echo(render.plain(f"{where}: {titles.record(file.source, name, values)}"))
        if not linking:
            click.echo(render.plain(f"{titles.of_source(file.source)}: no record links it now"))
        former_file = "" if each.is_latest else ", replaced since"
        click.echo(render.plain(f"    {file.url}, page {each.page}, kept {file.captured_at[:10]}{former_file}"))
        click.echo(render.plain(f"    {each.excerpt}"))
    if not found and not as_json:
        click.echo("no document has all these words on one page")


@click.command(name="fetch-documents")
@click.argument("source", required=False)
@click.option("--per-minute", type=click.IntRange(1, 6_000), default=60, show_default=True, help="Requests at most.")
@pass_program
def fetch_documents_command(program: Program, *, source: str | None, per_minute: int) -> None:
    """Fetch the documents that records link to.

    This is for the first load, which may be long. It can be stopped at any time: the next run goes on. The daemon does
    the same by and by.

    Example: monitor fetch-documents ice-287g --per-minute 120
    """
    names = _watched(program, source)
    program.note_documents(names)
    waiting = sum(documents.waiting(program.store, name) for name in names)
    known, size = documents.usual_bytes(program.store, names)
    each = size if known else USUAL_BYTES
    click.echo(
        f"{waiting:,} documents are to be fetched: about {waiting * each / 1e6:,.0f} MB, "
        f"{waiting / per_minute:,.0f} minutes at {per_minute} a minute"
    )
    done: Counter[str] = Counter()
    with render.progress() as bar:
        task = bar.add_task("documents", total=waiting)
        begun, looks = time.monotonic(), 0
        while True:
            at_once = 0
            for name in names:
                for look in program.look_at_documents(name, limit=LOOKS_AT_ONCE, stopping=lambda: False):
                    at_once += 1
                    done["new" if look.is_new else "failed" if look.fault else "unchanged"] += 1
                    bar.advance(task)
                    if look.fault:
                        render.tell(bar, f"monitor: {look.fault}")
            if not at_once:
                break
            looks += at_once
            time.sleep(max(0.0, begun + looks * 60 / per_minute - time.monotonic()))
    click.echo(f"{done['new']:,} new files, {done['unchanged']:,} unchanged, {done['failed']:,} not had")
    left = [row for name in names for row in documents.documents_of(program.store, name) if row.status != "there"]
    if left:
        click.echo(f"{len(left):,} documents are missing; `monitor documents --missing` names them")


def _watched(program: Program, source: str | None) -> list[str]:
    """Return the sources whose documents are watched: `source` alone, or all. Raises RefusedError if there are none."""
    names = [source] if source else list(program.config.sources)
    found = [
        name
        for name in names
        if any(each.documents for report in program.source(name).reports.values() for each in report.lists.values())
    ]
    if not found:
        raise RefusedError(
            f"no list of {source or 'any source'} has `documents`; name the field with the links there, "
            "like `documents: [moa]`"
        )
    return found
