"""Pictures are drawn in the worker process, and looked at before they are believed."""

from __future__ import annotations

import sys

import pytest

from monitor.errors import BombError, ReadError, UnreadableError
from monitor.extract.pdf.picture import record_picture
from monitor.model import Box
from monitor.sandbox.reader import Reader
from monitor.sandbox.worker import Limits
from tests.support.hostile import TEXT, one_page, refused, stream
from tests.support.lists import CONFIG

REPORT = CONFIG.sources["ice-ddor"].reports["weekly"]
CONTENT = one_page(stream(TEXT))
BOXES = (Box(page=1, left=72, top=80, right=130, bottom=95),)


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
    content: bytes, boxes: tuple[Box, ...], error: type[ReadError]
) -> None:
    """The same error as here, and the next picture is drawn."""
    with Reader() as reader:
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
