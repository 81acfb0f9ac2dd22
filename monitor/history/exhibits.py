"""Gathers what an exhibit needs from the database, the archive of kept files and the reader. The packet is made of it.

`history/subjects.py` says what an exhibit can be about.
"""

from __future__ import annotations

import hashlib
import json
from dataclasses import dataclass
from typing import TYPE_CHECKING

from monitor.alerts.writing import words
from monitor.config.titles import Titles
from monitor.errors import CheckpointError, ExhibitSizeError, MonitorError, StoreError
from monitor.evidence.captured import captured_file
from monitor.evidence.checkpoint import checkpoint, log_name, parse_checkpoint
from monitor.evidence.keys import PublicKey, check_note
from monitor.evidence.packet import (
    Exhibit,
    ExhibitedFile,
    ExhibitedList,
    ExhibitedPicture,
    ExhibitedStamp,
    ProvedStatement,
    SavedCopy,
    packet,
    zipped,
)
from monitor.evidence.publish import latest_published
from monitor.evidence.wacz import wacz
from monitor.fetch.links import file_name
from monitor.store import copies, evidence, exchanges, leaves
from monitor.store import stamps as stamp_rows
from monitor.store.parts import part_named
from monitor.store.statements import restores

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Mapping

    from monitor.config.sources import Config
    from monitor.evidence.keys import SigningKey
    from monitor.evidence.warc import Captured
    from monitor.history.subjects import Subject
    from monitor.model import Box, Locator
    from monitor.store.archive import Archive
    from monitor.store.database import Store
    from monitor.store.evidence import Stated, StatedCapture
    from monitor.store.rows import VersionRow
    from monitor.store.stamps import Stamp

    Draw = Callable[[str, tuple[Box, ...], str, str], bytes]

# Statements that come again and again. They are left out where a time stamp covers the others, and not yet these.
LATER = frozenset({"seen", "saved"})
UNNAMED_LOG = "monitor"  # the origin of a log that the configuration gives no name
LIST_OF_PARTS = "the program wrote it, of the files or pages that stood there together; they are here, too"
MAX_PICTURES = 24  # in one packet; further records are found by their lines
STATEMENT_MEANINGS = {
    "capture": "these bytes were kept, as the answer of this address at this time",
    "parts": "the program wrote this list of the files or pages that together are the version, each with its hash",
    "exchange": "how the server was asked for these bytes, and how it answered",
    "version": "these bytes are this version of the report",
    "status": "the program recorded, held or rejected the version",
    "decision": "a person decided about the version",
    "list": "these records, and no others, were in this list of the version",
    "seen": "the same version was still published at this time",
    "saved": "a web archive saved a copy of the version, and its bytes were compared with the kept ones",
    "document": "these bytes are this file of the document at this address, and its text has this hash",
    "amendment": "this is an entry of the change log",
}


@dataclass(frozen=True, slots=True, kw_only=True)
class ExhibitContext:
    """The objects that an exhibit is made with.

    - `draw`: a function that draws the part of a PDF page around a record. Its arguments are the SHA-256 of the file,
      the places of the record, a line to write below, and the name of the source. It raises MonitorError.
    - `key`: the key that signs, or None. Without it, an earlier checkpoint that was signed and published serves, where
      there is one.
    - `max_bytes`: how many bytes the kept files may have together; None for any number.
    """

    store: Store
    archive: Archive
    config: Config
    draw: Draw
    key: SigningKey | None = None
    max_bytes: int | None = None


def gather_exhibit(context: ExhibitContext, subjects: Iterable[Subject]) -> Exhibit:
    """Gather all that proves these subjects. What can't be had becomes a sentence in `faults`.

    Raises StoreError, and ExhibitSizeError if the kept files are larger than the context allows.
    """
    work = _Gathering(context)
    subjects = tuple(subjects)
    for subject in subjects:
        work.add(subject)
    return work.exhibit(
        tuple(
            (words.one_line(each.claim), {name: words.shown(value) for name, value in each.values.items()})
            for each in subjects
        )
    )


def zipped_exhibit(context: ExhibitContext, subjects: Iterable[Subject]) -> tuple[bytes, tuple[str, ...]]:
    """Return the packet that proves these subjects as a ZIP file, and a sentence for each part that is missing in it.

    Raises StoreError, and ExhibitSizeError if it is larger than the context allows.
    """
    exhibit = gather_exhibit(context, subjects)
    content = zipped(packet(exhibit, key=context.key))
    _check_size(len(content), context)
    return content, exhibit.faults


def public_checkpoint(store: Store, config: Config) -> str:
    """Return the checkpoint that was stamped or published last; if there is none, one of the log as it is now.

    The latter is unsigned, because others than the owner may ask for it.
    """
    stamp = stamp_rows.last_stamp(store)
    folder = config.evidence.publish
    published = latest_published(folder) if folder else None
    known = [text for text in (stamp.checkpoint if stamp else None, published) if text]
    if known:
        return max(known, key=lambda text: parse_checkpoint(text).size)
    tree = leaves.tree(store)
    return checkpoint(log_origin(store, config), tree.size, tree.root, key=None)


def log_origin(store: Store, config: Config) -> str:
    """Return the name of the evidence log."""
    return log_name(config.evidence.origin or UNNAMED_LOG, restores(store))


def _check_size(count: int, context: ExhibitContext) -> None:
    if context.max_bytes is not None and count > context.max_bytes:
        raise ExhibitSizeError(f"this packet has more than {context.max_bytes // 1_000_000} MB")


class _Gathering:
    """An exhibit while it is being gathered."""

    def __init__(self, context: ExhibitContext) -> None:
        self.context = context
        self.stated: dict[int, Stated] = {}
        self.files: dict[int, ExhibitedFile] = {}  # by capture
        self.lists: dict[int, ExhibitedList] = {}  # by the number of the leaf
        self.captured: dict[int, Captured] = {}  # by capture
        self.pictures: dict[str, ExhibitedPicture] = {}
        self.pictures_left = 0
        self.lists_of_parts: set[int] = set()  # the numbers of the leaves about such lists
        self.saved: dict[tuple[str, str], SavedCopy] = {}  # by address and the hash of the file
        self.faults: dict[str, None] = {}
        self.kept_bytes = 0

    def add(self, subject: Subject) -> None:
        """Add what proves one subject."""
        store = self.context.store
        if subject.amendment is not None:
            self._state(evidence.stated(store, "amendment", subject.amendment), f"entry {subject.amendment}")
        for version, role in subject.versions:
            for each in evidence.about_version(store, version.id):
                self._state(each, role)
            capture = evidence.capture_of_version(store, version.id)
            parts = evidence.captures_of_parts(store, capture.id)
            named = tuple(part.sha256 for _, part in parts)
            self._file(capture, f"{role}: the list of its parts" if parts else role, version, parts=named)
            for name, part in parts:
                self._file(part, f"{role}: its part {name}", None)
            page = evidence.page_of_version(store, version.id)
            if page:
                self._file(page, "the page that linked it", None)
            copy = copies.archive_copy(store, version.id)
            if copy:
                self._saved(copy.memento, copy.saved_at, copy.version, copy.words)
            if subject.list:
                self._list(version, subject.list, subject.records)
        for file, role in subject.documents:
            self._state(evidence.stated(store, "document", file.id), role)
            self._file(evidence.capture_numbered(store, file.capture_id), role, None)
        for name, version, locator in subject.places:
            self._picture(name, version, locator)

    def exhibit(self, claims: tuple[tuple[str, Mapping[str, str]], ...]) -> Exhibit:
        """Return the exhibit."""
        stamped = stamp_rows.last_stamped_size(self.context.store)
        needed = [each.number for each in self.stated.values() if each.kind not in LATER or each.number < stamped]
        text, size, stamps = self._checkpoint(max(needed, default=-1) + 1)
        statements = sorted((each for each in self.stated.values() if each.number < size), key=lambda each: each.number)
        proofs = leaves.proofs_of(self.context.store, [each.number for each in statements], size=size)
        return Exhibit(
            claims=claims,
            files=tuple(self.files.values()),
            statements=tuple(
                ProvedStatement(
                    number=each.number,
                    kind=each.kind,
                    line=each.line,
                    meaning=STATEMENT_MEANINGS.get(
                        "parts" if each.number in self.lists_of_parts else each.kind, each.kind
                    ),
                    proof=proofs[each.number],
                )
                for each in statements
            ),
            lists=tuple(self.lists.values()),
            pictures=tuple(self.pictures.values()),
            pictures_left=self.pictures_left,
            checkpoint=text,
            signer=_signer(self.context.store, text),
            stamps=stamps,
            exchanges={"files.wacz": self._web_archive()} if self.captured else {},
            saved=tuple(self.saved.values()),
            faults=tuple(self.faults),
        )

    def _checkpoint(self, size: int) -> tuple[str, int, tuple[ExhibitedStamp, ...]]:
        """Return the checkpoint that the proofs lead to, how many leaves it covers, and the time stamps over it.

        It is the first checkpoint with a time stamp that has at least `size` leaves, because that shows best how long
        the statements exist. If there is none yet, it is the log as it is now; or where no key is at hand to sign that,
        the checkpoint that was published last, if it has so many leaves.
        """
        context = self.context
        stamp = stamp_rows.first_stamp_covering(context.store, size)
        if stamp is None:
            published = None if context.key else self._published(size)
            if published:
                return *published, ()
            tree = leaves.tree(context.store)
            origin = log_origin(context.store, context.config)
            return checkpoint(origin, tree.size, tree.root, key=context.key), tree.size, ()
        same = [each for each in stamp_rows.all_stamps(context.store).values() if each.checkpoint == stamp.checkpoint]
        return stamp.checkpoint, stamp.size, tuple(filter(None, map(self._stamp, same)))

    def _published(self, size: int) -> tuple[str, int] | None:
        """Return the checkpoint that was published last, and its size, if it is of this log and has so many leaves."""
        folder = self.context.config.evidence.publish
        text = latest_published(folder) if folder else None
        if text is None:
            return None
        found = parse_checkpoint(text)
        store = self.context.store
        if not size <= found.size <= leaves.tree(store).size:
            return None
        return (text, found.size) if leaves.tree_of_size(store, found.size).root == found.root else None

    def _stamp(self, stamp: Stamp) -> ExhibitedStamp | None:
        try:
            reply = self.context.archive.get(stamp.reply)
        except StoreError as fault:
            self.faults[f"the time stamp of {stamp.authority}: {fault}"] = None
            return None
        return ExhibitedStamp(authority=stamp.authority, gen_time=stamp.gen_time, reply=reply, verified=stamp.verified)

    def _web_archive(self) -> bytes:
        """Return the kept files and how they came as one web archive file."""
        return wacz(list(self.captured.values()), title="Kept files of an exhibit", description="Made by monitor.")

    def _state(self, found: Stated | None, what: str) -> None:
        if found is None:
            self.faults[f"{what}: the evidence log has no statement about it; see `monitor verify`"] = None
        else:
            self.stated[found.number] = found

    def _file(
        self, capture: StatedCapture, role: str, version: VersionRow | None, *, parts: tuple[str, ...] = ()
    ) -> None:
        """Add a kept file, with the statements about how it came.

        `parts` are the hashes that it names, if it is the list of the parts of a version, which the program wrote.
        """
        if capture.id in self.files:
            return
        store = self.context.store
        about = evidence.stated(store, "capture", capture.id)
        self._state(about, capture.url)
        if about and parts:
            self.lists_of_parts.add(about.number)
        exchange = exchanges.exchange_of(store, capture.id)
        if exchange:
            self._state(evidence.stated(store, "exchange", capture.id), capture.url)
        try:
            self._count(capture.sha256)
            captured = captured_file(
                self.context.archive,
                url=capture.memento or capture.url,
                captured_at=capture.captured_at,
                sha256=capture.sha256,
                media_type=capture.media_type,
                exchange=exchange,
            )
        except StoreError as fault:
            self.faults[f"{role}: {fault}"] = None
            return
        if about is None:
            return
        self.captured[capture.id] = captured
        if capture.memento:
            at, how = capture.captured_at, "the kept file was taken from this copy"
            self._saved(capture.memento, at, capture.sha256, how)
        self.files[capture.id] = ExhibitedFile(
            role=role,
            content=captured.content,
            sha256=capture.sha256,
            url=capture.url,
            file_name=f"{words.one_line(version.report_key)}-parts.txt"
            if version and parts
            else _file_name(capture, version),
            captured_at=capture.captured_at,
            ended_at=exchange.ended_at if exchange else None,
            last_seen_at=version.last_seen_at if version else None,
            origin=LIST_OF_PARTS if parts else _origin(capture),
            parts=parts,
            capture=about.number,
        )

    def _saved(self, memento: str, saved_at: str, sha256: str, compared: str) -> None:
        """Add a copy in a web archive: its address, when it was made, the hash of the kept file, how both compare."""
        self.saved[memento, sha256] = SavedCopy(memento=memento, saved_at=saved_at, sha256=sha256, compared=compared)

    def _count(self, sha256: str) -> None:
        """Count the bytes of a kept file before it is read. Raises ExhibitSizeError if they become too many."""
        path = self.context.archive.path(sha256)
        self.kept_bytes += path.stat().st_size if path.exists() else 0
        _check_size(self.kept_bytes, self.context)

    def _list(self, version: VersionRow, name: str, wanted: Iterable[Mapping[str, str]]) -> None:
        """Add all records of a list in a version, and which of them the subject is about."""
        found = evidence.lines_of_list(self.context.store, version.id, name)
        if found is None:
            return
        about, all_lines = found
        self.stated[about.number] = about
        wanted = [dict(each) for each in wanted]
        numbers = {number for number, line in enumerate(all_lines, start=1) if json.loads(line)[0] in wanted}
        before = self.lists.get(about.number)
        where = Titles(self.context.config).where(version.source, name, report=version.report_key)
        self.lists[about.number] = ExhibitedList(
            title=f"{where}, version {version.number}",
            lines=tuple(all_lines),
            leaf=about.number,
            found=tuple(sorted(numbers | set(before.found if before else ()))),
        )
        stated = json.loads(about.line)["lines"]
        if hashlib.sha256(self.lists[about.number].content).hexdigest() != stated:
            self.faults[f"{name}, version {version.number}: its records were changed; see `monitor verify`"] = None

    def _picture(self, name: str, version: VersionRow, locator: Locator) -> None:
        if name in self.pictures:
            return
        if len(self.pictures) == MAX_PICTURES:
            self.pictures_left += 1
            return
        part = part_named(self.context.store, version.sha256, locator.part)
        file = part.sha256 if part else version.sha256
        called = part.name if part else version.file_name
        caption = words.caption(called, locator.boxes[0].page, version.captured_at, file)
        try:
            content = self.context.draw(file, locator.boxes, caption, version.source)
        except MonitorError as fault:
            self.faults[f"{name}: {fault}"] = None
            return
        self.pictures[name] = ExhibitedPicture(name=name, content=content, caption=caption)


def _signer(store: Store, text: str) -> PublicKey | None:
    """Return the key that has signed a checkpoint within its text; None if none of the keys of this log has."""
    for used in reversed(stamp_rows.signing_keys(store).values()):
        key = PublicKey.of_line(used.public_key)
        try:
            check_note(text, key.verifier_key(used.origin))
        except CheckpointError:
            continue
        return key
    return None


def _file_name(capture: StatedCapture, version: VersionRow | None) -> str:
    """Return the name of a kept file; that of a web page ends with `.html`, so that it can be opened."""
    name = version.file_name if version else file_name(capture.url) or "page"
    is_page = "html" in (capture.media_type or "") and not name.endswith((".html", ".htm"))
    return words.one_line(f"{name}.html" if is_page else name)


def _origin(capture: StatedCapture) -> str:
    """Return in words how the program got a file."""
    if capture.memento:
        return f"from the copy of a web archive, {capture.memento}"
    if capture.via == "import":
        return "a person gave the file to the program, and said from where and when it was"
    return "the program asked this address"
