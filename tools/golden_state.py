"""Make the state folders in tests/golden/states, and write down the answers of the program that made them.

    python -m tools.golden_state FOLDER

The folders in tests/golden/states were made once, by a program from before the modules were moved.
`tests/test_golden_state.py` holds each later program to them: it has to open and migrate them, and to give the same
answers, byte for byte. A failure of that test is no reason to make them anew. Therefore this program writes into a new
folder, and never over existing files. Everything in the folders is made up; the times are the story's, not those of
making them.

`demo` is the demo's history, polled from a server of this machine, and three days more: DHS's page is restored, DOJ's
list gets shorter, and a sheet of 287(g) is cut off, so that it is held. On these days no mail is accepted, so that the
outbox is full. It has reports and a page that was withdrawn, held versions, doubts, notices, baselines, and each kind
of amendment.

`backfilled` is a story of eight sheets in which something is added, removed, repeated, corrected, taken back and
renamed, and doubts stay and go. The last four sheets are polled. The first four then come from a web archive and are
joined before them, as versions 0 and below. For the pending list, the archive's last version is held, so that its
versions are kept and not joined. Then the archive saves the latest versions, and its receipts are kept.

Beside each NAME.tar.xz, with database, archive and config.yaml, stands NAME.told.json.xz: each command and each address
of the web application, with its exit status or HTTP status and the JSON that it printed. Only answers that are fixed
for programs are in it. Left out are standard error, faults, tables and pages, which are words for people; `preview`,
which names the time of asking; `doctor` and `/api/openapi.json`, which describe the machine and the release. No answer
depends on the clock. Addresses contain the ports of the servers, on which nothing listens any longer.
"""

from __future__ import annotations

import json
import lzma
import sqlite3
import subprocess
import sys
import tarfile
import tempfile
from contextlib import ExitStack, closing, contextmanager, suppress
from datetime import UTC, datetime, timedelta
from io import BytesIO
from itertools import pairwise
from pathlib import Path
from typing import TYPE_CHECKING, Any
from urllib.parse import quote, urlencode

import httpx
import yaml

from monitor.cli import backfill, save
from monitor.config.file import load
from monitor.demo import history, issues, pages
from monitor.demo.publisher import HTML_TYPE, Publisher
from monitor.demo.receivers import Mailbox, Room
from monitor.demo.replay import localized
from monitor.demo.sheets import PENDING_COLUMNS, sheet
from monitor.demo.step import Publish, Step, play
from monitor.program import Program
from tests.support.backfilled import FIRST, XLSX, agreement, story
from tests.support.web_archive import ArchiveServer, Captured

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator, Mapping

    import click

    Times = Mapping[str, tuple[str, str]]  # by the name of a source

ROOT = Path(__file__).parent.parent
# The alerts of a poll are due after this time.
ALERTS_DUE_AFTER = timedelta(seconds=2)
# The start of the permanent addresses.
ADDRESS = "https://monitor.example.org"
# For each source two times between which something happened.
TIMES = {
    "demo": {
        "ice-ddor": ("2017-03-22", "2017-05-01"),
        "ice-287g": ("2025-03-18T18:00:00Z", "2025-06-20T12:00:00Z"),
        "dhs-sanctuary": ("2025-05-30", "2025-10-07"),
        "doj-sanctuary": ("2025-08-10", "2025-10-08"),
    },
    "backfilled": {"ice-287g": ("2025-03-02T18:00:00Z", "2025-03-06T18:00:00Z")},
}
PLACES = {
    "demo": ("Travis County, Texas", "Florida", "Escambia County, Florida", "Nevada", "Franklin County, New York"),
    "backfilled": ("Bay County, Florida", "Hernando County, Florida", "Florida", "Lafayette", "Pasco"),
}


# The states


class Story:
    """A publisher, and a program whose clock is the story's."""

    def __init__(self, folder: Path, publisher: Publisher, sources: Iterable[str], **more: object) -> None:
        self.publisher = publisher
        self.present = datetime(2017, 1, 1, tzinfo=UTC)
        folder.mkdir()
        text = localized((ROOT / "config.yaml").read_text("utf-8"), load(ROOT / "config.yaml"), publisher.address)
        config = folder / "config.yaml"
        tree = yaml.safe_load(text) | more
        tree["sources"] = {name: tree["sources"][name] for name in sources}
        config.write_text(yaml.safe_dump(tree, sort_keys=False, width=120), "utf-8")
        self.program = Program(config_path=config, state_override=folder, now=lambda: self.present)

    def step(self, step: Step) -> None:
        """Publish, poll, process, deliver."""
        self.present = step.at
        play(step, self.publisher)
        list(self.program.poll([step.source]))
        list(self.program.process())
        self.present += ALERTS_DUE_AFTER
        list(self.program.deliver())

    def run(self, command: click.Command, *arguments: str) -> None:
        """Run a command at the story's present time; it may fail, as one that leaves versions to a person does."""
        with suppress(SystemExit):
            command.main(list(arguments), obj=self.program, standalone_mode=False)


def make_demo(folder: Path) -> None:
    """Make a state folder with the demo's history, and three days more."""
    with ExitStack() as parts:
        mailbox, room = Mailbox(), parts.enter_context(Room())
        told = Story(
            folder,
            parts.enter_context(Publisher()),
            sources=TIMES["demo"],
            channels={"mail": _mail(mailbox.address), "slack": {"kind": "slack", "url": room.address}},
            subscriptions={
                "everything": {"channels": ["mail"], "settle": "1s", "minor": True},
                "texas": {"channels": ["slack"], "states": ["TX"], "settle": "1s"},
                "watch": {"channels": ["slack"], "operator": True},
            },
        )
        with told.program:
            for step in history.history_steps():
                told.step(step)
            mailbox.close()
            for step in _three_days():
                told.step(step)


def _mail(server: str) -> dict[str, object]:
    sender, to = "monitor@example.org", "desk@example.org"
    return {"kind": "email", "server": server, "tls": "none", "sender": sender, "to": [to]}


def _three_days() -> Iterator[Step]:
    restored, shorter, cut = (datetime(2025, 10, day, 14, 0, tzinfo=UTC) for day in (6, 7, 8))
    again = pages.dhs(datetime(2025, 5, 29, 21, 0, tzinfo=UTC))
    states = tuple(state for state in pages.DOJ_STATES if state not in {"Nevada", "Vermont"})
    fewer = pages.doj(shorter, states=states)
    yield _published(restored, history.DHS, history.DHS_PAGE, again, HTML_TYPE)
    yield _published(shorter, history.DOJ, history.DOJ_PAGE, fewer, HTML_TYPE)
    *_, last = issues.agreement_steps()
    files = [each for each in last.changes if isinstance(each, Publish) and "participating" in each.path]
    yield _published(cut, issues.AGREEMENTS_SOURCE, files[-1].path, sheet(FIRST), XLSX)


def _published(at: datetime, source: str, path: str, content: bytes, content_type: str) -> Step:
    change = Publish(path=path, content=content, content_type=content_type)
    return Step(at=at, source=source, caption="", changes=(change,))


def make_backfilled(folder: Path) -> None:
    """Make a state folder: four versions polled, four joined before them, a list that is not joined, receipts."""
    with Publisher() as publisher, ArchiveServer(anonymous="redirect", saved_as="20250309010203") as archive:
        told = Story(
            folder,
            publisher,
            sources=TIMES["backfilled"],
            wayback={"url": archive.address, "per_minute": 60000},
            channels={"mail": _mail("smtp://127.0.0.1:1")},  # nothing listens there
            subscriptions={"everything": {"channels": ["mail"], "settle": "1s", "minor": True}},
        )
        pending = [agreement(name.agency.split()[0], signed=None) for name in FIRST]
        lists = {1: pending, 2: pending[:1], 5: [*pending[1:], agreement("Union", signed=None)], 7: pending[2:]}
        days = {}
        for day, each in enumerate(story(), start=1):
            at = datetime.fromisoformat(each.at)
            files = {f"/doclib/{each.name}": each.content}
            newest = max(known for known in lists if known <= day)
            waiting = f"/doclib/pendingAgencies{newest}.xlsx"
            files[waiting] = sheet(lists[newest], PENDING_COLUMNS)
            page = pages.agreements(at, participating=f"/doclib/{each.name}", pending=waiting)
            days[at] = page, files
        for at, (page, files) in list(days.items())[:4]:
            archive.captures += _captured(publisher.address, at, page, files)
        with told.program:
            for at, (page, files) in list(days.items())[4:]:
                changes = (
                    *(Publish(path=path, content=content, content_type=XLSX) for path, content in files.items()),
                    Publish(path=issues.AGREEMENTS_PAGE, content=page, content_type=HTML_TYPE),
                )
                told.step(Step(at=at, source=issues.AGREEMENTS_SOURCE, caption="", changes=changes))
            told.present = datetime(2025, 3, 9, tzinfo=UTC)
            told.run(backfill.backfill_command, issues.AGREEMENTS_SOURCE, "--workers", "1")
            told.run(save.save_command, issues.AGREEMENTS_SOURCE)


def _captured(address: str, at: datetime, page: bytes, files: dict[str, bytes]) -> Iterator[Captured]:
    stamp = f"{at:%Y%m%d%H%M%S}"
    yield Captured(address + issues.AGREEMENTS_PAGE, stamp, page)
    for path, content in files.items():
        yield Captured(address + path, stamp, content, (("Content-Type", XLSX),))


def packed(folder: Path) -> bytes:
    """Return database, archive and configuration as one file: the same bytes for the same folder."""
    with closing(sqlite3.connect(folder / "monitor.db")) as database:
        database.execute("PRAGMA wal_checkpoint(TRUNCATE)")
    out = BytesIO()
    with tarfile.open(fileobj=out, mode="w", format=tarfile.USTAR_FORMAT) as tar:
        for file in (folder / "config.yaml", folder / "monitor.db", *sorted(folder.glob("archive/*/*"))):
            content = file.read_bytes()
            member = tarfile.TarInfo(str(file.relative_to(folder)))
            member.size = len(content)
            tar.addfile(member, BytesIO(content))
    return lzma.compress(out.getvalue(), preset=9 | lzma.PRESET_EXTREME)


# The answers of the program about them


class Asking:
    """The program on a state folder, asked in the two ways that are fixed: commands and addresses."""

    def __init__(self, folder: Path, address: str) -> None:
        self.begin = (sys.executable, "-m", "monitor", "--config", str(folder / "config.yaml"), "--state", str(folder))
        self.address = address
        self.commands: list[dict[str, Any]] = []
        self.reads: list[dict[str, Any]] = []

    def run(self, *arguments: str) -> list[dict[str, Any]]:
        """Run a command, and keep its output."""
        ran = subprocess.run((*self.begin, *arguments), capture_output=True, text=True, check=False)  # noqa: S603 - ours
        self.commands.append({"arguments": arguments, "status": ran.returncode, "out": ran.stdout})
        return [json.loads(line) for line in ran.stdout.splitlines()]

    def get(self, path: str, **query: str | int) -> Any:  # noqa: ANN401 - JSON
        """Get an address, and keep its answer."""
        target = f"/api/{quote(path)}" + (f"?{urlencode(query)}" if query else "")
        answer = httpx.get(self.address + target, timeout=60)
        self.reads.append({"path": target, "status": answer.status_code})
        if answer.status_code == 200:
            self.reads[-1]["body"] = answer.text
        return answer.json()


def ask_commands(asking: Asking, times: Times, places: Iterable[str]) -> None:
    """Run each command that prints JSON."""
    asking.run("verify", "--json")
    asking.run("log", "--json")
    asking.run("log", "--json", "--kind", "corrected", "--since", times["ice-287g"][0], "--until", times["ice-287g"][1])
    asking.run("log", "--json", "--state-code", "FL")
    for name in ("versions", "holds", "doubts", "outbox"):
        asking.run(name, "--json")
    for place in places:
        asking.run("show", place, "--json")
    for place in filter(lambda each: "County" in each, places):
        asking.run("log", "--jurisdiction", place, "--json")
    for source, name in _lists(asking.begin[4]):
        asking.run("list", source, name, "--json")
        for at in times[source]:
            asking.run("list", source, name, "--at", at, "--json")
        asking.run("diff", source, name, *times[source], "--json")
    for source in load(Path(asking.begin[4])).sources:
        asking.run("list", source, "--json")
        asking.run("versions", source, "--json")
        asking.run("doubts", source, "--json")


def _lists(config: str) -> Iterator[tuple[str, str]]:
    for source, described in load(Path(config)).sources.items():
        for report in described.reports.values():
            yield from ((source, name) for name in report.lists)


def ask_reads(asking: Asking, times: Times) -> None:
    """Get each kind of address that answers with JSON."""
    sources = asking.get("sources")["sources"]
    asking.get("holds")
    asking.get("doubts")
    entries = asking.get("log", limit=500)["entries"]
    newest = asking.get("log", limit=20)["entries"]
    asking.get("log", limit=20, before=newest[-1]["id"])
    asking.get("log", limit=20, after=entries[-1]["id"] + 5)
    asking.get("log", kind="corrected", since=times["ice-287g"][0], until=times["ice-287g"][1])
    asking.get("log", q="County")
    asking.get("log", kind="nothing")  # a fault
    for entry in entries[:: max(1, len(entries) // 60)]:
        asking.get(f"amendment/{entry['id']}")
    places = sorted({entry["jurisdiction"]["ocd_id"] for entry in entries if entry["jurisdiction"]})
    for place in places[:: max(1, len(places) // 20)]:
        asking.get(f"jurisdiction/{place}")
    for source in sources:
        asking.get("doubts", source=source["source"])
        for name in source["lists"]:
            asking.get(f"list/{source['source']}/{name}")
            for at in times[source["source"]]:
                asking.get(f"list/{source['source']}/{name}", at=at)
        for report in source["reports"]:
            _ask_report(asking, source["source"], report["report"])


def _ask_report(asking: Asking, source: str, report: str) -> None:
    versions = asking.get(f"report/{source}/{report}")["versions"]
    for version in versions:
        asking.get(f"version/{source}/{report}/{version['number']}")
    for new, old in pairwise(versions):
        asking.get("compare", source=source, report=report, old=old["number"], new=new["number"])


@contextmanager
def served(folder: Path) -> Iterator[str]:
    """Yield the address on this machine at which the pages of a state folder are served."""
    command = (sys.executable, "-m", "monitor", "--config", str(folder / "config.yaml"), "--state", str(folder))
    with subprocess.Popen(  # noqa: S603 - ours
        (*command, "web", "--port", "0", "--address", ADDRESS), stdout=subprocess.PIPE, text=True
    ) as process:
        assert process.stdout
        try:
            yield process.stdout.readline().split()[0].rstrip("/")
        finally:
            process.terminate()


def main(out: Path) -> None:
    """Make both state folders inside a new folder."""
    out.mkdir(parents=True)
    for name, make in (("demo", make_demo), ("backfilled", make_backfilled)):
        with tempfile.TemporaryDirectory() as temporary:
            folder = Path(temporary) / "state"
            make(folder)
            (out / f"{name}.tar.xz").write_bytes(packed(folder))
            with served(folder) as address:
                asking = Asking(folder, address)
                ask_commands(asking, TIMES[name], PLACES[name])
                ask_reads(asking, TIMES[name])
        told = {"address": ADDRESS, "commands": asking.commands, "reads": asking.reads}
        text = json.dumps(told, ensure_ascii=False, indent=1)
        (out / f"{name}.told.json.xz").write_bytes(lzma.compress(text.encode(), preset=9 | lzma.PRESET_EXTREME))


if __name__ == "__main__":
    main(Path(sys.argv[1]))
