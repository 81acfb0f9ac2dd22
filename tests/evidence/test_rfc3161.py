"""Requests are what openssl takes, and replies are read strictly: each fault has its own name."""

from __future__ import annotations

import hashlib
import subprocess
from contextlib import suppress
from datetime import UTC, datetime, timedelta
from typing import TYPE_CHECKING

import pytest
from hypothesis import given
from hypothesis import strategies as st

from monitor.errors import (
    BareStampError,
    ClockError,
    CutStampError,
    NotAStampError,
    OtherImprintError,
    OtherNonceError,
    RefusedStampError,
    StampError,
    UntrustedStampError,
)
from monitor.evidence import der, openssl, rfc3161
from monitor.evidence.rfc3161 import StampQuestion, check_reply, read_reply, request
from tests.support.authority import POLICY, SECONDS, Authority, needs_openssl

if TYPE_CHECKING:
    from pathlib import Path

IMPRINT = hashlib.sha256(b"a checkpoint").digest()
NONCE = 0xFEDC_BA98_7654_3210
NOW = datetime(2026, 1, 5, 12, 0, 0, tzinfo=UTC)


def asked(*, imprint: bytes = IMPRINT, nonce: int = NONCE, at: datetime = NOW, took: float = 0) -> StampQuestion:
    """What was asked at a time."""
    return StampQuestion(imprint=imprint, nonce=nonce, at=at, answered_at=at + timedelta(seconds=took))


def a_reply(
    *, status: int = 0, nonce: int | None = NONCE, imprint: bytes = IMPRINT, at: bytes = b"20260105120000Z",
    certificates: bytes = b"\x30\x00", algorithm: str = rfc3161.SHA256_OID,
) -> bytes:  # fmt: skip
    """A reply as an authority would build it, but without a signature: only openssl misses that."""
    digest = der.encode(der.SEQUENCE, der.encode(der.SEQUENCE, der.encode_oid(algorithm)), der.encode(4, imprint))
    info = der.encode(
        der.SEQUENCE,
        *(der.encode_number(1), der.encode_oid(POLICY), digest, der.encode_number(7), der.encode(0x18, at)),
        *([der.encode_number(nonce)] if nonce is not None else []),
    )
    octets = der.encode(der.TAGGED_0, der.encode(der.OCTET_STRING, info))
    signed = der.encode(
        der.SEQUENCE,
        *(der.encode_number(3), der.encode(der.SET)),
        der.encode(der.SEQUENCE, der.encode_oid(rfc3161.TIME_STAMP_OID), octets),
        *([der.encode(der.TAGGED_0, certificates)] if certificates else []),
        der.encode(der.SET),
    )
    token = der.encode(der.SEQUENCE, der.encode_oid(rfc3161.SIGNED_DATA_OID), der.encode(der.TAGGED_0, signed))
    return der.encode(der.SEQUENCE, der.encode(der.SEQUENCE, der.encode_number(status)), token)


def fault(reply: bytes, kind: type[StampError], question: StampQuestion | None = None) -> str:
    """What is said of a reply that does not count."""
    with pytest.raises(kind) as refused:
        check_reply(reply, question or asked())
    assert type(refused.value) is kind
    assert str(refused.value).isprintable()
    return str(refused.value)


@needs_openssl
def test_openssl_reads_the_request(tmp_path: Path) -> None:
    """It has version 1, the hash, the nonce, and asks for certificates; openssl writes the same bytes."""
    (tmp_path / "query").write_bytes(request(IMPRINT, NONCE))
    shown = subprocess.run(
        ["openssl", "ts", "-query", "-in", tmp_path / "query", "-text"],
        capture_output=True, text=True, timeout=SECONDS, check=True,
    ).stdout  # fmt: skip
    assert "Version: 1" in shown
    assert "Hash Algorithm: sha256" in shown
    assert "Nonce: 0xFEDCBA9876543210" in shown
    assert "Certificate required: yes" in shown
    digest = ["openssl", "ts", "-query", "-digest", IMPRINT.hex(), "-sha256", "-cert", "-no_nonce"]
    theirs = subprocess.run(digest, capture_output=True, timeout=SECONDS, check=True).stdout
    assert request(IMPRINT, NONCE).replace(der.encode_number(NONCE), b"")[2:] == theirs[2:]


@needs_openssl
def test_a_real_reply_is_read(tmp_path: Path) -> None:
    """What openssl signed says what was asked, and its clock is ours."""
    begun = datetime.now(UTC)
    reply = Authority(tmp_path).sign(request(IMPRINT, NONCE))
    found, ahead = check_reply(
        reply, StampQuestion(imprint=IMPRINT, nonce=NONCE, at=begun, answered_at=datetime.now(UTC))
    )
    assert (found.policy, found.serial, found.imprint, found.nonce) == (POLICY, 2, IMPRINT, NONCE)
    assert abs(ahead) < timedelta(seconds=30)


@needs_openssl
def test_openssl_takes_what_its_own_root_vouches_for(tmp_path: Path) -> None:
    """The right root passes. Another root, another request, a changed reply and an expired certificate do not."""
    mine, other = Authority(tmp_path / "mine"), Authority(tmp_path / "other", name="other")
    query = request(IMPRINT, NONCE)
    reply = mine.sign(query)
    assert openssl.verify_stamp(query, reply, mine.roots) == "openssl"
    expired = Authority(tmp_path / "expired", expired=True)
    (tmp_path / "empty.pem").write_bytes(b"")
    for words, arguments in (
        ("certificate", (query, reply, other.roots)),
        ("nonce mismatch", (request(IMPRINT, 1), reply, mine.roots)),
        ("message imprint mismatch", (request(bytes(32), NONCE), reply, mine.roots)),
        ("certificate has expired", (query, expired.sign(query), expired.roots)),
        ("is not accepted", (query, a_reply(), mine.roots)),
        ("No such file", (query, reply, tmp_path / "missing.pem")),
        ("is empty", (query, reply, tmp_path / "empty.pem")),
        ("is not accepted", (query, reply, tmp_path / "mine" / "serial")),
    ):
        with pytest.raises(UntrustedStampError, match=words):
            openssl.verify_stamp(*arguments)


def test_without_openssl_it_says_so(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """A machine that has none keeps the reply, and does not claim that it was verified."""
    monkeypatch.setenv("PATH", str(tmp_path))
    assert openssl.verify_stamp(b"", b"", tmp_path / "missing.pem") == "not verified: no openssl here"


def test_an_openssl_that_hangs_or_fails_is_no_proof(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """A program of that name that says nothing, says the wrong thing, or never ends."""
    monkeypatch.setenv("PATH", f"{tmp_path}:/usr/bin:/bin")
    (tmp_path / "roots.pem").write_bytes(b"roots")
    program = tmp_path / "openssl"
    for script, seconds, words in (
        ("exit 0", 60.0, "gave no reason"),
        ("echo OK; exit 1", 60.0, "gave no reason"),
        ("sleep 30", 0.2, "took more than 0.2 seconds"),
    ):
        monkeypatch.setattr(openssl, "MAX_OPENSSL_SECONDS", seconds)
        program.write_text(f"#!/bin/sh\nexec </dev/null\n{script}\n", encoding="ascii")
        program.chmod(0o755)
        with pytest.raises(UntrustedStampError, match=words):
            openssl.verify_stamp(b"q", b"r", tmp_path / "roots.pem")


@needs_openssl
def test_a_rejection_is_told_in_the_authoritys_words(tmp_path: Path) -> None:
    """The status, the authority's own words, and what the bit for the failure means."""
    sha512 = der.encode(der.SEQUENCE, der.encode_oid("2.16.840.1.101.3.4.2.3"), der.encode(der.NULL))
    query = der.encode(
        der.SEQUENCE, der.encode_number(1), der.encode(der.SEQUENCE, sha512, der.encode(der.OCTET_STRING, bytes(64)))
    )
    said = fault(Authority(tmp_path).sign(query), RefusedStampError)
    assert said.startswith("refuses (rejection); ")
    assert said.endswith("; the hash algorithm is not supported")


def test_a_rejection_with_odd_words_stays_one_short_line() -> None:
    """Whatever an authority writes, a line of it is shown, without what a terminal would obey."""
    words = "busy\n\x1b[31m\u202e" + "x" * 5000
    status = der.encode(
        der.SEQUENCE,
        *(der.encode_number(2), der.encode(der.SEQUENCE, der.encode(der.UTF8_STRING, words.encode()))),
        der.encode(der.BIT_STRING, b"\x06\x00\x00\x00\x40"),
    )
    said = fault(der.encode(der.SEQUENCE, status), RefusedStampError)
    assert said.startswith("refuses (rejection); busy [31m")
    assert said.endswith("the authority has failed")
    assert len(said) < 300
    assert "status 9" in fault(
        der.encode(der.SEQUENCE, der.encode(der.SEQUENCE, der.encode_number(9))), RefusedStampError
    )


def test_each_fault_has_its_name_and_words() -> None:
    """HTML, nothing, a cut reply, another hash, another nonce, none, no certificates."""
    whole = a_reply()
    assert check_reply(whole, asked())[0].gen_time == NOW
    assert check_reply(a_reply(status=1), asked())[0].nonce == NONCE
    assert "web page" in fault(b"\r\n<!DOCTYPE html><title>Sign in</title>", NotAStampError)
    assert "is empty" in fault(b"", NotAStampError)
    assert "no time stamp" in fault(b"%PDF-1.7", NotAStampError)
    assert "after its end" in fault(whole + b"\n", NotAStampError)
    assert "bytes before its end" in fault(whole[:-1], CutStampError)
    assert "something else" in fault(a_reply(imprint=bytes(32)), OtherImprintError)
    assert "something else" in fault(a_reply(algorithm="1.3.14.3.2.26"), OtherImprintError)
    assert "nonce" in fault(a_reply(nonce=NONCE + 1), OtherNonceError)
    assert "nonce" in fault(a_reply(nonce=None), OtherNonceError)
    assert "no certificates" in fault(a_reply(certificates=b""), BareStampError)
    assert "none in it" in fault(
        der.encode(der.SEQUENCE, der.encode(der.SEQUENCE, der.encode_number(0))), NotAStampError
    )


def test_every_cut_reply_is_known_as_cut() -> None:
    """Wherever it breaks off, after the first byte."""
    whole = a_reply()
    for length in range(1, len(whole)):
        fault(whole[:length], CutStampError)


@pytest.mark.parametrize(
    ("at", "took", "ahead"),
    [
        (b"20260105120000Z", 0, 0.0),
        (b"20260105120010.5Z", 10, 5.5),
        (b"20260105120001.005Z", 0, 1.005),
        (b"20260105115502Z", 0, -298.0),
        (b"20260105120500.000000999Z", 0, 300.0),
    ],
)
def test_the_difference_of_the_clocks_is_kept(at: bytes, took: float, ahead: float) -> None:
    """It is counted from the middle of the exchange, and may be five minutes."""
    assert check_reply(a_reply(at=at), asked(took=took))[1].total_seconds() == ahead


@pytest.mark.parametrize(
    ("at", "difference", "words"),
    [
        (b"20260105130000Z", 3600.0, "60 minutes behind"),
        (b"20260105110000Z", -3600.0, "60 minutes ahead of"),
        (b"20260105120501Z", 301.0, "5 minutes behind"),
    ],
)
def test_a_clock_that_is_off_is_told(at: bytes, difference: float, words: str) -> None:
    """By how much, and which way."""
    with pytest.raises(ClockError, match=words) as refused:
        check_reply(a_reply(at=at), asked())
    assert refused.value.difference == difference


@pytest.mark.parametrize("at", [b"20260230120000Z", b"20260105120000", b"260105120000Z", b"20260105120000+0100", b""])
def test_times_that_are_none(at: bytes) -> None:
    """No such day, no zone, two digits of a year, another zone."""
    assert "time" in fault(a_reply(at=at), NotAStampError)


@pytest.mark.parametrize(
    "reply",
    [
        b"\x30\x80\x30\x03\x02\x01\x00\x00\x00",  # BER without a length
        b"\x30\x81\x05\x30\x03\x02\x01\x00",  # a length in a longer form than it needs
        b"\x30\x85\x00\x00\x00\x00\x05\x30\x03\x02\x01\x00",
        b"\x30\x04\x1f\x81\x01\x00",  # a long tag
        b"\x30\x06\x30\x04\x02\x02\x00\x00",  # a number with a zero before it
        b"\x30\x04\x30\x02\x02\x00",
        der.encode(der.SEQUENCE, b"\x05\x00" * 200),
        der.encode(der.SEQUENCE),
        der.encode(der.SEQUENCE, der.encode(der.SEQUENCE)),
        der.encode(der.SEQUENCE, der.encode(der.SEQUENCE, der.encode_number(0)), der.encode(der.SEQUENCE)),
    ],
)
def test_what_is_not_strictly_der_is_refused(reply: bytes) -> None:
    """Each with words of its own."""
    fault(reply, NotAStampError)


@given(
    st.binary(max_size=300)
    | st.builds(lambda at, byte: _changed(a_reply(), at, byte), st.integers(0, 400), st.integers(0, 255))
)
def test_no_bytes_do_harm(reply: bytes) -> None:
    """Noise, and replies with one byte changed, are read or refused by name."""
    with suppress(StampError):
        assert read_reply(reply).imprint is not None


@given(st.integers(0, 2**70))
def test_numbers_read_back(value: int) -> None:
    """What is written as DER is read."""
    assert der.element_of(der.encode_number(value)).number() == value


@given(st.tuples(st.integers(0, 2), st.integers(0, 39)), st.lists(st.integers(0, 2**40), max_size=6))
def test_object_identifiers_read_back(first: tuple[int, int], others: list[int]) -> None:
    """What is written as DER is read."""
    dotted = ".".join(map(str, (*first, *others)))
    assert der.element_of(der.encode_oid(dotted)).oid() == dotted


@given(st.binary(max_size=70_000))
def test_lengths_read_back(content: bytes) -> None:
    """Short and long ones."""
    assert der.element_of(der.encode(der.OCTET_STRING, content)).content == content


def _changed(content: bytes, at: int, byte: int) -> bytes:
    """The bytes with one of them exchanged."""
    place = at % len(content)
    return content[:place] + bytes((byte,)) + content[place + 1 :]
