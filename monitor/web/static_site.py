"""Writes the pages of the change log into a folder, as a static site that any web host can serve.

The pages are those of `monitor web`: the same functions make them, in this process and from one snapshot of the
database, and their links are made to lead to files. Pages are found by following links from the first page.

The steps of a publication:

1. Ask for each page that a link leads to, and write it (`Crawl`). The files that it shows come before it. A page that
   would be made of the same as in the last publication is kept instead (`page_inputs`, `page_notes`).
2. Write the lists and the log as data files, the tiles of the evidence log, and `datapackage.json`.
3. Write the checksums of all files, and last of all the first page; then remove what no longer belongs.

If a publication is killed, all files are whole, and the first page is the earlier one. The next publication completes
it.
"""

from __future__ import annotations

import hashlib
import sys
from dataclasses import replace
from datetime import timedelta
from importlib.resources import files
from typing import TYPE_CHECKING, cast

import jinja2

from monitor.changelog import listed
from monitor.store import read_only
from monitor.times import moment
from monitor.web import templates
from monitor.web.page_inputs import NotedCompared, NotedKept, NotedParts, PageInputs
from monitor.web.page_notes import read_notes, write_notes
from monitor.web.static_crawl import Crawl
from monitor.web.static_folder import StaticFolder, site_written_at

if TYPE_CHECKING:
    from collections.abc import Callable
    from datetime import datetime
    from pathlib import Path

    from monitor.web.context import Site
    from monitor.web.static_crawl import SiteContents
    from monitor.web.static_folder import SiteWritten

MAX_AGE = timedelta(days=1)  # of a publication; its first page then says anew when the lists were last looked at
NOTES_FORM = 2  # of the notes beside a site; raise it when their form changes


def publish_site(
    site: Site, folder: Path, contents: SiteContents, *, tell: Callable[[int, int], None], if_changed: bool = False
) -> SiteWritten | None:
    """Write the static site into a folder; return what was done to the folder.

    - `site`: the pages; its `access.address` is where the static site will be, "" if that is not known.
    - `contents`: which kept files and pictures it has.
    - `tell`: a function that is called with the number of pages that are done, and of those that are known.
    - `if_changed`: whether to do nothing, and return None, if the folder shows the present history already, and the
      last publication was less than a day ago.

    Raises StoreError if there is no history, RefusedError if the folder holds other files or can't be written, and
    PublishError if a page can't be made.
    """
    _ = site.store  # without a history, no folder is made
    with StaticFolder.opened(folder) as there:
        mark = publication_mark(site, contents)
        if if_changed and mark == there.mark and not _is_old(site_written_at(folder), site.now()):
            return None
        with PageInputs.opened(site.config, site.state, site.archive) as inputs:
            copy = _copy(site, inputs)
            made_with = _made_with(site, contents)
            crawl = Crawl(
                site=copy,
                inputs=inputs,
                folder=there,
                contents=contents,
                tell=tell,
                before=read_notes(folder, made_with),
            )
            crawl.write(mark)
        write_notes(folder, made_with, crawl.notes)
    return there.done


def _is_old(at: datetime | None, now: datetime) -> bool:
    """Return whether a publication ended so long ago that its first page should say anew when the last look was."""
    return at is None or now - at > MAX_AGE


def publication_mark(site: Site, contents: SiteContents) -> str:
    """Return a text that changes when the static site would say anything new.

    If all that is new is the time at which a list was last looked at, it stays the same.
    """
    looks, question = site.looks(), listed.Question.of(site.config, now=site.now())
    standings = [
        (source, name, version.id, str(state))
        for source in site.config.sources
        for name, version, state in listed.lists_at(site.store, question, source)
    ]
    parts = (
        read_only.lasting_mark(site.store), [(look.source, str(look.state)) for look in looks], standings,
        templates.fingerprint(), site.edition, site.access.address, site.published_mark, repr(contents),
    )  # fmt: skip
    return hashlib.sha256(repr(parts).encode()).hexdigest()


def _made_with(site: Site, contents: SiteContents) -> str:
    """Return a text that changes when pages may differ although all that they read is as it was.

    That is so with another program, another configuration, another address, or other contents.
    """
    parts = (
        NOTES_FORM, program_fingerprint(), sys.version, jinja2.__version__, site.edition, site.access.address,
        repr(contents),
    )  # fmt: skip
    return hashlib.sha256(repr(parts).encode()).hexdigest()


def program_fingerprint() -> str:
    """Return a hash over all files of the program."""
    package = cast("Path", files("monitor"))
    found = hashlib.sha256(templates.fingerprint().encode())
    for path in sorted(package.rglob("*.py")):
        found.update(f"{path.relative_to(package)}\0".encode() + path.read_bytes())
    return found.hexdigest()


def _copy(site: Site, inputs: PageInputs) -> Site:
    """Return the pages as they are written: as of the last look at anything, noting what they are made of."""
    copy = replace(
        site,
        is_copy=True,
        now=inputs.time,
        inputs=inputs,
        kept=NotedKept(site.archive, site.kept.reader, inputs),
        compared=NotedCompared(),
        remembered=NotedParts(inputs),
    )
    at = read_only.last_look(copy.store)
    inputs.now = moment(at) if at else site.now()
    return copy
