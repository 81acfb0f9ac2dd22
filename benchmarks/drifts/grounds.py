"""The kinds of files on which drifts are tried: how an edition of each is made, published and truly changed.

A base is an edition that the program has recorded, after some history, in a state folder that can be copied.
"""

from __future__ import annotations

import copy
import random
import re
from dataclasses import dataclass, replace
from datetime import UTC, date, datetime, timedelta
from itertools import count
from pathlib import Path
from typing import TYPE_CHECKING

import yaml

from drifts import grids, reports, series, webpages
from drifts.editions import Edition, Row
from drifts.grids import GridStyle
from drifts.watch import File
from monitor.config.file import parse
from monitor.demo import pages
from monitor.jurisdictions.gazetteer import counties_of
from monitor.jurisdictions.states import STATES

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator, Mapping, Sequence

    from drifts.watch import Watcher
    from monitor.config.sources import Config

ROOT = Path(__file__).parents[2]
PARTICIPATING, PENDING, OFFICES = "participating", "pending", "offices"
AGENCIES = ("Sheriff's Office", "Constable", "Department of Corrections")
MODELS = ("Task Force Model", "Warrant Service Officer", "Jail Enforcement Model")
XLSX = "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet"
HTML, CSV, PDF = "text/html; charset=utf-8", "text/csv; charset=utf-8", "application/pdf"
BEGUN = datetime(2025, 5, 5, 14, tzinfo=UTC)
HISTORY = 6  # versions before the drift, where the history is made up
BASES = 4  # editions of each ground with a made-up history
REAL_BASES = 8  # real files from which drifts begin, for each real list
OFFICE_COUNT = 120
OWN_SOURCES = """
agreements-csv:
  page: ADDRESS/csv
  reports:
    participating: {kind: rolling, format: csv, match: {href: '/participating[.]csv$'}}
agreements-table:
  page: ADDRESS/table
  reports:
    participating: {kind: page, format: html}
offices:
  page: ADDRESS/offices
  reports:
    offices:
      kind: rolling
      format: xlsx
      match: {href: '/offices[.]xlsx$'}
      lists:
        offices:
          columns:
            code: [Code]
            name: [Office]
            address: [Address]
            zip: [Zip]
            opened: {header: [Opened], kind: date}
          key: [name]
          names: [name]
          anchors: [address, zip, code]
"""
ACCENTED = (("NEW MEXICO", "Do\u00f1a Ana County"), ("COLORADO", "Ca\u00f1on City"))


@dataclass(frozen=True, slots=True, kw_only=True)
class Ground:
    """One kind of files: its source, the lists that can drift, and how an edition is written.

    `write` returns the file of each list, by path; `correct` are ways to correct a row, by list.
    """

    name: str
    source: str
    lists: tuple[str, ...]
    write: Callable[[Edition, datetime], dict[str, File]]
    fresh: Callable[[str, random.Random, int], Row]
    correct: Mapping[str, tuple[Callable[[Row, random.Random], Row], ...]]


@dataclass(frozen=True, slots=True, kw_only=True)
class Base:
    """An edition that a state folder has recorded, the edition that truly followed it, and the files published.

    `earlier` are the files of the edition before, by path, and `name` is the list that changed.
    """

    ground: Ground
    name: str
    state: Path
    at: datetime
    old: Edition
    new: Edition
    files: Mapping[str, File]
    earlier: Mapping[str, File]


def config_for(address: str) -> Config:
    """Return the configuration: that of the project for a server at `address`, and the benchmark's own sources."""
    text = (ROOT / "config.yaml").read_text(encoding="utf-8")
    tree = yaml.safe_load(text)
    own = yaml.safe_load(OWN_SOURCES.replace("ADDRESS", address))
    described = tree["sources"]["ice-287g"]["reports"]["participating"]["lists"]
    for name in ("agreements-csv", "agreements-table"):
        own[name]["reports"]["participating"]["lists"] = described
    for name, path in (("ice-287g", "287g"), ("ice-ddor", "ddor"), ("dhs-sanctuary", "dhs"), ("doj-sanctuary", "doj")):
        tree["sources"][name]["page"] = f"{address}/{path}"
    tree["sources"] |= own
    tree["poll"]["allow_private_addresses"] = True
    return parse(yaml.safe_dump(tree, sort_keys=False))


def keys_of(config: Config, source: str) -> dict[str, tuple[str, ...]]:
    """Return for each list of a source the fields that identify its records: its key, or all where it has none."""
    return {
        name: each.key or each.fields
        for report in config.sources[source].reports.values()
        for name, each in report.lists.items()
        if not each.paragraphs
    }


def linking(path: str) -> File:
    """Return a page that links one file."""
    return File(content=f"<!DOCTYPE html><title>Files</title><p><a href='{path}'>The list</a></p>".encode(), type=HTML)


def sheets(edition: Edition, at: datetime) -> dict[str, File]:
    """Return the two spreadsheets of the 287(g) page, and that page."""
    paths = {name: f"/{name}.xlsx" for name in (PARTICIPATING, PENDING)}
    page = pages.agreements(at, participating=paths[PARTICIPATING], pending=paths[PENDING])
    made = {
        paths[name]: File(content=grids.workbook(rows, _styles(edition)[name]), type=XLSX)
        for name, rows in edition.lists.items()
    }
    return {"/287g": File(content=page, type=HTML), **made}


def _styles(edition: Edition) -> dict[str, GridStyle]:
    assert isinstance(edition.style, dict)
    return edition.style


def delimited(edition: Edition, _: datetime) -> dict[str, File]:
    """Return the participating agencies as a CSV file."""
    content = grids.delimited(edition.lists[PARTICIPATING], _styles(edition)[PARTICIPATING])
    return {"/csv": linking("/participating.csv"), "/participating.csv": File(content=content, type=CSV)}


def table(edition: Edition, at: datetime) -> dict[str, File]:
    """Return the participating agencies as a table on a page."""
    made = grids.table(edition.lists[PARTICIPATING], _styles(edition)[PARTICIPATING]).decode()
    return {"/table": File(content=webpages.framed(f"<h2>Agencies</h2>\n{made}", at), type=HTML)}


def offices(edition: Edition, _: datetime) -> dict[str, File]:
    """Return the offices as a spreadsheet."""
    content = grids.workbook(edition.lists[OFFICES], _styles(edition)[OFFICES])
    return {"/offices": linking("/offices.xlsx"), "/offices.xlsx": File(content=content, type=XLSX)}


def page_at(path: str) -> Callable[[Edition, datetime], dict[str, File]]:
    """Return how an edition becomes the page of lists at a path."""
    return lambda edition, at: {path: File(content=webpages.bullets(edition, at), type=HTML)}


def weekly(edition: Edition, at: datetime) -> dict[str, File]:
    """Return the report of one week, and the page that links it."""
    path = "/ddor2017_01-28to02-03.pdf"
    page = pages.declined_detainers(at, reports=[(path, "January 28 \u2013 February 3, 2017")])
    return {"/ddor": File(content=page, type=HTML), path: File(content=reports.report(edition), type=PDF)}


def fresh_agreement(name: str, chance: random.Random, number: int) -> Row:
    """Return an agreement of an agency of a county chosen by chance."""
    code = chance.choice(sorted(STATES))
    entries = counties_of(code)
    county = chance.choice(entries).jurisdiction.name if entries else STATES[code][0]
    cells = {
        "state": STATES[code][0].upper(),
        "agency": f"{county} {chance.choice(AGENCIES)}",
        "type": "County",
        "county": county,
        "support_type": chance.choice(MODELS),
    }
    signed = {"signed": f"2025-0{chance.randint(3, 6)}-{chance.randint(10, 28)}", "moa": "link pending", "addendum": ""}
    return Row.of(number, cells if name == PENDING else cells | signed)


def fresh_office(_: str, chance: random.Random, number: int) -> Row:
    """Return an office of a county, at an address that no other has."""
    code = chance.choice(sorted(STATES))
    county = chance.choice(counties_of(code)).bare if counties_of(code) else STATES[code][0]
    street = chance.choice(("Main Street", "Oak Avenue", "Court Square", "State Road", "Mill Lane"))
    return Row.of(
        number,
        {
            "code": f"{chance.randint(1, 9999):05d}",
            "name": f"{county} Field Office",
            "address": f"{chance.randint(1, 9999)} {street}",
            "zip": f"{chance.randint(500, 99999):05d}",
            "opened": (date(1990, 1, 1) + timedelta(days=chance.randrange(12_000))).isoformat(),
        },
    )


DATE = re.compile(r"\d{4}-\d\d-\d\d")


def _another_day(name: str) -> Callable[[Row, random.Random], Row]:
    """Return a correction that gives a field another date; a misprint that is no date becomes one."""

    def correct(row: Row, chance: random.Random) -> Row:
        known = row.cells[name]
        begin = date.fromisoformat(known) if DATE.fullmatch(known) else date(2025, 7, 7)
        on = begin + timedelta(days=chance.choice((-30, -7, -1, 1, 2)))
        return row.corrected(**{name: on.isoformat()})

    return correct


def _another_value(name: str, *values: str) -> Callable[[Row, random.Random], Row]:
    """Return a correction that gives a field another of some values."""
    return lambda row, chance: row.corrected(
        **{name: chance.choice([value for value in values if value != row.cells[name]])}
    )


TYPES = _another_value("type", "County", "Municipality", "State Agency")
GROUNDS = {
    ground.name: ground
    for ground in (
        Ground(
            name="xlsx",
            source="ice-287g",
            lists=(PARTICIPATING, PENDING),
            write=sheets,
            fresh=fresh_agreement,
            correct={PARTICIPATING: (_another_day("signed"), TYPES), PENDING: (TYPES,)},
        ),
        Ground(
            name="csv",
            source="agreements-csv",
            lists=(PARTICIPATING,),
            write=delimited,
            fresh=fresh_agreement,
            correct={PARTICIPATING: (_another_day("signed"), TYPES)},
        ),
        Ground(
            name="table",
            source="agreements-table",
            lists=(PARTICIPATING,),
            write=table,
            fresh=fresh_agreement,
            correct={PARTICIPATING: (_another_day("signed"), TYPES)},
        ),
        Ground(
            name="offices",
            source="offices",
            lists=(OFFICES,),
            write=offices,
            fresh=fresh_office,
            correct={OFFICES: (_another_day("opened"), _another_value("zip", "10001", "60601", "94103"))},
        ),
        Ground(
            name="doj",
            source="doj-sanctuary",
            lists=(webpages.COUNTIES, webpages.CITIES),
            write=page_at("/doj"),
            fresh=lambda name, chance, number: webpages.fresh_place("doj", name, chance, number),
            correct={},
        ),
        Ground(
            name="dhs",
            source="dhs-sanctuary",
            lists=(webpages.COUNTIES, webpages.CITIES),
            write=page_at("/dhs"),
            fresh=lambda name, chance, number: webpages.fresh_place("dhs", name, chance, number),
            correct={},
        ),
        Ground(
            name="ddor",
            source="ice-ddor",
            lists=(reports.SECTION_2, reports.SECTION_3),
            write=weekly,
            fresh=reports.fresh_row,
            correct={
                reports.SECTION_2: (_another_day("issued_on"), _another_value("citizenship", "Mexico", "Panama")),
                reports.SECTION_3: (_another_value("policy", "County Ordinance", "Executive Order"),),
            },
        ),
    )
}


def bases(watcher: Watcher, config: Config, seed: int, name: str) -> Iterator[Base]:
    """Yield the bases of one ground; each has been recorded by the program before it is yielded."""
    if name == "xlsx":
        yield from _real_bases(watcher, config)
    elif name in {"csv", "table"}:
        yield from _rewritten_bases(watcher, config, GROUNDS[name])
    else:
        yield from _made_bases(watcher, config, GROUNDS[name], seed)


def _spread(found: Sequence[int], most: int) -> frozenset[int]:
    """Return at most so many of these numbers, evenly spread."""
    return (
        frozenset(found[round(index * (len(found) - 1) / (most - 1))] for index in range(most))
        if found
        else frozenset()
    )


def _real_bases(watcher: Watcher, config: Config) -> Iterator[Base]:
    """Yield a base before some of the real files: all files before it were polled as they are."""
    ground, known = GROUNDS["xlsx"], series.issues()
    chosen = {
        index
        for name in ground.lists
        for index in _spread([at for at, each in enumerate(known) if each.list == name and each.is_clear], REAL_BASES)
    }
    state = watcher.state("xlsx")
    last: dict[str, series.Issue] = {}
    before: dict[str, series.Issue] = {}
    for index, issue in enumerate(known):
        if index in chosen and len(last) == len(ground.lists):
            yield Base(
                ground=ground,
                name=issue.list,
                state=watcher.copied(state, f"xlsx-{index}"),
                at=issue.at,
                old=_edition(last),
                new=_edition(last | {issue.list: issue}),
                files=_published(last),
                earlier=_published(last | before),
            )
        before = {issue.list: last[issue.list]} if issue.list in last else {}
        last[issue.list] = issue
        if len(last) == len(ground.lists):
            watcher.publish(_published(last), issue.at)
            watcher.poll(config, state, ground.source, issue.at, keys_of(config, ground.source))


def _published(issues: Mapping[str, series.Issue]) -> dict[str, File]:
    """Return the real files as they stand, and the page that links them."""
    at = max(issue.at for issue in issues.values())
    page = pages.agreements(at, participating="/participating.xlsx", pending="/pending.xlsx")
    files = {f"/{name}.xlsx": File(content=issue.content, type=XLSX) for name, issue in issues.items()}
    return {"/287g": File(content=page, type=HTML), **files}


def _edition(issues: Mapping[str, series.Issue]) -> Edition:
    return Edition(
        lists={name: list(issue.rows) for name, issue in issues.items()},
        style={name: GridStyle(columns=list(issue.columns)) for name, issue in issues.items()},
    )


def _rewritten_bases(watcher: Watcher, config: Config, ground: Ground) -> Iterator[Base]:
    """Yield a base before some of the real files, all of which are published as other files with the same rows."""
    known = [each for each in series.issues() if each.list == PARTICIPATING]
    known = known[next((at for at, each in enumerate(known) if "county" in dict(each.columns)), 0) :]
    chosen = _spread([at for at, each in enumerate(known) if each.is_clear and at > HISTORY // 2], BASES)
    accented = [
        replace(fresh_agreement(PARTICIPATING, random.Random(at), -at)).corrected(  # noqa: S311 - no secret
            state=state, county=name, agency=f"{name} Police Department", type="Municipality"
        )
        for at, (state, name) in enumerate(ACCENTED, start=1)
    ]
    polled = {at - back for at in chosen for back in range(1, HISTORY)}  # the others would only take time
    state, last = watcher.state(ground.name), None
    files: dict[str, File] = {}
    earlier: dict[str, File] = {}
    for index, issue in enumerate(known):
        edition = _edition({PARTICIPATING: issue})
        edition.lists[PARTICIPATING] += accented
        if index in chosen and last:
            name = f"{ground.name}-{index}"
            yield Base(
                ground=ground, name=PARTICIPATING, state=watcher.copied(state, name), at=issue.at, old=last,
                new=edition, files=files, earlier=earlier,
            )  # fmt: skip
        if index in polled:
            earlier, files, last = files, ground.write(edition, issue.at), edition
            watcher.publish(files, issue.at)
            outcome = watcher.poll(config, state, ground.source, issue.at, keys_of(config, ground.source))
            assert outcome.held is None, outcome.held


def _made_bases(watcher: Watcher, config: Config, ground: Ground, seed: int) -> Iterator[Base]:
    """Yield bases with a made-up history: an edition that is truly changed a few times, and polled each time."""
    for number in range(BASES):
        chance = random.Random(f"{seed} {ground.name} {number}")  # noqa: S311 - no secret
        edition, at = _first_edition(ground, chance), BEGUN
        state = watcher.state(f"{ground.name}-{number}")
        files: dict[str, File] = {}
        earlier: dict[str, File] = {}
        for turn in range(HISTORY):
            if turn:
                edition = copied(edition)
                change_truly(ground, edition, chance.choice(ground.lists), chance)
            at += timedelta(days=1)
            earlier, files = files, ground.write(edition, at)
            watcher.publish(files, at)
            outcome = watcher.poll(config, state, ground.source, at, keys_of(config, ground.source))
            assert outcome.held is None, outcome.held
        for name in ground.lists:
            yield Base(
                ground=ground, name=name, state=state, at=at + timedelta(days=1), old=edition, new=copied(edition),
                files=files, earlier=earlier,
            )  # fmt: skip


def _first_edition(ground: Ground, chance: random.Random) -> Edition:
    if ground.name == "offices":
        rows = [fresh_office(OFFICES, chance, number) for number in range(OFFICE_COUNT)]
        unique = {row.cells["name"]: row for row in rows}
        columns = [("code", "Code"), ("name", "Office"), ("address", "Address"), ("zip", "Zip"), ("opened", "Opened")]
        lists = {OFFICES: sorted(unique.values(), key=lambda row: row.cells["name"])}
        return Edition(lists=lists, style={OFFICES: GridStyle(columns=columns)})
    made = {"doj": webpages.doj_edition, "dhs": webpages.dhs_edition, "ddor": reports.edition_of_week}
    return made[ground.name](chance)


def copied(edition: Edition) -> Edition:
    """Return a copy of an edition whose lists and style can be changed."""
    return Edition(lists={name: list(rows) for name, rows in edition.lists.items()}, style=copy.deepcopy(edition.style))


NUMBERS = count(1_000_000)


def fresh_row(ground: Ground, editions: Sequence[Edition], name: str, chance: random.Random) -> Row:
    """Return a row that no edition has, nor anything that could be taken for it."""
    telling = {"xlsx": "county", "csv": "county", "table": "county", "ddor": "jurisdiction"}.get(ground.name, "name")
    rows = [row for edition in editions for listed in edition.lists.values() for row in listed]
    known = {row.cells.get(telling, "").strip().casefold() for row in rows}
    agencies = {row.cells.get("agency", "").casefold() for row in rows}
    while True:
        row = ground.fresh(name, chance, next(NUMBERS))
        if name == reports.SECTION_2:
            return row
        text = row.cells[telling].casefold()
        if text not in known and not any(text in agency for agency in agencies):
            return row


def change_truly(
    ground: Ground, edition: Edition, name: str, chance: random.Random, *, others: Sequence[Edition] = ()
) -> None:
    """Change a list truly: one to four rows are added, removed or corrected, chosen by chance.

    A row that is added is in none of the `others`.
    """
    rows, before = edition.lists[name], copied(edition)
    ways = ground.correct.get(name, ())
    for kind in chance.choices(
        ("add", "remove", "correct" if ways else "add"), weights=(3, 2, 2), k=chance.randint(1, 4)
    ):
        if kind == "add":
            rows.insert(chance.randrange(len(rows) + 1), fresh_row(ground, (edition, before, *others), name, chance))
        elif kind == "remove":
            del rows[chance.randrange(len(rows))]
        else:
            at = chance.choice([index for index, row in enumerate(rows) if row.cells.get("signed", "2025-01-01")])
            rows[at] = chance.choice(ways)(rows[at], chance)
