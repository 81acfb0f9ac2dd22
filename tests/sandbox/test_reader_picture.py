"""Pictures are drawn in the worker process, and looked at before they are believed."""

from __future__ import annotations

import random
import sys
from io import BytesIO
from typing import TYPE_CHECKING

import pytest
from PIL import Image
from reportlab.pdfgen.canvas import Canvas

from monitor.errors import BombError, ReadError, UnreadableError
from monitor.extract.pdf.picture import MAX_PAGE_HEIGHT_PIXELS, MAX_WIDTH_PIXELS, page_picture, record_picture
from monitor.model import Box
from monitor.sandbox.reader import Reader
from monitor.sandbox.worker import Limits
from tests.support.hostile import TEXT, one_page, refused, stream
from tests.support.lists import CONFIG

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

REPORT = CONFIG.sources["ice-ddor"].reports["weekly"]
CONTENT = one_page(stream(TEXT))
BOXES = (Box(page=1, left=72, top=80, right=130, bottom=95),)


@pytest.fixture(scope="module")
def reader() -> Iterator[Reader]:
    """A reader that draws one thing after the other: whatever could not be drawn before, the next one is."""
    with Reader() as found:
        yield found


def command(body: str) -> tuple[str, ...]:
    """A worker like the real one that runs `body` instead of drawing."""
    script = f"""
from monitor.extract.pdf import picture as drawing
from monitor.sandbox import worker
def picture(content, boxes, caption):
    {body}
drawing.record_picture = picture
worker.serve()
"""
    return (sys.executable, "-c", script)


def test_what_is_drawn_in_the_worker_is_what_is_drawn_here() -> None:
    """Not a byte differs, whatever the worker did before and under whatever limits it is already."""
    with Reader() as reader:
        with pytest.raises(ReadError):
            reader.read(CONTENT, REPORT)  # no report, but a reason to set the limits
        assert reader.picture(CONTENT, BOXES) == record_picture(CONTENT, BOXES)


@pytest.mark.parametrize(
    ("content", "boxes", "error"),
    [
        (b"no PDF", BOXES, UnreadableError),
        (CONTENT, (), UnreadableError),
        (CONTENT, (Box(page=9, left=0, top=0, right=1, bottom=1),), UnreadableError),
        (refused(), BOXES, BombError),
    ],
)
def test_what_can_not_be_drawn_is_one_clear_line(
    reader: Reader, content: bytes, boxes: tuple[Box, ...], error: type[ReadError]
) -> None:
    """The same error as here, and the next picture is drawn."""
    with pytest.raises(error) as caught:
        reader.picture(content, boxes)
    assert "\n" not in str(caught.value)
    assert reader.picture(CONTENT, BOXES)


@pytest.mark.parametrize(
    ("body", "message"),
    [
        ("return b''", "does not fit the question"),
        ("return b'<svg onload=alert(1)>'", "does not fit the question"),
        ("return b'\\x89PNG\\r\\n\\x1a\\n' + bytes(5_000_000)", "does not fit the question"),
        ("return 'five'", "ValidationError|does not fit"),
        ("raise KeyError('odd')", "KeyError"),
        ("return bytes(3_000_000_000)", "more than 1,000 MB of memory"),
    ],
)
def test_a_worker_that_was_taken_over_can_pass_off_nothing_as_a_picture(body: str, message: str) -> None:
    """What is no PNG, or too large for a mail, is refused."""
    with Reader(Limits(deadline=20), command=command(body)) as reader, pytest.raises(ReadError, match=message):
        reader.picture(CONTENT, BOXES)


def test_a_whole_page_is_drawn_in_the_worker_as_it_is_drawn_here(reader: Reader) -> None:
    """At the usual scale: 110 dots for each inch of a page of letter size."""
    drawn = reader.page_picture(CONTENT, 1)
    assert drawn == page_picture(CONTENT, 1)
    with Image.open(BytesIO(drawn)) as picture:
        assert picture.format == "PNG"
        assert picture.width <= MAX_WIDTH_PIXELS
        assert picture.height <= MAX_PAGE_HEIGHT_PIXELS
        assert min(picture.convert("L").tobytes()) < 128  # there is writing on it


@pytest.mark.parametrize(
    ("content", "number", "error"),
    [
        (b"no PDF", 1, UnreadableError),
        (CONTENT, 0, UnreadableError),
        (CONTENT, 2, UnreadableError),
        (refused(), 1, BombError),
    ],
)
def test_a_page_that_can_not_be_drawn_is_one_clear_line(
    reader: Reader, content: bytes, number: int, error: type[ReadError]
) -> None:
    """The same error as here, and the next page is drawn."""
    with pytest.raises(error) as caught:
        reader.page_picture(content, number)
    assert "\n" not in str(caught.value)
    assert reader.page_picture(CONTENT, 1)


def test_a_page_of_many_colours_is_not_too_large_to_be_sent(reader: Reader, tmp_path: Path) -> None:
    """A photograph of noise, the worst that a picture can be made of, as large as pages are drawn."""
    chance = random.Random(1)
    noise = Image.frombytes("RGB", (1_000, 1_600), chance.randbytes(1_000 * 1_600 * 3))
    noise.save(tmp_path / "noise.png")
    target = BytesIO()
    canvas = Canvas(target, pagesize=(1_000, 1_600), invariant=1)
    canvas.drawImage(str(tmp_path / "noise.png"), 0, 0, 1_000, 1_600)
    canvas.save()
    assert len(reader.page_picture(target.getvalue(), 1)) > 3_000_000
