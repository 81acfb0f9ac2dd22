"""What is refused before any parser sees it, in bounded time: bombs, nests, crowds, ruins and other formats."""

from __future__ import annotations

import base64
import json
import random
import subprocess
import sys
import zlib
from contextlib import suppress
from functools import cache
from typing import TYPE_CHECKING

import pytest
from hypothesis import given
from hypothesis import strategies as st

from monitor.demo import ddor
from monitor.errors import BombError, ReadError, UnreadableError
from monitor.extract.pdf import guard, lists
from tests.support import facsimiles
from tests.support.facsimiles import Style
from tests.support.hostile import PAGE, TEXT, document, forms, one_page, stream, zeros
from tests.support.lists import CONFIG
from tests.support.paths import ROOT

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping


LISTS = CONFIG.sources["ice-ddor"].reports["weekly"].lists
FLATE = b"/Filter/FlateDecode"
DEADLINE = 300  # seconds for all hostile files together, each of which could hang a parser


def packed(drawing: bytes, filters: bytes = FLATE) -> bytes:
    """A file whose one page is drawn by this."""
    return one_page(stream(zlib.compress(drawing), filters))


def rectangles(count: int) -> bytes:
    """So many rectangles, each drawn by itself."""
    return b"".join(b"%d %d 3 5 re f " % (number % 600, number // 300) for number in range(count))


def many_pages(count: int) -> bytes:
    """So many pages."""
    kids = b" ".join(b"%d 0 R" % number for number in range(3, count + 3))
    tree = b"<</Type/Pages/Count %d/Kids[%b]>>" % (count, kids)
    return document([b"<</Type/Catalog/Pages 2 0 R>>", tree, *[PAGE] * count])


def repeated(count: int) -> bytes:
    """A page that names the same contents so often."""
    return one_page(stream(b"q Q "), page=PAGE.replace(b"4 0 R", b"[%b]" % (b"4 0 R " * count)))


HOSTILE: Mapping[str, Callable[[], bytes]] = {
    "a bomb": lambda: one_page(stream(zeros(1_000), FLATE)),
    "a bomb packed twice": lambda: packed(zeros(1_000), b"/Filter[/FlateDecode/FlateDecode]"),
    "a bomb in base 85": lambda: one_page(
        stream(base64.a85encode(zeros(300)) + b"~>", b"/Filter[/ASCII85Decode/Fl]"),
    ),
    "a bomb packed as told elsewhere": lambda: one_page(stream(zeros(300), b"/Filter 6 0 R"), b"/FlateDecode"),
    "many small bombs": lambda: one_page(*[stream(zeros(4), FLATE)] * 60),
    "much LZW": lambda: one_page(stream(bytes(1 << 20), b"/Filter/LZWDecode")),
    "much run length": lambda: one_page(stream(b"\x81\0" * (2 << 20), b"/Filter/RunLengthDecode")),
    "much of an unknown packing": lambda: one_page(stream(bytes(2 << 20), b"/Filter/Mine")),
    "nested arrays": lambda: one_page(stream(TEXT), b"[" * 200_000 + b"]" * 200_000),
    "nested dictionaries": lambda: one_page(stream(TEXT), b"<</A " * 200_000 + b"0" + b">>" * 200_000),
    "nested contents": lambda: packed(b"[" * 200_000),
    "nested graphics states": lambda: packed(b"q " * 5_000_000),
    "forms in forms": lambda: forms(depth=9, draws=10),
    "a form in itself": lambda: forms(depth=0, draws=2),
    "contents over and over": lambda: repeated(20_000),
    "many pages": lambda: many_pages(3_000),
    "one page many times": lambda: one_page(stream(TEXT), kids=b"3 0 R " * 5_000, count=5_000),
    "a count that is a lie": lambda: one_page(stream(TEXT), count=10**9),
    "a tree that is a ring": lambda: one_page(stream(TEXT), kids=b"2 0 R 3 0 R"),
    "200,000 rectangles": lambda: packed(rectangles(200_000)),
    "a path of 200,000 rectangles": lambda: packed(b"1 1 3 5 re " * 200_000 + b"f"),
    "many false streams": lambda: one_page(stream(TEXT), b"<</A 1>>\nstream\n" * 60_000),
}
HARMLESS = {"a count that is a lie", "a tree that is a ring"}  # they hold no list, but can be read


@cache
def outcomes() -> Mapping[str, str]:
    """How reading each hostile file ends, in a process of its own that is given up after the deadline."""
    script = "from tests.extract.pdf.test_guard import report; report()"
    done = subprocess.run(
        [sys.executable, "-c", script], cwd=ROOT, capture_output=True, timeout=DEADLINE, check=True, text=True
    )
    ended: dict[str, str] = json.loads(done.stdout)
    return ended


def report() -> None:
    """Read each hostile file, and print how that ends."""
    json.dump({name: ending(make()) for name, make in HOSTILE.items()}, sys.stdout)


def ending(content: bytes) -> str:
    """The name of the error that reading ends in."""
    try:
        lists.read_pdf(content, LISTS)
    except ReadError as fault:
        return type(fault).__name__
    return "read"


@pytest.mark.parametrize("name", HOSTILE)
def test_a_hostile_file_ends_in_an_error_soon(name: str) -> None:
    """None of them hangs, aborts or is believed."""
    assert outcomes()[name] == ("LayoutError" if name in HARMLESS else "BombError")


@cache
def sound() -> bytes:
    """A report of a few pages."""
    return ddor.ddor_pdf(ddor.history()[3])


def test_sound_files_pass() -> None:
    """fpdf2's files and reportlab's, which are packed in base 85, pass."""
    guard.check_pdf(sound())
    guard.check_pdf(facsimiles.report(ddor.history()[3], Style()))
    guard.check_pdf(one_page(stream(TEXT)))
    guard.check_pdf(one_page(stream(b"", FLATE)))
    guard.check_pdf(one_page(stream(TEXT.hex().encode() + b">", b"/Filter/ASCIIHexDecode")))
    guard.check_pdf(forms(depth=3, draws=2))


@pytest.mark.parametrize(
    ("content", "what"),
    [
        (b"", "empty"),
        (b" \n\0", "empty"),
        (b"<!DOCTYPE html><html><body>Access Denied %PDF-1.4</body></html>", "a web page"),
        (b"\xef\xbb\xbf\n<HTML>", "a web page"),
        (b"PK\x03\x04 and so on", "no PDF: it starts with"),
        (document([b"<</Type/Catalog/Pages 2 0 R>>", b"<</Type/Pages/Kids[]/Count 0>>"]), "without pages"),
        (document([b"<<>>"], trailer=b"/Encrypt<</Filter/Standard>>"), "encrypted"),
        (one_page(stream(b"x\x9cdamaged", FLATE)), "damaged: the stream at byte"),
        (one_page(stream(zlib.compress(TEXT)[:-6], FLATE)), "damaged: the stream at byte"),
        (one_page(stream(b"x\x9cdamaged", b"/Filter/Fl#61teDecode")), "damaged: the stream at byte"),
        (one_page(stream(b"789cFF", b"/Filter[/AHx/Fl]")), "damaged: the stream at byte"),
        (one_page(stream(b"~~no digits~>", b"/Filter/A85")), "damaged"),
        (one_page(stream(TEXT)).replace(b"startxref\n3", b"startxref\n2"), "damaged: there is no table"),
        (one_page(stream(TEXT)).replace(b"\n4 0 obj", b"\n9 0 obj"), "damaged: object 4 is not where"),
        (one_page(stream(TEXT)).replace(b"00000 n \n", b"", 1), "damaged: its table of objects"),
        (one_page(stream(TEXT)) + b"\n7 0 obj\n<<>>\nendobj\n", "cut off"),
    ],
)
def test_what_is_no_whole_pdf_is_unreadable(content: bytes, what: str) -> None:
    """The message says what it is instead."""
    with pytest.raises(UnreadableError, match=what):
        guard.check_pdf(content)


def test_a_damaged_picture_is_no_matter() -> None:
    """Nothing that is read depends on what a picture shows."""
    guard.check_pdf(one_page(stream(TEXT), stream(b"x\x9cdamaged", FLATE + b"/Subtype/Image")))


def test_a_file_of_any_size_is_not_even_looked_at() -> None:
    """More bytes than the cap are refused at once."""
    with pytest.raises(BombError, match="bytes; at most"):
        guard.check_pdf(b"%PDF-" + bytes(guard.MAX_PDF_BYTES))


@pytest.mark.parametrize("seed", range(40))
def test_a_file_that_lost_a_part_is_never_believed(seed: int) -> None:
    """Cut off at any byte, or with a piece missing anywhere, it is unreadable: no partial list comes of it."""
    dice = random.Random(seed)
    content = sound()
    start = dice.randrange(len(content) - 40)
    end = len(content) if seed % 2 else min(start + dice.randrange(1, 2_000), len(content) - 30)
    with pytest.raises(UnreadableError):
        guard.check_pdf(content[:start] + content[end:])


@given(st.binary(max_size=300))
def test_any_bytes_end_in_an_error_of_ours(noise: bytes) -> None:
    """Whatever stands in a stream or between objects, the guard passes or refuses; it does not stumble."""
    for content in (noise, b"%PDF-1.7\n" + noise, one_page(stream(noise, FLATE)), one_page(stream(TEXT), noise)):
        with suppress(ReadError):
            guard.check_pdf(content)
