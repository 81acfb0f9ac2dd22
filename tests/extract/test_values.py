"""What a cell says: blanks, dates, links, bullets."""

from __future__ import annotations

from datetime import date, datetime
from urllib.parse import quote

import pytest
from hypothesis import given
from hypothesis import strategies as st

from monitor.extract.values import as_date, bullets, folded, trimmed, unwrapped

ADDRESS = "https://www.ice.gov/doclib/287gMOA/BeeCoTX_JEM_MOA_05.28.2025.pdf"


@pytest.mark.parametrize(
    ("printed", "read"),
    [
        ("7/7/2025", "2025-07-07"),
        ("07-07-25", "2025-07-07"),
        (" 7/7/2025\xa0", "2025-07-07"),
        ("7/7/2025 12:00:00 AM", "2025-07-07"),
        ("2025-07-07T00:00:00", "2025-07-07"),
        ("July 7, 2025", "2025-07-07"),
        ("Sept. 3rd 2025", "2025-09-03"),
        (date(5025, 7, 7), "5025-07-07"),
        (date(25, 7, 7), "0025-07-07"),
        (datetime(2025, 7, 7, 13, 30), "2025-07-07"),  # noqa: DTZ001 - a cell knows no time zone
    ],
)
def test_date_is_read_with_the_month_first(printed: str | date, read: str) -> None:
    """Typed and printed dates come out as YYYY-MM-DD, read as Americans write them."""
    assert as_date(printed) == read


@pytest.mark.parametrize(
    "printed", ["05/082025", "7/72025", "2/30/2025", "13/13/2025", "link pending", "Mayhem 3, 2025", "", "2025"]
)
def test_date_that_cannot_be_read_stays_as_printed(printed: str) -> None:
    """No date is invented where the text is none."""
    assert as_date(printed) == printed


@given(st.dates())
def test_date_reads_the_same_however_it_is_written(day: date) -> None:
    """The typed date, its ISO form and, where years have four digits, its American form are one."""
    assert as_date(day) == as_date(as_date(day)) == day.isoformat()
    assert as_date(f"{day.month}/{day.day}/{day.year:04}") == day.isoformat()


@given(st.text())
def test_trimming_and_folding_are_done_once(text: str) -> None:
    """Trimming or folding again changes nothing, and a folded text has single blanks only."""
    assert trimmed(trimmed(text)) == trimmed(text)
    assert folded(folded(text)) == folded(text)
    assert "  " not in folded(text)


def test_trimmed_keeps_inner_blanks() -> None:
    """Blanks inside a text stay as printed; those around it, and marks that nobody sees, do not."""
    assert trimmed("\u200b\xa0 Bee  County\n ") == "Bee  County"


@given(st.text("abcxyz019/._-~?=&%+ ", min_size=1))
def test_unwrapping_an_outlook_link_gives_the_link(path: str) -> None:
    """Whatever address is wrapped by Outlook comes out as it went in, however the token around it looks."""
    address = f"https://www.ice.gov/{path}".strip()
    wrapped = (
        f"https://gcc02.safelinks.protection.outlook.com/?url={quote(address, safe='')}&data=05%7C02%7Cx&reserved=0"
    )
    assert unwrapped(wrapped) == address
    assert unwrapped(address) == address


@pytest.mark.parametrize(
    ("wrapped", "inner"),
    [
        (f"https://urldefense.com/v3/__{ADDRESS}__;!!BClRuOV5cvtbuNI!GE$", ADDRESS),
        (f"https://urldefense.us/v3/__{ADDRESS}__;!!abc", ADDRESS),
        ("https://urldefense.com/v3/__https://x.gov/a*b__;Kw!!abc", "https://x.gov/a+b"),
        ("https://urldefense.proofpoint.com/v2/url?u=https-3A__x.gov_a-5Fb.pdf&d=Dw", "https://x.gov/a_b.pdf"),
        ("https://linkprotect.cudasvc.com/url?a=https%3A%2F%2Fx.gov%2Fa_b.pdf&c=E,1,x&typo=1", "https://x.gov/a_b.pdf"),
        (
            "https://protect2.fireeye.com/v1/url?k=31-50&q=1&u=https%3A%2F%2Fx.gov%2Fa_b-20.pdf",
            "https://x.gov/a_b-20.pdf",
        ),
        ("https://www.google.com/url?q=https%3A%2F%2Fx.gov%2Fa.pdf&sa=D&ust=1", "https://x.gov/a.pdf"),
        (
            "https://www.google.com/search?q=https%3A%2F%2Fx.gov%2Fa.pdf",
            "https://www.google.com/search?q=https%3A%2F%2Fx.gov%2Fa.pdf",
        ),
        (
            f"https://n.safelinks.protection.outlook.com/?url={quote(f'https://urldefense.us/v3/__{ADDRESS}__;')}",
            ADDRESS,
        ),
    ],
)
def test_wrappers_are_taken_off(wrapped: str, inner: str) -> None:
    """Proofpoint's wrappers, and wrappers in wrappers, come off."""
    assert unwrapped(wrapped) == inner


@pytest.mark.parametrize(
    "link",
    [
        "link pending",
        "http://[bad",
        "https://safelinks.protection.outlook.com/?url=",
        "https://[safelinks.protection.outlook.com/?url=x",
        "https://urldefense.com/else",
        "https://safelinks.protection.outlook.com.example.org/?url=https%3A%2F%2Fx.gov",
    ],
)
def test_what_is_no_wrapped_link_stays(link: str) -> None:
    """Texts, broken addresses and other hosts stay as they are."""
    assert unwrapped(link) == link


def test_bullets_become_lines() -> None:
    """Each point is a line without its mark; a line without a mark goes on with the point before it."""
    assert bullets("\u2022 Will not honor\n detainers\n\u2022  Unless a judge\xa0signs") == (
        "Will not honor detainers\nUnless a judge signs"
    )
    assert bullets("No  marks\nhere") == "No marks here"
