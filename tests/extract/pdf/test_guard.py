"""What is refused before any parser sees it: files over a limit, ruins and other formats.

Each file here is small and harmless. It is tried against a limit that is smaller still.
"""

from __future__ import annotations

import base64
import random
import zlib
from contextlib import suppress
from dataclasses import fields
from functools import cache
from typing import TYPE_CHECKING

import pytest
from hypothesis import given
from hypothesis import strategies as st

from monitor.demo import ddor
from monitor.errors import BombError, ReadError, UnreadableError
from monitor.extract.pdf import guard, lists
from monitor.extract.pdf.forms import Forms
from monitor.extract.pdf.limits import PDF_LIMITS, PdfLimits
from tests.support import facsimiles
from tests.support.facsimiles import Style
from tests.support.hostile import TEXT, document, forms, many_pages, one_page, refused, repeated, stream
from tests.support.lists import CONFIG

if TYPE_CHECKING:
    from collections.abc import Mapping


LISTS = CONFIG.sources["ice-ddor"].reports["weekly"].lists
FLATE = b"/Filter/FlateDecode"
BLANKS = b" " * 5_000


def packed(drawing: bytes, filters: bytes = FLATE) -> bytes:
    """A file whose one page is drawn by this."""
    return one_page(stream(zlib.compress(drawing), filters))


UNPACKED = PdfLimits(unpacked_bytes=5_000)
# A file for each limit, the limit that it is over, and the words of the error.
OVER: Mapping[str, tuple[bytes, PdfLimits, str]] = {
    "bytes": (one_page(stream(TEXT)), PdfLimits(file_bytes=100), "at most 100 are read"),
    "packed": (packed(BLANKS), UNPACKED, "unpacks to more than 5,000 bytes"),
    "packed twice": (packed(zlib.compress(BLANKS), b"/Filter[/FlateDecode/FlateDecode]"), UNPACKED, "unpacks to more"),
    "packed in base 85": (
        one_page(stream(base64.a85encode(zlib.compress(BLANKS)) + b"~>", b"/Filter[/ASCII85Decode/Fl]")),
        UNPACKED,
        "unpacks to more",
    ),
    "packed as told elsewhere": (
        one_page(stream(zlib.compress(BLANKS), b"/Filter 6 0 R"), b"/FlateDecode"),
        UNPACKED,
        "unpacks to more",
    ),
    "packed in many streams": (
        one_page(*[stream(zlib.compress(b" " * 200), FLATE)] * 30),
        UNPACKED,
        "unpacks to more",
    ),
    "LZW": (one_page(stream(bytes(10), b"/Filter/LZWDecode")), UNPACKED, "unpacks to more"),
    "run length": (one_page(stream(b"\x81\0" * 50, b"/Filter/RunLengthDecode")), UNPACKED, "unpacks to more"),
    "unknown packing": (
        one_page(stream(bytes(101), b"/Filter/Mine")),
        PdfLimits(unknown_bytes=100),
        "bytes packed by Mine",
    ),
    "layers": (
        packed(zlib.compress(zlib.compress(TEXT)), b"/Filter[/Fl/Fl/Fl]"),
        PdfLimits(packing_layers=2),
        "packed more than 2 times",
    ),
    "layers that are not named": (
        packed(zlib.compress(zlib.compress(TEXT)), b""),
        PdfLimits(packing_layers=2),
        "packed more than 2 times",
    ),
    "long and packed again": (
        packed(zlib.compress(random.Random(1).randbytes(200)), b"/Filter[/Fl/Fl]"),
        PdfLimits(code_bytes=100),
        "bytes that are packed again",
    ),
    "nested arrays": (one_page(stream(TEXT), b"[" * 11 + b"]" * 11), PdfLimits(bracket_depth=10), "more than 10 deep"),
    "nested dictionaries": (
        one_page(stream(TEXT), b"<</A " * 11 + b"0" + b">>" * 11),
        PdfLimits(bracket_depth=10),
        "more than 10 deep",
    ),
    "nested contents": (packed(b"[" * 11 + b"]" * 11), PdfLimits(bracket_depth=10), "more than 10 deep"),
    "saved graphics states": (packed(b" q" * 11 + b" Q" * 11), PdfLimits(saved_states=10), "more than 10 graphics"),
    "forms in forms": (forms(depth=3, draws=3), PdfLimits(drawn_forms=20), "drawn more than 20 times"),
    "forms that name forms": (forms(depth=3, draws=2), PdfLimits(form_references=2), "forms within forms"),
    "contents over and over": (repeated(11), PdfLimits(repeated_contents=10), "more than 10 times"),
    "pages": (many_pages(11), PdfLimits(pages=10), "11 pages; at most 10"),
    "streams": (one_page(*[stream(TEXT)] * 11), PdfLimits(streams=10), "more than 10 streams"),
}


@pytest.mark.parametrize("name", OVER)
def test_a_file_over_a_limit_is_refused(name: str) -> None:
    """It is refused for that limit alone: under the usual limits each of these files passes."""
    content, limits, message = OVER[name]
    guard.check_pdf(content)
    with pytest.raises(BombError, match=message):
        guard.check_pdf(content, limits)


def test_every_limit_is_tried() -> None:
    """No limit is without a file that goes beyond it."""
    names = {each.name for each in fields(PdfLimits)}
    tried = {
        each for _, limits, _ in OVER.values() for each in names if getattr(limits, each) < getattr(PDF_LIMITS, each)
    }
    assert tried == names


def test_the_usual_limits_hold_wherever_a_pdf_is_read() -> None:
    """A harmless file that is a little over one of them is refused before it is read."""
    with pytest.raises(BombError, match="repeats the same contents more than 20 times"):
        lists.read_pdf(refused(), LISTS)


def test_a_form_that_would_draw_itself_counts_as_endless() -> None:
    """The count comes to an end all the same."""
    drawings = Forms(b"")
    drawings.add(b"6 0 obj <</Subtype/Form/Resources<</XObject<</X 6 0 R>>>>>>", b"/X Do /X Do")
    assert drawings.drawn() > PDF_LIMITS.drawn_forms


def test_a_count_of_pages_that_is_too_high_is_not_believed() -> None:
    """The pages that are missing are named."""
    with pytest.raises(UnreadableError, match="of 5 pages, 1 can be made out"):
        lists.read_pdf(one_page(stream(TEXT), count=5), LISTS)


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
