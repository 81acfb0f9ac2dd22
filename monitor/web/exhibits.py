"""Sends packets of evidence about an entry, a record, a version or a place, and the checkpoint of the evidence log.

The packets are those that `monitor exhibit` makes, except that nobody signs them here: the pages are served where the
private key is not. They carry the checkpoint that was signed and stamped last.
"""

from __future__ import annotations

import base64
import hashlib
import re
import shlex
import time
from typing import TYPE_CHECKING

from starlette.responses import PlainTextResponse, Response

from monitor.changelog import listed
from monitor.errors import ExhibitSizeError
from monitor.history import exhibits
from monitor.history.subjects import subject_of_entry, subject_of_record, subject_of_version, subjects_of_place
from monitor.store import leaves
from monitor.web import templates
from monitor.web.comparisons import one_version
from monitor.web.files import BusyError
from monitor.web.log import named_entry
from monitor.web.packets import MAX_PACKET_BYTES, address_of_reader
from monitor.web.parameters import DateParameters, ParameterError
from monitor.web.places import one_jurisdiction
from monitor.web.record import named_record
from monitor.web.responses import is_at_hand

if TYPE_CHECKING:
    from collections.abc import Sequence

    from starlette.requests import Request

    from monitor.history.subjects import Subject
    from monitor.model import Box
    from monitor.web.context import Site

MAX_DRAWING_SECONDS = 60.0  # seconds in which the pictures of a packet are drawn; others are named as missing
MAX_PACKET_NAME_LETTERS = 120  # of the name of a file


def packet_of_entry(site: Site, request: Request) -> Response:
    """Send the packet about an entry of the change log."""
    entry, _, _ = named_entry(site, request)
    subject = subject_of_entry(site.store, site.config, entry)
    return _packet(site, request, [subject], name=f"entry-{entry.id}", asked=(f"{entry.id}",))


def packet_of_record(site: Site, request: Request) -> Response:
    """Send the packet about a record of a list, as it stands now or at the time that is asked for."""
    line, _ = named_record(site, request)
    question = site.question(DateParameters.of(request).at)
    current = listed.of_record(site.store, question, line)
    subject = subject_of_record(site.store, site.config, current, at=question.at)
    mark = f"{line.first_version}/{line.list}/{line.locator.mark}"
    name = f"record-{line.first_version[:12]}-{line.list}-{line.locator.mark}{_day(question.at)}"
    return _packet(site, request, [subject], name=name, asked=("--record", mark, *_at(question.at)))


def packet_of_version(site: Site, request: Request) -> Response:
    """Send the packet about a version of a report."""
    version = one_version(site.store, request)
    where = f"{version.source}/{version.report_key}/{version.number}"
    return _packet(
        site,
        request,
        [subject_of_version(site.config, version)],
        name=f"version-{where}",
        asked=("--version", where),
    )


def packet_of_place(site: Site, request: Request) -> Response:
    """Send the packet about what the lists say of a place, now or at the time that is asked for."""
    place = one_jurisdiction(request.path_params["ocd_id"])
    question = site.question(DateParameters.of(request).at)
    try:
        subjects = subjects_of_place(site.store, question, place)
    except ExhibitSizeError as fault:
        raise ParameterError((str(fault),)) from fault
    name = f"{place.name}-{place.state}{_day(question.at)}"
    return _packet(site, request, subjects, name=name, asked=("--jurisdiction", place.ocd_id or "", *_at(question.at)))


def checkpoint_page(site: Site, _: Request) -> Response:
    """Send the checkpoint that was stamped or published last, or else one of the log as it is now."""
    return PlainTextResponse(exhibits.public_checkpoint(site.store, site.config))


def _packet(site: Site, request: Request, subjects: Sequence[Subject], *, name: str, asked: Sequence[str]) -> Response:
    """Send the packet about some subjects, or only its headers, or 304 if the reader has it.

    - `name`: of the file, without its ending.
    - `asked`: the arguments with which `monitor exhibit` makes the same packet.
    """
    key = _key(site, subjects)
    plain = re.sub(r"[^A-Za-z0-9._-]+", "-", f"exhibit-{name}")[:MAX_PACKET_NAME_LETTERS]
    headers = {
        "etag": f'"{key}"',
        "content-disposition": f'attachment; filename="{plain}.zip"',
        "content-security-policy": "sandbox; default-src 'none'; frame-ancestors 'none'",
    }
    if is_at_hand(request, headers["etag"]):
        return Response(status_code=304, headers={"etag": headers["etag"], "cache-control": "no-cache"})
    if request.method == "HEAD":
        return _headers_alone(site.packets.known(key), headers)
    site.packets.limit.count(address_of_reader(request))
    try:
        content, is_whole = site.packets.made(key, lambda: _made(site, subjects))
    except ExhibitSizeError as fault:
        command = f"monitor exhibit {shlex.join(asked)} --zip FILE"
        raise ParameterError((f"{fault}; on the machine itself, `{command}` makes it",)) from fault
    headers["repr-digest"] = f"sha-256=:{base64.b64encode(hashlib.sha256(content).digest()).decode()}:"
    if not is_whole:  # what it lacks may be there the next time
        headers["cache-control"] = "no-store"
        del headers["etag"]
    return Response(content, media_type="application/zip", headers=headers)


def _headers_alone(known: bytes | None, headers: dict[str, str]) -> Response:
    """Answer a HEAD request; the length of the packet is told if that is known without making it."""
    response = Response(media_type="application/zip", headers=headers)
    del response.headers["content-length"]
    if known is not None:
        response.headers["content-length"] = str(len(known))
    return response


def _key(site: Site, subjects: Sequence[Subject]) -> str:
    """Return a hash of all that a packet depends on."""
    tree = leaves.tree(site.store)
    parts = (repr(subjects), tree.size, tree.root.hex(), site.published_mark, site.edition, templates.fingerprint())
    return hashlib.sha256(repr(parts).encode()).hexdigest()[:32]


def _made(site: Site, subjects: Sequence[Subject]) -> tuple[bytes, bool]:
    """Make a packet; return it, and whether every part of it could be made. Raises ExhibitSizeError."""
    ends_at = time.monotonic() + MAX_DRAWING_SECONDS

    def draw(sha256: str, boxes: tuple[Box, ...], caption: str, source: str) -> bytes:
        if time.monotonic() > ends_at:
            raise BusyError("drawing takes too long at this moment; ask for the packet again later")
        return site.kept.picture(sha256, boxes, caption=caption, source=source)

    context = exhibits.ExhibitContext(
        store=site.store, archive=site.archive, config=site.config, draw=draw, max_bytes=MAX_PACKET_BYTES
    )
    content, faults = exhibits.zipped_exhibit(context, subjects)
    return content, not faults


def _at(at: str | None) -> tuple[str, ...]:
    return ("--at", at) if at else ()


def _day(at: str | None) -> str:
    return f"-{at[:10]}" if at else ""
