"""The picture of a record's place on its page: where the frame is, what it leaves pale, and what is refused."""

from __future__ import annotations

import io
from functools import cache
from math import inf, nan

import numpy as np
import pytest
from PIL import Image

from monitor.demo import ddor
from monitor.errors import BombError, ReadError, UnreadableError
from monitor.extract.pdf import lists
from monitor.extract.pdf.picture import (
    GREY,
    MAX_PARTS_SHOWN,
    MAX_RECORD_PIXELS,
    MAX_WIDTH_PIXELS,
    MIN_AROUND_PIXELS,
    PART_GAP_PIXELS,
    RED,
    USUAL_HEIGHT_PIXELS,
    record_picture,
)
from monitor.model import Box, Record
from tests.support import facsimiles
from tests.support.facsimiles import Style
from tests.support.hostile import PAGE, TEXT, one_page, refused, stream
from tests.support.lists import CONFIG

LISTS = CONFIG.sources["ice-ddor"].reports["weekly"].lists
SMALL = one_page(stream(TEXT))
SCALE = MAX_WIDTH_PIXELS / 792  # a report's pages are wider than a picture at its full density


@cache
def report() -> tuple[bytes, tuple[Record, ...]]:
    """Week 1 as first published, and the detainers in it."""
    content = ddor.ddor_pdf(ddor.history()[0])
    return content, lists.read_pdf(content, LISTS)[1].records


def detainer(*, parts: int) -> Record:
    """One of the records that stand in so many boxes; where it is one, one of those moved to the county's jail."""
    found = (each for each in report()[1] if len(each.locator.boxes) == parts)
    return next(each for each in found if parts > 1 or "Travis County State Jail" in each.values)


def pixels(content: bytes, *boxes: Box) -> np.ndarray:
    """A picture as rows of colours."""
    return np.asarray(Image.open(io.BytesIO(record_picture(content, boxes))))


def red(shown: np.ndarray) -> tuple[int, int, int, int]:
    """Left, top, right and bottom of what is red."""
    rows, columns = np.nonzero((shown == RED).all(axis=2))
    return int(columns.min()), int(rows.min()), int(columns.max()), int(rows.max())


def box(*, page: int = 1, left: float = 72, top: float = 80, right: float = 300, bottom: float = 95) -> Box:
    """A place on a page, where SMALL has its text unless told otherwise."""
    return Box(page=page, left=left, top=top, right=right, bottom=bottom)


def test_the_record_stands_in_a_frame() -> None:
    """The frame is as large as the record with a little air; the page is there in its full width, with rows around."""
    (place,) = detainer(parts=1).locator.boxes
    shown = pixels(report()[0], place)
    left, top, right, bottom = red(shown)
    assert shown.shape[1] == MAX_WIDTH_PIXELS
    assert (left, right) == pytest.approx((place.left * SCALE - 5, place.right * SCALE + 5), abs=1)
    assert bottom - top == pytest.approx((place.bottom - place.top) * SCALE + 10, abs=2)
    assert top > 60
    assert shown.shape[0] - bottom > 60
    assert (shown[top : top + 2, left : right + 1] == RED).all()
    assert (shown[top : bottom + 1, right - 1 : right + 1] == RED).all()


def test_only_the_record_has_its_full_colours() -> None:
    """What is black on the page is black within the frame, and grey outside."""
    shown = pixels(report()[0], *detainer(parts=1).locator.boxes)
    left, top, right, bottom = red(shown)
    assert shown[top + 2 : bottom - 1, left + 2 : right - 1].min() < 10
    assert min(shown[:top].min(), shown[bottom + 1 :].min()) > 90


def test_a_record_over_a_page_break_is_shown_whole() -> None:
    """Both parts stand in frames of their own, one page under the other, with a gap between."""
    boxes = detainer(parts=2).locator.boxes
    shown = pixels(report()[0], *boxes)
    gap = np.flatnonzero((shown == GREY).all(axis=(1, 2)))
    assert list(gap) == list(range(gap[0], gap[0] + PART_GAP_PIXELS))
    assert shown.shape[0] <= USUAL_HEIGHT_PIXELS
    for part, place in zip((shown[: gap[0]], shown[gap[-1] + 1 :]), boxes, strict=True):
        _, top, _, bottom = red(part)
        assert bottom - top == pytest.approx((place.bottom - place.top) * SCALE + 10, abs=2)


@pytest.mark.parametrize("turned", [90, 180, 270])
def test_a_turned_or_cropped_page_is_shown_as_it_is_seen(turned: int) -> None:
    """The same page turned and cropped otherwise makes the same picture, to the pixel."""
    week = ddor.history()[3]
    shown = []
    for style in (Style(), Style(turned=turned, cropped=True)):  # type: ignore[arg-type]
        content = facsimiles.report(week, style)
        shown.append(pixels(content, *lists.read_pdf(content, LISTS)[1].records[5].locator.boxes))
    assert (shown[0] == shown[1]).all()


@pytest.mark.parametrize("size", [b"14400 14400", b"1400 14400", b"14400 400", b"14401 14401", b"0 0", b"612 792"])
def test_no_page_makes_a_large_picture(size: bytes) -> None:
    """However large a page and a record are, and however many its parts, the picture is bounded."""
    content = one_page(stream(TEXT), page=PAGE.replace(b"612 792", size))
    for place in (box(left=-inf, top=-inf, right=inf, bottom=inf), box(left=0, top=0, right=2, bottom=2)):
        height, width, _ = pixels(content, *[place] * 20).shape
        assert width <= MAX_WIDTH_PIXELS
        assert height <= MAX_RECORD_PIXELS + MAX_PARTS_SHOWN * (2 * MIN_AROUND_PIXELS + PART_GAP_PIXELS)


@pytest.mark.parametrize("size", [b"0.1 0.1", b"3 14400", b"14400 3"])
def test_a_page_without_room_for_a_frame_is_refused(size: bytes) -> None:
    """Nobody could see anything in it."""
    with pytest.raises(UnreadableError, match="too small"):
        record_picture(one_page(stream(TEXT), page=PAGE.replace(b"612 792", size)), (box(left=0, top=0),))


@pytest.mark.parametrize(
    "place",
    [box(page=0), box(page=2), box(page=-1), box(top=800, bottom=810), box(top=90, bottom=80), box(left=nan)],
)
def test_a_place_that_is_not_in_the_file_is_refused(place: Box) -> None:
    """A frame around nothing would be a lie."""
    with pytest.raises(UnreadableError, match=r"can't be shown: .* page"):
        record_picture(SMALL, (place,))


def test_a_record_without_a_place_is_refused() -> None:
    """There is nothing to show."""
    with pytest.raises(UnreadableError, match="no place on a page"):
        record_picture(SMALL, ())


@pytest.mark.parametrize(
    ("content", "error"),
    [
        (b"", UnreadableError),
        (b"<html><body>Access Denied", UnreadableError),
        (SMALL[:-9], UnreadableError),
        (SMALL.replace(b"/Kids[3 0 R]", b"/Kids[9 0 R]"), UnreadableError),
        (refused(), BombError),
    ],
)
def test_a_file_that_is_no_sound_pdf_is_refused(content: bytes, error: type[ReadError]) -> None:
    """The guard looks at a file before it is drawn, and what pdfium refuses is one clear line."""
    with pytest.raises(error):
        record_picture(content, (box(),))
