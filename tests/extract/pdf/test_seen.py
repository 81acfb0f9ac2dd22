"""What a reader of a PDF sees is what is read: unpainted, covered, turned, struck and hidden text, form fields."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import pytest
from PIL import Image
from reportlab.lib.utils import ImageReader

from monitor.config.lists import ListDescription
from monitor.demo.ddor_layout import PAGE_HEIGHT_POINTS
from monitor.extract.account import Account
from monitor.extract.pdf import lists
from monitor.model import PassedOverKind
from tests.support import facsimiles, hostile
from tests.support.facsimiles import Drawn, Said

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence

    from reportlab.pdfgen.canvas import Canvas

    from monitor.model import PassedOver

    Part = Drawn | Said | Callable[[Canvas], None]

LIST = {"list": ListDescription.model_validate({"columns": {"state": "State", "place": "Place", "count": "Count"}})}
TABLE = Drawn(rows=(("State", "Place", "Count"), ("Ohio", "Akron", "34"), ("Iowa", "Ames", "7")))
READ = [("Ohio", "Akron", "34"), ("Iowa", "Ames", "7")]
# The upper left corner of the cell with 34, and of the one with Akron, as `Said` counts.
COUNT, PLACE = (284.0, 80.0), (164.0, 80.0)


def read(*pages: Sequence[Part]) -> tuple[list[tuple[str | None, ...]], Account]:
    """The values of the one list on these pages, and the account of the file."""
    return read_bytes(facsimiles.drawn(*pages))


def read_bytes(content: bytes) -> tuple[list[tuple[str | None, ...]], Account]:
    """The values of the one list of a file, and the account of it."""
    account = Account()
    (found,) = lists.read_pdf(content, LIST, account)
    return [record.values for record in found.records], account


def parts(account: Account, kind: PassedOverKind) -> list[PassedOver]:
    """The parts of one kind in an account."""
    return [part for part in account.parts.values() if part.kind == kind]


def area(left: float, top: float, right: float, bottom: float, colour: float = 1, **more: Any) -> Part:
    """A filled area, in a shade from 0, black, to 1, white."""

    def draw(canvas: Canvas) -> None:
        canvas.setFillGray(colour)
        if "alpha" in more:
            canvas.setFillAlpha(more["alpha"])
        canvas.rect(left, PAGE_HEIGHT_POINTS - bottom, right - left, bottom - top, stroke=0, fill=1)

    return draw


def over(place: tuple[float, float], colour: float = 1, **more: Any) -> Part:
    """An area over the text of a cell."""
    return area(place[0] - 1, place[1] - 1, place[0] + 60, place[1] + 11, colour, **more)


def text(said: str, place: tuple[float, float], *, mode: int = 0, shade: float = 0.0, size: float = 9) -> Part:
    """A text in a rendering mode and a shade."""

    def draw(canvas: Canvas) -> None:
        written = canvas.beginText(place[0], PAGE_HEIGHT_POINTS - place[1] - 9)
        written.setFont("Helvetica", size)
        written.setTextRenderMode(mode)
        written.setFillGray(shade)
        written.textOut(said)
        canvas.drawText(written)

    return draw


def turned(said: str, angle: float, size: float, *, left: float = 200, top: float = 100, shade: float = 0.8) -> Part:
    """A text that is turned by an angle."""

    def draw(canvas: Canvas) -> None:
        canvas.translate(left, PAGE_HEIGHT_POINTS - top)
        canvas.rotate(angle)
        canvas.setFillGray(shade)
        canvas.setFont("Helvetica", size)
        canvas.drawString(0, 0, said)

    return draw


def picture(left: float, top: float, right: float, bottom: float, shade: int = 230) -> Part:
    """A picture in one shade of grey, from 0 to 255."""

    def draw(canvas: Canvas) -> None:
        image = ImageReader(Image.new("L", (8, 8), shade))
        canvas.drawImage(image, left, PAGE_HEIGHT_POINTS - bottom, right - left, bottom - top)

    return draw


SCAN = picture(0, 0, 792, 612)
AFTER = (PLACE[0] + 28, PLACE[1])


@pytest.mark.parametrize(
    "unseen",
    [
        text("AA", AFTER, mode=3),
        text("AA", AFTER, mode=7),
        text("AA", AFTER, shade=1),
        text("AA", AFTER, shade=0.97),
        text("AA", (COUNT[0] - 10, 80), shade=1),
        text("AA", (COUNT[0] - 1, 80), shade=1),
        text("AA", (-80, 80)),
        text("AA", (900, 80)),
    ],
    ids=[
        *("invisible", "clip", "white", "nearly-white"),
        *("white-over-a-line", "white-over-a-figure", "left-of-page", "right-of-page"),
    ],
)
def test_text_that_is_not_painted_is_none(unseen: Part) -> None:
    """Nobody sees it, so it is no part of the cell; the file is not held for it."""
    values, account = read([TABLE, unseen])
    assert values == READ
    assert not account.suspicions
    assert not any(part.holds or part.texts for part in parts(account, PassedOverKind.HIDDEN))


@pytest.mark.parametrize(
    "below",
    [
        over(PLACE, 0.1),
        area(40, 60, 400, 117, 0.3),
        picture(160, 78, 270, 93, 40),
    ],
    ids=["cell", "table", "picture"],
)
def test_white_text_on_something_dark_is_read(below: Part) -> None:
    """What is printed in white on a dark ground is seen."""
    cells = Drawn(rows=(TABLE.rows[0], ("Ohio", "", "34"), TABLE.rows[2]))
    assert read([below, cells, text("Akron", PLACE, shade=1)])[0] == READ


def test_black_text_on_something_black_is_none() -> None:
    """A bar may be painted before the text that it hides."""
    values, _ = read([over((COUNT[0] + 20, COUNT[1]), 0), TABLE, text("99", (COUNT[0] + 30, COUNT[1]))])
    assert values == READ


@pytest.mark.parametrize("shade", [1, 0.95])
def test_text_that_is_painted_over_gives_way_to_the_new_one(shade: float) -> None:
    """A white area over a figure and another figure on it: the other one is read, and the account says so."""
    cells = Drawn(rows=(TABLE.rows[0], ("Ohio", "Akron", "99"), TABLE.rows[2]))
    values, account = read([cells, over(COUNT, shade), text("34", COUNT)])
    assert values == READ
    assert [part.where for part in parts(account, PassedOverKind.HIDDEN)] == ["text that was painted over"]


def test_two_texts_in_one_place_are_doubted() -> None:
    """Without anything between them, nobody can tell which one counts."""
    _, account = read([TABLE, text("29", COUNT)])
    assert "two texts stand on top of each other" in account.suspicions[0].message


@pytest.mark.parametrize("cover", [over(PLACE, 0), over(PLACE, 0.2), picture(160, 78, 230, 92, 0)])
def test_what_lies_under_a_bar_is_shown_nowhere(cover: Part) -> None:
    """The name is in no value and in no part of the account, which warns of the bar in words."""
    values, account = read([TABLE, cover])
    assert values == [("Ohio", "", "34"), READ[1]]
    (bar,) = parts(account, PassedOverKind.HIDDEN)
    assert bar.holds
    assert "dark bar" in bar.message
    assert "akron" not in repr(account).lower()


def test_a_bar_in_the_place_of_a_text_is_told() -> None:
    """Where what was blacked out is gone from the file: its cell is empty, and nobody took the value away."""
    without = Drawn(rows=(("State", "Place", "Count"), ("Ohio", "Akron", ""), ("Iowa", "Ames", "7")))
    values, account = read([without, over(COUNT, 0)])
    assert values == [("Ohio", "Akron", ""), READ[1]]
    (bar,) = parts(account, PassedOverKind.HIDDEN)
    assert (bar.holds, bar.message) == (True, "page 1: a dark bar without text is among the rows; was one blacked out?")


@pytest.mark.parametrize(
    "shape", [over((284.0, 300.0), 0), over(COUNT, 0.6), area(164, 90, 300, 91, 0), area(164, 84, 170, 91, 0)]
)  # fmt: skip
def test_another_shape_is_no_such_bar(shape: Part) -> None:
    """One below the list, a light one, a line, a small mark."""
    without = Drawn(rows=(("State", "Place", "Count"), ("Ohio", "", ""), ("Iowa", "Ames", "7")))
    assert parts(read([without, shape])[1], PassedOverKind.HIDDEN) == []


def test_a_bar_may_cover_a_part_of_a_text() -> None:
    """Of a line that is printed at once, only what lies under the bar is left out."""
    line = text("Akron Smith", PLACE)
    cells = Drawn(rows=(TABLE.rows[0], ("Ohio", "", "34"), TABLE.rows[2]))
    values, _ = read([cells, line, area(PLACE[0] + 25, 79, PLACE[0] + 60, 91, 0)])
    assert values == READ


@pytest.mark.parametrize(
    "above",
    [
        over(PLACE, 0.9, alpha=0.4),
        area(0, 0, 792, 50, 0.5),
        area(40, 88, 400, 89.5, 0.5),
    ],
    ids=["see-through", "elsewhere", "thin"],
)
def test_what_hides_nothing_hides_nothing(above: Part) -> None:
    """A marker's colour, an area elsewhere and a thin line leave the text as it is."""
    assert read([TABLE, above])[0] == READ


def test_a_clipped_area_hides_only_what_it_covers() -> None:
    """An area as large as the page that is clipped to a corner covers nothing else."""

    def draw(canvas: Canvas) -> None:
        clip = canvas.beginPath()
        clip.rect(0, 0, 20, 20)
        canvas.clipPath(clip, stroke=0, fill=0)
        canvas.setFillGray(1)
        canvas.rect(0, 0, 700, 600, stroke=0, fill=1)

    assert read([TABLE, draw])[0] == READ


@pytest.mark.parametrize(("angle", "size"), [(45, 60), (45, 9), (30, 20), (-35, 80), (0, 40), (0, 70)])
def test_a_watermark_is_left_out(angle: float, size: float) -> None:
    """A word across the page, or in large letters behind the table, is no part of its cells."""
    values, account = read([turned("DRAFT", angle, size, left=170 if not angle else 150, top=105), TABLE])
    assert values == READ
    assert not account.suspicions


def test_a_title_in_large_letters_is_read() -> None:
    """Large letters that lie over nothing are no watermark: they may be the heading of a list."""
    described = {
        "list": LIST["list"].model_copy(
            update={"heading": ListDescription.model_validate({"columns": {"a": "A"}, "heading": "^In force"}).heading}
        )
    }
    content = facsimiles.drawn([Said(text="In force", size=30, top=20), TABLE])
    assert len(lists.read_pdf(content, described)[0].records) == 2


def test_text_that_stands_upright_is_left_out_and_told() -> None:
    """It may be part of a cell, so a version in which it is new waits for a person."""
    values, account = read([TABLE, turned("Region 5", 90, 9, left=30, top=300, shade=0)])
    assert values == READ
    (upright,) = parts(account, PassedOverKind.ITEMS)
    assert upright.holds


@pytest.mark.parametrize("thick", [0.5, 1.2])
def test_an_entry_that_is_struck_out_is_told(thick: float) -> None:
    """A line through the middle of a row is no rule of the table; the account holds the version for it."""

    def strike(canvas: Canvas) -> None:
        canvas.setLineWidth(thick)
        canvas.line(42, PAGE_HEIGHT_POINTS - 85.5, 330, PAGE_HEIGHT_POINTS - 85.5)

    values, account = read([TABLE, strike])
    assert values == READ
    (struck,) = parts(account, PassedOverKind.STRUCK)
    assert struck.holds
    assert struck.texts == ("Ohio Akron 34",)


def test_underlined_text_is_not_struck_out() -> None:
    """A line below the letters is a line below the letters."""

    def underline(canvas: Canvas) -> None:
        canvas.line(164, PAGE_HEIGHT_POINTS - 90.5, 187, PAGE_HEIGHT_POINTS - 90.5)

    values, account = read([TABLE, underline])
    assert values == READ
    assert not parts(account, PassedOverKind.STRUCK)


@pytest.mark.parametrize("where", ["first", "last"])
def test_a_page_with_a_picture_alone_is_told(where: str) -> None:
    """Rows may be in it: a version in which it is new waits for a person."""
    values, account = read(*([SCAN], [TABLE]) if where == "first" else ([TABLE], [SCAN]))
    assert values == READ
    (part,) = parts(account, PassedOverKind.PICTURE)
    assert part.holds
    assert "a picture and no text" in part.message


def test_a_picture_between_pages_with_rows_is_doubted() -> None:
    """There, rows are lost as good as surely; a person can still release the version."""
    values, account = read([TABLE], [SCAN], [TABLE])
    assert values == READ * 2
    assert "page 2: a picture and no text" in account.suspicions[0].message


def test_a_blank_page_is_no_reason_to_hold() -> None:
    """A page that draws nothing has lost nothing, wherever it stands."""
    values, account = read([], [TABLE], [], [TABLE], [])
    assert values == READ * 2
    assert not account.suspicions
    assert not parts(account, PassedOverKind.PICTURE)


def test_a_small_picture_on_a_page_of_its_own_is_no_scan() -> None:
    """A page that shows only a seal holds no rows."""
    _, account = read([picture(300, 200, 400, 300)], [TABLE])
    assert not any(part.holds for part in account.parts.values())


@pytest.mark.parametrize("order", ["picture first", "picture last"])
def test_a_scan_with_recognised_letters_is_read_and_doubted(order: str) -> None:
    """The text of a scanned page comes from a program that guesses letters."""

    def table(canvas: Canvas) -> None:
        for row, cells in enumerate(TABLE.rows):
            for column, said in enumerate(cells):
                text(str(said), (44 + 120 * column, 63 + 17 * row), mode=3 if order == "picture first" else 0)(canvas)  # type: ignore[operator]
        for x in (40, 160, 280, 400):
            canvas.line(x, PAGE_HEIGHT_POINTS - 60, x, PAGE_HEIGHT_POINTS - 111)
        for y in (60, 77, 94, 111):
            canvas.line(40, PAGE_HEIGHT_POINTS - y, 400, PAGE_HEIGHT_POINTS - y)

    values, account = read([SCAN, table] if order == "picture first" else [table, SCAN])
    assert values == READ
    assert "recognises letters" in account.suspicions[0].message


def field_page(*, flags: int = 4) -> bytes:
    """A table whose last cell is a form field that shows `34`; the flags are those of the annotation."""
    rows = b"".join(
        b"BT /F 9 Tf %d %d Td (%b) Tj ET " % (44 + 120 * column, 700 - 20 * row, said)
        for row, cells in enumerate(((b"State", b"Place", b"Count"), (b"Ohio", b"Akron", b"")))
        for column, said in enumerate(cells)
    )
    rules = b"".join(b"%d 670 m %d 712 l S " % (x, x) for x in (40, 160, 280, 400))
    rules += b"".join(b"40 %d m 400 %d l S " % (y, y) for y in (670, 692, 712))
    shown = hostile.stream(
        b"/Tx BMC BT /F 9 Tf 4 6 Td (34) Tj ET EMC",
        b"/Type/XObject/Subtype/Form/BBox[0 0 110 18]/Resources<</Font<</F 5 0 R>>>>",
    )
    note = (
        b"<</Type/Annot/Subtype/Widget/FT/Tx/T(count)/V(34)/Rect[284 672 394 690]/F %d/AP<</N 7 0 R>>/DA(/F 9 Tf)>>"
    ) % flags
    page = hostile.PAGE.replace(b"/Contents", b"/Annots[6 0 R]/Contents")
    return hostile.one_page(hostile.stream(rows + rules), note, shown, page=page)


def test_a_form_field_is_read_as_it_is_shown() -> None:
    """What a field shows is part of the cell; a hidden field is none."""
    assert read_bytes(field_page())[0] == [("Ohio", "Akron", "34")]
    assert read_bytes(field_page(flags=2))[0] == [("Ohio", "Akron", "")]


def layered(*, off: bool) -> bytes:
    """A table with a word in a layer that is on or off."""
    rows = b"".join(
        b"BT /F 9 Tf %d %d Td (%b) Tj ET " % (44 + 120 * column, 700 - 20 * row, said)
        for row, cells in enumerate(((b"State", b"Place", b"Count"), (b"Ohio", b"Akron", b"34")))
        for column, said in enumerate(cells)
    )
    rows += b"".join(b"%d 670 m %d 712 l S " % (x, x) for x in (40, 160, 280, 400))
    rows += b"".join(b"40 %d m 400 %d l S " % (y, y) for y in (670, 692, 712))
    rows += b"/OC /L BDC BT /F 9 Tf 200 680 Td (Falls) Tj ET EMC"
    page = hostile.PAGE.replace(b"/Resources<<", b"/Resources<</Properties<</L 6 0 R>>")
    layer = b"<</Type/OCG/Name(Old)>>"
    listed = b"<</OCGs[6 0 R]/D<</Order[6 0 R]%b>>>>" % (b"/OFF[6 0 R]" if off else b"/ON[6 0 R]")
    whole = hostile.one_page(hostile.stream(rows), layer, page=page)
    catalogue = b"<</Type/Catalog/Pages 2 0 R/OCProperties %b>>" % listed
    objects = [each.partition(b" obj\n")[2] for each in whole.split(b"\nendobj\n")[:-1]]
    return hostile.document([catalogue, *objects[1:]])


def test_a_layer_that_is_off_is_not_read() -> None:
    """Only what the file shows at first is content."""
    assert read_bytes(layered(off=False))[0] == [("Ohio", "Akron Falls", "34")]
    values, account = read_bytes(layered(off=True))
    assert values == [("Ohio", "Akron", "34")]
    assert not account.suspicions
