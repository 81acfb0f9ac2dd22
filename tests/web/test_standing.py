"""One truth of "listed": the same answer, word for word, from commands, JSON, pages, API, feeds and the map."""

from __future__ import annotations

import csv
import html
import io
import json
import re
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from typing import TYPE_CHECKING, Any

import pytest
import yaml
from lxml import etree

from monitor import jurisdictions
from monitor.alerts import writing
from monitor.alerts.compose import compose
from monitor.alerts.contents import AlertScope, gather
from monitor.demo.publisher import HTML_TYPE, Publisher
from monitor.fetch.fetcher import Fetcher
from monitor.program import Program
from monitor.store import pages, read_only
from monitor.times import day_in_words, instant
from tests.support.plain_words import text_of_page
from tests.web.conftest import serving_of

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

    import httpx

    from monitor.alerts.message import Message
    from tests.conftest import Commands, Ran
    from tests.web.conftest import Served

NOW = datetime.now(UTC).replace(microsecond=0)
# Day 0 of all that follows; day 100 is today. What takes some hours ends on the day on which it began.
BEGIN = NOW.replace(hour=0, minute=0, second=0) - timedelta(days=100)
TITLES = {"roll/signed": "The roll, Signatories", "roll/waiting": "The roll, Applicants"}  # the others have no title
EVERY = 240  # hours between two looks, so that what was seen is believed for forty days

COLUMNS = {
    "columns": {"office": "Office", "county": "County", "state": "State", "note": "Note"},
    "key": ["office", "state"],
    "anchors": ["note", "county"],
    "names": ["office"],
    "jurisdiction": {"name": "county", "state": "state"},
}
OTHERS = ("Bandera", "Bastrop", "Baylor", "Bee", "Bell", "Bexar", "Blanco", "Borden", "Bosque", "Bowie", "Brazos")


def at(day: float) -> datetime:
    """The time of a day."""
    return BEGIN + timedelta(days=day)


def words_of(day: float) -> str:
    """A day as it is written."""
    return day_in_words(instant(at(day)))


def rows(*counties: str) -> bytes:
    """A list of counties of Texas as CSV, with others that always stand there.

    One office is said to lie in Archer County first, and in Armstrong County later.
    """
    out = io.StringIO()
    writer = csv.writer(out)
    writer.writerow(("Office", "County", "State", "Note"))
    for county in (*counties, *OTHERS):
        office = "Northern" if county in {"Archer", "Armstrong"} else county
        writer.writerow((f"{office} Sheriff's Office", f"{county} County", "Texas", f"note {sum(map(ord, office))}"))
    return out.getvalue().encode()


@dataclass(frozen=True, slots=True, kw_only=True)
class Site:
    """The publications of the test: a file for each source, changed as the days go by."""

    publisher: Publisher
    program: Program

    def look(self, source: str, day: float) -> None:
        """Poll a source on a day, and process what came."""
        self.program.now = lambda: at(day)
        for _ in self.program.poll([source]):
            pass
        for _ in self.program.process():
            pass

    def put(self, source: str, *files: str, day: float) -> None:
        """Publish the page of a source, with links to files."""
        links = "".join(f"<li><a href='/{source}/{file}'>{file}</a></li>" for file in files)
        page = f"<html><body><h1>{source}</h1><ul>{links}</ul></body></html>".encode()
        self.publisher.publish(f"/{source}", page, content_type=HTML_TYPE, at=at(day))

    def file(self, source: str, name: str, *counties: str, day: float) -> None:
        """Publish a file of a source."""
        self.publisher.publish(f"/{source}/{name}", rows(*counties), content_type="text/csv", at=at(day))


def source(address: str, name: str, **reports: dict[str, Any]) -> dict[str, Any]:
    """The description of a source."""
    return {"page": f"{address}/{name}", "every": f"{EVERY}h", "reports": reports}


def report(kind: str, match: str, **lists: dict[str, Any]) -> dict[str, Any]:
    """The description of a report."""
    key = {"key": r"(\d{4}-\d\d)"} if kind == "series" else {}
    return {"kind": kind, "format": "csv", "match": {"href": match}, "lists": lists} | key


def described(address: str) -> dict[str, Any]:
    """The configuration of all sources."""
    moves = {"moves": [{"from": "waiting", "to": "signed"}]}
    sources = {
        "roll": source(address, "roll", signed=report("rolling", "/signed", signed=COLUMNS | {"title": "Signatories"}),
                       waiting=report("rolling", "/waiting", waiting=COLUMNS | {"title": "Applicants"}))
                | moves | {"title": "The roll"},
        "weekly": source(address, "weekly", weekly=report("series", "/w", events=COLUMNS | {"rows": "events"})),
        "monthly": source(address, "monthly", monthly=report("series", "/m", offices=COLUMNS)),
        "across": source(address, "across", across=report("series", "/a", policies=COLUMNS | {"compare": "across"})),
        "ended": source(address, "ended", ended=report("series", "/e", accords=COLUMNS | {"compare": "across"})),
    }  # fmt: skip
    for name in ("gone", "back", "held", "stale", "gap"):
        sources[name] = source(address, name, **{name: report("rolling", "/list", **{f"of-{name}": COLUMNS})})
    return {"poll": {"allow_private_addresses": True}, "sources": sources}


def publish_rolling(site: Site) -> None:
    """Two files that are replaced: who waits, and who has signed."""
    signed: dict[int, tuple[str, ...]] = {
        0: ("Anderson", "Andrews", "Aransas", "Archer"),
        10: ("Anderson", "Angelina", "Armstrong", "Atascosa"),
        20: ("Anderson", "Angelina", "Aransas", "Armstrong", "Atascosa"),
    }
    waiting: dict[int, tuple[str, ...]] = {0: ("Atascosa", "Austin"), 10: ("Austin",)}
    site.put("roll", "signed.csv", "waiting.csv", day=0)
    for day in (0, 9, *range(10, 101, 10)):
        for name, counties in (("signed", signed), ("waiting", waiting)):
            if day in counties:
                site.file("roll", f"{name}.csv", *counties[day], day=day)
        site.look("roll", day)


SERIES: dict[str, dict[int, tuple[str, ...]]] = {  # by the day on which a report came: what it names
    "weekly": {0: ("Anderson", "Andrews"), 10: ("Anderson",), 20: ("Angelina",)},
    "monthly": {0: ("Anderson", "Andrews"), 30: ("Anderson", "Andrews"), 60: ("Anderson",), 90: ("Anderson",)},
    "across": {
        0: ("Anderson", "Andrews"),
        30: ("Anderson", "Andrews"),
        60: ("Anderson", "Angelina"),
        90: ("Anderson", "Angelina"),
    },
    "ended": {0: ("Anderson", "Andrews"), 10: ("Anderson",)},
}


def publish_series(site: Site, name: str) -> None:
    """Reports that stay, each for a period of its own."""
    files: list[str] = []
    for day in range(0, 101, 10):
        if day in SERIES[name]:
            files.append(f"{name[0]}2026-0{len(files) + 1}.csv")
            site.file(name, files[-1], *SERIES[name][day], day=day)
            site.put(name, *files, day=day)
        site.look(name, day)


def publish_single(site: Site, name: str) -> None:
    """One file, of which something becomes: it is taken down, comes back, is held, or is not looked at for long."""
    site.put(name, "list.csv", day=0)
    site.file(name, "list.csv", "Anderson", "Andrews", day=0)
    for day in (0, 9):
        site.look(name, day)
    site.file(name, "list.csv", "Anderson", day=10)
    days = {"stale": (10, 20), "gap": (70, 80, 90, 100), "held": (10, 20, 30, 39)}.get(name, (10, 20, 29))
    for day in days:
        site.look(name, day)
    if name == "held":
        site.publisher.publish(f"/{name}/list.csv", rows()[:120], content_type="text/csv", at=at(40))
    elif name in {"gone", "back"}:
        site.publisher.withdraw(f"/{name}/list.csv")
        for hours in (0, 2, 4):
            site.look(name, 30 + hours / 24)
    if name == "back":
        site.file(name, "list.csv", "Anderson", day=50)
    for day in range(50, 101, 10) if name in {"gone", "back"} else range(40, 101, 10) if name == "held" else ():
        site.look(name, day)


def publish_all(site: Site) -> None:
    """A hundred days of publications, seen as each source is looked at."""
    publish_rolling(site)
    for name in SERIES:
        publish_series(site, name)
    for name in ("gone", "back", "held", "stale", "gap"):
        publish_single(site, name)


@dataclass(frozen=True, slots=True, kw_only=True)
class World:
    """The state folder, its pages, and the command line on it. What was said once is said again each time."""

    folder: Path
    served: Served
    pages: dict[str, httpx.Response] = field(default_factory=dict)
    told: dict[tuple[str, ...], Ran] = field(default_factory=dict)

    def get(self, path: str) -> httpx.Response:
        """Ask for a page."""
        if path not in self.pages:
            self.pages[path] = self.served.get(path)
        return self.pages[path]

    def show(self, monitor: Commands, county: str, day: str | None, *options: str) -> Ran:
        """Ask by `monitor show` for a county of Texas, on a day or now."""
        arguments = (f"{county} County, Texas", *options, *(["--at", day] if day else []))
        if arguments not in self.told:
            monitor.config, monitor.state = self.folder / "config.yaml", self.folder
            self.told[arguments] = monitor("show", *arguments)
        return self.told[arguments]


@pytest.fixture(scope="module")
def world(tmp_path_factory: pytest.TempPathFactory) -> Iterator[World]:
    """All situations in one history."""
    folder = tmp_path_factory.mktemp("standing")
    with Publisher() as publisher:
        (folder / "config.yaml").write_text(yaml.safe_dump(described(publisher.address)), encoding="utf-8")
        with Program(config_path=folder / "config.yaml", state_override=folder) as program:
            program.fetcher = Fetcher(poll=program.config.poll, contact="tests", sleep=lambda _: None)
            with program.fetcher:
                publish_all(Site(publisher=publisher, program=program))
    with serving_of(folder) as served:
        yield World(folder=folder, served=served)


# Of each situation: the list, the county, the day asked about (None: now), and the answer; {7} is day 7 in words.
SITUATIONS: tuple[tuple[str, str, float | None, str], ...] = (
    ("roll/signed", "Anderson", None, "listed since {0}, last seen {100}"),
    ("roll/signed", "Anderson", 15, "listed on {15}, since {0}"),
    ("roll/signed", "Anderson", -5, "not known on {-5}: this list was first seen on {0}"),
    ("roll/signed", "Anderson", 120, "not known on {120}: that day is yet to come"),
    ("roll/signed", "Andrews", None, "not listed now; listed from {0} to {9}, then removed"),
    ("roll/signed", "Andrews", 5, "listed on {5}, since {0}"),
    ("roll/signed", "Angelina", None, "listed since {10}, last seen {100}"),
    ("roll/signed", "Angelina", 5, "not listed on {5}, nor in any version seen before"),
    ("roll/signed", "Aransas", None, "listed since {20}, last seen {100}"),
    ("roll/signed", "Aransas", 15, "not listed on {15}; listed from {0} to {9}, then removed"),
    ("roll/signed", "Archer", None, "not listed now; listed from {0} to {9}, then corrected to Armstrong County, TX"),
    ("roll/signed", "Armstrong", None, "listed since {10}, last seen {100}"),
    ("roll/signed", "Atascosa", None, "listed since {10}, last seen {100}"),
    ("roll/waiting", "Atascosa", None, "not listed now; listed from {0} to {9}, then moved to Signatories"),
    ("roll/waiting", "Atascosa", 5, "listed on {5}, since {0}"),
    ("roll/waiting", "Austin", None, "listed since {0}, last seen {100}"),
    ("roll/waiting", "Anderson", None, "not listed now, nor in any version seen before"),
    ("gone/of-gone", "Anderson", None, "not listed now; listed from {0} to {30}, when the list was taken down"),
    ("gone/of-gone", "Anderson", 20, "listed on {20}, since {0}"),
    ("gone/of-gone", "Andrews", None, "not listed now; listed from {0} to {9}, then removed"),
    ("back/of-back", "Anderson", None, "listed since {0}, last seen {100}"),
    ("back/of-back", "Anderson", 40, "not listed on {40}; listed from {0} to {30}, when the list was taken down"),
    ("back/of-back", "Anderson", 20, "listed on {20}, since {0}"),
    ("held/of-held", "Anderson", None,
     "not known now: a version seen on {40} waits for a person's decision; listed since {0} when it was last seen"),
    ("held/of-held", "Anderson", 30, "listed on {30}, since {0}"),
    ("held/of-held", "Andrews", None,
     "not known now: a version seen on {40} waits for a person's decision; listed from {0} to {9}, then removed"),
    ("held/of-held", "Angelina", None, "not known now: a version seen on {40} waits for a person's decision"),
    ("stale/of-stale", "Anderson", None,
     "not known now: this list was last seen on {20}; listed since {0} when it was last seen"),
    ("stale/of-stale", "Anderson", 15, "listed on {15}, since {0}"),
    ("stale/of-stale", "Anderson", 55, "listed on {55}, since {0}"),
    ("stale/of-stale", "Anderson", 70,
     "not known on {70}: this list was last seen on {20}; listed since {0} when it was last seen"),
    ("gap/of-gap", "Anderson", None, "listed since {0}, last seen {100}"),
    ("gap/of-gap", "Anderson", 40,
     "not known on {40}: this list was not seen between {9} and {70}; listed since {0} when it was last seen"),
    ("gap/of-gap", "Andrews", None, "not listed now; listed from {0} to {9}, then removed"),
    ("gap/of-gap", "Andrews", 40,
     "not known on {40}: this list was not seen between {9} and {70}; listed since {0} when it was last seen"),
    ("weekly/events", "Anderson", None, "named in 2 rows of 2 reports, the last that of 2026-02, seen {10}"),
    ("weekly/events", "Andrews", None, "named in 1 row of the report of 2026-01, seen {0}"),
    ("weekly/events", "Angelina", None,
     "named in 1 row of the report of 2026-03, seen {20}; no report of the series has appeared since"),
    ("weekly/events", "Anderson", 5, "named in 1 row of the report of 2026-01, seen {0}"),
    ("weekly/events", "Archer", None, "not listed now, nor in any version seen before"),
    ("monthly/offices", "Anderson", None, "listed since {90}, last seen {100}"),
    ("monthly/offices", "Andrews", None,
     "not listed now; listed from {30} to {60}, before the next report of the series"),
    ("monthly/offices", "Andrews", 45, "listed on {45}, since {30}"),
    ("across/policies", "Anderson", None, "listed since {0}, last seen {100}"),
    ("across/policies", "Andrews", None, "not listed now; listed from {0} to {60}, then removed"),
    ("across/policies", "Angelina", None, "listed since {60}, last seen {100}"),
    ("across/policies", "Anderson", 45, "listed on {45}, since {0}"),
    ("ended/accords", "Anderson", None,
     "not listed now; listed from {0} to {10}, in the last report of the series; none has appeared since"),
    ("ended/accords", "Andrews", None, "not listed now; listed from {0} to {10}, then removed"),
    ("ended/accords", "Anderson", 20, "listed on {20}, since {0}"),
)  # fmt: skip


def ocd_id(place: str) -> str:
    """The id of a county of Texas."""
    (found,) = jurisdictions.find(f"{place} County, Texas")
    return found.ocd_id or ""


@pytest.mark.parametrize(("name", "county", "day", "answer"), SITUATIONS)
def test_every_surface_says_the_same(
    world: World, monitor: Commands, name: str, county: str, day: float | None, answer: str
) -> None:
    """The command, its JSON, the page, the API and the feed say it word for word; the map shows it."""
    expected = re.sub(r"\{(-?\d+)\}", lambda found: words_of(float(found[1])), answer)
    date = f"{at(day):%Y-%m-%d}" if day is not None else None
    asked = f"?at={date}" if date else ""
    source = name.partition("/")[0]
    where = TITLES.get(name, name.replace("/", ", "))

    by_command = world.show(monitor, county, date, "--standing", "--json").rows
    said = {f"{each['source']}/{each['list']}": each["standing"]["words"] for each in by_command}
    assert said[name] == expected
    place = f"/jurisdiction/{ocd_id(county)}"
    told = {f"{each['source']}/{each['list']}": each for each in world.get(f"/api{place}{asked}").json()["lists"]}
    assert told[name]["standing"]["words"] == expected
    state = told[name]["standing"]["state"]

    text, page = world.show(monitor, county, date).out, world.get(f"{place}{asked}").text
    if state == "never listed":
        assert re.search(rf"never named in .*{re.escape(where)}", text)
        assert where in re.sub(r".*Not listed (?:now|then), nor", "", page, flags=re.DOTALL)
    else:
        assert f"{where}: {expected}" in text
        assert f"{where}</a>: {expected}" in html.unescape(page)
    if day is None:
        feed = etree.fromstring(world.get(f"/log.atom?jurisdiction={ocd_id(county)}").content)
        subtitle = feed.findtext("{*}subtitle") or ""
        assert (f"{where}: {expected}" in subtitle) == (state != "never listed")
    on_map = re.search(
        rf'{re.escape(ocd_id(county))}">[^<]*</a></th><td[^>]*>county</td><td[^>]*>([^<]*)</td>',
        world.get(f"/map?source={source}{asked.replace('?', '&')}").text,
    )
    shown = on_map[1] if on_map else None
    stood = told[name]["standing"]["since"] is not None and told[name]["standing"]["until"] is None
    others = {each["standing"]["state"] for key, each in told.items() if key.startswith(f"{source}/")} - {state}
    if state == "listed":
        assert shown == "listed"
    elif "listed" not in others:
        assert shown == ("not known" if state == "not known" and stood and (day or 0) <= 100 else None)


def test_there_are_forty_situations() -> None:
    """Of every kind of report, and of every state, ending and reason for not knowing."""
    assert len(SITUATIONS) >= 40


@pytest.mark.parametrize("wrong", ["2017-02-30", "yesterday", "0", "2017-13-01"])
def test_a_day_that_is_none_is_named(world: World, monitor: Commands, wrong: str) -> None:
    """On the command line, on the page and in the API."""
    monitor.config, monitor.state = world.folder / "config.yaml", world.folder
    ran = monitor("show", "Anderson County, Texas", "--at", wrong)
    assert (ran.status, ran.out) == (1, "")
    assert f"{wrong!r} is no time" in ran.err
    place = f"/jurisdiction/{ocd_id('Anderson')}"
    answer = world.served.get(f"/api{place}?at={wrong}")
    assert answer.status_code == 400
    assert f"{wrong!r} is no date" in answer.json()["faults"][0]
    assert world.served.get(f"{place}?at={wrong}").status_code == 400


def records(world: World, name: str, county: str) -> list[dict[str, Any]]:
    """The records of a county in a list, as the API tells them."""
    listed = world.served.get(f"/api/jurisdiction/{ocd_id(county)}").json()["listed"]
    found: list[dict[str, Any]] = [each for each in listed if f"{each['source']}/{each['list']}" == name]
    return found


def test_a_report_is_not_blamed_for_a_removal_by_a_later_one(world: World, monitor: Commands) -> None:
    """A county stood in two reports of a series, and the third lacks it: the first was followed, not shortened."""
    told = {each["report"]: each["standing"]["words"] for each in records(world, "across/policies", "Andrews")}
    assert told == {
        "2026-01": f"not listed now; listed from {words_of(0)} to {words_of(30)}, before the next report of the series",
        "2026-02": f"not listed now; listed from {words_of(0)} to {words_of(60)}, then removed",
    }
    shown = world.show(monitor, "Andrews", None).out
    assert f"policies since {words_of(0)}, removed on {words_of(60)}" in shown
    assert f"removed on {words_of(30)}" not in shown


def test_a_record_has_a_page_for_good(world: World) -> None:
    """Its address names the file by its hash and the line in it; the page says how to cite it and has the bytes."""
    (record,) = records(world, "roll/signed", "Anderson")
    path = f"/record/{record['first_version']}/signed/line{record['locator']['line']}"
    page = html.unescape(world.served.get(path).text)
    assert f"Listed since {words_of(0)}, last seen {words_of(100)}" in page
    assert f'SHA-256 <code class="hash">{record["first_version"]}</code>' in page
    assert f'href="/file/{record["first_version"]}"' in page
    assert f"line {record['locator']['line']}" in page
    assert "No entry of the change log is about it" in page
    assert f"Listed on {words_of(15)}, since {words_of(0)}" in html.unescape(
        world.served.get(f"{path}?at={at(15):%Y-%m-%d}").text
    )
    answer = world.served.get(f"/api{path}").json()
    assert answer["url"].endswith(path)
    assert answer["record"]["standing"] == record["standing"]


def test_a_record_that_changed_leads_to_what_it_is_now(world: World) -> None:
    """The page of the old values says that they were corrected, and links the new ones."""
    (record,) = records(world, "roll/signed", "Archer")
    path = f"/record/{record['first_version']}/signed/line{record['locator']['line']}"
    page = html.unescape(world.served.get(path).text)
    assert "The record has changed since." in page
    assert "Armstrong County" in page


@pytest.mark.parametrize("path", ["/record/{}/signed/line999", "/record/{}/nothing/line2", "/record/{}/signed/x"])
def test_an_unknown_record_is_not_here(world: World, path: str) -> None:
    """Also where the file is known."""
    (record,) = records(world, "roll/signed", "Anderson")
    for sha256 in (record["first_version"], "0" * 64):
        answer = world.served.get(path.format(sha256))
        assert answer.status_code == 404
        assert "No record of a list" in html.unescape(answer.text)
        assert world.served.get("/api" + path.format(sha256)).status_code == 404


def test_a_place_has_a_calendar_of_its_changes(world: World) -> None:
    """Each change stands on its day, with the address of its entry."""
    answer = world.served.get(f"/log.ics?jurisdiction={ocd_id('Andrews')}")
    assert answer.headers["content-type"].startswith("text/calendar")
    text = answer.text.replace("\r\n ", "")
    assert text.startswith("BEGIN:VCALENDAR")
    assert "X-WR-CALNAME:Andrews County" in text
    assert f"DTSTART;VALUE=DATE:{at(10):%Y%m%d}" in text
    assert "/amendment/" in text
    assert text.count("BEGIN:VEVENT") == text.count("END:VEVENT") > 1


@pytest.mark.parametrize(
    ("county", "story"),
    [
        ("Atascosa", "Applicants since {0}, moved to Signatories on {10}"),
        ("Armstrong", "Signatories since {0}, county corrected on {10}"),
        ("Andrews", "policies since {0}, removed on {60}"),
    ],
)
def test_what_happened_to_a_record_is_one_line(world: World, monitor: Commands, county: str, story: str) -> None:
    """Over lists and time; the page and the command tell it alike."""
    monitor.config, monitor.state = world.folder / "config.yaml", world.folder
    expected = re.sub(r"\{(-?\d+)\}", lambda found: words_of(float(found[1])), story)
    assert expected in monitor("show", f"{county} County, Texas").out
    assert expected in html.unescape(world.served.get(f"/jurisdiction/{ocd_id(county)}").text)


def test_one_place_of_a_name_is_shown_at_once(world: World) -> None:
    """Where several have it, each says whether it is listed."""
    found = world.served.get("/find?q=Anderson County, Texas")
    assert (found.status_code, found.headers["location"]) == (303, f"/jurisdiction/{ocd_id('Anderson')}")
    several = html.unescape(world.served.get("/find?q=Anderson County").text)
    assert re.search(r'Anderson County, Texas</a>.*?<span class="pill good">listed</span>', several)
    never = several.partition("Counties that were never listed</h2>")[2]
    assert "Anderson County, Kansas</a>" in never
    assert "Anderson County, Texas</a>" not in never


def alert_about(world: World, number: int) -> Message:
    """The alert about one entry of the log."""
    with Program(config_path=world.folder / "config.yaml", state_override=world.folder) as program:
        entry = read_only.entry_numbered(program.store, number)
        version = pages.version_of_entry(program.store, number)
        assert entry
        assert version
        scope = AlertScope(entries=[entry], versions=[(version, {})], created_at=entry.observed_at)
        return compose(gather(program.store, program.archive, program.config, scope))


@pytest.mark.parametrize(
    ("source", "kind", "word"), [("gone", "withdrawn", "taken down"), ("back", "restored", "back again")]
)
def test_a_list_that_was_taken_down_is_called_so_everywhere(
    world: World, monitor: Commands, source: str, kind: str, word: str
) -> None:
    """In one word on pages, in commands, feeds and every form of alert; the kind's name is for filters and JSON."""
    monitor.config, monitor.state = world.folder / "config.yaml", world.folder
    (entry,) = monitor("log", "--source", source, "--kind", kind, "--json").rows
    message = alert_about(world, entry["id"])
    log, feed = f"/log?source={source}&kind={kind}", f"/log.atom?source={source}&kind={kind}"
    paths = ("/", log, f"/amendment/{entry['id']}", "/about")
    surfaces = {
        **{path: text_of_page(world.served.get(path).text) for path in paths},
        "feed": " ".join(etree.fromstring(world.served.get(feed).content).itertext()),
        "calendar": world.served.get(feed.replace("atom", "ics")).text.replace("\r\n ", ""),
        "log": monitor("log", "--source", source, "--kind", kind).out,
        "text": writing.text(message),
        "html": text_of_page(writing.html(message)),
        "slack": json.dumps(writing.slack(message)),
        "brief": message.subject + writing.brief(message, 1_000),
    }
    if kind == "withdrawn":
        for path in (
            f"/list/{source}/of-{source}",
            f"/report/{source}/{source}",
            f"/jurisdiction/{ocd_id('Anderson')}",
        ):
            surfaces[path] = text_of_page(world.served.get(path).text)
        ran = monitor("list", source, f"of-{source}")
        surfaces |= {"list": ran.err, "show": monitor("show", "Anderson County, Texas").out}
    for surface, said in surfaces.items():
        assert word in said.lower(), surface
        assert not re.search(r"(?<!kind=)(withdrawn|withdrawal|restored|there again)", said), surface
