"""The demo, played once: the real program finds what the history says, and nothing else."""

from __future__ import annotations

import json
import pickle
import re
import shlex
import subprocess
import sys
from collections import Counter
from contextlib import closing
from email import message_from_bytes, policy
from typing import TYPE_CHECKING, Any

import pytest

from monitor.alerts import writing
from monitor.cli import main
from monitor.config.file import load
from monitor.demo.history import DDOR, DHS, DOJ
from monitor.demo.issues import AGREEMENTS_SOURCE
from monitor.demo.replay import Played, replay
from monitor.demo.step import Outcome
from monitor.program import Program
from monitor.store import changelog
from monitor.store.search import LogFilter, log_entries
from monitor.times import instant
from tests.support.lists import subscribed
from tests.support.paths import ROOT
from tests.support.plain_words import no_words_in, text_of_page

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path


@pytest.fixture(scope="module")
def folder(demo: Path) -> Path:
    """The demo's state folder."""
    return demo / "state"


@pytest.fixture(scope="module")
def played(demo: Path) -> tuple[Played, ...]:
    """The whole demo, step by step."""
    steps: tuple[Played, ...] = pickle.loads((demo / "played").read_bytes())
    return steps


@pytest.fixture
def program(played: tuple[Played, ...], folder: Path) -> Iterator[Program]:
    """The program on what the demo left."""
    assert played
    with Program(config_path=folder / "config.yaml", state_override=folder) as program:
        yield program


def entries(program: Program) -> list[dict[str, Any]]:
    """The change log."""
    return [entry.to_json() for entry in log_entries(program.store, LogFilter())]


def of(played: tuple[Played, ...], source: str) -> list[Played]:
    """The steps of one source."""
    return [each for each in played if each.step.source == source]


Key = tuple[str, str | None, str, str | None, bool]


def test_each_step_comes_to_what_it_says_and_to_nothing_else(played: tuple[Played, ...], program: Program) -> None:
    """Counted by source, list, kind, reason and minor, the log has the amendments that the history names, no more."""
    found: dict[str, Counter[Key]] = {}
    for entry in entries(program):
        key = (entry["source"], entry["list"], entry["kind"], entry["reason"], entry["minor"])
        found.setdefault(entry["observed_at"], Counter())[key] += 1
    assert found.keys() <= {instant(each.step.at) for each in played}
    for each in played:
        expected = {
            (said.source, said.list, str(said.kind), said.reason and str(said.reason), said.minor): said.count
            for said in each.step.expectations
            if not isinstance(said.kind, Outcome)
        }
        counted = found.get(instant(each.step.at), Counter())
        # Where a step names no reason any will do.
        loose: Counter[Key] = Counter()
        for key, count in counted.items():
            loose[key if key in expected else (*key[:3], None, key[4])] += count
        assert dict(loose) == expected, each.step.caption


def test_first_versions_have_as_many_records_as_were_published(played: tuple[Played, ...], program: Program) -> None:
    """A baseline is recorded whole, and has no amendments of its own."""
    said = [
        (instant(each.step.at), expected.source, expected.list, expected.count)
        for each in played
        for expected in each.step.expectations
        if expected.kind == Outcome.RECORDS
    ]
    rows = program.store.all(
        """
        SELECT captures.captured_at, reports.source, lists.name, lists.records
        FROM lists JOIN versions ON versions.id = lists.version_id JOIN reports ON reports.id = versions.report_id
        JOIN captures ON captures.id = versions.capture_id
        """
    )
    assert set(said) <= {tuple(row.values()) for row in rows}
    assert {row["name"] for row in rows} - {name for *_, name, _ in said} == {"notices"}


def test_what_is_held_is_what_was_malformed(played: tuple[Played, ...]) -> None:
    """Two of all issues are held, each at its step, with the reason in words; nothing else is."""
    for each in played:
        held = sum(said.count for said in each.step.expectations if said.kind == Outcome.HELD)
        assert sum(bool(done.hold_reason) for done in each.processed) == held, each.step.caption
        assert not any(done.fault for done in each.processed)
    reasons = [done.hold_reason for each in played for done in each.processed if done.hold_reason]
    assert "lacks the column 'SIGNED'" in reasons[0]
    assert "146 of 226 records would be gone" in reasons[1]


def test_the_revision_is_14_reattributed_rows_and_nothing_else(program: Program) -> None:
    """Every one of them from the Travis County State Jail to the Travis County Jail, that field alone."""
    revision = [
        entry for entry in entries(program) if entry["source"] == DDOR and entry["observed_at"].startswith("2017-03-20")
    ]
    assert len(revision) == 14
    for entry in revision:
        assert (entry["kind"], entry["reason"], entry["list"]) == ("corrected", "reattributed", "section-2")
        assert entry["fields"] == ["jurisdiction"]
        assert entry["before"]["jurisdiction"] == "Travis County State Jail"
        assert entry["after"] == entry["before"] | {"jurisdiction": "Travis County Jail"}
        assert {"page", "box"} <= entry["evidence"]["before"].keys() & entry["evidence"]["after"].keys()


def test_doj_lists_35_names_and_nevada_is_the_one_removed(program: Program, capsys: pytest.CaptureFixture[str]) -> None:
    """13 states, 4 counties, 18 cities, each with its jurisdiction's state; as of September Nevada is among them."""
    config, state = str(program.config_path), str(program.state)
    names = {}
    for at in ("2025-09-25", "2025-09-27"):
        rows = []
        for name in ("states", "counties", "cities"):
            with pytest.raises(SystemExit):
                main(["--config", config, "--state", state, "list", DOJ, name, "--at", at, "--json"])
            rows += [json.loads(line) for line in capsys.readouterr().out.splitlines()]
        names[at] = {row["fields"]["name"] for row in rows}
        assert all(row["jurisdiction"]["state"] for row in rows if row["list"] == "states")
    assert (len(names["2025-09-25"]), len(names["2025-09-27"])) == (35, 34)
    (entry,) = (entry for entry in entries(program) if entry["source"] == DOJ)
    assert (entry["kind"], entry["before"]["name"], entry["after"]) == ("removed", "Nevada", None)
    assert entry["jurisdiction"]["ocd_id"] == "ocd-division/country:us/state:nv"


def test_the_takedown_is_one_withdrawal_and_the_list_stays(program: Program) -> None:
    """No jurisdiction of DHS's list is ever told as removed; the withdrawal names no list."""
    (entry,) = (entry for entry in entries(program) if entry["source"] == DHS)
    assert (entry["kind"], entry["list"], entry["before"]) == ("withdrawn", None, None)


def test_the_respelling_and_its_return_are_two_corrections(program: Program) -> None:
    """Indialantic becomes Indiatlantic and Indialantic again; the return names what it takes back."""
    there, back = (entry for entry in entries(program) if entry["reason"] == "respelled")
    assert (there["after"]["agency"], back["after"]["agency"]) == (back["before"]["agency"], there["before"]["agency"])
    assert (there["reverts"], back["reverts"]) == (None, there["id"])


def test_alerts_are_few_and_say_what_happened(played: tuple[Played, ...]) -> None:
    """One alert for each version with something to tell; a baseline of hundreds of records is one."""
    subjects = [message.subject for each in played for message in each.messages]
    assert len(subjects) == 32
    assert len(set(subjects)) >= 25
    assert all("\n" not in subject and len(subject) < 120 for subject in subjects)
    for expected in (
        "ICE Declined Detainer Outcome Report: first seen, 334 records in 3 lists",
        "ICE Declined Detainer Outcome Report, Declined detainers: 14 corrected in Texas",
        "ICE Declined Detainer Outcome Report, Jurisdictions that limit cooperation: 36 added, 4 removed",
        "ICE Declined Detainer Outcome Report, Notices on the page: 1 added",
        "ICE 287(g) agreements, Participating agencies: 12 added, 1 removed",
        "ICE 287(g) agreements, Participating agencies: 6 corrected",
        "DHS sanctuary jurisdictions: the page was taken down",
        "DOJ sanctuary jurisdictions, States: 1 removed in Nevada",
    ):
        assert expected in subjects


def test_alerts_speak_in_words_for_readers(played: tuple[Played, ...]) -> None:
    """No name from the configuration, no folder of the server, no code of the program, in any form."""
    for message in (message for each in played for message in each.messages):
        slack = "\n".join(
            part["text"] for block in writing.slack(message)["blocks"] for part in [block.get("text", {})] if part
        )
        for form in (message.subject, writing.text(message), text_of_page(writing.html(message)), slack):
            assert no_words_in(form) == []


def test_nobody_is_told_of_what_is_cosmetic_minor_held_or_blocked(played: tuple[Played, ...]) -> None:
    """A sheet typed anew, links being posted, malformed issues, a block page, a page missing once: no alert."""
    silent = []
    for each in played:
        news = {said.kind for said in each.step.expectations if not said.minor} - {"cosmetic", "reformatted", "held"}
        assert bool(each.messages) == bool(news), each.step.caption
        if not news:
            silent.append(each.step.source)
    assert Counter(silent) == {AGREEMENTS_SOURCE: 7, DHS: 2}


def test_the_alerts_arrive_at_the_mailbox_and_in_the_room(played: tuple[Played, ...], folder: Path) -> None:
    """Every step with an alert is one mail, left as a file; the room has what Texas asks for, and what is held."""
    mails = [[each.subject for each in step.arrived if each.channel == "mail"] for step in played]
    posts = [each.subject for step in played for each in step.arrived if each.channel == "slack"]
    assert [len(subjects) for subjects in mails] == [int(bool(step.messages)) for step in played]
    left = [message_from_bytes(path.read_bytes(), policy=policy.default) for path in sorted(folder.glob("mail/*.eml"))]
    assert [mail["Subject"].strip() for mail in left] == [subject for step in mails for subject in step]
    assert len({mail["Message-ID"] for mail in left}) == len(left) == 24
    answered = rb"(?m)^In-Reply-To: <thread-[^<>]+@example\.org>\r?$"  # on one line, as it came
    assert all(re.search(answered, path.read_bytes()) for path in folder.glob("mail/*.eml"))
    assert "ICE Declined Detainer Outcome Report, Declined detainers: 14 corrected in Texas" in posts
    assert sum(subject.endswith(".xlsx is held") for subject in posts) == 2
    assert not any("Florida" in subject for subject in posts)
    assert sum(part.get_content_type() == "image/png" for mail in left for part in mail.walk()) >= 2


def test_the_demo_sends_nothing_to_channels_of_the_configuration(tmp_path: Path) -> None:
    """Whatever channels and subscriptions a configuration has, the demo's are the two on this machine."""
    config = tmp_path / "config.yaml"
    config.write_text(subscribed((ROOT / "config.yaml").read_text("utf-8"), tmp_path), encoding="utf-8")
    with closing(replay(config, tmp_path / "demo")) as steps:
        first = next(steps)
    assert [each.channel for each in first.arrived] == ["mail", "slack"]
    left = load(tmp_path / "demo" / "config.yaml")
    assert set(left.channels) == {"mail", "slack"}
    assert not (tmp_path / "feed.xml").exists()


def shown(program: Program, capsys: pytest.CaptureFixture[str], *arguments: str) -> str:
    """Return what a command prints on what the demo left."""
    capsys.readouterr()
    with pytest.raises(SystemExit) as ended:
        main(["--config", str(program.config_path), "--state", str(program.state), *arguments])
    assert ended.value.code == 0
    return capsys.readouterr().out


def section(page: str, heading: str) -> str:
    """Return what stands under a heading of one of the docs, up to the next heading."""
    text = (ROOT / page).read_text(encoding="utf-8")
    return text.partition(f"# {heading}\n")[2].partition("\n#")[0]


def test_the_sample_in_the_readme_is_what_the_demo_leaves(program: Program, capsys: pytest.CaptureFixture[str]) -> None:
    """Each command of the sample prints, word by word, what stands under it."""
    readme = (ROOT / "README.md").read_text(encoding="utf-8")
    (sample,) = re.findall(r"^```\n(\$ monitor .*?)^```", readme, re.MULTILINE | re.DOTALL)
    for part in sample.split("$ monitor ")[1:]:
        command, _, printed = part.partition("\n")
        assert shown(program, capsys, *shlex.split(command)) == printed
    assert sample.count("$ monitor ") == 2


@pytest.mark.parametrize(
    "command",
    [
        "log",
        "list doj-sanctuary",
        'show "Travis County, Texas"',
        "versions",
        "doubts",
        "verify",
        "diff doj-sanctuary states 2025-09-01 2025-10-01",
    ],
)
def test_every_key_of_json_is_told(program: Program, capsys: pytest.CaptureFixture[str], command: str) -> None:
    """docs/commands.md names the keys in the command's section, or in that of a command which it refers to."""
    name, *more = shlex.split(command)
    told = section("docs/commands.md", f"`monitor {name}`")
    told += "".join(section("docs/commands.md", f"`{other}`") for other in re.findall(r"\[`(monitor \w+)`\]", told))
    keys = {key for line in shown(program, capsys, name, *more, "--json").splitlines() for key in json.loads(line)}
    assert keys
    assert {key for key in keys if f"`{key}`" not in told} == set()


def test_a_stranger_can_check_the_log(program: Program, capsys: pytest.CaptureFixture[str]) -> None:
    """The program in docs/evidence.md comes to the log's last hash, and stops at an entry that was altered."""
    (text,) = re.findall(r"```python\n(.*?)```", (ROOT / "docs/evidence.md").read_text("utf-8"), re.DOTALL)
    log = shown(program, capsys, "log", "--json")

    def check(log: str) -> subprocess.CompletedProcess[str]:
        return subprocess.run(
            [sys.executable, "-I", "-c", text], input=log, capture_output=True, text=True, check=False
        )

    assert check(log).stdout.strip() == changelog.head(program.store)[1]
    altered = check(log.replace("Nevada", "Navada"))
    assert (altered.returncode, altered.stdout) == (1, "")
    assert altered.stderr.startswith("entry ")


def test_the_head_in_each_alert_is_one_of_the_log(played: tuple[Played, ...], program: Program) -> None:
    """An alert holds the hash of the log as it was then, in its text too; the last one has the log's end.

    The first alerts hold none, as the log was empty.
    """
    heads = {"", *(entry["entry_hash"] for entry in entries(program))}
    messages = [message for each in played for message in each.messages]
    assert {message.head for message in messages} <= heads
    assert all(message.head in writing.text(message) for message in messages)
    assert messages[-1].head == changelog.head(program.store)[1]
    assert changelog.GENESIS not in "".join(map(writing.text, messages))
    sizes = [message.checkpoint.size for message in messages if message.checkpoint]
    assert sizes == sorted(sizes)
    assert sizes[-1] > sizes[0] > 0


def test_the_block_page_is_named_and_kept_out(played: tuple[Played, ...]) -> None:
    """The one poll that met it says so in one line; no version came of it."""
    (blocked,) = (each for each in of(played, AGREEMENTS_SOURCE) if each.lines)
    (line,) = blocked.lines
    assert "refuses this program" in line
    assert blocked.processed == ()


def test_what_the_demo_leaves_is_sound(program: Program, capsys: pytest.CaptureFixture[str]) -> None:
    """`monitor verify` finds nothing, with the configuration that the demo leaves."""
    assert load(program.config_path).poll.allow_private_addresses
    with pytest.raises(SystemExit) as ended:
        main(["--config", str(program.config_path), "--state", str(program.state), "verify"])
    assert ended.value.code == 0
    assert "370 entries" in capsys.readouterr().out


def test_an_agreement_is_posted_mislinked_and_replaced(
    played: tuple[Played, ...], program: Program, capsys: pytest.CaptureFixture[str]
) -> None:
    """What was there at first is told to nobody; a document is doubted as long as it is another agency's."""
    kept, posted, replaced = (each.documents for each in played if each.step.looks)
    assert kept == ("99 documents kept, as they were there before",)
    assert posted == (
        "a document, posted: /doclib/287gMOA/SmithCountySheriffsOfficeTexas_TFM_MOA_02182025.pdf",
        "doubted: it is likely that of Bee County Sheriff's Office",
    )
    assert [line.partition(":")[0] for line in replaced] == ["a document, replaced"] * 2
    assert not [each for each in played if each.documents and not each.step.looks]
    changed = shown(program, capsys, "documents", AGREEMENTS_SOURCE, "--changed")
    assert changed.count("[there]") == 2
    assert "MOA" not in shown(program, capsys, "documents", AGREEMENTS_SOURCE, "--missing")
    doubts = shown(program, capsys, "doubts", AGREEMENTS_SOURCE, "--json")
    assert not {json.loads(line)["problem"] for line in doubts.splitlines()} & {"names-another", "same-file"}
