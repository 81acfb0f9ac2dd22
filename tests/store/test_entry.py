"""An entry of the change log as a value, a row and JSON: each says the same."""

from __future__ import annotations

import hashlib
import json
from dataclasses import fields, replace
from typing import TYPE_CHECKING

import jsonschema_rs
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from monitor.errors import StoreError
from monitor.model import AmendmentKind, Box, Jurisdiction, Locator
from monitor.store import changelog
from monitor.store.database import Store
from monitor.store.entry import LAST_NUMBER, LEFT_OUT, MAY_BE_ABSENT, Decision, Locators, LogEntry, ResolvedDoubt
from monitor.store.search import LogFilter, log_entries
from monitor.web.openapi import described
from tests.support.entries import entry

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

WORDS = st.text(st.characters(codec="utf-8"), max_size=20)
TIMES = st.datetimes().map(lambda time: f"{time:%Y-%m-%dT%H:%M:%SZ}")
HASHES = st.binary(min_size=32, max_size=32).map(bytes.hex)
NUMBERS = st.integers(1, LAST_NUMBER)
EDGES = st.integers(0, 20_000).map(lambda tenths: tenths / 10)  # points of a page are kept to a tenth
BOXES = st.builds(Box, page=st.integers(1, 999), left=EDGES, top=EDGES, right=EDGES, bottom=EDGES)
LOCATORS = st.one_of(
    st.builds(Locator),
    st.builds(Locator, boxes=st.lists(BOXES, min_size=1, max_size=3).map(tuple)),
    st.builds(Locator, sheet=WORDS, row=st.integers(1, 99_999)),
    st.builds(Locator, selector=WORDS),
    st.builds(Locator, line=st.integers(1, 99_999)),
)
PLACES = st.builds(
    Jurisdiction,
    name=WORDS,
    level=st.sampled_from(["state", "county", "place"]),
    state=WORDS,
    fips=st.none() | WORDS,
    ocd_id=st.none() | WORDS,
)
VALUES = st.none() | st.dictionaries(WORDS, WORDS, max_size=4)
ENTRIES = st.builds(
    LogEntry,
    source=WORDS,
    report=WORDS,
    list=st.none() | WORDS,
    kind=st.sampled_from(AmendmentKind),
    reason=st.none() | WORDS,
    observed_at=TIMES,
    version=HASHES,
    previous=st.none() | HASHES,
    jurisdiction=st.none() | PLACES,
    before=VALUES,
    after=VALUES,
    fields=st.lists(WORDS, max_size=3).map(tuple),
    minor=st.booleans(),
    confidence=st.floats(0, 1),
    reverts=st.none() | NUMBERS,
    evidence=st.builds(Locators, before=st.none() | LOCATORS, after=st.none() | LOCATORS),
    resolves_doubt=st.none() | st.builds(ResolvedDoubt, field=WORDS, value=WORDS, problem=WORDS, noted_at=TIMES),
    mentions=st.lists(PLACES, max_size=2).map(tuple),
    speaks_of=st.lists(WORDS, max_size=2).map(tuple),
    observed_by=st.none() | WORDS.filter(bool),
    of=st.none() | st.tuples(NUMBERS, st.none() | NUMBERS),
    decided=st.none() | st.builds(Decision, by=st.none() | WORDS, hold_reason=WORDS),
)
DESCRIPTION = described("")
VALIDATORS = {
    name: jsonschema_rs.validator_for(DESCRIPTION | {"$ref": f"#/components/schemas/{name}"})
    for name in ("Entry", "Difference")
}


@pytest.fixture(scope="module")
def store(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Store]:
    """A database in which an entry may refer to what is not there."""
    with Store(tmp_path_factory.mktemp("state")) as store:
        store.connection.execute("PRAGMA foreign_keys = OFF")
        yield store


def appended(store: Store, new: LogEntry) -> LogEntry:
    """An entry at the end of the log."""
    with store.transaction():
        return changelog.append(store, new, version_id=1, line_id=None, state=None)


@settings(deadline=None)
@given(new=ENTRIES)
def test_an_entry_comes_back_as_it_was_appended(store: Store, new: LogEntry) -> None:
    """With the next number and with the hash that is specified, and nothing else differs."""
    number, previous = changelog.head(store)
    written = appended(store, new)
    (read,) = log_entries(store, LogFilter(), after=number)
    assert read == written == replace(new, id=number + 1, entry_hash=written.entry_hash)
    printed = read.to_json()
    told = {name: value for name, value in printed.items() if name != "entry_hash"}
    canonical = json.dumps(told, sort_keys=True, separators=(",", ":"), ensure_ascii=False)
    assert printed["entry_hash"] == hashlib.sha256((previous + canonical).encode()).hexdigest()


@given(new=ENTRIES)
def test_the_json_of_an_entry_is_as_the_description_says(new: LogEntry) -> None:
    """In the log, and as a difference that is not in the log."""
    for value, name in ((replace(new, id=1, entry_hash="0" * 64), "Entry"), (new, "Difference")):
        VALIDATORS[name].validate(json.loads(json.dumps(value.to_json())))


@given(new=ENTRIES)
def test_the_keys_of_an_entry_are_its_fields_in_their_order(new: LogEntry) -> None:
    """One that is not in the log lacks number and hash, and the capture that observed it comes first."""
    names = [each.name for each in fields(LogEntry)]
    logged = replace(new, id=1, entry_hash="0" * 64)
    assert list(logged.to_json()) == [name for name in names if name not in MAY_BE_ABSENT or getattr(new, name)]
    first = ["observed_by"] if new.observed_by else []
    kept = [name for name in names if name not in LEFT_OUT or (name in {"of", "decided"} and getattr(new, name))]
    assert list(new.to_json()) == first + kept


@pytest.mark.parametrize(
    ("column", "stored"),
    [
        ("kind", "'other'"),
        ("evidence", "'[]'"),
        ("evidence", "'{'"),
        ("jurisdiction", """'{"name": "Travis County"}'"""),
        ("mentions", "'[1]'"),
    ],
)
def test_a_row_that_is_no_entry_is_named(tmp_path: Path, column: str, stored: str) -> None:
    """And so is the command that tells which rows were changed."""
    with Store(tmp_path) as store:
        store.connection.execute("PRAGMA foreign_keys = OFF")
        appended(store, entry())
        store.connection.execute("DROP TRIGGER amendments_stay")
        store.connection.execute(f"UPDATE amendments SET {column} = {stored}")
        with pytest.raises(StoreError, match=r"^entry 1 of the change log can't be read; `monitor verify`"):
            list(log_entries(store, LogFilter()))
        assert [number for number, _ in changelog.chain_faults(store)] == [1]


@pytest.mark.parametrize(
    ("column", "stored"),
    [
        ("after", """'[["state", "TEXAS"], ["agency", "Travis County"]]'"""),
        ("evidence", """'{"before": null, "after": null, "more": null}'"""),
        ("evidence", """'{"before": {"boxes": []}, "after": null}'"""),
        ("fields", """'{"agency": 1}'"""),
    ],
)
def test_a_row_that_says_more_than_is_printed_is_a_fault(tmp_path: Path, column: str, stored: str) -> None:
    """Even where the entry that is read from it hashes as before."""
    with Store(tmp_path) as store:
        store.connection.execute("PRAGMA foreign_keys = OFF")
        appended(store, entry())
        store.connection.execute("DROP TRIGGER amendments_stay")
        store.connection.execute(f"UPDATE amendments SET {column} = {stored}")
        assert [number for number, _ in changelog.chain_faults(store)] == [1]
