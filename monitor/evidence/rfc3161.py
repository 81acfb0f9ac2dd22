"""Writes requests for time stamps, and reads and checks the replies (RFC 3161).

Signatures and certificates are not checked here, but by `openssl.py`. Pure: what its functions return depends only on
their arguments.
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import timedelta
from typing import TYPE_CHECKING

from monitor.errors import (
    BareStampError,
    ClockError,
    NotAStampError,
    OtherImprintError,
    OtherNonceError,
    RefusedStampError,
)
from monitor.evidence import der

if TYPE_CHECKING:
    from collections.abc import Sequence
    from datetime import datetime

    from monitor.evidence.der import Element

REQUEST_TYPE = "application/timestamp-query"
MAX_REPLY_BYTES = 200_000  # usual are 2,000 to 7,000
MAX_STAMP_CLOCK_DIFFERENCE = timedelta(minutes=5)  # between the authority and this machine
NONCE_BITS = 64
SHA256_OID, SIGNED_DATA_OID, TIME_STAMP_OID = (
    "2.16.840.1.101.3.4.2.1",
    "1.2.840.113549.1.7.2",
    "1.2.840.113549.1.9.16.1.4",
)
GRANTED = (0, 1)  # granted, and granted with modifications
STATUSES = {2: "rejection", 3: "waiting", 4: "revocation warning", 5: "revocation notification"}
FAILURES = {  # bits of PKIFailureInfo
    0: "the hash algorithm is not supported",
    2: "the request is not permitted",
    5: "the request has the wrong format",
    14: "the authority's time source is not available",
    15: "the policy is not supported",
    16: "the extension is not supported",
    17: "further information was asked for that is not available",
    25: "the authority has failed",
}
MAX_WORDS_LETTERS = 200  # of an authority's own words that are shown


@dataclass(frozen=True, slots=True, kw_only=True)
class TimeStamp:
    """What a time stamp says.

    - `policy`: the authority's rules for it, as an object identifier. `serial`: the authority's number for it.
    - `algorithm`, `imprint`: what was stamped: a hash, and the object identifier of the algorithm.
    - `gen_time`: the time that the authority put on it.
    - `nonce`: the number that the request had; None if the reply has none.
    - `has_certificates`: whether the authority's certificate came along.
    """

    policy: str
    serial: int
    algorithm: str
    imprint: bytes
    gen_time: datetime
    nonce: int | None
    has_certificates: bool


@dataclass(frozen=True, slots=True, kw_only=True)
class StampQuestion:
    """What a time stamp was asked for: the SHA-256 `imprint`, with this `nonce`; and when, by our clock.

    `at` is when the request was sent, and `answered_at` when its answer was there.
    """

    imprint: bytes
    nonce: int
    at: datetime
    answered_at: datetime


def request(imprint: bytes, nonce: int) -> bytes:
    """Write a request for a time stamp of a SHA-256, with the authority's certificates in the reply."""
    algorithm = der.encode(der.SEQUENCE, der.encode_oid(SHA256_OID), der.encode(der.NULL))
    return der.encode(
        der.SEQUENCE,
        der.encode_number(1),
        der.encode(der.SEQUENCE, algorithm, der.encode(der.OCTET_STRING, imprint)),
        der.encode_number(nonce),
        der.encode(der.BOOLEAN, b"\xff"),  # certReq
    )


def read_reply(reply: bytes) -> TimeStamp:
    """Read the reply of an authority, as it came. Raises NotAStampError, CutStampError, RefusedStampError."""
    if reply.lstrip()[:1] == b"<":
        raise NotAStampError("is a web page, and no time stamp; see whether the address is right")
    if reply[:1] != bytes((der.SEQUENCE,)):
        raise NotAStampError("is no time stamp; see whether the address is right" if reply else "is empty")
    parts = der.element_of(reply).inside()
    if not parts or parts[0].tag != der.SEQUENCE:
        raise NotAStampError("is no reply of a time-stamp authority")
    _check_status(parts[0].inside())
    if len(parts) != 2:
        raise NotAStampError("grants a time stamp, and has none in it")
    return _time_stamp(parts[1])


def check_reply(reply: bytes, asked: StampQuestion) -> tuple[TimeStamp, timedelta]:
    """Read a reply, check that it answers what was asked, and return it with how far the authority's clock is ahead.

    Raises NotAStampError, CutStampError, RefusedStampError, OtherImprintError, OtherNonceError, BareStampError,
    ClockError. The difference of the clocks is known to about half the time that the exchange took.
    """
    found = read_reply(reply)
    if found.algorithm != SHA256_OID or found.imprint != asked.imprint:
        raise OtherImprintError("is a time stamp of something else than the checkpoint that was sent")
    if found.nonce != asked.nonce:
        raise OtherNonceError("answers another request than this one: its nonce is another one, or missing")
    if not found.has_certificates:
        raise BareStampError("has no certificates in it, so that nobody could check it later")
    ahead = found.gen_time - (asked.at + (asked.answered_at - asked.at) / 2)
    if abs(ahead) > MAX_STAMP_CLOCK_DIFFERENCE:
        minutes, way = abs(ahead).total_seconds() / 60, "behind" if ahead > timedelta(0) else "ahead of"
        message = (
            f"says {found.gen_time:%Y-%m-%d %H:%M:%S} UTC: this machine's clock is {minutes:,.0f} minutes {way} it"
        )
        raise ClockError(f"{message}; set one or the other right", difference=ahead.total_seconds())
    return found, ahead


def _check_status(parts: Sequence[Element]) -> None:
    """Raise RefusedStampError, with the authority's own words, if a PKIStatusInfo does not grant the time stamp."""
    if not parts:
        raise NotAStampError("is no reply of a time-stamp authority")
    status = parts[0].number()
    if status in GRANTED:
        return
    words = [f"refuses ({STATUSES.get(status, f'status {status}')})"]
    for part in parts[1:]:
        if part.tag == der.SEQUENCE:
            words += [text for each in part.inside() if (text := _text(each))]
        elif part.tag == der.BIT_STRING:
            bits = part.content[1:]
            words += [why for bit, why in FAILURES.items() if _is_set(bits, bit)]
    raise RefusedStampError("; ".join(words))


def _text(element: Element) -> str:
    text = element.content[: 4 * MAX_WORDS_LETTERS].decode("utf-8", "replace")
    return " ".join("".join(letter if letter.isprintable() else " " for letter in text).split())[:MAX_WORDS_LETTERS]


def _is_set(bits: bytes, bit: int) -> bool:
    return bit // 8 < len(bits) and bool(bits[bit // 8] & 0x80 >> bit % 8)


def _time_stamp(token: Element) -> TimeStamp:
    """Read a token: a ContentInfo (RFC 5652) with signed data, in which the time stamp is."""
    kind, wrapped = _shaped(token.inside(), der.OID, der.TAGGED_0)
    if kind.oid() != SIGNED_DATA_OID:
        raise NotAStampError("has no signed data in it")
    (signed,) = _shaped(wrapped.inside(), der.SEQUENCE)
    _, _, content, *others = _shaped(signed.inside(), der.INTEGER, der.SET, der.SEQUENCE, more=True)
    kind, wrapped = _shaped(content.inside(), der.OID, der.TAGGED_0)
    if kind.oid() != TIME_STAMP_OID:
        raise NotAStampError("has signed data in it that are no time stamp")
    (octets,) = _shaped(wrapped.inside(), der.OCTET_STRING)
    has_certificates = any(other.tag == der.TAGGED_0 and other.content for other in others)
    return _info(der.element_of(octets.content), has_certificates=has_certificates)


def _info(info: Element, *, has_certificates: bool) -> TimeStamp:
    """Read a TSTInfo: what the authority has signed."""
    kinds = (der.INTEGER, der.OID, der.SEQUENCE, der.INTEGER, der.GENERALIZED_TIME)
    _, policy, imprint, serial, gen_time, *others = _shaped(info.inside(), *kinds, more=True)
    algorithm, digest = _shaped(imprint.inside(), der.SEQUENCE, der.OCTET_STRING)
    name, *_ = _shaped(algorithm.inside(), der.OID, more=True)
    nonces = [other.number() for other in others if other.tag == der.INTEGER]
    return TimeStamp(
        policy=policy.oid(),
        serial=serial.number(),
        algorithm=name.oid(),
        imprint=digest.content,
        gen_time=gen_time.time(),
        nonce=nonces[0] if len(nonces) == 1 else None,
        has_certificates=has_certificates,
    )


def _shaped(parts: tuple[Element, ...], *tags: int, more: bool = False) -> tuple[Element, ...]:
    """Return elements that have these tags. Raises NotAStampError if they have others, or (without `more`) are more."""
    if tuple(part.tag for part in parts[: len(tags)]) != tags or (len(parts) > len(tags) and not more):
        raise NotAStampError("is not built as a time stamp is")
    return parts
