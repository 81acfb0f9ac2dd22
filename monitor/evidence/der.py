"""Writes and reads DER, the form of time stamps, as far as this program needs it: strictly, and within limits.

X.690 defines DER: each element is a tag, a length, and that many bytes of content. Pure: what its functions return
depends only on their arguments.
"""

from __future__ import annotations

import re
from dataclasses import dataclass
from datetime import UTC, datetime

from monitor.errors import CutStampError, NotAStampError

BOOLEAN, INTEGER, BIT_STRING, OCTET_STRING, NULL, OID, UTF8_STRING = 0x01, 0x02, 0x03, 0x04, 0x05, 0x06, 0x0C
GENERALIZED_TIME, SEQUENCE, SET = 0x18, 0x30, 0x31
TAGGED_0 = 0xA0  # [0], with elements inside
MAX_ELEMENTS = 100  # that may follow each other inside an element that is taken apart
MAX_LENGTH_BYTES = 4
TIME_TEXT = re.compile(rb"(\d{14})(?:\.(\d{1,9}))?Z")


@dataclass(frozen=True, slots=True)
class Element:
    """One element of a DER file: its tag, which says what it is, and the bytes of its content."""

    tag: int
    content: bytes

    def inside(self) -> tuple[Element, ...]:
        """Return the elements of which the content consists. Raises NotAStampError, CutStampError."""
        found: list[Element] = []
        at = 0
        while at < len(self.content):
            element, at = _read(self.content, at)
            found.append(element)
            if len(found) > MAX_ELEMENTS:
                raise NotAStampError("has more parts than a time stamp has")
        return tuple(found)

    def number(self) -> int:
        """Return the content as a whole number. Raises NotAStampError."""
        content = self.content
        # DER writes each number in one way only: no leading byte that says nothing.
        padded = len(content) > 1 and content[0] in {0x00, 0xFF} and content[0] >> 7 == content[1] >> 7
        if self.tag != INTEGER or not content or padded:
            raise NotAStampError("has no number where one has to be")
        return int.from_bytes(content, "big", signed=True)

    def oid(self) -> str:
        """Return the content as an object identifier, like `1.3.6.1.4.1.4146.2.3`. Raises NotAStampError."""
        if self.tag != OID or not self.content or self.content[-1] >= 0x80:
            raise NotAStampError("has no object identifier where one has to be")
        parts: list[int] = []
        part = 0
        for byte in self.content:
            part = part << 7 | byte & 0x7F
            if byte < 0x80:
                parts.append(part)
                part = 0
        first = min(parts[0] // 40, 2)
        return ".".join(map(str, (first, parts[0] - 40 * first, *parts[1:])))

    def time(self) -> datetime:
        """Return the content as a time. Raises NotAStampError."""
        found = TIME_TEXT.fullmatch(self.content) if self.tag == GENERALIZED_TIME else None
        try:
            if found:
                at = datetime.strptime(found[1].decode(), "%Y%m%d%H%M%S").replace(tzinfo=UTC)
                return at.replace(microsecond=int((found[2] or b"0").ljust(6, b"0")[:6]))
        except ValueError as fault:
            raise NotAStampError(f"has an impossible time: {fault}") from fault
        raise NotAStampError("has no time where one has to be")


def element_of(content: bytes) -> Element:
    """Read bytes that are one element and nothing else. Raises NotAStampError, CutStampError."""
    element, end = _read(content, 0)
    if end != len(content):
        raise NotAStampError(f"goes on for {len(content) - end} bytes after its end")
    return element


def encode(tag: int, *parts: bytes) -> bytes:
    """Write one element, whose content is all `parts`, one after the other."""
    content = b"".join(parts)
    length = len(content)
    if length < 0x80:
        return bytes((tag, length)) + content
    digits = length.to_bytes((length.bit_length() + 7) // 8, "big")
    return bytes((tag, 0x80 | len(digits))) + digits + content


def encode_number(value: int) -> bytes:
    """Write a whole number that is not negative."""
    return encode(INTEGER, value.to_bytes(value.bit_length() // 8 + 1, "big"))


def encode_oid(dotted: str) -> bytes:
    """Write an object identifier, like `2.16.840.1.101.3.4.2.1`."""
    first, second, *others = map(int, dotted.split("."))
    content = bytearray()
    for part in (40 * first + second, *others):
        digits = [part & 0x7F]
        while part := part >> 7:
            digits.append(0x80 | part & 0x7F)
        content += bytes(reversed(digits))
    return encode(OID, bytes(content))


def _read(content: bytes, at: int) -> tuple[Element, int]:
    """Read the element that begins at a place, and return it with the place of its end."""
    begin = at + 2
    if begin > len(content):
        raise CutStampError("ends before its end")
    tag, length = content[at], content[at + 1]
    if tag & 0x1F == 0x1F:
        raise NotAStampError("is no time stamp: it has a tag that none has")
    if length >= 0x80:
        count = length & 0x7F
        if not 1 <= count <= MAX_LENGTH_BYTES:
            raise NotAStampError("is not written as DER: it has a length that DER does not allow")
        digits = content[begin : begin + count]
        begin += count
        if begin > len(content):
            raise CutStampError("ends before its end")
        length = int.from_bytes(digits, "big")
        if length < 0x80 or digits[0] == 0:
            raise NotAStampError("is not written as DER: it has a length that DER does not allow")
    if begin + length > len(content):
        raise CutStampError(f"ends {begin + length - len(content)} bytes before its end")
    return Element(tag, content[begin : begin + length]), begin + length
