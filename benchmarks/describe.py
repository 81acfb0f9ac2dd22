"""What `monitor describe` drafts of 19 publications, beside what a person wrote: columns, kinds, keys and records.

Run `make bench` or `python benchmarks/describe.py [NAME ...]`. Fifteen publications are made like real ones, each with
a description that a person wrote (`tests/support/publications/`); the other four are the sources of `config.yaml`, as
the demo publishes them. A server on this machine has the page and its files, and `monitor describe` is given the
address of the page, and the files of the issue before. A column is there if it has the same header, or nine tenths of
the same values. The draft is then polled, and its lists are compared with the truth, record by record. Exits with 1
below the bounds.

The rules of `monitor describe` were written with these 19 at hand. The files of `monitor sources`, which were made for
other ends, are measured too, without a bound: most have two or three records, too few to show what identifies one.
"""

from __future__ import annotations

import contextlib
import io
import json
import sys
import tempfile
from collections import Counter
from dataclasses import dataclass, field
from pathlib import Path
from typing import TYPE_CHECKING, Any

from figures import Figure, tell

from monitor.cli import main as monitor
from monitor.config.file import load, parse
from monitor.config.shelf import on_shelf
from monitor.demo.history import history_steps
from monitor.demo.publisher import Publisher
from monitor.demo.replay import localized
from monitor.demo.step import play
from monitor.extract.header import header_words
from monitor.extract.read import read_report

ROOT = Path(__file__).parent.parent
sys.path.append(str(ROOT))  # the made publications are the tests' own

from tests.support.publications import publications  # noqa: E402
from tests.support.publications.serving import configured, publish  # noqa: E402
from tests.support.shelf_files import MADE  # noqa: E402

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator, Mapping, Sequence

    from monitor.config.columns import Column
    from monitor.config.lists import ListDescription
    from monitor.config.sources import Source
    from tests.support.publications.publication import Publication

SHIPPED = ("ice-ddor", "ice-287g", "dhs-sanctuary", "doj-sanctuary")
SAME_VALUES = 0.9
LEAST_AGREEING = 80.0
LEAST_READ = 12

Records = list[dict[str, str]]


@dataclass(kw_only=True)
class Described:
    """How a draft of one publication compares with what a person wrote: of each, how much is the same, and of how much.

    `wrong` are the points that differ, in words.
    """

    name: str
    columns: list[bool] = field(default_factory=list)
    kinds: list[bool] = field(default_factory=list)
    keys: list[bool] = field(default_factory=list)
    lists: list[bool] = field(default_factory=list)
    wrong: list[str] = field(default_factory=list)

    @property
    def read(self) -> bool:
        """Whether every record of every list is read as it is."""
        return all(self.lists)


def ran(*arguments: object) -> tuple[int, str, str]:
    """Run a command of monitor in this process; return its exit status and what it printed, the errors apart."""
    out, err = io.StringIO(), io.StringIO()
    with contextlib.redirect_stdout(out), contextlib.redirect_stderr(err):
        try:
            monitor([*map(str, arguments)])
        except SystemExit as ended:
            return int(ended.code or 0), out.getvalue(), err.getvalue()
    return 0, out.getvalue(), err.getvalue()


def records_of(config: Path, state: Path, source: str, list_name: str) -> Records:
    """Return the records of a list as they stand, after a poll."""
    _, out, _ = ran("--config", config, "--state", state, "list", source, list_name, "--json")
    rows = [json.loads(line)["fields"] for line in out.splitlines()]
    return [{name: value or "" for name, value in row.items()} for row in rows]


def lists_of(source: Source) -> dict[str, ListDescription]:
    """Return the lists of a source, without the notices of its page."""
    return {
        name: each
        for report in source.reports.values()
        for name, each in report.lists.items()
        if not name.startswith("notices") or each.paragraphs is None
    }


def same_header(own: Column, drafted: Column) -> bool:
    """Return whether two columns have a header in common, or the pattern of one is found in the other's."""
    headers = {header_words(text) for text in drafted.header}
    if any(header_words(text) in headers for text in own.header):
        return True
    patterns = (own.header_pattern, drafted.header_pattern)
    if all(patterns):
        return patterns[0] == patterns[1]
    return any(pattern.search(text) for pattern in patterns if pattern for text in (*own.header, *drafted.header))


def share(values: Counter[str], others: Counter[str]) -> float:
    """Return how much two sets of values have in common, of 1."""
    return (values & others).total() / max(values.total(), others.total(), 1)


def fields_there(own: ListDescription, truth: Records, drafted: ListDescription, found: Records) -> dict[str, str]:
    """Return the fields that a draft has too, with their names in it: by their headers, else by their values."""
    there: dict[str, str] = {}
    for name, column in own.columns.items():
        like = [
            other
            for other, each in drafted.columns.items()
            if same_header(column, each) and other not in there.values()
        ]
        if len(like) == 1 or (like and name in like):
            there[name] = name if name in like else like[0]
    for name in own.fields:
        values = Counter(record[name] for record in truth)
        ranked = [
            (share(values, Counter(record[other] for record in found)), other == name, other)
            for other in drafted.fields
            if name not in there and other not in there.values()
        ]
        best = max(ranked, default=(0.0, False, ""))
        if best[0] >= SAME_VALUES:
            there[name] = best[2]
    return there


def compared(
    name: str,
    own: Mapping[str, ListDescription],
    truth: Mapping[str, Records],
    drafted: Mapping[str, ListDescription],
    found: Mapping[str, Records],
) -> Described:
    """Compare a draft with a description, list by list; each list with that which is most like it."""
    result = Described(name=name)
    for list_name, each in own.items():
        like, there = most_alike(each, truth[list_name], drafted, found)
        compare_list(result, list_name, each, drafted.get(like), there)
        compare_records(result, list_name, truth[list_name], found.get(like, []), there)
    return result


def most_alike(
    own: ListDescription, truth: Records, drafted: Mapping[str, ListDescription], found: Mapping[str, Records]
) -> tuple[str, dict[str, str]]:
    """Return the name of the drafted list with most of the fields of another, and these fields; "" for none."""
    best: tuple[int, int, str, dict[str, str]] = (0, 0, "", {})
    for name, other in drafted.items():
        there = fields_there(own, truth, other, found[name])
        rank = (len(there), -abs(len(found[name]) - len(truth)), name, there)
        best = max(best, rank, key=lambda each: each[:2])
    return best[2], best[3]


def compare_list(
    result: Described, name: str, own: ListDescription, other: ListDescription | None, there: dict[str, str]
) -> None:
    """Note which columns, kinds and keys of a list a draft has, too.

    A field whose kind is not the same is taken out of `there`, since its values are not written alike.
    """
    key = {there.get(field_name) for field_name in own.key}
    same_key = other is not None and key == set(other.key)
    note(result, result.keys, f"{name}: key {other.key if other else ()}", same=same_key)
    for field_name in own.fields:
        note(result, result.columns, f"{name}: column {field_name}", same=field_name in there)
    for field_name, column in own.columns.items():
        drafted = other.columns.get(there.get(field_name, "")) if other else None
        kind = drafted.kind if drafted else "none"
        note(
            result,
            result.kinds,
            f"{name}: kind of {field_name}: {kind}, not {column.kind}",
            same=kind == column.kind,
        )
        if drafted and kind != column.kind:
            del there[field_name]


def compare_records(result: Described, name: str, truth: Records, found: Records, there: Mapping[str, str]) -> None:
    """Note whether all records of a list were read, as they are in the fields that both have."""
    own = Counter(tuple(record[one] for one in there) for record in truth)
    read = Counter(tuple(record[other] for other in there.values()) for record in found)
    note(result, result.lists, f"{name}: {len(found)} records of {len(truth)}", same=bool(there) and own == read)


def note(result: Described, points: list[bool], what: str, *, same: bool) -> None:
    """Note one point, and what it is if it differs."""
    points.append(same)
    if not same:
        result.wrong.append(what)


def drafted_of(
    folder: Path, config: Path, given: Sequence[object], faults: list[str]
) -> tuple[str, dict[str, ListDescription], dict[str, Records]]:
    """Describe what is given, poll the draft, and return its name, its lists and their records."""
    status, text, err = ran("--config", config, "describe", *given)
    if not text:
        faults.append(f"describe ended with {status}: {err.strip()[-300:]}")
        return "", {}, {}
    path = folder / "drafted.yaml"
    path.write_text(f"poll: {{ allow_private_addresses: true }}\n{text}", encoding="utf-8")
    ((name, source),) = parse(path.read_text(encoding="utf-8")).sources.items()
    state = folder / "drafted"
    status, _, err = ran("--config", path, "--state", state, "poll", name)
    if status:
        faults.append(f"the draft is polled with {status}: {err.strip()[-300:]}")
    lists = lists_of(source)
    return name, lists, {each: records_of(path, state, name, each) for each in lists}


def of_publication(publication: Publication, folder: Path, server: Publisher) -> Described:
    """Describe a made publication by the page of its second issue, and the files of its first."""
    config = configured(folder, publication.description, server.address)
    (own,) = load(config).sources.values()
    publish(server, publication, 0)
    publish(server, publication, 1)
    older = []
    for file in publication.issues[0].files[1:]:
        if file.records and "?" not in file.path:
            older.append(folder / "before" / file.path.rpartition("/")[2])
            older[-1].parent.mkdir(exist_ok=True)
            older[-1].write_bytes(file.content)
    faults: list[str] = []
    _, drafted, found = drafted_of(folder, config, [own.page, *older], faults)
    truth = {name: list(records) for name, records in publication.issues[1].current.items()}
    result = compared(publication.name, lists_of(own), truth, drafted, found)
    result.wrong += faults
    return result


def of_shipped(name: str, folder: Path, server: Publisher) -> Described:
    """Describe one of the four sources by its page, as the demo publishes it."""
    default = ROOT / "config.yaml"
    config = folder / "config.yaml"
    config.write_text(localized(default.read_text(encoding="utf-8"), load(default), server.address), encoding="utf-8")
    for step in history_steps():
        if step.source == name and (name, step.at.month) != ("dhs-sanctuary", 6):
            play(step, server)
    own = load(config).sources[name]
    ran("--config", config, "--state", folder / "own", "poll", name)
    truth = {each: records_of(config, folder / "own", name, each) for each in lists_of(own)}
    faults: list[str] = []
    _, drafted, found = drafted_of(folder, config, [own.page], faults)
    result = compared(name, lists_of(own), truth, drafted, found)
    result.wrong += faults
    return result


def of_shelved(name: str, folder: Path) -> Described:
    """Describe the two versions of a file that was made for a description of `monitor sources`, without its page."""
    made = MADE[name]
    own = parse(f"sources:\n{on_shelf()[name].as_source(name)}").sources[name]
    paths = []
    for number, content in enumerate((made.older,) if made.are_pages else (made.older, made.newer)):
        paths.append(folder / str(number) / made.file)
        paths[-1].parent.mkdir()
        paths[-1].write_bytes(content)
    status, text, err = ran("--config", ROOT / "config.yaml", "--state", folder / "state", "describe", *paths)
    drafted = next(iter(parse(text).sources.values())) if text else None
    latest = paths[-1].read_bytes()
    truth = lists_in(latest, own, [made.report])
    found = lists_in(latest, drafted, drafted.reports) if drafted else {}
    described = {each: lists_of(own)[each] for each in truth}
    result = compared(
        name, described, truth, {each: lists_of(drafted)[each] for each in found} if drafted else {}, found
    )
    result.wrong += [] if text else [f"described: it ended with {status}: {err.strip()[-200:]}"]
    return result


def lists_in(content: bytes, source: Source, reports: Iterable[str]) -> dict[str, Records]:
    """Return the records that a file has by the description of some reports of a source, by list."""
    found = {}
    for name in reports:
        for each in read_report(content, source.reports[name]).lists:
            found[each.name] = [
                dict(zip(each.fields, (value or "" for value in record.values), strict=True)) for record in each.records
            ]
    return {name: records for name, records in found.items() if name in lists_of(source)}


def all_described(names: Sequence[str]) -> Iterator[Described]:
    """Describe each of the publications with these names; all, if none is named."""
    for name in names or (*publications(), *SHIPPED, *MADE):
        with tempfile.TemporaryDirectory(prefix="monitor-describe-") as folder, Publisher() as server:
            if name in MADE:
                yield of_shelved(name, Path(folder))
            elif name in SHIPPED:
                yield of_shipped(name, Path(folder), server)
            else:
                yield of_publication(publications()[name], Path(folder), server)


def figures(every: Sequence[Described]) -> Iterator[Figure]:
    """Yield the measures: of all publications together, and of each; and of the files of `monitor sources`."""
    shelved = [each for each in every if each.name in MADE]
    results = [each for each in every if each.name not in MADE]
    if results:
        yield from bounded(results)
    for what in ("columns", "kinds", "keys", "lists") if shelved else ():
        points = [each for one in shelved for each in getattr(one, what)]
        did = "whose records are all read" if what == "lists" else "drafted alike"
        yield Figure(
            measure=f"Of {len(points)} {what} in {len(shelved)} small files of `monitor sources`, {did}",
            unit="%",
            ours=100 * sum(points) / len(points),
        )


def bounded(results: Sequence[Described]) -> Iterator[Figure]:
    """Yield the measures of the publications that the rules were written with."""
    for what in ("columns", "kinds", "keys"):
        points = [each for one in results for each in getattr(one, what)]
        yield Figure(
            measure=f"Of {len(points)} {what} that a person described in {len(results)} publications, drafted alike",
            unit="%",
            ours=100 * sum(points) / len(points),
            least=LEAST_AGREEING,
        )
    yield Figure(
        measure=f"Of {len(results)} publications, those of which the draft reads every record",
        unit="publications",
        ours=sum(each.read for each in results),
        least=LEAST_READ,
        remark=", ".join(f"not of {each.name}" for each in results if not each.read),
    )
    for each in results:
        points = [*each.columns, *each.kinds, *each.keys]
        read = f"{sum(each.lists)} of {len(each.lists)} lists read whole"
        yield Figure(
            measure=f"Of {len(points)} columns, kinds and keys of {each.name}, drafted alike; {read}",
            unit="%",
            ours=100 * sum(points) / max(len(points), 1),
        )


def row(each: Described) -> str:
    """Return one line of the table: of columns, kinds, keys and lists, how many are right."""
    shown = [f"{sum(points):3} of {len(points):2}" for points in (each.columns, each.kinds, each.keys, each.lists)]
    return f"{each.name:22} {'  '.join(shown)}  {'all records' if each.read else 'not all records'}"


def main(names: Sequence[str]) -> int:
    """Print the table and what differs; return 1 if a bound did not hold."""
    print(f"{'publication':22} columns     kinds       keys        lists")
    results: list[Any] = []
    for each in all_described(names):
        results.append(each)
        print(row(each))
        for wrong in each.wrong:
            print(f"{'':8} not {wrong}")
    held = True
    for figure in figures(results):
        print(f"{figure.measure}: {figure.ours:.4g} {figure.unit} {figure.remark}".rstrip())
        held = (tell(figure) or bool(names)) and held
    return 0 if held else 1


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
