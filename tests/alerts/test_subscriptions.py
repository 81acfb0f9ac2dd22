"""Who wants which amendments, and when they are told; what a subscription can't name."""

from __future__ import annotations

import json
from dataclasses import replace
from datetime import UTC, datetime
from typing import TYPE_CHECKING, Any

import pytest

from monitor.alerts import subscriptions
from monitor.alerts.outbox import states_of
from monitor.config.file import parse
from monitor.config.sources import Subscription
from monitor.model import AmendmentKind
from tests.support import entries
from tests.support.entries import place
from tests.support.lists import CONFIG
from tests.support.paths import ROOT

if TYPE_CHECKING:
    from monitor.store.entry import LogEntry

TEXAS = frozenset({"TX"})


def asking(**given: Any) -> Subscription:
    """A subscription as the configuration has it."""
    return Subscription.model_validate({"channels": ["desk"]} | given)


def entry(**given: Any) -> LogEntry:
    """An amendment: of an agency in Travis County, Texas."""
    return entries.entry(**{"jurisdiction": place("Travis County, Texas")} | given)


NOTICE = entry(source="ice-ddor", report="page", list="notices", kind=AmendmentKind.ADDED, fields=(), jurisdiction=None)
WITHDRAWN = entry(list=None, kind=AmendmentKind.WITHDRAWN, fields=(), before=None, after=None, jurisdiction=None)


@pytest.mark.parametrize(
    ("given", "about", "wanted"),
    [
        ({}, entry(), True),
        ({"sources": ["ice-287g"]}, entry(), True),
        ({"sources": ["ice-ddor"]}, entry(), False),
        ({"lists": ["participating"]}, entry(), True),
        ({"lists": ["pending"]}, entry(), False),
        ({"kinds": ["removed"]}, entry(), False),
        ({"kinds": ["removed"]}, entry(kind=AmendmentKind.REMOVED, fields=()), True),
        ({}, entry(kind=AmendmentKind.COSMETIC), False),
        ({"kinds": ["cosmetic"]}, entry(kind=AmendmentKind.COSMETIC), True),
        ({}, entry(minor=True), False),
        ({"minor": True}, entry(minor=True), True),
        ({"fields": ["agency", "moa"]}, entry(), True),
        ({"fields": ["signed"]}, entry(), False),
        ({"fields": ["signed"]}, entry(kind=AmendmentKind.ADDED, fields=()), True),  # a whole record has every field
        ({"operator": True}, entry(), False),
        ({"states": ["TX"]}, entry(), True),
        ({"states": ["Texas"]}, entry(), True),
        ({"states": ["OK", "FL"]}, entry(), False),
        ({"states": ["OK"], "jurisdictions": ["Travis County, Texas"]}, entry(), True),  # either will do
        ({}, WITHDRAWN, True),
        ({"states": ["OK"]}, WITHDRAWN, True),  # it concerns every place
        ({"sources": ["ice-ddor"]}, WITHDRAWN, False),
        ({"kinds": ["removed"]}, WITHDRAWN, False),
    ],
)
def test_what_is_left_out_leaves_open_and_what_is_said_must_fit(
    given: dict[str, Any], about: LogEntry, *, wanted: bool
) -> None:
    """Sources, lists, kinds, fields, states: each narrows; minor corrections and cosmetics come to who asks."""
    assert subscriptions.wants(asking(**given), about, states=TEXAS) is wanted


@pytest.mark.parametrize(
    ("name", "of", "wanted"),
    [
        ("Travis County, Texas", "Travis County, Texas", True),
        ("Travis County, Texas", "City of Austin, Texas", True),
        ("Travis County, Texas", "Harris County, Texas", False),
        ("City of Austin, Texas", "Travis County, Texas", False),
        ("Texas", "City of Austin, Texas", True),
        ("Texas", "Texas", True),
        ("48453", "Travis County, Texas", True),
        ("Travis County, Texas", "Indian River County, Florida", False),
    ],
)
def test_a_jurisdiction_is_asked_for_with_everything_within_it(name: str, of: str, *, wanted: bool) -> None:
    """A county has its cities, a state its counties; a city does not have its county."""
    about = entry(jurisdiction=place(of))
    assert subscriptions.wants(asking(jurisdictions=[name]), about, states=frozenset()) is wanted


def test_who_moves_from_one_state_to_another_concerns_both() -> None:
    """The states of an amendment are those before and after, and of its jurisdiction."""
    moved = entry(before={"state": "OKLAHOMA"}, after={"state": "TEXAS"})
    found = states_of(CONFIG, moved)
    assert found == {"OK", "TX"}
    assert subscriptions.wants(asking(states=["OK"]), moved, states=found)
    assert subscriptions.wants(asking(states=["TX"]), moved, states=found)
    assert not subscriptions.wants(asking(states=["FL"]), moved, states=found)
    assert states_of(CONFIG, NOTICE) == frozenset()


@pytest.mark.parametrize(
    ("given", "mentions", "wanted"),
    [
        ({}, [], True),
        ({"notices": False}, [], False),
        ({"states": ["TX"]}, [], True),  # it names nobody, so it concerns all
        ({"states": ["TX"]}, ["City of Austin, Texas"], True),
        ({"states": ["OK"]}, ["City of Austin, Texas"], False),
        ({"states": ["OK"]}, ["City of Austin, Texas", "Tulsa County, Oklahoma"], True),
        ({"jurisdictions": ["Travis County, Texas"]}, ["City of Austin, Texas"], True),
        ({"jurisdictions": ["Travis County, Texas"]}, ["Harris County, Texas"], False),
        ({"kinds": ["removed"]}, [], False),
    ],
)
def test_a_notice_goes_to_those_whose_places_it_speaks_of(
    given: dict[str, Any], mentions: list[str], *, wanted: bool
) -> None:
    """One that names no place goes to all; `notices: false` takes none."""
    about = replace(NOTICE, mentions=tuple(place(name) for name in mentions))
    assert subscriptions.wants(asking(**given), about, states=frozenset()) is wanted


def test_first_lists_are_announced_to_those_who_ask_for_them() -> None:
    """By source and list alone; an operator is told of no list."""
    assert subscriptions.wants_first(asking(states=["TX"]), "ice-287g", "pending")
    assert not subscriptions.wants_first(asking(lists=["participating"]), "ice-287g", "pending")
    assert not subscriptions.wants_first(asking(sources=["ice-ddor"]), "ice-287g", "pending")
    assert not subscriptions.wants_first(asking(notices=False), "ice-287g", "notices")
    assert not subscriptions.wants_first(asking(operator=True), "ice-287g", "pending")


CHICAGO = {"time_zone": "America/Chicago"}
MONDAYS = CHICAGO | {"when": "0 8 * * mon"}
NIGHT = CHICAGO | {"quiet": "22:00-06:30", "settle": "1m"}


@pytest.mark.parametrize(
    ("given", "now", "due"),
    [
        ({}, "2025-07-04T14:00:00", "2025-07-04T14:01:00"),
        ({"settle": "5m"}, "2025-07-04T14:00:00", "2025-07-04T14:05:00"),
        ({"settle": "0s"}, "2025-07-04T14:00:00", "2025-07-04T14:00:00"),
        # A digest on Monday at eight in Chicago, the clocks there going back on 2 November and forward on 8 March.
        (MONDAYS, "2025-10-30T00:00:00", "2025-11-03T14:00:00"),
        (MONDAYS, "2025-10-23T00:00:00", "2025-10-27T13:00:00"),
        (MONDAYS, "2025-10-27T13:00:00", "2025-11-03T14:00:00"),  # what happens at that moment is for the next one
        (MONDAYS, "2025-10-27T12:59:59", "2025-10-27T13:00:00"),
        (MONDAYS, "2026-03-07T00:00:00", "2026-03-09T13:00:00"),
        (CHICAGO | {"when": "0 8 * * 1"}, "2025-10-30T00:00:00", "2025-11-03T14:00:00"),  # cron's 1 is Monday
        (CHICAGO | {"when": "0 8 * * 7"}, "2025-10-30T00:00:00", "2025-11-02T14:00:00"),
        (CHICAGO | {"when": "0 8 * * 1-5"}, "2025-11-01T00:00:00", "2025-11-03T14:00:00"),  # Friday evening there
        # Days of the week are counted as cron counts them: from Sunday, which is 0 or 7, in steps and ranges too.
        ({"when": "0 8 * * */2"}, "2025-08-04T12:00:00", "2025-08-05T08:00:00"),  # from a Monday to the Tuesday
        ({"when": "0 8 * * 1-5/2"}, "2025-08-04T12:00:00", "2025-08-06T08:00:00"),  # from a Monday to the Wednesday
        ({"when": "0 8 * * 0-2"}, "2025-08-02T12:00:00", "2025-08-03T08:00:00"),
        ({"when": "0 8 * * 5-7"}, "2025-08-02T12:00:00", "2025-08-03T08:00:00"),
        ({"when": "0 8 * * FRI-MON"}, "2025-08-04T12:00:00", "2025-08-08T08:00:00"),
        ({"when": "0 8 * * mon,4/2"}, "2025-08-07T12:00:00", "2025-08-09T08:00:00"),  # Thursday and Saturday
        # Of a day of the month and one of the week either is enough, as in cron; a step over all days narrows.
        ({"when": "0 8 15 * mon"}, "2025-08-11T12:00:00", "2025-08-15T08:00:00"),
        ({"when": "0 8 15 * mon"}, "2025-08-15T12:00:00", "2025-08-18T08:00:00"),
        ({"when": "0 8 */2 * mon"}, "2025-08-01T12:00:00", "2025-08-11T08:00:00"),
        ({"when": "0 8 last * *"}, "2025-08-11T12:00:00", "2025-08-31T08:00:00"),
        (CHICAGO | {"when": "30 2 * * *"}, "2026-03-08T07:00:00", "2026-03-08T08:30:00"),  # that night 02:30 is 03:30
        # Quiet from 22:00 to 06:30 in Chicago.
        (NIGHT, "2025-07-04T14:00:00", "2025-07-04T14:01:00"),
        (NIGHT, "2025-07-05T02:58:59", "2025-07-05T02:59:59"),
        (NIGHT, "2025-07-05T02:59:00", "2025-07-05T11:30:00"),  # 21:59, and settled when it is quiet
        (NIGHT, "2025-07-05T04:30:00", "2025-07-05T11:30:00"),
        (NIGHT, "2025-07-05T06:00:00", "2025-07-05T11:30:00"),
        (NIGHT, "2025-07-05T11:29:00", "2025-07-05T11:30:00"),
        (NIGHT, "2025-11-02T04:00:00", "2025-11-02T12:30:00"),  # the longer night
        (NIGHT, "2026-03-08T05:00:00", "2026-03-08T11:30:00"),  # the shorter one
        (CHICAGO | {"quiet": "00:30-01:30"}, "2025-11-02T07:10:00", "2025-11-02T07:30:00"),  # 01:10 for a second time
        ({"quiet": "12:00-13:00"}, "2025-07-04T12:30:00", "2025-07-04T13:00:00"),
        ({"quiet": "12:00-13:00"}, "2025-07-04T13:00:00", "2025-07-04T13:01:00"),
    ],
)
def test_what_happens_is_told_when_it_was_asked_for(given: dict[str, Any], now: str, due: str) -> None:
    """After settling, at the digest's next time where it was subscribed from, or when the quiet hours are over."""
    found = subscriptions.due_at(asking(**given), datetime.fromisoformat(now).replace(tzinfo=UTC))
    assert found == datetime.fromisoformat(due).replace(tzinfo=UTC)


@pytest.mark.parametrize(
    ("when", "named"),
    [
        ("0 8 * * mon#1", "'mon#1'"),  # the first Monday of the month, in some programs; not every Monday
        ("0 8 * * 1#1", "'1#1'"),
        ("0 8 lastday * *", "'lastday'"),
        ("0 8 * * mon-8", "'8'"),
        ("0 8 * * 8", "'8'"),
        ("0 8 * * last", "'last'"),
        ("0 8 * *", "4 fields"),
        ("*/0 8 * * *", "'*/0'"),
    ],
)
def test_what_is_not_understood_of_a_cron_expression_is_named_and_not_passed_over(when: str, named: str) -> None:
    """A digest that was asked for once a month must not come every week."""
    text = (ROOT / "config.yaml").read_text("utf-8")
    feed = {"feed": {"kind": "atom", "path": "feed.xml"}}
    for key, value in (("channels", feed), ("subscriptions", {"digest": {"channels": ["feed"], "when": when}})):
        text = text.replace(f"\n{key}: {{}}", f"\n{key}: {json.dumps(value)}")
    (found,) = subscriptions.subscription_faults(parse(text))
    assert found.startswith("subscriptions.digest.when: ")
    assert named in found.split("cron expression: ")[1]


def test_every_fault_of_the_subscriptions_is_named_with_its_path() -> None:
    """Channels, sources, lists, states, places and times that are none, all at once."""
    faulty = {
        "channels": ["desk"],
        "sources": ["ice"],
        "lists": ["participants"],
        "states": ["TX", "Texass"],
        "jurisdictions": ["Travis County, Texas", "Nowhere County, Texas", "Washington County"],
        "when": "0 8 * * someday",
    }
    given = {
        "faulty": faulty,
        "elsewhere": {"channels": ["feed"], "time_zone": "Chicago"},
        "never": {"channels": ["feed"], "when": "0 0 30 2 *"},
        "right": {"channels": ["feed"], "when": "0 8 * * 1-5", "jurisdictions": ["48453"]},
    }
    text = (ROOT / "config.yaml").read_text("utf-8")
    feed = {"feed": {"kind": "atom", "path": "feed.xml"}}
    for key, value in (("channels", feed), ("subscriptions", given)):
        text = text.replace(f"\n{key}: {{}}", f"\n{key}: {json.dumps(value)}")
    found = list(subscriptions.subscription_faults(parse(text)))
    paths = [fault.split(": ")[0].removeprefix("subscriptions.") for fault in found]
    assert paths == [
        *(f"faulty.{key}" for key in ("channels", "sources", "lists", "states", "jurisdictions", "jurisdictions")),
        *("faulty.when", "elsewhere.time_zone", "never.when"),
    ]
    assert "there are feed" in found[0]
    assert "'Texass' is no state" in found[3]
    assert "is no state, county or place known" in found[4]
    assert "say the state too" in found[5]
    assert "a time that never comes" in found[-1]


def test_every_kind_that_is_told_by_default_is_one_of_the_log() -> None:
    """Cosmetic differences and new formats are logged, and told to nobody who did not ask."""
    assert set(AmendmentKind) - set(asking().kinds) == {AmendmentKind.COSMETIC, AmendmentKind.REFORMATTED}
