"""Reads the shelf: ready descriptions of further publications, which come with the program.

A person can put such a description into the configuration. Each is one YAML file in the folder `shelf` beside this
module. Its first keys name the publication and say on which files the description was tried. The description itself
stands under `sources`, in the form that the configuration has.
"""

from __future__ import annotations

import re
from dataclasses import dataclass
from functools import cache
from importlib.resources import files
from typing import TYPE_CHECKING

import yaml

from monitor.config.edits import SOURCES_LINE
from monitor.errors import RefusedError

if TYPE_CHECKING:
    from collections.abc import Iterator
    from datetime import date
    from importlib.resources.abc import Traversable

FOLDER = "shelf"
MAX_COMMENT_LETTERS = 118  # of one line
NAME_LINE = re.compile(r"^  ([a-z0-9-]+):[ \t]*$", re.MULTILINE)


@dataclass(frozen=True, slots=True, kw_only=True)
class Shelved:
    """A description on the shelf.

    - `name`: its name, which the source gets in the configuration. `title`: the name of the publication for readers.
    - `page`: the address of the page that is watched. `about`: a sentence on what the publication lists.
    - `tried`: a sentence on what the description was tried on, and `tried_on` the day. `documented`: the addresses of
      the pages that say how the real files are made.
    - `text`: the description as YAML, indented as it stands under `sources:`.
    """

    name: str
    title: str
    page: str
    about: str
    tried: str
    tried_on: date
    documented: tuple[str, ...]
    text: str

    def as_source(self, name: str) -> str:
        """Return the description as YAML for the configuration, as the source `name`, under a comment on its origin."""
        said = f"From the shelf of the program ({self.name}). Tried on {self.tried_on}: {self.tried}"
        return "\n".join([*_comment(said), NAME_LINE.sub(f"  {name}:", self.text, count=1).rstrip()]) + "\n"


@cache
def on_shelf() -> dict[str, Shelved]:
    """Return all descriptions on the shelf by their names, in the order of the names."""
    found = (_read(file) for file in _folder().iterdir() if file.name.endswith(".yaml"))
    return {each.name: each for each in sorted(found, key=lambda each: each.name)}


def shelved(name: str) -> Shelved:
    """Return the description on the shelf that is called `name`. Raises RefusedError if there is none."""
    every = on_shelf()
    if name not in every:
        from rapidfuzz import process  # noqa: PLC0415 - only a mistake needs it

        near = process.extractOne(name, list(every), score_cutoff=60)
        hint = f"did you mean {near[0]!r}?" if near else "`monitor sources` lists them"
        raise RefusedError(f"no description {name!r} comes with the program; {hint}")
    return every[name]


def _folder() -> Traversable:
    return files("monitor.config").joinpath(FOLDER)


def _read(file: Traversable) -> Shelved:
    """Read one file of the shelf; the tests hold each of them to this form."""
    text = file.read_text(encoding="utf-8")
    begin = SOURCES_LINE.search(text)
    assert begin is not None, file.name
    tree = yaml.safe_load(text)
    ((name, source),) = tree["sources"].items()
    return Shelved(
        name=name,
        title=source["title"],
        page=source["page"],
        about=" ".join(tree["about"].split()),
        tried=" ".join(tree["tried"].split()),
        tried_on=tree["tried_on"],
        documented=tuple(tree["documented"]),
        text=text[begin.end() :].lstrip("\n"),
    )


def _comment(text: str) -> Iterator[str]:
    """Yield a sentence as lines of comment, indented as a source is."""
    line = "  #"
    for word in text.split():
        if len(line) + len(word) >= MAX_COMMENT_LETTERS:
            yield line
            line = "  #"
        line = f"{line} {word}"
    yield line
