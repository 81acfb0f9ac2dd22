"""Keeps beside a static site what its pages were made of, so that the next publication can tell which are as before.

The notes are in the file NOTES in the folder of the site, which only its owner can read. A note holds whatever becomes
of the folder: it says that a file with these bytes is made of these inputs. Whoever uses it checks that the file has
these bytes, and that the inputs are the same. If the notes are missing or can't be read, all pages are made.
"""

from __future__ import annotations

import json
import zlib
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any

from monitor.files import write_whole
from monitor.web.page_inputs import QUERY, QUIET_QUERY, Input

if TYPE_CHECKING:
    from collections.abc import Iterable
    from pathlib import Path

QUERIES = frozenset({QUERY, QUIET_QUERY})
NOTES = ".monitor-publish.notes"
NOTES_MODE = 0o600  # they are no part of the site
NOTES_PACKING_LEVEL = 1  # of 9: each higher one takes longer, and saves little of what consists of hashes

# An address that a page links, the file that it leads to (None if there is none), and the name for downloads ("").
LinkNote = tuple[str, str | None, str]


@dataclass(frozen=True, slots=True, kw_only=True)
class PageNote:
    """What one file of the site was made of.

    - `address`: the live address of the page. `digest`: the SHA-256 of the file; "" if it could not be had.
    - `inputs`: all that was asked to make it, with a hash of each answer.
    - `links`: where its links lead. `name`: the name for downloads, if it is a kept file.
    """

    address: str
    digest: str
    inputs: tuple[Input, ...]
    links: tuple[LinkNote, ...] = ()
    name: str = ""


@dataclass(slots=True)
class _Numbers:
    """Gives each value a number, in the order in which they come: equal values get the same one."""

    of: dict[Any, int] = field(default_factory=dict)

    def number(self, value: Any) -> int:  # noqa: ANN401 - any value that can be a key
        return self.of.setdefault(value, len(self.of))


def write_notes(folder: Path, made_with: str, notes: dict[str, PageNote]) -> None:
    """Write the notes of a publication into its folder. Raises OSError.

    - `made_with`: a text that changes with the program and the configuration.
    - `notes`: the note of each file, by its path in the folder.
    """
    statements, inputs, links = _Numbers(), _Numbers(), _Numbers()
    pages = {
        file: [
            note.address,
            note.digest,
            [*map(inputs.number, note.inputs)],
            [*map(links.number, note.links)],
            note.name,
        ]
        for file, note in notes.items()
    }
    value = {
        "made with": made_with,
        "inputs": [_packed(each, statements) for each in inputs.of],
        "links": list(links.of),
        "pages": pages,
        "statements": list(statements.of),
    }
    content = zlib.compress(json.dumps(value, ensure_ascii=False).encode("utf-8", "surrogatepass"), NOTES_PACKING_LEVEL)
    write_whole(folder / NOTES, content, mode=NOTES_MODE, flush=False)


def _packed(asked: Input, statements: _Numbers) -> list[Any]:
    """Return an input as JSON; `statements` numbers the SQL statements, of which there are few."""
    (kind, *rest), digest = asked
    if kind in QUERIES:
        sql, names, values = rest
        return [digest, kind, statements.number((sql, names)), *values]
    return [digest, kind, *rest]


def read_notes(folder: Path, made_with: str) -> dict[str, PageNote]:
    """Return the notes about the pages of a site in a folder, keyed by the path of each page's file.

    `made_with` says which program makes the pages now. Return {} if there are no notes, or another program wrote them.
    """
    try:
        value = json.loads(zlib.decompress((folder / NOTES).read_bytes()).decode("utf-8", "surrogatepass"))
        if value["made with"] != made_with:
            return {}
        statements = [(sql, tuple(names)) for sql, names in value["statements"]]
        inputs = [_unpacked(each, statements) for each in value["inputs"]]
        links = [(address, file, name) for address, file, name in value["links"]]
        return {
            file: PageNote(
                address=address,
                digest=digest,
                inputs=tuple(inputs[number] for number in asked),
                links=tuple(links[number] for number in linked),
                name=name,
            )
            for file, (address, digest, asked, linked, name) in value["pages"].items()
        }
    except (OSError, zlib.error, ValueError, KeyError, TypeError, IndexError, AttributeError):
        return {}


def _unpacked(packed: list[Any], statements: list[tuple[str, tuple[str, ...]]]) -> Input:
    digest, kind, *rest = packed
    if kind in QUERIES:
        number, *values = rest
        sql, names = statements[number]
        return (kind, sql, names, tuple(values)), digest
    return (kind, *rest), digest


def can_be_noted(inputs: Iterable[Input]) -> bool:
    """Return whether inputs can be written as JSON: bytes, for which a page might ask, can't."""
    return not any(kind in QUERIES and any(isinstance(each, bytes) for each in rest[-1]) for (kind, *rest), _ in inputs)
