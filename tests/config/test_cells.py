"""Numbers and dates as they are written: one way to read them, or none."""

from __future__ import annotations

import math
from datetime import date
from decimal import Decimal

import pytest
from hypothesis import given
from hypothesis import strategies as st

from monitor.config import cells

NUMBERS = st.decimals(-(10**9), 10**9, allow_nan=False, allow_infinity=False, places=2)
DAYS = st.dates(date(1969, 1, 1), date(2068, 12, 31))
BLANKS = ("", " ", "\u00a0", "  ")


def ways(number: Decimal) -> list[str]:
    """The ways in which people, spreadsheets and CSV files write a number with two decimals."""
    whole, _, decimals = f"{abs(number):.2f}".partition(".")
    grouped = f"{int(whole):,}"
    bodies = {
        f"{body}.{decimals}" for body in (whole, grouped, grouped.replace(",", " "), grouped.replace(",", "\u00a0"))
    }
    bodies |= {f"{body}.{decimals}00" for body in (whole, grouped)}
    if decimals == "00":
        bodies |= {whole, grouped, f"{whole}.0"}
    if number < 0:
        signed = {
            form.format(body)
            for body in bodies
            for form in ("({})", "-{}", "\u2212{}", "-${}", "$-{}", "(${})", "$({})")
        }
    else:
        signed = {form.format(body) for body in bodies for form in ("{}", "${}", "$ {}", "+{}")}
    return sorted(f"{blank}{each}{blank}" for each in signed for blank in BLANKS)


@given(NUMBERS)
def test_a_number_is_the_same_in_whichever_way_it_is_written(number: Decimal) -> None:
    """All ways give one text, which is the number, and which is read as itself again."""
    read = {cells.plain_number(way) for way in ways(number)} | {cells.number_of_cell(float(number))}
    assert len(read) == 1
    plain = read.pop()
    assert plain is not None
    assert Decimal(plain) == number
    assert cells.plain_number(plain) == plain
    assert "E" not in plain
    assert plain != "-0"


@given(st.integers(-(10**18), 10**18))
def test_a_whole_number_loses_no_digit(number: int) -> None:
    """Nor does one with more digits than a spreadsheet computes with."""
    assert cells.plain_number(f"{number:,}") == cells.plain_number(str(number)) == str(number)


@pytest.mark.parametrize(
    ("text", "plain"),
    [
        ("12%", "0.12"), ("12.5 %", "0.125"), ("(12%)", "-0.12"), ("100%", "1"), ("0.5%", "0.005"), ("007", "7"),
        (".5", "0.5"), ("-0", "0"), ("1,234.50", "1234.5"), ("$ (1,234.00)", "-1234"),
        ("0.30000000000000004", "0.3"), ("1234.5600000000001", "1234.56"),
        ("36,123,456,789,012.34", "36123456789012.34"),
    ],
)  # fmt: skip
def test_a_number_is_kept_as_a_plain_decimal(text: str, plain: str) -> None:
    """A percentage is a share of 1; noise of a spreadsheet goes, and cents of trillions stay."""
    assert cells.plain_number(text) == plain


@pytest.mark.parametrize(
    "text",
    [
        "", " ", "N/A", "<10", "> 5", "*", "-", "$", "%", ".", "(", "()", "-%", "1.234,56", "1.234.567", "12,34",
        "0,123",
        "1,23,456", "1,2345", "1 234,5", "1,234 567", "1  234", "12 34", "1\n234", "1\t234", "12-15", "12/15", "3 of 4",
        "12*", "12 (a)", "123\u2074", "\u0661\u0662", "1e5", "1.2E+05", "0x1f", "1_000", "12-", "(12", "12)", "(-12)",
        "-(12)", "--12", "5.", "1.2.3", "\u20ac12", "\u00a312", "12 $", "12k", "1'234", "nan", "inf", "9" * 41,
        "9" * 5_000,
    ],
    ids=lambda text: text[:12],
)  # fmt: skip
def test_what_could_be_another_number_is_none(text: str) -> None:
    """A comma for a point, two numbers, another currency, a footnote: none of it is guessed."""
    assert cells.plain_number(text) is None


@given(st.text(max_size=30))
def test_no_text_does_harm(text: str) -> None:
    """Whatever stands in a cell, it is a plain decimal or none; a mark for no value is never a number."""
    plain = cells.plain_number(text)
    assert plain is None or (Decimal(plain).is_finite() and not cells.is_usual_mark(text))
    cells.plain_day(text, ["%d-%b-%y", "%B %d, %Y"])


@pytest.mark.parametrize("value", [math.nan, math.inf, -math.inf, 1e21, -1e300, 1e-30])
def test_a_cell_beyond_all_figures_is_no_number(value: float) -> None:
    """What nobody publishes would be a long row of digits."""
    assert cells.number_of_cell(value) is None


@pytest.mark.parametrize(
    ("texts", "is_european"),
    [
        (["1.234,56", "2.000"], True), (["1.234.567"], True), (["12,5", "13,25", "1,234"], True), (["12,5"], False),
        (["1,234", "5,678"], False), (["1.234", "5.678"], False), (["1,234.50", "1.234,56"], False),
        (["12,34", "12,3", "1.5", "2.5", "3.5"], False), (["N/A", "", "<1,5"], False), ([], False),
    ],
)  # fmt: skip
def test_a_column_tells_whether_its_commas_stand_before_decimals(texts: list[str], *, is_european: bool) -> None:
    """One number that can't be read otherwise is enough; one that may be a slip is not."""
    assert cells.is_european(texts) is is_european


@pytest.mark.parametrize("text", ["1,234", "1.234", "$1,234", "(1.234)"])
def test_beside_european_numbers_what_could_be_either_is_none(text: str) -> None:
    """In such a column `1.234` may be one thousand or one."""
    assert cells.plain_number(text) is not None
    assert cells.plain_number(text, is_european=True) is None
    assert cells.plain_number("1234", is_european=True) == "1234"


@pytest.mark.parametrize(
    ("one", "other", "unit", "is_same"),
    [
        ("14", "11", 10, True), ("14", "15", 10, False), ("15", "24", 10, True), ("-15", "-14", 10, False),
        ("-15", "-24", 10, True), ("0.25", "0.34", 0.1, True), ("0.24", "0.25", 0.1, False), ("4", "N/A", 10, False),
        ("N/A", "N/A", 10, False), ("", "0", 10, False), ("1,234", "1234", None, True), ("1234", "1235", None, False),
        ("0.3333333333333333", "0.33333333333333337", None, True), ("0.1", "0.10000000000001", None, False),
        ("36123456789012.34", "36123456789012.35", None, False), ("104", "99", 2.5, False), ("101", "100", 2.5, True),
    ],
)  # fmt: skip
def test_two_numbers_are_the_same_once_rounded(one: str, other: str, unit: float | None, *, is_same: bool) -> None:
    """A half goes away from zero; what is no number is the same as none; the noise of computing counts for nothing."""
    assert cells.is_same_number(one, other, unit=unit) is is_same
    assert cells.is_same_number(other, one, unit=unit) is is_same


@given(st.lists(st.integers(-1000, 1000), min_size=3, max_size=3), st.sampled_from([0.1, 1, 5, 10, 100]))
def test_small_steps_are_never_hidden_for_ever(steps: list[int], unit: float) -> None:
    """What is the same as the value before is the same as the value that was told last."""
    one, two, three = map(str, steps)
    if cells.is_same_number(one, two, unit=unit) and cells.is_same_number(two, three, unit=unit):
        assert cells.is_same_number(one, three, unit=unit)


@pytest.mark.parametrize(
    ("text", "formats", "day"),
    [
        ("5-Feb-10", ["%d-%b-%y"], "2010-02-05"), ("05-FEB-2010", ["%d-%b-%y"], None),
        ("5-Sept-10", ["%d-%b-%y"], "2010-09-05"),
        ("February 5, 2010", ["%B %d, %Y"], "2010-02-05"), ("Feb.  5, 2010", ["%B %d, %Y"], "2010-02-05"),
        ("February 5 2010", ["%B %d, %Y"], None), ("25/06/2025", ["%d/%m/%Y"], "2025-06-25"),
        ("06/25/2025", ["%d/%m/%Y"], None), ("5/6/2025", ["%d/%m/%Y"], "2025-06-05"),
        ("5/6/2025", ["%d/%m/%Y", "%m/%d/%Y"], None), ("6/6/2025", ["%d/%m/%Y", "%m/%d/%Y"], "2025-06-06"),
        ("5/25/2025", ["%d/%m/%Y", "%m/%d/%Y"], "2025-05-25"), ("20250605", ["%Y%m%d"], "2025-06-05"),
        ("1122025", ["%d%m%Y"], None), ("11022025", ["%d%m%Y"], "2025-02-11"), ("31-Feb-10", ["%d-%b-%y"], None),
        ("5-Foo-10", ["%d-%b-%y"], None), ("1-Jan-68", ["%d-%b-%y"], "2068-01-01"),
        ("1-Jan-69", ["%d-%b-%y"], "1969-01-01"),
        ("Mon, 5 Jan 2026 08:30:00 PM", ["%a, %d %b %Y %I:%M:%S %p"], "2026-01-05"), ("2010-02-05", ["%d-%b-%y"], None),
        ("as of 5-Feb-10", ["%d-%b-%y"], None), ("as of 5-Feb-10", ["as of %d-%b-%y"], "2010-02-05"),
        ("", ["%d-%b-%y"], None),
        ("\u0665-Feb-10", ["%d-%b-%y"], None), ("5-Feb-10", [], None),
    ],
)  # fmt: skip
def test_a_date_is_read_in_its_own_forms_alone(text: str, formats: list[str], day: str | None) -> None:
    """What has another form, or two meanings, is no date."""
    assert cells.plain_day(text, formats) == day


@given(DAYS, st.sampled_from(["%d-%b-%y", "%B %d, %Y", "%d/%m/%Y", "%Y%m%d", "%m/%d/%y", "%A, %d %B %Y", "%d.%m.%Y"]))
def test_what_strftime_writes_is_read(day: date, form: str) -> None:
    """Years of two digits are those from 1969 to 2068."""
    assert cells.plain_day(day.strftime(form), [form]) == day.isoformat()


@pytest.mark.parametrize(
    ("form", "fault"),
    [
        ("%d-%q-%Y", "unknown directive '%q'; there are %d, %m,"), ("%d/%m/%Y%", "unknown directive '%'"),
        ("%-d/%m/%Y", "unknown directive '%-'"), ("%d %B", "no year (%Y or %y)"), ("%B %Y", "no day (%d)"),
        ("%d/%Y", "no month (%m, %b or %B)"), ("%d/%m/%y %Y", "more than one year"),
        ("%d %b (%m) %Y", "more than one month"),
        ("%Y-%d-%m", "reads 2001-02-03 as 2 March"),
        ("", "no day"), ("D-M-Y", "no day"),
    ],
)  # fmt: skip
def test_a_form_that_is_none_is_named(form: str, fault: str) -> None:
    """With the directive, and those that there are; a date needs a day, a month and a year."""
    with pytest.raises(ValueError, match=r"^'") as refused:
        cells.date_format(form)
    assert fault in str(refused.value)


@pytest.mark.parametrize(
    ("text", "month"),
    [
        ("June 2014", "2014-06"),
        ("Sept. 2014", "2014-09"),
        ("June, 2014", "2014-06"),
        ("Jun-14", "2014-06"),
        ("Dec-98", "1998-12"),
        ("6/2014", "2014-06"),
        ("2014-06", "2014-06"),
        ("Jun 14", None),
        ("Spring 2014", None),
        ("13/2014", None),
        ("2014-15", None),
        ("6/12/2014", None),
        ("", None),
    ],
)
def test_a_month_without_a_day(text: str, month: str | None) -> None:
    """What may be a day, or is no month, is none."""
    assert cells.plain_month(text) == month
