"""What `monitor describe` drafts of made publications like real ones, by their page and one older version."""

from __future__ import annotations

import sys
from typing import TYPE_CHECKING

import pytest

from monitor.config.file import parse
from monitor.demo.publisher import Publisher
from tests.support.paths import ROOT
from tests.support.publications import publications

sys.path.append(str(ROOT / "benchmarks"))

from describe import Described, compared, figures, of_publication, row

from tests.test_publications import NAMES

if TYPE_CHECKING:
    from pathlib import Path


@pytest.mark.parametrize("name", NAMES)
def test_the_draft_reads_every_record_and_is_as_a_person_would_write_it(tmp_path: Path, name: str) -> None:
    """Polled from the server, it gives all records of all lists; four fifths of columns, kinds and keys agree."""
    with Publisher() as server:
        result = of_publication(publications()[name], tmp_path, server)
    points = [*result.columns, *result.kinds, *result.keys]
    assert result.read, result.wrong
    assert sum(points) >= 0.8 * len(points), result.wrong


def test_a_draft_without_a_list_agrees_in_nothing() -> None:
    """Each column, kind and key of the description counts as missing, and no record as read."""
    publication = publications()["failed-banks"]
    (own,) = parse(f"sources:\n{publication.description}").sources.values()
    lists = own.reports["banks"].lists
    records = {"banks": list(publication.issues[0].current["banks"])}
    nothing = compared("failed-banks", lists, records, {}, {})
    assert not any((*nothing.columns, *nothing.kinds, *nothing.keys, *nothing.lists))
    assert (len(nothing.columns), len(nothing.kinds), len(nothing.keys)) == (6, 6, 1)
    whole = compared("failed-banks", lists, records, lists, records)
    assert all((*whole.columns, *whole.kinds, *whole.keys, *whole.lists))
    one_less = compared("failed-banks", lists, records, lists, {"banks": records["banks"][1:]})
    assert not one_less.read


def test_the_bounds_are_those_of_all_publications() -> None:
    """A share of all points, and the number of publications that are read whole."""
    good = Described(name="a", columns=[True] * 4, kinds=[True] * 3, keys=[True], lists=[True])
    bad = Described(name="b", columns=[True, False], kinds=[False], keys=[False], lists=[True, False])
    columns, kinds, keys, read, *each = figures([good, bad])
    assert [round(figure.ours) for figure in (columns, kinds, keys, read)] == [83, 75, 50, 1]
    assert [figure.held for figure in (columns, kinds, keys, read)] == [True, False, False, False]
    assert read.remark == "not of b"
    assert [round(figure.ours) for figure in each] == [100, 25]
    assert each[1].measure == "Of 4 columns, kinds and keys of b, drafted alike; 1 of 2 lists read whole"
    assert "not all records" in row(bad)
