"""How soon a change is told: from the last byte of a changed file sent, until the alert about it has arrived.

Run `make bench` or `python benchmarks/told.py`. A server on this machine publishes a spreadsheet of 1,000 rows and a
weekly report of 35 pages, and replaces each by a revision, turn after turn. `monitor run`, in a process of its own and
idle before, is made to poll, and sends alerts by webhook and mail; the benchmark checks the content of each alert.
webchanges and urlwatch are measured on the same files in the same way, and send by webhook; the time in which they
start for each look does not count. The slowest turn of each program counts. Exits with 1 above the bounds.
"""

from __future__ import annotations

import io
import json
import os
import signal
import sqlite3
import subprocess
import sys
import tempfile
import threading
import time
import zipfile
from collections import Counter
from contextlib import closing, contextmanager
from dataclasses import dataclass, replace
from datetime import UTC, date, datetime, timedelta
from pathlib import Path
from typing import TYPE_CHECKING

import yaml
from figures import Figure, tell
from publishing import DEADLINE, Site, serving
from rivals import MissingRivalError, installed, titled

from monitor.config.file import load
from monitor.demo import ddor, pages, sheets
from monitor.demo.replay import localized
from monitor.demo.sheets import Agreement
from monitor.jurisdictions.gazetteer import counties_of
from monitor.jurisdictions.states import STATES

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator, Mapping

ROOT = Path(__file__).parent.parent
ROWS = 1_000
TURNS = 5
AT = datetime(2025, 6, 12, 14, tzinfo=UTC)
SHEET, WAITING, REPORT = "/participating.xlsx", "/pending.xlsx", "/ddor2017_01-28to02-03.pdf"
MAX_RATIOS = {(REPORT, "webchanges"): 0.65}  # of our seconds over a rival's, by path and rival
SECRET = "whsec_" + "bW9uaXRvci1iZW5jaG1hcmstc2VjcmV0LTAwMDA="
LINES = """
import io, sys, urllib.request
content = urllib.request.urlopen(sys.argv[1]).read()
if content.startswith(b"PK"):
    import openpyxl
    for row in openpyxl.load_workbook(io.BytesIO(content), read_only=True).active.iter_rows(values_only=True):
        print(*row, sep=" | ")
else:
    import pypdf
    for page in pypdf.PdfReader(io.BytesIO(content)).pages:
        print(page.extract_text())
"""


@dataclass(frozen=True, slots=True, kw_only=True)
class Work:
    """A file that is revised, and the expected alert about it."""

    title: str
    source: str
    path: str
    before: bytes
    after: bytes
    told: Mapping[str, int]  # amendments by kind, in either direction
    says: str  # words that even a rival's report must have
    reports: int  # of the source, its page among them
    most: float  # seconds
    remarks: Mapping[str, str]  # by rival: the content of its reports, and how it sends them


def agreements() -> list[Agreement]:
    """Return an agreement for each of `ROWS` counties."""
    counties = [(STATES[code][0].upper(), each.jurisdiction.name) for code in STATES for each in counties_of(code)]
    return [
        sheets.linked(
            Agreement(
                state=state,
                agency=f"{county} Sheriff's Office",
                type="County",
                county=county,
                model=("Task Force Model", "Warrant Service Officer", "Jail Enforcement Model")[number % 3],
                signed=date(2025, 1, 2) + timedelta(days=number % 100),
            )
        )
        for number, (state, county) in enumerate(counties[:: len(counties) // ROWS][:ROWS])
    ]


def works() -> tuple[Work, ...]:
    """Return the two files with their revisions."""
    rows = agreements()
    revised = [*rows[:500], *rows[501:]]  # one is gone
    revised[100] = replace(rows[100], agency=f"{rows[100].county} Board of County Commissioners")
    revised[200] = replace(rows[200], signed=date(2025, 6, 1))
    revised[300] = replace(rows[300], type="Municipality")
    revised.append(replace(rows[500], state="WYOMING", agency="Cheyenne Police Department", county="Laramie County"))
    first, second = ddor.history()[:2]
    return (
        Work(
            title=f"a spreadsheet of {ROWS:,} rows of which 5 changed",
            source="ice-287g",
            path=SHEET,
            before=sheets.sheet(sheets.agreements_in_order(rows)),
            after=sheets.sheet(sheets.agreements_in_order(revised)),
            told={"added": 1, "removed": 1, "corrected": 3},
            says="Cheyenne Police Department",
            reports=3,
            most=1.0,
            remarks=dict.fromkeys(
                ("webchanges", "urlwatch"),
                "by a script of one's own that prints the rows; tells lines that differ, not which jurisdictions",
            ),
        ),
        Work(
            title="a PDF of 35 pages in which 14 records changed",
            source="ice-ddor",
            path=REPORT,
            before=ddor.ddor_pdf(first),
            after=ddor.ddor_pdf(second),
            told={"corrected": 14},
            says="Travis County Jail",
            reports=2,
            most=2.0,
            remarks={
                "webchanges": "by its filter pypdf; tells lines of text that differ, not records or jurisdictions",
                "urlwatch": "by a script of one's own with pypdf; tells lines of text that differ, not records",
            },
        ),
    )


def published(work: Work) -> dict[str, bytes]:
    """Return the two agencies' pages and files as they are at first, by path."""
    report = (REPORT, "Declined Detainer Outcome Report: January 28 - February 3, 2017")
    return {
        "/identify-and-arrest/287g": pages.agreements(AT, participating=SHEET, pending=WAITING),
        "/declined-detainer-outcome-report": pages.declined_detainers(AT, reports=[report]),
        WAITING: sheets.sheet([replace(agreements()[0], signed=None)], sheets.PENDING_COLUMNS),
        work.path: work.before,
    }


@contextmanager
def daemon(folder: Path, address: str, mailbox: str, source: str) -> Iterator[subprocess.Popen[bytes]]:
    """Yield the real daemon, which polls one source whenever it is made due."""
    shipped = ROOT / "config.yaml"
    tree = yaml.safe_load(localized(shipped.read_text(encoding="utf-8"), load(shipped), address))
    tree["poll"] |= {"every": "1d", "soonest": "1d"}
    tree["run"] = {"port": 0}
    tree["sources"] = {source: {**tree["sources"][source], "every": "1d"}}
    mail = {"kind": "email", "server": mailbox, "tls": "none", "sender": "monitor@example.org"}
    tree["channels"] = {
        "mail": {**mail, "to": ["desk@example.org"]},
        "hook": {"kind": "webhook", "url": f"{address}/hook", "secret_env": "BENCHMARK_SECRET"},
    }
    tree["subscriptions"] = {"all": {"channels": ["hook", "mail"], "settle": "0s"}}
    (folder / "config.yaml").write_text(yaml.safe_dump(tree), encoding="utf-8")
    options = ["--config", str(folder / "config.yaml"), "--state", str(folder / "state")]
    command = [sys.executable, "-m", "monitor", *options, "run"]
    with (folder / "log").open("wb") as log:
        process = subprocess.Popen(command, cwd=ROOT, stderr=log, env={**os.environ, "BENCHMARK_SECRET": SECRET})
        try:
            yield process
        finally:
            process.send_signal(signal.SIGTERM)
            process.wait()


def make_due(folder: Path, source: str) -> None:
    """Make the daemon poll a source at its next look."""
    with closing(sqlite3.connect(folder / "state" / "monitor.db", timeout=30)) as database, database:
        database.execute("UPDATE schedule SET next_poll_at = '2000-01-01T00:00:00Z' WHERE source = ?", (source,))


def first_told(folder: Path, work: Work) -> None:
    """Wait until the daemon has recorded the first versions and sent the alerts about them."""
    until = time.monotonic() + DEADLINE
    while not quiet(folder, work.reports):
        if time.monotonic() > until:
            sys.exit("the daemon has not recorded and told what was there at first")
        threading.Event().wait(0.1)


def quiet(folder: Path, reports: int) -> bool:
    """Return whether all reports were recorded and all alerts have been sent."""
    try:
        with closing(sqlite3.connect(f"file:{folder}/state/monitor.db?mode=ro", uri=True)) as database:
            recorded, waiting = database.execute(
                "SELECT (SELECT count(*) FROM versions WHERE status = 'recorded'),"
                " (SELECT count(*) FROM deliveries WHERE status = 'waiting')"
            ).fetchone()
            return bool(recorded >= reports and not waiting)
    except sqlite3.OperationalError:  # not made yet
        return False


def anew(content: bytes, number: int) -> bytes:
    """Return a file with other bytes and the same content, for the turn with this number.

    Bytes that were published before count only when they come twice: a server may send an old copy once.
    """
    if not content.startswith(b"PK"):
        return content + f"\n% turn {number}\n".encode()
    copy = io.BytesIO(content)
    with zipfile.ZipFile(copy, "a") as archive:
        archive.comment = f"turn {number}".encode()
    return copy.getvalue()


def turn(site: Site, work: Work, number: int, look: Callable[[], object]) -> dict[str, float]:
    """Publish the other version, make a program look, and return the seconds until its alert arrived, by address."""
    site.sent.pop(work.path, None)
    site.published[work.path] = anew(work.before if number % 2 else work.after, number)
    expected = {where: len(arrived) + 1 for where, arrived in site.arrived.items()}
    look()
    return {where: site.told(where, count)[0] - site.sent[work.path] for where, count in expected.items()}


def ours(work: Work) -> dict[str, float]:
    """Return the seconds of the daemon's slowest turn, by the address of the alert."""
    site = Site(published=published(work), arrived={"mail": [], "/hook": []})
    with (
        tempfile.TemporaryDirectory() as folder,
        serving(site) as (address, mailbox),
        daemon(Path(folder), address, mailbox, work.source),
    ):
        first_told(Path(folder), work)
        turns = []
        for number in range(TURNS):
            turns.append(turn(site, work, number, lambda: make_due(Path(folder), work.source)))
            kinds = Counter(entry["kind"] for entry in json.loads(site.arrived["/hook"][-1][1])["data"]["entries"])
            if kinds != work.told:
                sys.exit(f"{work.title}: told {dict(kinds)}, where {dict(work.told)} is right")
    return {where: max(each[where] for each in turns) for where in site.arrived}


def theirs(work: Work, rival: str) -> float:
    """Return the seconds of a rival's slowest turn, after one in which it saw the file for the first time."""
    site = Site(published=published(work), arrived={"/hook": []})
    with tempfile.TemporaryDirectory() as folder, serving(site) as (address, _):
        command = COMMANDS[rival](Path(folder), address, work)

        def look() -> None:
            done = subprocess.run(command, cwd=folder, check=False, capture_output=True, text=True)
            if done.returncode:
                sys.exit(f"{rival} failed: {done.stderr}")

        look()
        site.arrived["/hook"].clear()
        turns = []
        for number in range(TURNS):
            threading.Event().wait(1.1)  # urlwatch counts time in whole seconds, and mixes up what it sees within one
            turns.append(turn(site, work, number, look)["/hook"])
            if work.says not in str(json.loads(site.arrived["/hook"][-1][1])):
                sys.exit(f"{rival} told something else of {work.title}: {site.arrived['/hook'][-1][1]!r}")
        return max(turns)


def webchanges(folder: Path, address: str, work: Work) -> list[str]:
    """Return the command of webchanges for one page, with the address for its reports."""
    job = {"url": f"{address}{work.path}", "filters": [{"pypdf": {}}]}
    if work.path == SHEET:  # it has no filter for spreadsheets
        job = {"command": printing(folder, address, work, rival="webchanges")}
    report = {"stdout": {"enabled": False}, "webhook": {"enabled": True, "webhook_url": f"{address}/hook"}}
    _write(folder, job, report)
    options = ("jobs", "jobs.yaml"), ("config", "settings.yaml"), ("database", "seen.db"), ("hooks", "hooks.py")
    return [str(installed("webchanges") / "webchanges"), *(f"--{name}={folder / file}" for name, file in options)]


def urlwatch(folder: Path, address: str, work: Work) -> list[str]:
    """Return the same command of urlwatch.

    Its Slack reporter posts to any address, and its filter for PDF needs the system's.
    """
    slack = {"enabled": True, "webhook_url": f"{address}/hook"}
    report = {"stdout": {"enabled": False}, "slack": slack}
    _write(folder, {"command": printing(folder, address, work, rival="urlwatch")}, report)
    options = ("urls", "jobs.yaml"), ("config", "settings.yaml"), ("cache", "seen.db"), ("hooks", "hooks.py")
    return [str(installed("urlwatch") / "urlwatch"), *(f"--{name}={folder / file}" for name, file in options)]


def printing(folder: Path, address: str, work: Work, *, rival: str) -> str:
    """Return a shell command that prints the text of a file, line by line."""
    (folder / "lines.py").write_text(LINES, encoding="utf-8")
    return f"{installed(rival) / 'python'} {folder / 'lines.py'} {address}{work.path}"


def _write(folder: Path, job: Mapping[str, object], report: Mapping[str, object]) -> None:
    (folder / "jobs.yaml").write_text(yaml.safe_dump(dict(job)), encoding="utf-8")
    settings = {"display": {"new": False}, "report": report}
    (folder / "settings.yaml").write_text(yaml.safe_dump(settings), encoding="utf-8")
    (folder / "hooks.py").touch()


COMMANDS = {"webchanges": webchanges, "urlwatch": urlwatch}


def main() -> int:
    """Measure all, and return 0 if ours are within their bounds, else 1."""
    held = True
    for work in works():
        found = ours(work)
        print(f"{work.title}: monitor told it by webhook {found['/hook']:.2f} s after its last byte, by mail ", end="")
        print(f"{found['mail']:.2f} s (at most {work.most}); the slowest of {TURNS} turns")
        measure = f"From the last byte of {work.title} until it is told by"
        held &= tell(Figure(measure=f"{measure} mail", unit="s", ours=found["mail"], most=work.most))
        for rival, remark in work.remarks.items():
            figure = Figure(
                measure=f"{measure} webhook",
                unit="s",
                ours=found["/hook"],
                most=work.most,
                rival=titled(rival),
                most_ratio=MAX_RATIOS.get((work.path, rival)),
            )
            try:
                figure = replace(figure, theirs=theirs(work, rival), remark=remark)
                print(f"  {figure.rival}: {figure.theirs:.2f} s; {figure.remark}; ratio {figure.ratio:.2f}")
            except MissingRivalError as fault:
                figure = replace(figure, remark=str(fault))
                print(f"  {fault}")
            held &= tell(figure)
    return 0 if held else 1


if __name__ == "__main__":
    sys.exit(main())
