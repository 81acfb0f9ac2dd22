"""The folder of the static site: writes only what differs, removes what no longer belongs, and touches nothing else.

The file SITE_MANIFEST in it names all files that were published. Before a file is written, its name is added to the
file JOURNAL. So the next publication knows all files of one that was killed, and removes those that don't belong.
"""

from __future__ import annotations

import json
from contextlib import contextmanager, suppress
from dataclasses import dataclass, field
from datetime import UTC, datetime
from hashlib import sha256
from typing import TYPE_CHECKING, Self

from monitor.config.sources import SITE_MANIFEST
from monitor.errors import RefusedError
from monitor.files import UNFINISHED, lock, write_whole
from monitor.web.static_paths import SUMS

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

JOURNAL = ".monitor-publish.journal"
FILE_MODE = 0o644  # a web server reads the site as another user
FOLDER_MODE = 0o755


@dataclass(slots=True, kw_only=True)
class SiteWritten:
    """What a publication did to the folder: counts of files, and bytes.

    - `written`: files that are new, or differ from those that were there.
    - `unchanged`: files that were there already. `removed`: files that no longer belong to the site.
    - `not_made`: those of the unchanged files that were not even made, since all that they are made of is as before.
    - `bytes_of`: the bytes of all written and unchanged files, by their kind (`kind_of`).
    """

    written: int = 0
    unchanged: int = 0
    removed: int = 0
    not_made: int = 0
    bytes_of: dict[str, int] = field(default_factory=dict)


@dataclass(slots=True, kw_only=True)
class StaticFolder:
    """The folder that a publication writes to; open it with `StaticFolder.opened`."""

    folder: Path
    before: dict[str, str]  # the SHA-256 of each file of the last publication; "" if it was not finished
    mark: str  # of the history that the last publication shows; "" if it was not finished
    done: SiteWritten = field(default_factory=SiteWritten)
    sums: dict[str, str] = field(default_factory=dict)  # of each file of this publication

    @classmethod
    @contextmanager
    def opened(cls, folder: Path) -> Iterator[Self]:
        """Open a folder for one publication; make it if it is missing. No other process can publish to it meanwhile.

        Raises RefusedError if it can't be written, if another process publishes to it, or if it holds other files and
        nothing was ever published to it. Files whose names begin with a dot, like `.git`, may be there.
        """
        try:
            _make_folder(folder)
            with lock(folder, wait=False):
                yield cls._of(folder)
        except BlockingIOError as fault:
            raise RefusedError(f"{folder}: another `monitor publish` is at work here") from fault
        except OSError as fault:
            raise RefusedError(f"{folder}: {fault.strerror or fault}; see to the folder, and run it again") from fault

    @classmethod
    def _of(cls, folder: Path) -> Self:
        before, mark = manifest_of(folder)
        journal = folder / JOURNAL
        if not (folder / SITE_MANIFEST).exists() and not journal.exists():
            if others := sorted(each.name for each in folder.iterdir() if not each.name.startswith(".")):
                raise RefusedError(
                    f"{folder}: holds {others[0]!r}, which was not published by monitor; name an empty or a new folder"
                )
            write_whole(folder / SITE_MANIFEST, _manifest({}, ""), mode=FILE_MODE)
        for left in folder.rglob(f"{UNFINISHED}*") if journal.exists() else folder.glob(f"{UNFINISHED}*"):
            left.unlink(missing_ok=True)  # of a publication that was killed
        if journal.exists():
            names = journal.read_text(encoding="utf-8", errors="replace").split("\n")[:-1]
            before = {**dict.fromkeys(map(json.loads, filter(None, names)), ""), **before}
            mark = ""
        return cls(folder=folder, before=before, mark=mark)

    def begin(self) -> None:
        """Begin to write all files of the site, perhaps once more: the counts start at 0."""
        self.done, self.sums = SiteWritten(), {}

    def put(self, name: str, content: bytes) -> str:
        """Write a file at a path in the folder, unless it is there with the same bytes; return its SHA-256.

        Raises OSError if it can't be written.
        """
        path = self.folder / name
        digest = sha256(content).hexdigest()
        if _has(path, content):
            self.done.unchanged += 1
            if name not in self.before:
                self._note(name)
        else:
            self._note(name)
            self._make_room(name)
            _make_folder(path.parent)
            write_whole(path, content, mode=FILE_MODE, flush=False)
            self.done.written += 1
        self._count(name, digest, len(content))
        return digest

    def has(self, name: str, digest: str) -> bool:
        """Return whether a file of the last publication is there with this SHA-256."""
        if name not in self.before:
            return False
        try:
            return bool(digest) and sha256((self.folder / name).read_bytes()).hexdigest() == digest
        except OSError:
            return False

    def keep(self, name: str, digest: str) -> None:
        """Keep a file of the last publication as it is; `digest` is its SHA-256 (see `has`)."""
        self.done.unchanged += 1
        self.done.not_made += 1
        self._count(name, digest, (self.folder / name).stat().st_size)

    def finish(self, mark: str, *, last: dict[str, bytes]) -> None:
        """Write the list of checksums and the files in `last`, remove what no longer belongs, and write the manifest.

        - `mark`: a text that says what was published (see `publication_mark`).
        - `last`: the content of the files that are written after all others, by name: the first page of the site, which
          must lead to no file that is not there yet.
        """
        listed = self.sums | {name: sha256(content).hexdigest() for name, content in last.items()}
        sums = "".join(f"{digest}  {name}\n" for name, digest in sorted(listed.items()))
        self.put(SUMS, sums.encode())
        for name, content in last.items():
            self.put(name, content)
        for name in self.before.keys() - self.sums.keys():
            self._remove(name)
        content = _manifest(self.sums, mark)
        write_whole(self.folder / SITE_MANIFEST, content, mode=FILE_MODE)
        (self.folder / JOURNAL).unlink(missing_ok=True)
        self.before = dict(self.sums)

    def _count(self, name: str, digest: str, size: int) -> None:
        self.sums[name] = digest
        kind = kind_of(name)
        self.done.bytes_of[kind] = self.done.bytes_of.get(kind, 0) + size

    def _note(self, name: str) -> None:
        """Add the name of a file that will be written to the journal."""
        with (self.folder / JOURNAL).open("a", encoding="utf-8") as journal:
            journal.write(json.dumps(name) + "\n")

    def _make_room(self, name: str) -> None:
        """Remove a file of an earlier publication that stands where a folder of the path `name` must be."""
        parts = name.split("/")
        for depth in range(1, len(parts)):
            above = "/".join(parts[:depth])
            if above in self.before and (self.folder / above).is_file():
                (self.folder / above).unlink()

    def _remove(self, name: str) -> None:
        """Remove a file of an earlier publication, and the folders that are empty then."""
        path = self.folder / name
        with suppress(FileNotFoundError, NotADirectoryError):
            path.unlink()
            self.done.removed += 1
        for above in path.parents:
            if above == self.folder:
                break
            try:
                above.rmdir()
            except OSError:
                break


def kind_of(name: str) -> str:
    """Return what kind of file a file of the site is, in words."""
    suffix = name.rpartition("/")[2].rpartition(".")[2]
    if name.startswith("file/"):
        return "kept files"
    return {"html": "pages", "png": "pictures", "atom": "feeds and calendars", "ics": "feeds and calendars"}.get(
        suffix, "data and other files"
    )


def site_written_at(folder: Path) -> datetime | None:
    """Return when the last publication to a folder ended, whether it changed files or not; None if none ended."""
    try:
        return datetime.fromtimestamp((folder / SITE_MANIFEST).stat().st_mtime, UTC) if manifest_of(folder)[1] else None
    except OSError:
        return None


def manifest_of(folder: Path) -> tuple[dict[str, str], str]:
    """Return the SHA-256 of each file that was published to a folder, and the mark of what was published.

    Both are empty if nothing was published, or if the manifest can't be read.
    """
    try:
        value = json.loads((folder / SITE_MANIFEST).read_bytes())
        return {str(name): str(digest) for name, digest in value["files"].items()}, str(value["mark"])
    except (OSError, ValueError, KeyError, TypeError, AttributeError):
        return {}, ""


def _manifest(files: dict[str, str], mark: str) -> bytes:
    value = {"made by": "monitor publish", "mark": mark, "files": dict(sorted(files.items()))}
    return json.dumps(value, ensure_ascii=False, indent=0).encode() + b"\n"


def _make_folder(folder: Path) -> None:
    """Make a folder that is missing, and those around it, which everybody may enter whatever the process's umask is."""
    if not folder.is_dir():
        _make_folder(folder.parent)
        folder.mkdir(exist_ok=True)
        folder.chmod(FOLDER_MODE)


def _has(path: Path, content: bytes) -> bool:
    """Return whether a file has exactly this content."""
    try:
        return path.stat().st_size == len(content) and path.read_bytes() == content
    except OSError:
        return False
