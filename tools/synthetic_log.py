"""Make a state folder with a change log of any length, to measure the cost of a long one.

    python tools/synthetic_log.py FOLDER [AMENDMENTS]

The sources, lists, fields and places are real ones; their amendments are made up, the same at every run. The chain of
hashes is whole. The archive stays empty, so `monitor verify` misses every file, and nothing else.
"""

from __future__ import annotations

import random
import sys
from dataclasses import dataclass, replace
from datetime import UTC, datetime, timedelta
from hashlib import sha256
from itertools import accumulate, count
from pathlib import Path
from typing import TYPE_CHECKING

from monitor.config.file import load
from monitor.jurisdictions import gazetteer
from monitor.jurisdictions.states import STATES
from monitor.model import AmendmentKind, Locator
from monitor.store.changelog import GENESIS, INSERT
from monitor.store.database import Store
from monitor.store.entry import Locators, LogEntry
from monitor.store.rows import compact, in_order
from monitor.times import instant

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

    from monitor.jurisdictions.gazetteer import Entry

ROOT = Path(__file__).parent.parent
BEGIN, END = datetime(2017, 1, 28, tzinfo=UTC), datetime(2026, 6, 30, tzinfo=UTC)
KINDS = {
    "corrected": 48,
    "added": 28,
    "removed": 14,
    "cosmetic": 9,
    "reformatted": 0.9,
    "withdrawn": 0.05,
    "restored": 0.05,
}
LISTS = (  # source, report, list, field of the name, how often
    ("ice-287g", "participating", "participating", "agency", 60),
    ("ice-287g", "pending", "pending", "agency", 25),
    ("ice-ddor", "2017_01-28to02-03", "section-2", "jurisdiction", 8),
    ("dhs-sanctuary", "page", "counties", "name", 4),
    ("doj-sanctuary", "page", "cities", "name", 3),
)
OFFICES = (
    "Sheriff's Office",
    "Police Department",
    "Board of County Commissioners",
    "Department of Corrections",
    "Jail",
)
# No version brings more amendments.
MAX_AMENDMENTS_PER_VERSION = 40
# Each list holds this many records all the time.
RECORDS_PER_LIST = 1_000
# One transaction writes this many amendments.
AMENDMENTS_PER_BATCH = 10_000


@dataclass(frozen=True, slots=True, kw_only=True)
class Version:
    """One version of a report, and the number of amendments that it brings."""

    id: int
    source: str
    report: str
    list: str
    field: str
    at: str
    sha256: str
    previous: str | None
    amendments: int


def main(arguments: Sequence[str]) -> int:
    """Make the log, and print its figures."""
    if not arguments:
        sys.stderr.write(f"{__doc__}\n")
        return 2
    folder, amendments = Path(arguments[0]), int(arguments[1]) if len(arguments) > 1 else 1_000_000
    make(folder, amendments)
    sys.stdout.write(f"{folder}: {amendments:,} amendments, {(folder / 'monitor.db').stat().st_size / 1e6:,.0f} MB\n")
    return 0


def make(folder: Path, amendments: int) -> None:
    """Make a database with this number of amendments in a folder that has none."""
    (folder / "config.yaml").parent.mkdir(parents=True, exist_ok=True)
    (folder / "config.yaml").write_text((ROOT / "config.yaml").read_text(encoding="utf-8"), encoding="utf-8")
    chance = random.Random(amendments)  # noqa: S311 - for made-up history
    with Store(folder) as store:
        store.connection.execute("PRAGMA synchronous = OFF")
        with store.transaction():
            versions = list(_versions(chance, amendments))
            _write_versions(store, versions)
            _write_records(store, chance)
            head = _write_log(store, chance, versions)
            store.write("INSERT INTO change_log_head VALUES (1, :length, :head)", {"length": amendments, "head": head})
            for source in load(ROOT / "config.yaml").sources:
                at = instant(END)
                store.write("INSERT INTO sources VALUES (:name, :at, :at, 0, NULL)", {"name": source, "at": at})
        store.connection.execute("PRAGMA wal_checkpoint(TRUNCATE)")


def _versions(chance: random.Random, amendments: int) -> Iterator[Version]:
    """Yield versions of all reports in order of time, which together bring this number of amendments."""
    weights = list(accumulate(each[-1] for each in LISTS))
    sizes: list[int] = []
    while sum(sizes[-1:]) < amendments:
        sizes.append(min((sizes[-1] if sizes else 0) + chance.randint(1, MAX_AMENDMENTS_PER_VERSION), amendments))
    step = (END - BEGIN) / len(sizes)
    last: dict[tuple[str, str], str] = {}
    for number, (before, size) in enumerate(zip([0, *sizes], sizes, strict=False), start=1):
        source, report, name, field, _ = chance.choices(LISTS, cum_weights=weights)[0]
        content = sha256(f"version {number}".encode()).hexdigest()
        yield Version(
            id=number, source=source, report=report, list=name, field=field,
            at=instant(BEGIN + number * step + timedelta(seconds=number % 60)),
            sha256=content, previous=last.get((source, report)), amendments=size - before,
        )  # fmt: skip
        last[source, report] = content


def _write_versions(store: Store, versions: Sequence[Version]) -> None:
    kinds = {"page": "page", "participating": "rolling", "pending": "rolling"}
    for number, (source, report, *_) in enumerate(LISTS, start=1):
        store.write(
            """
            INSERT INTO reports (id, source, key, name, kind, url, first_seen_at, asked_at, changed_at)
            VALUES (:id, :source, :key, :name, :kind, 'https://www.example.gov/list', :first, :last, :last)
            """,
            {
                "id": number, "source": source, "key": report, "name": report if report in kinds else "weekly",
                "kind": kinds.get(report, "series"), "first": versions[0].at, "last": versions[-1].at,
            },
        )  # fmt: skip
    numbers = {(source, report): (at, count(1)) for at, (source, report, *_) in enumerate(LISTS, start=1)}
    rows = [
        {
            "id": each.id, "source": each.source, "at": each.at, "sha256": each.sha256,
            "report": numbers[each.source, each.report][0], "number": next(numbers[each.source, each.report][1]),
            "file": f"{each.report}{each.at[:10].replace('-', '')}.xlsx", "list": each.list, "size": each.amendments,
        }
        for each in versions
    ]  # fmt: skip
    for statement in (
        """
        INSERT INTO captures (id, source, url, captured_at, sha256, bytes, digest, headers, via)
        VALUES (:id, :source, 'https://www.example.gov/' || :file, :at, :sha256, 1000, :sha256, '[]', 'poll')
        """,
        """
        INSERT INTO versions (id, report_id, number, capture_id, file_name, last_seen_at, status)
        VALUES (:id, :report, :number, :id, :file, :at, 'recorded')
        """,
        "INSERT INTO lists VALUES (:id, :list, 1000, :size, 0, 0)",
    ):
        store.connection.executemany(statement, rows)


def _write_records(store: Store, chance: random.Random) -> None:
    """Write the standing records: `RECORDS_PER_LIST` in each list, there since the beginning."""
    counties = _bodies(counties=True)
    numbers = count(1)
    first = {
        row["report_id"]: row["first"]
        for row in store.all("SELECT report_id, min(id) AS first FROM versions GROUP BY 1")
    }
    for report, (_, _, name, field, _) in enumerate(LISTS, start=1):
        if report not in first:
            continue
        rows = []
        for place in chance.choices(counties, k=RECORDS_PER_LIST):
            body = place.jurisdiction
            rows.append(
                {
                    "id": next(numbers), "report": report, "list": name, "state": body.state, "first": first[report],
                    "fields": in_order({"state": STATES[body.state][0], field: body.name}),
                    "place": compact(body.as_value()),
                }
            )  # fmt: skip
        store.connection.executemany(
            """
            INSERT INTO records (id, report_id, list, line_id, fields, locator, seen_locator, state, jurisdiction,
                first_version)
            VALUES (:id, :report, :list, :id, :fields, '{}', '{}', :state, :place, :first)
            """,
            rows,
        )


def _write_log(store: Store, chance: random.Random, versions: Sequence[Version]) -> str:
    head, numbers, batch = GENESIS, count(1), []
    places = _bodies(counties=True) + _bodies(counties=False)
    for version in versions:
        for _ in range(version.amendments):
            entry = _entry(chance, version, places, next(numbers))
            head = entry.hash_after(head)
            state = entry.jurisdiction.state if entry.jurisdiction else None
            filed = {"version_id": version.id, "line_id": None, "state": state}
            batch.append(replace(entry, entry_hash=head).to_columns() | filed)
        if len(batch) >= AMENDMENTS_PER_BATCH or version is versions[-1]:
            store.connection.executemany(INSERT, batch)
            batch = []
    return head


def _entry(chance: random.Random, version: Version, places: Sequence[Entry], number: int) -> LogEntry:
    """Return one amendment as an entry of the log, without its hash."""
    kind = AmendmentKind(chance.choices(list(KINDS), weights=list(KINDS.values()))[0])
    whole, column = kind in {"withdrawn", "restored"}, kind == "reformatted"
    # Squared, so that a few places come up often and most hardly ever.
    body = None if whole or column else places[int(len(places) * chance.random() ** 2)].jurisdiction
    office = chance.choice(OFFICES)
    values = {"state": STATES[body.state][0], version.field: f"{body.name} {office}"} if body else None
    other = values | {version.field: f"{body.name} {chance.choice(OFFICES)}"} if values and body else None
    return LogEntry(
        id=number,
        source=version.source,
        report=version.report,
        list=None if whole else version.list,
        kind=kind,
        reason="respelled" if kind == "corrected" else None,
        observed_at=version.at,
        version=version.sha256,
        previous=version.previous,
        jurisdiction=body,
        before=other if kind in {"removed", "corrected", "cosmetic"} else None,
        after=values if kind in {"added", "corrected", "cosmetic"} else None,
        fields=(version.field,) if kind in {"corrected", "cosmetic", "reformatted"} else (),
        minor=kind == "corrected" and chance.random() < 0.1,
        confidence=1.0 if kind != "corrected" else round(0.8 + 0.2 * chance.random(), 2),
        reverts=None,
        evidence=Locators(after=Locator(sheet="Sheet1", row=number % 1000 + 2) if values else None),
        resolves_doubt=None,
        mentions=(),
        speaks_of=(),
    )


def _bodies(*, counties: bool) -> list[Entry]:
    """Return the counties, or the places, of all states in a shuffled order."""
    found = [
        each for code in STATES for each in gazetteer.all_of(code) if (each.jurisdiction.level == "county") == counties
    ]
    return sorted(found, key=lambda each: sha256((each.jurisdiction.ocd_id or "").encode()).digest())


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
