"""The command that makes a packet of evidence, which a stranger can check with public tools alone."""

from __future__ import annotations

import hashlib
import re
from pathlib import Path
from typing import TYPE_CHECKING

import click

from monitor import jurisdictions
from monitor.changelog import listed
from monitor.cli.options import end_of, full_name, pass_program
from monitor.errors import RefusedError
from monitor.evidence.packet import packet, zipped
from monitor.evidence.stamp import signing_key
from monitor.files import sync, write_whole
from monitor.history import exhibits
from monitor.history.subjects import (
    MAX_SUBJECTS,
    subject_of_entry,
    subject_of_record,
    subject_of_version,
    subjects_of_place,
)
from monitor.store import lines, queries
from monitor.store.read_only import entry_numbered

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping

    from monitor.history.exhibits import ExhibitContext
    from monitor.history.subjects import Subject
    from monitor.model import Box
    from monitor.program import Program

RECORD = re.compile(r"(?:.*/)?(?P<sha256>[0-9a-f]{64})/(?P<list>[^/]+)/(?P<mark>[^/?]+)(?:\?.*)?")


def _entry_number(text: str) -> int:
    """Return the number of an entry of the change log, as a person types it. Raises BadParameter if it is none."""
    if not text.isdecimal() or not int(text):
        raise click.BadParameter(f"{text!r} is no number of an entry; `monitor log` shows the numbers")
    return int(text)


@click.command(name="exhibit")
@click.argument("entries", nargs=-1, type=_entry_number)
@click.option("--jurisdiction", help="All that the lists say about this place: a name, FIPS code or OCD id.")
@click.option("--at", help="With --jurisdiction or --record: what they said then (ISO 8601; a date means its end).")
@click.option("--record", help="One record of a list: the end of its page's address, SHA256/LIST/PLACE.")
@click.option("--version", "version_hash", help="The file of one version, by its SHA-256 or the beginning of it.")
@click.option("--folder", type=click.Path(path_type=Path, file_okay=False), help="Write the packet into this folder.")
@click.option("--zip", "zip_file", type=click.Path(path_type=Path, dir_okay=False), help="Write it as this ZIP file.")
@pass_program
def exhibit_command(
    program: Program,
    entries: tuple[int, ...],
    *,
    jurisdiction: str | None,
    at: str | None,
    record: str | None,
    version_hash: str | None,
    folder: Path | None,
    zip_file: Path | None,
) -> None:
    """Make a packet of evidence that a stranger can check.

    It proves what the ENTRIES of the change log say, given by number, or what was listed. It has the kept files, the
    statements of the evidence log about them with their proofs, pictures, a cover to read, and VERIFY.txt, which says
    how to check all that without this program. The same packet has the same bytes each time. The exit status is 1 if a
    part can't be made; the packet is written without it, and its cover says so.

    Example: monitor exhibit 6 --zip entry-6.zip
    """
    if sum(map(bool, (entries, jurisdiction, record, version_hash))) != 1:
        raise click.UsageError("Name entries of the log, or one of --jurisdiction, --record and --version.")
    if (folder is None) == (zip_file is None):
        raise click.UsageError("Say where to write it: --folder DIR or --zip FILE.")
    if at and not (jurisdiction or record):
        raise click.UsageError("--at belongs to --jurisdiction or --record.")
    if folder and folder.exists() and any(folder.iterdir()):
        raise RefusedError(f"{folder}: is not empty; name a new folder, for a packet must hold nothing else")
    subjects = list(
        _subjects(program, entries, jurisdiction=jurisdiction, at=at, record=record, version_hash=version_hash)
    )
    if len(subjects) > MAX_SUBJECTS:
        raise RefusedError(f"that is about {len(subjects):,} things; one packet holds {MAX_SUBJECTS}")
    context = _context(program)
    exhibit = exhibits.gather_exhibit(context, subjects)
    files = packet(exhibit, key=context.key)
    if zip_file:
        content = zipped(files)
        write_whole(zip_file, content, mode=0o644)
        click.echo(f"{zip_file}: {len(files)} files, SHA-256 {hashlib.sha256(content).hexdigest()}")
    elif folder:
        _write(folder, files)
        click.echo(f"{folder}: {len(files)} files; open COVER.html, and VERIFY.txt to check them")
    for fault in exhibit.faults:
        click.echo(f"monitor: {fault}", err=True)
    if exhibit.faults:
        raise SystemExit(1)


def _context(program: Program) -> ExhibitContext:
    def draw(sha256: str, boxes: tuple[Box, ...], caption: str, source: str) -> bytes:
        return program.reader.picture(program.archive.get(sha256), boxes, caption=caption, source=source)

    key = signing_key(program.config.evidence)
    return exhibits.ExhibitContext(
        store=program.store, archive=program.archive, config=program.config, draw=draw, key=key
    )


def _subjects(
    program: Program,
    entries: tuple[int, ...],
    *,
    jurisdiction: str | None,
    at: str | None,
    record: str | None,
    version_hash: str | None,
) -> Iterator[Subject]:
    """Yield what the packet is about. Raises RefusedError if there is no such thing."""
    store, config = program.store, program.config
    for number in entries:
        entry = entry_numbered(store, number)
        if entry is None:
            raise RefusedError(f"there is no entry {number} in the change log; `monitor log` shows them")
        yield subject_of_entry(store, config, entry)
    if jurisdiction:
        yield from _of_place(program, jurisdiction, at)
    if record:
        named = RECORD.fullmatch(record)
        line = lines.record_in_file(store, named["sha256"], named["list"], named["mark"]) if named else None
        if line is None:
            raise RefusedError(f"{record}: no such record; copy the end of its page's address, SHA256/LIST/PLACE")
        question = listed.Question.of(config, now=program.now(), at=end_of(at))
        yield subject_of_record(store, config, listed.of_record(store, question, line), at=question.at)
    if version_hash:
        named_so = queries.named_version(store, version_hash)
        if not named_so or len({version.sha256 for version in named_so}) > 1:
            what = "several versions" if named_so else "no version"
            raise RefusedError(f"{what} {version_hash!r}; say more of the SHA-256, or source/report/number")
        for version in named_so:
            yield subject_of_version(config, version)


def _of_place(program: Program, text: str, at: str | None) -> Iterator[Subject]:
    """Yield what the lists say about a place at a time, and without a time also what was amended about it."""
    places = jurisdictions.find(text)
    if not places:
        meant = "; ".join(full_name(each) for each in jurisdictions.suggestions(text))
        hint = f"did you mean {meant}?" if meant else 'write it like "Travis County, Texas"'
        raise RefusedError(f"no place is called {text!r}; {hint}")
    if len(places) > 1:
        raise RefusedError(f"{text!r} fits several places: {'; '.join(full_name(each) for each in places)}")
    question = listed.Question.of(program.config, now=program.now(), at=end_of(at))
    yield from subjects_of_place(program.store, question, places[0])


def _write(folder: Path, files: Mapping[str, bytes]) -> None:
    """Write the files of a packet into a folder."""
    for path, content in files.items():
        target = folder / path
        target.parent.mkdir(parents=True, exist_ok=True)
        write_whole(target, content, mode=0o644)
    sync(folder)
