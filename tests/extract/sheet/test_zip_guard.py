"""What is refused before anything is unpacked. Each file is small and harmless, and tried against a smaller limit."""

from __future__ import annotations

import io
import struct
import zipfile

import pytest
from hypothesis import given
from hypothesis import strategies as st

from monitor.errors import BombError, ReadError, UnreadableError
from monitor.extract.sheet import zip_guard
from monitor.extract.sheet.zip_guard import ZipLimits

XML = b"<?xml version='1.0'?><a/>"


def packed(parts: dict[str, bytes], *, method: int = zipfile.ZIP_DEFLATED) -> bytes:
    """A zip file with these parts."""
    content = io.BytesIO()
    with zipfile.ZipFile(content, "w", method) as container:
        for name, part in parts.items():
            container.writestr(name, part)
    return content.getvalue()


def test_only_xml_is_unpacked() -> None:
    """Pictures and other binary parts stay packed."""
    content = packed({"xl/a.xml": XML, "xl/_rels/a.rels": XML, "media/1.png": b"png", "[trash]/0.dat": b"x"})
    assert zip_guard.unpack(content) == {"xl/a.xml": XML, "xl/_rels/a.rels": XML}


@given(st.dictionaries(st.from_regex(r"[a-z]{1,8}\.xml", fullmatch=True), st.binary(max_size=200), max_size=8))
def test_what_is_packed_again_is_the_same(parts: dict[str, bytes]) -> None:
    """Repacking loses and changes nothing."""
    parts = {"a.xml": XML, **parts}
    assert zip_guard.unpack(zip_guard.repack(parts)) == parts


@pytest.mark.parametrize(
    ("content", "message"),
    [
        (b"", "empty"),
        (b"   \n", "empty"),
        (b"\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1" + b"\0" * 500, "encrypted, or of the format before 2007"),
        (b"%PDF-1.7", "is a PDF"),
        (b"\n<!DOCTYPE html><html>Access Denied</html>", "is a web page or XML"),
        (b"PK\x05\x06" + b"\0" * 18, "an empty zip file"),
        (b"STATE,AGENCY\nTEXAS,Bee", "does not start like a zip file"),
        (b"PK\x03\x04" + b"junk" * 50, "damaged or truncated"),
    ],
)
def test_what_is_no_workbook_is_named(content: bytes, message: str) -> None:
    """The message says what was found instead."""
    with pytest.raises(UnreadableError, match=message):
        zip_guard.unpack(content)


@pytest.mark.parametrize(
    ("parts", "limits", "message"),
    [
        ({"a.xml": bytes(3_000)}, ZipLimits(ratio=5, bytes_at_any_ratio=2_000), "times its size, like a zip bomb"),
        ({"a.xml": bytes(3_000)}, ZipLimits(unpacked_bytes=2_999), "unpacks to 0 MB; at most 0 MB are read"),
        ({f"{n}.xml": bytes(300) for n in range(9)}, ZipLimits(unpacked_bytes=2_699), "unpacks to"),
        ({f"{n}.xml": b"" for n in range(11)}, ZipLimits(parts=10), "the file has 11 parts; at most 10 are read"),
    ],
)
def test_a_file_over_a_limit_is_refused(parts: dict[str, bytes], limits: ZipLimits, message: str) -> None:
    """It is refused for that limit alone: under the usual limits each of these files is unpacked."""
    content = packed(parts)
    assert zip_guard.unpack(content) == parts
    with pytest.raises(BombError, match=message):
        zip_guard.unpack(content, limits)


def test_sizes_are_looked_at_before_a_byte_is_unpacked() -> None:
    """A part that is also damaged is refused for its size."""
    content = bytearray(packed({"a.xml": bytes(3_000)}))
    content[40] ^= 0xFF
    with pytest.raises(UnreadableError, match="damaged"):
        zip_guard.unpack(bytes(content))
    with pytest.raises(BombError, match="unpacks to"):
        zip_guard.unpack(bytes(content), ZipLimits(unpacked_bytes=2_999))


def test_a_small_file_may_unpack_to_any_ratio() -> None:
    """A few packed zeros are harmless."""
    content = packed({"a.xml": bytes(3_000)})
    assert zip_guard.unpack(content, ZipLimits(ratio=5, bytes_at_any_ratio=3_000))


def test_part_that_lies_about_its_size_is_refused() -> None:
    """A part that unpacks to more than was announced is damaged; no more than that is unpacked."""
    content = packed({"a.xml": bytes(3_000)})
    lying = content.replace(struct.pack("<L", 3_000), struct.pack("<L", 1_000))
    with pytest.raises(UnreadableError, match="damaged"):
        zip_guard.unpack(lying)


def test_two_parts_of_one_name_are_refused() -> None:
    """Programs differ in which of them they take."""
    content = packed({"a.xml": XML, "b.xml": XML}).replace(b"b.xml", b"a.xml")
    with pytest.raises(UnreadableError, match="same name"):
        zip_guard.unpack(content)


def test_encrypted_part_is_refused() -> None:
    """A password is not asked for."""
    content = bytearray(packed({"a.xml": XML}))
    content[content.index(b"PK\x01\x02") + 8] |= 1
    content[6] |= 1
    with pytest.raises(UnreadableError, match="encrypted"):
        zip_guard.unpack(bytes(content))


def test_entities_are_refused_in_any_encoding() -> None:
    """A document type is found by a parser, not by looking for its letters."""
    hidden = '<?xml version="1.0" encoding="utf-16"?><!DOCTYPE a [<!ENTITY b "c">]><a>&b;</a>'
    with pytest.raises(UnreadableError, match="declares a document type"):
        zip_guard.refuse_entities("a.xml", hidden.encode("utf-16"))
    zip_guard.refuse_entities("a.xml", XML)


@given(st.binary(max_size=300))
def test_junk_raises_a_named_error(junk: bytes) -> None:
    """Whatever follows the first four bytes, the error is one of the reader's own."""
    with pytest.raises(ReadError):
        zip_guard.unpack(b"PK\x03\x04" + junk)
