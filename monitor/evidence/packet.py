"""Makes the files of an exhibit: a packet of evidence that a stranger can check with public tools alone.

Pure: the same exhibit gives the same bytes.
"""

from __future__ import annotations

import hashlib
import io
import re
from dataclasses import dataclass, field
from functools import cache
from pathlib import Path
from typing import TYPE_CHECKING
from zipfile import ZIP_DEFLATED, ZipFile, ZipInfo
from zoneinfo import ZoneInfo

from monitor import __version__
from monitor.evidence.checkpoint import parse_checkpoint
from monitor.evidence.keys import SIGNATURE_NAMESPACE
from monitor.evidence.tlog import proof_text
from monitor.evidence.wacz import ZIP_TIME
from monitor.store.merkle import leaf_hash, root_by_proof
from monitor.times import moment

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from jinja2 import Environment

    from monitor.evidence.keys import PublicKey, SigningKey

MANIFEST = "MANIFEST.sha256"
PAPERS = Path(__file__).parent / "papers"
MAX_FILE_NAME_LETTERS = 80  # of the name that a kept file has in the packet
AGENCIES_TIME = ZoneInfo("America/New_York")  # the time of Washington, beside UTC


@dataclass(frozen=True, slots=True, kw_only=True)
class ProvedStatement:
    """A statement of the evidence log, with the proof that it is there.

    - `number`, `kind`: of its leaf. `line`: the statement itself.
    - `meaning`: what it says, in plain words.
    - `proof`: the hashes that lead from the leaf to the root.
    """

    number: int
    kind: str
    line: bytes
    meaning: str
    proof: tuple[bytes, ...]

    @property
    def path(self) -> str:
        """Return the path of the statement in the packet."""
        return f"log/{self.number:09}-{self.kind}.leaf"

    @property
    def proof_path(self) -> str:
        """Return the path of the proof in the packet."""
        return f"log/{self.number:09}-{self.kind}.tlog-proof"


@dataclass(frozen=True, slots=True, kw_only=True)
class ExhibitedFile:
    """A kept file in the packet, and how it was got.

    - `role`: what it is for the claim, like "the file that lists it".
    - `content`, `sha256`, `url`, `file_name`: the bytes, their hash, their address, and the name of the file there.
    - `captured_at`: when the look began that found it. `ended_at`: when its last byte came; None if that is not known.
    - `last_seen_at`: when the same file was last seen at the publisher; None for a page.
    - `origin`: how the program got it, in words.
    - `capture`: the number of the leaf about it.
    - `parts`: of a list of the parts of a version, which the program wrote, the hashes that it names; else ().
    - `is_drawn`: whether a browser of the program made it from another file in the packet, so that no server sent it.
    """

    role: str
    content: bytes = field(repr=False)
    sha256: str
    url: str
    file_name: str
    captured_at: str
    ended_at: str | None
    last_seen_at: str | None
    origin: str
    capture: int
    parts: tuple[str, ...] = ()
    is_drawn: bool = False

    @property
    def path(self) -> str:
        """Return the path of the file in the packet."""
        plain = re.sub(r"[^A-Za-z0-9._-]+", "-", self.file_name).strip("-.")[-MAX_FILE_NAME_LETTERS:] or "file"
        return f"files/{self.sha256[:12]}-{plain}"


@dataclass(frozen=True, slots=True, kw_only=True)
class ExhibitedList:
    """All records of one list in one version, as lines of JSON, whose hash a statement names.

    - `title`: the list and the version, in words. `lines`: the records, sorted.
    - `leaf`: the number of the statement. `found`: the numbers of the lines (from 1) that the claim is about.
    """

    title: str
    lines: tuple[str, ...] = field(repr=False)
    leaf: int
    found: tuple[int, ...]

    @property
    def path(self) -> str:
        """Return the path of the list in the packet."""
        return f"log/list-{self.leaf:09}.lines"

    @property
    def in_words(self) -> str:
        """Return which lines the claim is about, in words, like `line 7` or `lines 12-25, 31`."""
        return words_of_numbers(self.found)

    @property
    def content(self) -> bytes:
        """Return the bytes of the file: the lines, each with a line break at its end."""
        return "".join(f"{line}\n" for line in self.lines).encode()


@dataclass(frozen=True, slots=True, kw_only=True)
class ExhibitedPicture:
    """A picture of a record in its file, drawn by this program: name, PNG, and a line that says what it shows."""

    name: str
    content: bytes = field(repr=False)
    caption: str

    @property
    def path(self) -> str:
        """Return the path of the picture in the packet."""
        return f"pictures/{self.name}"


@dataclass(frozen=True, slots=True, kw_only=True)
class ExhibitedStamp:
    """A time stamp over the checkpoint: the authority's address, its time, its whole reply, and how it was checked."""

    authority: str
    gen_time: str
    reply: bytes = field(repr=False)
    verified: str

    @property
    def printed(self) -> str:
        """Return the time as `openssl ts -reply -text` prints it."""
        at = moment(self.gen_time)
        return f"{at:%b} {at.day:2} {at:%H:%M:%S} {at.year} GMT"


@dataclass(frozen=True, slots=True, kw_only=True)
class SavedCopy:
    """A copy in a web archive: its address, when it was made, the SHA-256 of our file, and how both compare."""

    memento: str
    saved_at: str
    sha256: str
    compared: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Exhibit:
    """All that goes into a packet.

    - `claims`: the sentences that it proves, each with the values that it is about (by field).
    - `checkpoint`: the text of the checkpoint that the proofs lead to; `stamps` are over exactly this text.
    - `signer`: the key that has signed the checkpoint within its text; None if none of the log's keys has.
    - `exchanges`: web archive files (WACZ) of how the files came, by name.
    - `pictures_left`: how many further records have no picture here, because there are so many.
    - `faults`: a sentence for each part that could not be made.
    """

    claims: tuple[tuple[str, Mapping[str, str]], ...]
    files: tuple[ExhibitedFile, ...]
    statements: tuple[ProvedStatement, ...]
    lists: tuple[ExhibitedList, ...]
    pictures: tuple[ExhibitedPicture, ...]
    checkpoint: str
    signer: PublicKey | None = None
    stamps: tuple[ExhibitedStamp, ...] = ()
    saved: tuple[SavedCopy, ...] = ()
    exchanges: Mapping[str, bytes] = field(default_factory=dict)
    pictures_left: int = 0
    faults: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True, kw_only=True)
class Check:
    """A check that was made when the packet was written, for its cover: what was checked, and whether it held."""

    what: str
    verdict: str
    is_good: bool


def packet(exhibit: Exhibit, *, key: SigningKey | None = None) -> dict[str, bytes]:
    """Return the files of a packet, keyed by path, in order of their paths.

    `key` signs the checkpoint and the manifest. Without a key the manifest is unsigned, and the packet says so; the
    checkpoint may be signed already, within its text.
    """
    files: dict[str, bytes] = {each.path: each.content for each in exhibit.files}
    for statement in exhibit.statements:
        files[statement.path] = statement.line
        files[statement.proof_path] = proof_text(statement.number, statement.proof, exhibit.checkpoint).encode()
    files |= {each.path: each.content for each in exhibit.lists}
    files |= {each.path: each.content for each in exhibit.pictures}
    files |= {f"exchange/{name}": content for name, content in exhibit.exchanges.items()}
    files |= {f"time/{number}.tsr": stamp.reply for number, stamp in enumerate(exhibit.stamps, start=1)}
    files["log/checkpoint.txt"] = exhibit.checkpoint.encode()
    about, origin = _about(exhibit, key), parse_checkpoint(exhibit.checkpoint).origin
    if key:
        files["log/checkpoint.txt.sig"] = key.ssh_signature(files["log/checkpoint.txt"]).encode()
    signer = key.public if key else exhibit.signer
    if signer:
        files["keys/allowed_signers"] = f"{signer.allowed_signers_line(origin)}\n".encode()
        files["keys/verifier_key.txt"] = f"{signer.verifier_key(origin)}\n".encode()
    if exhibit.saved:
        files["saved/copies.txt"] = "".join(
            f"{each.memento}\n  saved {each.saved_at}, of the file with SHA-256 {each.sha256}; {each.compared}\n"
            for each in exhibit.saved
        ).encode()
    files["verify.sh"] = (PAPERS / "verify.sh").read_bytes()
    files["verify.py"] = (PAPERS / "verify.py").read_bytes()
    for name in ("VERIFY.txt", "COVER.html", "CERTIFICATE-draft.html"):
        files[name] = _environment().get_template(name).render(about).encode()
    files = dict(sorted(files.items()))
    files[MANIFEST] = "".join(
        f"{hashlib.sha256(content).hexdigest()}  {path}\n" for path, content in files.items()
    ).encode()
    if key:
        files[f"{MANIFEST}.sig"] = key.ssh_signature(files[MANIFEST]).encode()
    return dict(sorted(files.items()))


def zipped(files: Mapping[str, bytes]) -> bytes:
    """Return the files of a packet as one ZIP file, always with the same bytes."""
    whole = io.BytesIO()
    with ZipFile(whole, "w", compression=ZIP_DEFLATED) as archive:
        for path, content in files.items():
            member = ZipInfo(path, ZIP_TIME)
            member.compress_type = ZIP_DEFLATED
            member.external_attr = 0o644 << 16
            archive.writestr(member, content)
    return whole.getvalue()


def words_of_numbers(numbers: Sequence[int]) -> str:
    """Return the numbers of lines in words, like `line 7` or `lines 12-25, 31`; the numbers ascend."""
    starts = [number for number in numbers if number - 1 not in numbers]
    ends = [number for number in numbers if number + 1 not in numbers]
    runs = ", ".join(
        str(first) if first == last else f"{first}-{last}" for first, last in zip(starts, ends, strict=True)
    )
    return f"line{'s' if len(numbers) > 1 else ''} {runs}"


def _about(exhibit: Exhibit, key: SigningKey | None) -> dict[str, object]:
    """Return what the papers of the packet name."""
    read = parse_checkpoint(exhibit.checkpoint)
    return {
        "exhibit": exhibit,
        "origin": read.origin,
        "size": read.size,
        "root": read.root.hex(),
        "key": key,
        "signer": key.public if key else exhibit.signer,
        "namespace": SIGNATURE_NAMESPACE,
        "checks": _checks(exhibit, read.size, read.root, key),
        "version": __version__,
        "is_adopted": any(b'"adopted":1' in each.line for each in exhibit.statements),
    }


def _checks(exhibit: Exhibit, size: int, root: bytes, key: SigningKey | None) -> Sequence[Check]:
    """Make the checks that this program can make, for the cover."""
    whole = [each for each in exhibit.files if hashlib.sha256(each.content).hexdigest() == each.sha256]
    proved = [
        each
        for each in exhibit.statements
        if root_by_proof(leaf_hash(each.line), each.number, size, each.proof) == root
    ]
    checks = [
        Check(
            what="The kept files have the hashes that are named here",
            verdict=f"{len(whole)} of {len(exhibit.files)}",
            is_good=len(whole) == len(exhibit.files),
        ),
        Check(
            what=f"The statements are in the log of {size:,} statements",
            verdict=f"{len(proved)} of {len(exhibit.statements)}",
            is_good=len(proved) == len(exhibit.statements),
        ),
        Check(
            what="The log is signed by its owner",
            verdict=_signed_by(exhibit, key),
            is_good=key is not None or exhibit.signer is not None,
        ),
    ]
    if not exhibit.stamps:
        checks.append(Check(what="The time is attested by somebody else", verdict="no time stamp yet", is_good=False))
    for stamp in exhibit.stamps:
        is_good = stamp.verified == "openssl"
        verdict = f"{stamp.gen_time}; {'checked with openssl when it came' if is_good else stamp.verified}"
        checks.append(Check(what=f"The time is attested by {stamp.authority}", verdict=verdict, is_good=is_good))
    return checks


def _signed_by(exhibit: Exhibit, key: SigningKey | None) -> str:
    """Return in words which key has signed the checkpoint."""
    if key:
        return f"with the key {key.fingerprint}"
    if exhibit.signer:
        return f"its checkpoint, with the key {exhibit.signer.fingerprint}; this packet itself is unsigned"
    return "nobody has signed this checkpoint"


@cache
def _environment() -> Environment:
    from jinja2 import (  # noqa: PLC0415 - most commands make no packet
        Environment,
        FileSystemLoader,
        StrictUndefined,
        select_autoescape,
    )

    environment = Environment(
        loader=FileSystemLoader(PAPERS),
        autoescape=select_autoescape(),
        undefined=StrictUndefined,
        trim_blocks=True,
        lstrip_blocks=True,
        keep_trailing_newline=True,
    )
    environment.filters["both_times"] = _both_times
    environment.filters["sha256"] = lambda content: hashlib.sha256(content).hexdigest()
    return environment


def _both_times(text: str | None) -> str:
    """Return an ISO 8601 time in UTC and in the time of Washington; "not known" for None."""
    if text is None:
        return "not known"
    at = moment(text)
    there = at.astimezone(AGENCIES_TIME)
    return f"{at:%Y-%m-%d %H:%M:%S} UTC ({there:%Y-%m-%d %H:%M:%S} {there.tzname()}, Washington)"
