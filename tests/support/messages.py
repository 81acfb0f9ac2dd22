"""Alerts to write and to send: a plain one, one with everything, one full of what must take no effect, a huge one."""

from __future__ import annotations

import struct
import zlib
from dataclasses import replace

from monitor.alerts.message import Change, File, Item, LogState, Message, PageLink, Picture, SourceFiles
from monitor.alerts.pages import EntryPages
from monitor.model import AmendmentKind
from tests.support.entries import entry

SITE = "https://monitor.example.org"
HEAD = "5e884898da28047151d0e56f8dc6292773603d0d6aabbdd62a11ef721d1542d8"
CHECKPOINT = LogState(size=3_876, root="c4" * 32, key="SHA256:Hb2ApvRk2Gq5ZzmFhZ0yKMXc0l3BhGkzPDx0sQvJv9c")
LOG = "monitor log --source ice-287g --since 2025-07-04T14:00:12Z"
PAGE = "https://www.ice.gov/identify-and-arrest/287g"
DOCLIB = "https://www.ice.gov/doclib/about/offices/ero/287g"
HOSTILE = (
    "<script>alert(1)</script>",
    "*bold* _slanted_ ~struck~ `code`",
    "@channel @everyone <!channel> <@U123> <https://evil.example|click>",
    "=cmd|' /C calc'!A0",
    "one\r\nBcc: victim@example.org\r\n\r\nnew body",
    "tea & \"quotes\" & 'more' &amp; &lt;b&gt;",
    "\x1b[31mred\x07 \u202egnp.exe \x00",
    ".\r\n.\r\nQUIT",
    "{{ 7 * 7 }} {% raw %} ${HOME} $(id) %0d%0a",
)


def png() -> bytes:
    """The smallest picture: one white point."""
    pieces = (
        (b"IHDR", struct.pack(">IIBBBBB", 1, 1, 8, 0, 0, 0, 0)),
        (b"IDAT", zlib.compress(b"\0\xff")),
        (b"IEND", b""),
    )
    chunks = (
        struct.pack(">I", len(each)) + name + each + struct.pack(">I", zlib.crc32(name + each)) for name, each in pieces
    )
    return b"\x89PNG\r\n\x1a\n" + b"".join(chunks)


def file(name: str, *, sha256: str, seen: str = "2025-07-04T14:00:12Z") -> File:
    """A version of the list of agencies."""
    return File(
        name=name,
        url=f"{DOCLIB}/{name}",
        sha256=sha256,
        captured_at=seen,
        last_seen_at=seen,
        last_modified="Fri, 04 Jul 2025 13:48:01 GMT",
        kept=f"monitor exhibit --version {sha256[:16]} --zip {sha256[:8]}.zip",
    )


REPLACED = SourceFiles(
    source="ice-287g",
    report="participating",
    page=PAGE,
    file=file("participatingAgencies07032025pm.xlsx", sha256="9f" * 32),
    before=file("participatingAgencies07032025pm.xlsx", sha256="60" * 32, seen="2025-07-04T13:45:10Z"),
    origin="ICE 287(g) agreements, Participating agencies",
)
NEW = SourceFiles(
    source="ice-287g",
    report="participating",
    page=PAGE,
    file=file("participatingAgencies07072025am.xlsx", sha256="ab" * 32, seen="2025-07-07T15:00:09Z"),
    before=file("participatingAgencies07032025pm.xlsx", sha256="9f" * 32),
)
ADDED = Item(
    kind=AmendmentKind.ADDED,
    list="participating",
    entries=(812,),
    place="Texas, Travis County",
    what="Travis County Sheriff's Office, Jail Enforcement Model",
)
RESPELLED = Item(
    kind=AmendmentKind.CORRECTED,
    list="participating",
    entries=(813,),
    place="Indiana, Wayne County",
    what="Green Forks Police Department",
    reason="respelled",
    changes=(
        Change(field="agency", before="Green Forks Police Department", after="Greens Forks Police Department"),
        Change(field="moa", before="", after=f"{DOCLIB}/moa/greens-forks.pdf"),
    ),
    takes_back=640,
    doubts=("signed 2052-06-11, which is yet to come",),
)
MOVED = Item(
    kind=AmendmentKind.CORRECTED,
    list="section-2",
    entries=tuple(range(814, 828)),
    place="Texas, Travis County",
    what="",
    reason="reattributed",
    changes=(Change(field="jurisdiction", before="Travis County State Jail", after="Travis County Jail"),),
)


def alert(
    identity: str = "0197f9b2-7c11-7a3e-9f00-3b1d5b2c9a10",
    *,
    subject: str = "287(g), participating: 1 added in Texas",
    items: tuple[Item, ...] = (ADDED,),
    notes: tuple[str, ...] = (),
    files: tuple[SourceFiles, ...] = (REPLACED,),
    pictures: tuple[Picture, ...] = (),
    thread: str = "ice-287g/participating",
) -> Message:
    """An alert to the subscription `texas`."""
    return Message(
        id=identity,
        subscription="texas",
        thread=thread,
        subject=subject,
        created_at="2025-07-04T14:00:31Z",
        notes=notes,
        items=items,
        files=files,
        pictures=pictures,
        entries=tuple(entry(id=number, kind=item.kind) for item in items for number in item.entries),
        head=HEAD,
        checkpoint=CHECKPOINT,
        log=LOG,
    )


def linked() -> Message:
    """An alert whose entries, records, places and files have web pages."""
    pages = {
        number: EntryPages(
            entry=number,
            page=f"{SITE}/amendment/{number}",
            record=f"{SITE}/record/{'9f' * 32}/participating/participating!{number}",
            place=f"{SITE}/jurisdiction/ocd-division/country:us/state:tx/county:travis",
        )
        for number in range(812, 828)
    }
    links = [PageLink(label="entry 812", address=pages[812].page), PageLink(label="record", address=pages[812].record)]
    links.append(PageLink(label="Texas, Travis County", address=pages[812].place))
    kept = replace(
        REPLACED.file, kept=f"{SITE}/file/{'9f' * 32}", version_page=f"{SITE}/version/ice-287g/participating/7"
    )
    message = alert(items=(replace(ADDED, links=tuple(links)),), files=(replace(REPLACED, file=kept),))
    return replace(message, log=f"{SITE}/log?source=ice-287g&since=2025-07-04", pages=tuple(pages.values()))


def full() -> Message:
    """An alert with one of everything."""
    pictures = (Picture(name="before-813", caption="Before: page 12", content=png()),)
    return alert(
        subject="287(g), participating: 1 added, 15 corrected",
        items=(ADDED, RESPELLED, MOVED),
        notes=("pending: first seen, 41 records",),
        pictures=(*pictures, Picture(name="after 813 <x>", caption="Now: page 12", content=png())),
    )


def hostile() -> Message:
    """An alert in which every text is one that must take no effect."""
    everything = " | ".join(HOSTILE)
    items = tuple(
        Item(
            kind=AmendmentKind.CORRECTED,
            list=text,
            entries=(number,),
            place=text,
            what=text,
            reason=text,
            changes=(Change(field=text, before=text, after=everything),),
            doubts=(text,),
        )
        for number, text in enumerate(HOSTILE, 1)
    )
    source = file(everything, sha256="cd" * 32)
    files = SourceFiles(
        source=everything, report=everything, page=f"javascript:{everything}", file=source, origin=everything
    )
    return Message(
        id=f"evil id\r\n{everything}",
        subscription=f"texas\r\n{everything}",
        thread=f"thread\r\n{everything}",
        subject=f"287(g): añadido\r\nBcc: victim@example.org\r\n{everything}",
        created_at="2025-07-04T14:00:31Z",
        notes=HOSTILE,
        items=items,
        files=(files,),
        pictures=(Picture(name=everything, caption=everything, content=png()),),
        entries=(entry(id=1, after={"agency": everything}),),
        head=everything,
        checkpoint=LogState(size=1, root=everything, key=everything),
        log=everything,
    )


LONG = "".join(f"word{number} " for number in range(1_150)).strip()[:10_000]


def huge() -> Message:
    """An alert with 1,000 amendments, of which one has a value of 10,000 characters."""
    many = tuple(
        Item(
            kind=AmendmentKind.ADDED,
            list="participating",
            entries=(number,),
            place=f"Texas, County {number}",
            what=f"Agency number {number}, Task Force Model",
        )
        for number in range(1, 1_000)
    )
    long = Item(
        kind=AmendmentKind.CORRECTED,
        list="participating",
        entries=(1_000,),
        place="Texas, Travis County",
        what="The long one",
        changes=(Change(field="criteria", before=LONG, after=f"{LONG[:9_000]}NOT {LONG[9_000:]}"),),
    )
    return alert(subject="287(g): 999 added, 1 corrected in Texas", items=(long, *many))
