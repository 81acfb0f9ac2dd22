"""Has time-stamp authorities put the time on checkpoints of the evidence log, and keeps what they reply.

A time stamp shows that all that the log says up to its checkpoint was there at that time. It also compares our clock
with the authority's. A round goes like this; it may be killed after any step, and the next one goes on:

1. Make a checkpoint of the log as it is now.
2. Note when each authority is asked again if this comes to nothing.
3. Ask the authorities, all at the same time, outside of any transaction.
4. Check each reply, and write it into the archive.
5. Write it down in one transaction with its leaf in the evidence log; or write down why it does not count.
6. Publish the checkpoint, if the configuration names a folder.
"""

from __future__ import annotations

import hashlib
import secrets
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from datetime import timedelta
from typing import TYPE_CHECKING

from monitor.errors import ClockError, EvidenceError, FetchError, ProxyError, StampError
from monitor.evidence import rfc3161
from monitor.evidence.checkpoint import checkpoint, log_name
from monitor.evidence.keys import SigningKey
from monitor.evidence.openssl import verify_stamp
from monitor.evidence.publish import publish, published_at
from monitor.fetch.exchange import send_once, web_address
from monitor.fetch.route import DIRECT
from monitor.store import leaves, stamps
from monitor.store.statements import restores, state
from monitor.times import backoff, instant, moment

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence
    from datetime import datetime
    from pathlib import Path

    from monitor.config.evidence import Authority, EvidenceSettings
    from monitor.fetch.route import Route
    from monitor.store.archive import Archive
    from monitor.store.database import Store
    from monitor.store.merkle import Tree
    from monitor.store.stamps import Stamp, StampTurn

FIRST_STAMP_PAUSE = timedelta(
    minutes=10
)  # before an authority that failed is asked again; each further failure doubles it
MAX_STAMP_PAUSE = timedelta(days=1)
MAX_STAMP_POSTPONEMENT = timedelta(days=2)  # a later time was written while the clock stood ahead, and is not believed
MAX_STAMP_SECONDS = 12.0  # of one authority; with the check less than the daemon has to end in
HEADERS = [(b"content-type", rfc3161.REQUEST_TYPE.encode())]


@dataclass(frozen=True, slots=True, kw_only=True)
class StampContext:
    """The objects that stamping needs: database, archive, clock, and what the configuration says.

    - `seconds`: how long an exchange with an authority may take.
    - `route`: the proxy and the trusted certificates with which the authorities are asked, as publishers are.
    """

    store: Store
    archive: Archive
    now: Callable[[], datetime]
    settings: EvidenceSettings
    seconds: float = MAX_STAMP_SECONDS
    route: Route = DIRECT


@dataclass(frozen=True, slots=True, kw_only=True)
class Stamped:
    """The result of asking one authority. `stamp` is what it gave; if that is None, `fault` says why."""

    authority: str
    stamp: Stamp | None = None
    fault: str | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Round:
    """What came of one round.

    - `results`: what came of each authority that was asked.
    - `published`: the file of the checkpoint, if it was put into the folder; `unpublished` says why it was not.
    """

    results: tuple[Stamped, ...] = ()
    published: Path | None = None
    unpublished: str | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class _Reply:
    """An authority's reply that was checked."""

    content: bytes
    asked_at: datetime
    time_stamp: rfc3161.TimeStamp
    ahead: timedelta
    verified: str


def signing_key(settings: EvidenceSettings) -> SigningKey | None:
    """Read the key that the configuration names; return None if it names none. Raises KeyFileError."""
    return SigningKey.read(settings.key_file) if settings.key_file else None


def checkpoint_now(context: StampContext, *, key: SigningKey | None) -> tuple[str, Tree]:
    """Make a checkpoint of the evidence log as it is now; return its text, and the state of the log that it is of.

    A key that signs for the first time is noted in the log before. Raises EvidenceError if the log has no name.
    """
    origin = context.settings.origin
    if origin is None:
        message = "the log of evidence has no name: set `evidence.origin` in the configuration"
        raise EvidenceError(f"{message}, like monitor.example.org/log")
    origin = log_name(origin, restores(context.store))
    if key:
        used = stamps.UsedKey(
            origin=origin,
            fingerprint=key.fingerprint,
            public_key=key.public_line,
            used_since=instant(context.now()),
        )
        with context.store.transaction():
            if number := stamps.add_signing_key(context.store, used):
                state(context.store, "key", number)
    tree = leaves.tree(context.store)
    return checkpoint(origin, tree.size, tree.root, key=key), tree


def stamp_due(context: StampContext) -> Round:
    """Ask those authorities whose turn it is, and publish a checkpoint if it is time for that.

    Faults of authorities, of the key and of the folder are returned. Raises StoreError.
    """
    now, settings = context.now(), context.settings
    turns = stamps.stamp_turns(context.store, (authority.url for authority in settings.stamp.authorities))
    due = {turn.authority for turn in turns if is_due(turn, now, every=settings.stamp.every)}
    if not due and not _is_unpublished(settings, now):
        return Round()
    return stamp_now(context, [authority for authority in settings.stamp.authorities if authority.url in due])


def stamp_now(context: StampContext, authorities: Sequence[Authority]) -> Round:
    """Ask these authorities, whether or not it is their turn, and publish the checkpoint. Raises StoreError."""
    _put_off(context, authorities)
    try:
        key = signing_key(context.settings)
        text, tree = checkpoint_now(context, key=key)
    except EvidenceError as fault:  # of the key
        return Round(results=tuple(_failed(context, authority, fault) for authority in authorities))
    results = []
    if authorities:
        with ThreadPoolExecutor(len(authorities), thread_name_prefix="stamp") as pool:
            replies = pool.map(lambda authority: _asked(context, authority, text), authorities)
            for authority, reply in zip(authorities, replies, strict=True):
                if isinstance(reply, _Reply):
                    results.append(_kept(context, authority, reply, text, tree))
                else:
                    results.append(_failed(context, authority, reply))
    return _published(context, tuple(results), text, key=key)


def is_due(turn: StampTurn, now: datetime, *, every: timedelta) -> bool:
    """Return whether it is time to ask an authority. Times that lie too far ahead were written by a wrong clock."""
    if turn.next_attempt_at and now < moment(turn.next_attempt_at) <= now + MAX_STAMP_POSTPONEMENT:
        return False
    return turn.stamped_at is None or not timedelta(0) <= now - moment(turn.stamped_at) < every


def _put_off(context: StampContext, authorities: Sequence[Authority]) -> None:
    if not authorities:
        return
    turns = stamps.stamp_turns(context.store, [authority.url for authority in authorities])
    with context.store.transaction():
        for turn in turns:
            until = context.now() + _pause_after(turn.attempts + 1)
            stamps.postpone_stamp(context.store, turn.authority, until=instant(until))


def _pause_after(attempts: int) -> timedelta:
    """Return how long to wait before an authority that failed so many times in a row is asked again."""
    return backoff(attempts, first=FIRST_STAMP_PAUSE, longest=MAX_STAMP_PAUSE)


def _asked(context: StampContext, authority: Authority, text: str) -> _Reply | EvidenceError:
    """Ask one authority, and check its reply; return it, or what is wrong. Uses no database, and runs in any thread."""
    imprint, nonce = hashlib.sha256(text.encode()).digest(), secrets.randbits(rfc3161.NONCE_BITS)
    request = rfc3161.request(imprint, nonce)
    try:
        asked_at = context.now()
        content = _sent(authority.url, request, seconds=context.seconds, route=context.route)
        asked = rfc3161.StampQuestion(imprint=imprint, nonce=nonce, at=asked_at, answered_at=context.now())
        time_stamp, ahead = rfc3161.check_reply(content, asked)
        verified = verify_stamp(request, content, authority.roots_file)
    except EvidenceError as fault:
        return fault
    return _Reply(content=content, asked_at=asked_at, time_stamp=time_stamp, ahead=ahead, verified=verified)


def _sent(address: str, request: bytes, *, seconds: float, route: Route) -> bytes:
    """Send a request to an authority, and return what it answers. Raises StampError."""
    url = web_address(address)
    if url is None:
        raise StampError("has an address that is none; correct `evidence.stamp.authorities`")
    try:
        response = send_once(
            "POST",
            url,
            HEADERS,
            body=request,
            seconds=seconds,
            max_bytes=rfc3161.MAX_REPLY_BYTES,
            needs_content=True,
            route=route,
        )
    except FetchError as fault:
        # Without the advice after the semicolon, which is about publishers' pages, unless it names a key of both.
        what, _, advice = str(fault).removeprefix(f"{url}: ").partition("; ")
        advice = f"; {advice}" if "`poll.ca_file`" in advice or isinstance(fault, ProxyError) else ""
        raise StampError(f"gave no answer: {what}{advice}") from fault
    if not response.is_success:
        raise StampError(f"answered {response.status_code}; see whether the address is right")
    return response.content


def _kept(context: StampContext, authority: Authority, reply: _Reply, text: str, tree: Tree) -> Stamped:
    """Keep a reply that was checked, with its leaf in the evidence log, and return the result."""
    gen_time = reply.time_stamp.gen_time.replace(tzinfo=None).isoformat()
    stamp = stamps.Stamp(
        size=tree.size,
        root=tree.root.hex(),
        checkpoint=text,
        authority=authority.url,
        asked_at=instant(reply.asked_at),
        gen_time=f"{gen_time}Z",
        clock_difference_ms=round(reply.ahead / timedelta(milliseconds=1)),
        reply=context.archive.put(reply.content),
        bytes=len(reply.content),
        verified=reply.verified,
    )
    with context.store.transaction():
        state(context.store, "stamp", stamps.add_stamp(context.store, stamp))
    return Stamped(authority=authority.url, stamp=stamp)


def _failed(context: StampContext, authority: Authority, fault: EvidenceError) -> Stamped:
    """Write down why an authority gave no time stamp that counts, and return the result."""
    now = context.now()
    (turn,) = stamps.stamp_turns(context.store, [authority.url])
    with context.store.transaction():
        stamps.note_failed_stamp(
            context.store,
            authority.url,
            fault=str(fault),
            clock_difference_ms=round(fault.difference * 1000) if isinstance(fault, ClockError) else None,
            at=instant(now),
            until=instant(now + _pause_after(turn.attempts + 1)),
        )
    return Stamped(authority=authority.url, fault=str(fault))


def _is_unpublished(settings: EvidenceSettings, now: datetime) -> bool:
    """Return whether the folder of checkpoints is due for one."""
    if settings.publish is None:
        return False
    at = published_at(settings.publish)
    return at is None or not timedelta(0) <= now - at < settings.stamp.every


def _published(context: StampContext, results: tuple[Stamped, ...], text: str, *, key: SigningKey | None) -> Round:
    """Publish a checkpoint, if the configuration names a folder, and return the whole round's result."""
    folder = context.settings.publish
    if folder is None:
        return Round(results=results)
    try:
        return Round(results=results, published=publish(folder, text, key=key))
    except EvidenceError as fault:
        return Round(results=results, unpublished=str(fault))
