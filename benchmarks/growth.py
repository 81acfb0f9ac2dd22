"""What ten years of the 287(g) sheets leave: the database's size, and how long a new sheet and questions take.

    python benchmarks/growth.py [YEARS [FOLDER]]

Twice a day both sheets are published under new names, on a new page. The list of participating agencies grows by half
each year, from 100 rows to 5,000 in 10 years, the default. The program's own three steps watch that: each poll, page,
capture, match, amendment, alert and delivery is real, over HTTP and in a real database. The sheets are made up, and
their files hold a few bytes that differ each time; a prepared reader gives the rows of each. The last sheets are real
XLSX files. `monitor import` takes them in twice: after the whole history, and in a state folder that knows only the
sheet before. A FOLDER is kept with the history in it; one that already holds a history of as many years is only
measured.

Exits with 1 if the database is over 300 MB, if an import after the history takes over 1.5 times as long as without it,
or if the slowest of 200 lists as of a random date takes over 100 ms, from the question to the last row.
"""

from __future__ import annotations

import random
import shutil
import statistics
import subprocess
import sys
import tempfile
import time
from contextlib import ExitStack
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from functools import partial
from pathlib import Path
from typing import TYPE_CHECKING

import yaml
from figures import Figure, tell
from rich.console import Console
from rich.progress import Progress, TimeElapsedColumn

from monitor.changelog import listed as listing
from monitor.config.file import load
from monitor.demo import issues, pages
from monitor.demo.publisher import HTML_TYPE, Publisher
from monitor.demo.replay import localized
from monitor.demo.sheets import agreements_in_order, sheet
from monitor.jurisdictions import find, inside
from monitor.matching.doubts import doubts
from monitor.model import FileReading, Locator, Record, RecordList
from monitor.program import Program
from monitor.sandbox.reader import Reader, Understood
from monitor.store import metrics, queries
from monitor.store.database import Store
from monitor.store.search import LogFilter, log_entries
from monitor.times import instant

sys.path.insert(0, str(Path(__file__).parent.parent))

from tools.synthetic_sheets import BEGIN, LAST, UPLOADS, Sheets

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Iterator, Sequence
    from datetime import date

    from monitor.config.reports import ReportDescription
    from monitor.demo.sheets import Agreement
    from monitor.model import PartOfFile
    from monitor.sandbox.known import KnownRecords

ROOT = Path(__file__).parent.parent
SOURCE = issues.AGREEMENTS_SOURCE
# The median of this many imports counts.
TIMED_IMPORTS = 5
# A list is asked for as of this many random dates.
ASKED_DATES = 200
# Each question is asked this many times, and the best counts.
TIMES_ASKED = 3
# Bounds: size of the database, time of an import over that without the history, time of a list as of a date.
MAX_DATABASE_MB, MAX_IMPORT_RATIO, MAX_LIST_MILLISECONDS = 300, 1.5, 100
# A county, a state, and words.
PLACES = ("Harris County, Texas", "Texas", "sheriff harris")


class Prepared(Reader):
    """A reader to which the rows of each sheet were given before; it really reads pages only."""

    def __init__(self) -> None:
        super().__init__()
        self.lists: dict[bytes, tuple[Agreement, ...]] = {}

    def understand(
        self,
        content: bytes,
        report: ReportDescription,
        *,
        on: date,
        charset: str | None = None,
        url: str = "",
        source: str = "",
        parts: tuple[PartOfFile, ...] = (),
        known: KnownRecords | None = None,
    ) -> Understood:
        """Return the lists of one version, each with its doubts; of a page, those that are on it."""
        if content not in self.lists:
            return super().understand(
                content, report, on=on, charset=charset, url=url, source=source, parts=parts, known=known
            )
        ((name, described),) = report.lists.items()
        found = read(self.lists.pop(content), name, described.fields)
        return Understood(reading=FileReading(lists=(found,)), doubts=(doubts(found, described, on=on),))


def read(rows: Iterable[Agreement], name: str, fields: tuple[str, ...]) -> RecordList:
    """Return the list that the reader would read from a sheet with these rows."""
    records = []
    for number, row in enumerate(rows, start=2):
        values: tuple[str | None, ...] = (row.state, row.agency, row.type, row.county, row.model)
        if "signed" in fields:
            values += (row.signed.isoformat() if row.signed else "", row.moa, None)
        records.append(Record(values=values, locator=Locator(sheet="Sheet1", row=number)))
    return RecordList(name=name, fields=fields, records=tuple(records))


@dataclass(kw_only=True)
class Agency:
    """The publisher: a server on this machine, whose files hold nothing but their number."""

    publisher: Publisher
    reader: Prepared
    last: tuple[str, ...] = ()

    def publish(self, sheets: Sheets) -> None:
        """Replace both files, and the page that links to them."""
        now: list[str] = []
        for name, rows in (("participating", sheets.participating), ("pending", sheets.pending)):
            now.append(path(name, sheets))
            content = b"PK\x03\x04" + now[-1].encode()
            self.reader.lists[content] = agreements_in_order(rows)
            self.publisher.publish(now[-1], content, content_type=issues.XLSX, at=sheets.at)
        page = pages.agreements(sheets.at, participating=now[0], pending=now[1])
        self.publisher.publish(issues.AGREEMENTS_PAGE, page, content_type=HTML_TYPE, at=sheets.at)
        for each in self.last:
            self.publisher.withdraw(each)
        self.last = tuple(now)


def path(name: str, sheets: Sheets) -> str:
    """Return the path at which a sheet is published."""
    return f"{issues.AGREEMENTS_FOLDER}/{name}Agencies{sheets.at:%m%d%Y}{'am' if sheets.at.hour < 12 else 'pm'}.xlsx"


def configured(folder: Path, address: str) -> Path:
    """Write the default configuration with the local publisher and three feeds, and return its path."""
    text = localized((ROOT / "config.yaml").read_text("utf-8"), load(ROOT / "config.yaml"), address)
    tree = yaml.safe_load(text)
    tree["channels"] = {each: {"kind": "atom", "path": str(folder / f"{each}.xml")} for each in ("all", "texas")}
    tree["subscriptions"] = {
        "everything": {"channels": ["all"]},
        "texas": {"channels": ["texas"], "states": ["TX"], "minor": True},
    }
    (folder / "config.yaml").write_text(yaml.safe_dump(tree, sort_keys=False), encoding="utf-8")
    return folder / "config.yaml"


def grow(folder: Path, sheets: Sheets, *, uploads: int) -> None:
    """Let the program watch all uploads, and print to standard error how long each tenth of them took."""
    present = [sheets.at]
    with ExitStack() as stack:
        publisher, reader = stack.enter_context(Publisher()), stack.enter_context(Prepared())
        agency = Agency(publisher=publisher, reader=reader)
        config = configured(folder, publisher.address)
        program = stack.enter_context(Program(config_path=config, state_override=folder, now=lambda: present[0]))
        program.reader = reader
        program.store.connection.execute("PRAGMA synchronous = OFF")  # of this connection: the disk is not measured
        progress = stack.enter_context(
            Progress(*Progress.get_default_columns(), TimeElapsedColumn(), transient=True, console=Console(stderr=True))
        )
        task = progress.add_task("uploads", total=uploads + 1)
        begin = time.perf_counter()
        for number in range(uploads + 1):
            if number:
                sheets.upload()
            agency.publish(sheets)
            for when, do in ((timedelta(0), looked), (timedelta(minutes=2), delivered)):
                present[0] = sheets.at + when
                do(program)
            progress.advance(task)
            if number and number % max(uploads // 10, 1) == 0:
                each = (time.perf_counter() - begin) / (uploads / 10)
                progress.console.print(f"{number:6,} uploads, {len(sheets.participating):5,} rows: {each:.3f} s each")
                begin = time.perf_counter()


def looked(program: Program) -> None:
    """Poll and process, and check that nothing failed and nothing is held."""
    (polled,) = program.poll([SOURCE])
    faults = [*polled.faults, *(done.fault or done.hold_reason for done in program.process())]
    if any(faults):
        sys.exit("; ".join(filter(None, faults)))


def delivered(program: Program) -> None:
    """Deliver, and check that nothing failed."""
    if faults := [done.fault for done in program.deliver() if done.fault]:
        sys.exit("; ".join(faults))


def imports(folder: Path, scratch: Path, sheets: Sheets) -> tuple[list[float], list[float]]:
    """Return the seconds of importing new sheets: after the history, and into a folder that knows one sheet.

    The first import repeats a sheet that is there already. It is not timed: it shows that the prepared rows are right.
    """
    states = (scratch / "history", scratch / "fresh")
    states[0].mkdir()
    shutil.copy(folder / "monitor.db", states[0])
    taken: tuple[list[float], list[float]] = ([], [])
    entries = log_length(folder)
    for number in range(TIMED_IMPORTS + 1):
        file = scratch / Path(path("participating", sheets)).name
        file.write_bytes(sheet(agreements_in_order(sheets.participating)))
        at = instant(sheets.at + timedelta(hours=1))
        for state, seconds in zip(states, taken, strict=True):
            seconds.append(timed(folder, state, "import", SOURCE, str(file), "--at", at))
        if number == 0 and log_length(states[0]) != entries:
            sys.exit("the sheet says something else than the rows that were prepared")
        sheets.upload()
    if any(set(counts) != {"recorded"} for counts in map(versions, states)):
        sys.exit("not all versions are recorded")
    return taken[0][1:], taken[1][1:]


def log_length(folder: Path) -> int:
    """Return the number of entries in the change log."""
    with Store(folder) as store:
        return metrics.log_length(store)


def versions(folder: Path) -> dict[str, int]:
    """Return the number of versions by status."""
    with Store(folder) as store:
        return metrics.versions_by_status(store)


def timed(folder: Path, state: Path, *command: str) -> float:
    """Return the seconds that a command takes, from its start to its end."""
    begin = time.perf_counter()
    run = [sys.executable, "-m", "monitor", "--config", str(folder / "config.yaml"), "--state", str(state), *command]
    subprocess.run(run, check=True, stdout=subprocess.DEVNULL, cwd=ROOT)
    return time.perf_counter() - begin


def milliseconds(ask: Callable[[], object]) -> float:
    """Return the milliseconds of a question, the best of `TIMES_ASKED`, since other programs use the machine too."""
    taken = []
    for _ in range(TIMES_ASKED):
        begin = time.perf_counter()
        ask()
        taken.append(time.perf_counter() - begin)
    return min(taken) * 1000


def listed(folder: Path, at: str) -> int:
    """Read a list as of a time, as the command does, and return its number of records; the database is opened anew."""
    with Store(folder) as store:
        version = queries.version_as_of(store, SOURCE, "participating", at)
        return len(queries.records_of(store, version, "participating")) if version else 0


def shown(folder: Path, place: str) -> int:
    """Read everything about a place, as the command does, and return the number of lines of records."""
    ids = tuple(each for found in find(place) for each in inside(found))
    with Store(folder) as store:
        question = listing.Question.of(load(ROOT / "config.yaml"), now=datetime.now(UTC))
        found = listing.in_lists(store, question, ocd_ids=ids, words=() if ids else tuple(place.split()))
        return sum(len(each.lines) for each in found)


def logged(folder: Path, place: str) -> int:
    """Read the change log of a place, as the command does, and return the number of entries."""
    ids = tuple(each for found in find(place) for each in inside(found))
    with Store(folder) as store:
        return sum(1 for _ in log_entries(store, LogFilter(jurisdictions=ids)))


def asked(folder: Path, until: datetime) -> Iterator[Figure]:
    """Yield how long questions take, and the whole commands that ask them."""
    chance = random.Random(1)  # noqa: S311 - no secret
    dates = [instant(BEGIN + chance.random() * (until - BEGIN)) for _ in range(ASKED_DATES)]
    slowest, at = max((milliseconds(partial(listed, folder, each)), each) for each in dates)
    what = f"slowest of {ASKED_DATES} lists as of a chance date, with {listed(folder, at):,} rows"
    yield Figure(measure=what, unit="ms", ours=slowest, most=MAX_LIST_MILLISECONDS)
    command = timed(folder, folder, "list", SOURCE, "participating", "--at", at, "--json")
    yield Figure(measure="monitor list --at, the whole command for the same date", unit="ms", ours=1000 * command)
    for place in PLACES:
        what = f"show {place}, with {shown(folder, place):,} lines"
        yield Figure(measure=what, unit="ms", ours=milliseconds(partial(shown, folder, place)))
    place = PLACES[0]
    what = f"log --jurisdiction {place}, with {logged(folder, place):,} entries"
    yield Figure(measure=what, unit="ms", ours=milliseconds(partial(logged, folder, place)))
    for name, rest in (("show", [place]), ("log", ["--jurisdiction", place])):
        command = timed(folder, folder, name, *rest, "--json")
        yield Figure(measure=f"monitor {name} for {place}, the whole command", unit="ms", ours=1000 * command)


def measured(folder: Path, scratch: Path, sheets: Sheets) -> Iterator[Figure]:
    """Yield the figures of the history."""
    with Store(folder) as store:
        store.one("PRAGMA wal_checkpoint(TRUNCATE)")
    what = f"database after {sum(versions(folder).values()):,} versions and {log_length(folder):,} amendments"
    yield Figure(measure=what, unit="MB", ours=(folder / "monitor.db").stat().st_size / 1e6, most=MAX_DATABASE_MB)
    yield from asked(folder, sheets.at)
    rows = len(sheets.participating)
    after, fresh = (statistics.median(each) for each in imports(folder, scratch, sheets))
    what = f"import of a sheet of {rows:,} rows after the history, beside one without"
    yield Figure(
        measure=what, unit="s", ours=after, rival="monitor without history", theirs=fresh, most_ratio=MAX_IMPORT_RATIO
    )


def main(arguments: Sequence[str]) -> int:
    """Grow the history and measure it; return 1 if a bound is exceeded."""
    uploads = round(float(arguments[0]) * UPLOADS) if arguments else LAST
    sheets, held = Sheets(), True
    with tempfile.TemporaryDirectory() as temporary:
        folder = Path(arguments[1]) if len(arguments) > 1 else Path(temporary) / "grown"
        folder.mkdir(parents=True, exist_ok=True)
        if (folder / "monitor.db").exists():
            for _ in range(uploads):
                sheets.upload()
        else:
            grow(folder, sheets, uploads=uploads)
        for each in measured(folder, Path(temporary), sheets):
            held = tell(each) and held
            most = f", at most {each.most:g} {each.unit}" if each.most else ""
            if each.ratio:
                most = f", {each.theirs:.2f} {each.unit}: ratio {each.ratio:.2f}, at most {each.most_ratio}"
            print(f"{each.measure}: {each.ours:.{2 if each.unit == 's' else 1}f} {each.unit}{most}", flush=True)
    return 0 if held else 1


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
