"""What a checked configuration says is kept beside the database, and believed of the same bytes and program alone."""

from __future__ import annotations

import hashlib
import json
import os
import shutil
import subprocess
import sys
from dataclasses import fields, replace
from datetime import timedelta
from pathlib import Path
from typing import TYPE_CHECKING, Any

import pytest
import yaml

from monitor import PACKAGE
from monitor.config.file import load
from monitor.config.outline import Outline, PollLimits, ReportOutline, SourceOutline, outline_of
from monitor.errors import ConfigError
from monitor.program import Program
from monitor.store.outline import OUTLINE, bytes_of, check_hash, guessed_state, keep_outline, kept_outline
from monitor.store.search import LogFilter, log_entries
from tests.support.paths import ROOT
from tests.support.servers import Reply, Server

if TYPE_CHECKING:
    from collections.abc import Callable


def in_place(file: Path, make: Callable[[Path], None]) -> None:
    """Put something else where a file is."""
    file.unlink()
    make(file)


SAID = Outline(
    state="state",
    contact="desk@example.org",
    limits=PollLimits(timeout=timedelta(seconds=7), max_bytes=1000, per_host=2, allow_private_addresses=True),
    sources={
        "ice-287g": SourceOutline(
            page="https://www.example.gov/287g",
            allowed_hosts=frozenset({"www.example.gov", "files.example.gov"}),
            links_mark="1f",
            has_documents=True,
            reports={"agreements": ReportOutline(kind="rolling", format="xlsx", lists={"pending": "2e"})},
        )
    },
    channels=1,
)


def edited(file: Path, change: Callable[[dict[str, Any]], object], *, summed: bool = True) -> None:
    """Change what a kept outline says; with `summed`, so that its hash fits again."""
    whole = json.loads(file.read_bytes())
    change(whole["outline"])
    if summed:
        whole["sum"] = hashlib.sha256(json.dumps(whole["outline"], sort_keys=True).encode()).hexdigest()
    file.write_text(json.dumps(whole))


NOT_BELIEVED: dict[str, Callable[[Path], object]] = {
    "gone": lambda file: file.unlink(),
    "cut off": lambda file: file.write_bytes(file.read_bytes()[:-5]),
    "empty": lambda file: file.write_bytes(b""),
    "no text": lambda file: file.write_bytes(b"\xff\xfe"),
    "deep": lambda file: file.write_bytes(b"[" * 100_000),
    "another kind of value": lambda file: file.write_text("[]"),
    "no outline": lambda file: file.write_text(json.dumps(json.loads(file.read_text()) | {"outline": 7})),
    "no sources": lambda file: edited(file, lambda said: said.update(sources=7)),
    "no reports": lambda file: edited(file, lambda said: said.update(sources={"one": []})),
    "no limits": lambda file: edited(file, lambda said: said.pop("limits")),
    "more than an outline has": lambda file: edited(file, lambda said: said.update(further=1)),
    "one letter that is another": lambda file: edited(file, lambda said: said.update(contact="disk"), summed=False),
    "of another check": lambda file: file.write_text(json.dumps(json.loads(file.read_text()) | {"checked": "0" * 64})),
    "of another folder": lambda file: edited(file, lambda said: said.update(state="/etc")),
    "too long": lambda file: file.write_bytes(file.read_bytes() + b" " * 1_000_000),
    "a folder": lambda file: in_place(file, Path.mkdir),
    "a pipe": lambda file: in_place(file, os.mkfifo),
}


@pytest.fixture
def config(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """The default configuration in a folder of its own, with a state folder in which its outline is kept."""
    monkeypatch.chdir(tmp_path)
    path = Path("config.yaml")
    shutil.copy(ROOT / "config.yaml", path)
    Path("state").mkdir()
    keep_outline(path, Path("state"), SAID, content=bytes_of(path))
    return path


def test_an_outline_is_kept_and_found_again(config: Path) -> None:
    """In the folder that the configuration names, and in another one if that is said."""
    assert kept_outline(bytes_of(config), None) == SAID
    assert kept_outline(bytes_of(config), Path("state")) == SAID
    assert kept_outline(bytes_of(config), Path("other")) is None
    Path("other").mkdir()
    keep_outline(config, Path("other"), SAID, content=bytes_of(config))
    assert kept_outline(bytes_of(config), Path("other")) == SAID


@pytest.mark.parametrize("spoil", NOT_BELIEVED.values(), ids=NOT_BELIEVED)
def test_a_spoilt_outline_is_not_believed(config: Path, spoil: Callable[[Path], object]) -> None:
    """The configuration is then checked as if there were none, and the program goes on."""
    spoil(Path("state") / OUTLINE)
    assert kept_outline(bytes_of(config), None) is None
    with Program(config_path=config) as program:
        assert list(program.outline.sources) == ["ice-ddor", "ice-287g", "dhs-sanctuary", "doj-sanctuary"]


def test_other_bytes_have_no_outline(config: Path) -> None:
    """Even where a single blank is different; and a fault that came in is told."""
    config.write_bytes(config.read_bytes() + b" ")
    assert kept_outline(bytes_of(config), None) is None
    config.write_bytes(config.read_bytes() + b"\nnonsense: 1\n")
    with Program(config_path=config) as program, pytest.raises(ConfigError, match="no such key"):
        _ = program.outline


def test_bytes_that_changed_while_they_were_checked_get_no_outline(config: Path) -> None:
    """Nobody knows which of both were checked."""
    before = bytes_of(config)
    config.write_bytes(config.read_bytes() + b"\n# later")
    keep_outline(config, Path("state"), replace(SAID, sources={}), content=before)
    assert kept_outline(bytes_of(config), None) is None
    config.write_bytes(before or b"")
    assert kept_outline(bytes_of(config), None) == SAID


def test_a_pipe_is_read_once() -> None:
    """A configuration that comes by a pipe, as a shell's `<(...)`, is checked each time."""
    reading, writing = os.pipe()
    with os.fdopen(reading, "rb"):
        with os.fdopen(writing, "wb") as pipe:
            pipe.write(b"sources: {}\n")
        assert bytes_of(Path(f"/dev/fd/{reading}")) is None
        assert kept_outline(None, Path("state")) is None
        assert os.read(reading, 100) == b"sources: {}\n"


def test_a_folder_that_can_not_be_written_is_no_fault(config: Path) -> None:
    """Nor one that is not there, nor one that is a file."""
    for name in ("none", "config.yaml"):
        keep_outline(config, Path(name), SAID, content=bytes_of(config))
    (Path("state") / OUTLINE).unlink()
    (Path("state") / OUTLINE).mkdir()
    keep_outline(config, Path("state"), SAID, content=bytes_of(config))
    assert [path.name for path in Path("state").iterdir()] == [OUTLINE]


def test_no_secret_is_kept(config: Path) -> None:
    """The addresses of pages are, and what is sent with each request; no password, nobody who is told."""
    sources = config.read_text(encoding="utf-8").partition("\nchannels:")[0]
    config.write_text(
        sources
        + "\nchannels: {room: {kind: slack, url: 'https://hooks.slack.com/services/hunter2XYZZY'}}\n"
        + "subscriptions: {texas: {channels: [room], states: [TX]}}\n",
        encoding="utf-8",
    )
    with Program(config_path=config) as program:
        assert program.reports("ice-287g")["pending"] == ("pending",)
    text = (Path("state") / OUTLINE).read_text(encoding="utf-8")
    assert json.loads(text)["outline"].keys() == {field.name for field in fields(Outline)}
    assert not any(word in text for word in ("hunter2", "slack", "room", "texas"))
    assert (Path("state") / OUTLINE).stat().st_mode & 0o777 == 0o600


@pytest.mark.parametrize(
    ("line", "folder"),
    [
        ("state: /var/lib/monitor", "/var/lib/monitor"),
        ("state: 'a b'  # where", "a b"),
        ('state: "kept"', "kept"),
        ("state: kept # where\r", "kept"),
        ("# state: kept", "state"),
        ("  state: kept", "state"),
        ("statement: kept", "state"),
    ],
)
def test_the_folder_is_guessed_from_its_line(line: str, folder: str) -> None:
    """Which says the same as the YAML, in the forms in which people write it."""
    assert guessed_state(f"sources: {{}}\n{line}\n".encode()) == Path(folder)


def test_another_program_has_another_check(tmp_path: Path) -> None:
    """A release that checks otherwise believes no outline of the one before it.

    A process that was begun before goes on as it was, and says so.
    """
    for name in ("config", "jurisdictions"):
        shutil.copytree(PACKAGE / name, tmp_path / "monitor" / name, ignore=shutil.ignore_patterns("__pycache__"))
    for name in ("__init__.py", "errors.py", "files.py", "model.py", "times.py", "alerts/subscriptions.py"):
        (tmp_path / "monitor" / name).parent.mkdir(exist_ok=True)
        shutil.copy2(PACKAGE / name, tmp_path / "monitor" / name)
    (tmp_path / "monitor" / "store").mkdir()
    for name in ("__init__.py", "outline.py"):
        shutil.copy2(PACKAGE / "store" / name, tmp_path / "monitor" / "store" / name)
    code = """
import sys
from monitor.store.outline import check_hash
before = check_hash(b"sources: {}")
with open(sys.argv[1], "a", encoding="utf-8") as module:
    module.write("\\n# another release\\n")
print(before, check_hash(b"sources: {}"))
"""
    hashes = []
    for name in ("config/values.py", "jurisdictions/states.py", "alerts/subscriptions.py"):
        ran = subprocess.run(
            [sys.executable, "-c", code, f"monitor/{name}"],
            cwd=tmp_path,
            capture_output=True,
            text=True,
            check=True,
            timeout=600,
        )
        before, after = ran.stdout.split()
        assert before == after
        hashes.append(before)
    assert len(set(hashes)) == len(hashes)
    assert check_hash(b"sources: {}") == check_hash(b"sources: {}") != check_hash(b"sources: {} ")


@pytest.mark.parametrize("name", sorted(each.name for each in (PACKAGE / "config" / "shelf").iterdir()))
def test_what_is_kept_of_a_configuration_is_what_it_says(name: str, tmp_path: Path) -> None:
    """Of each description on the shelf beside the default ones: the outline comes back as it was made."""
    path = tmp_path / "config.yaml"
    tree = yaml.safe_load((ROOT / "config.yaml").read_text("utf-8"))
    tree["sources"] |= yaml.safe_load((PACKAGE / "config" / "shelf" / name).read_text("utf-8"))["sources"]
    path.write_text(yaml.safe_dump(tree), "utf-8")
    said = outline_of(load(path))
    keep_outline(path, tmp_path, said, content=bytes_of(path))
    assert kept_outline(bytes_of(path), tmp_path) == said
    assert len(said.sources) == len(tree["sources"])


def test_further_settings_of_requests_are_not_kept(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Whatever a release adds to them: then the whole configuration says how publishers are asked."""
    said = load(ROOT / "config.yaml")
    assert outline_of(said).limits is not None
    monkeypatch.setattr("monitor.config.outline.KNOWN_POLL_SETTINGS", {"every", "soonest"})
    unlimited = outline_of(said)
    assert unlimited.limits is None
    (tmp_path / "config.yaml").write_bytes(b"sources: {}")
    keep_outline(tmp_path / "config.yaml", tmp_path, unlimited, content=b"sources: {}")
    assert kept_outline(b"sources: {}", tmp_path) == unlimited


ONE_PAGE = """
poll: {{allow_private_addresses: true}}
sources:
  one:
    page: {page}
    reports:
      list:
        kind: page
        format: html
        lists: {{counties: {{heading: "^counties$", item: "^(?P<name>.+), (?P<state>[A-Z]{{2}})$", key: [name]}}}}
"""
# What a poll that finds nothing new has no use for: what checks a configuration, what parses odd addresses, what reads,
# compares and tells.
HEAVY = ("pydantic", "yaml", "httpx", "rich", "lxml", "numpy", "monitor.matching", "monitor.sandbox.reader")


def loaded_by_a_poll(folder: Path) -> set[str]:
    """Poll in a process of its own, and return what it has loaded of `HEAVY`."""
    code = (
        "import sys\nfrom monitor.cli import main\n"
        "try:\n    main(['--config', 'config.yaml', '--state', 'state', 'poll'])\n"
        "finally:\n    print(*set(sys.modules).intersection(sys.argv))"
    )
    ran = subprocess.run(
        [sys.executable, "-c", code, *HEAVY],
        cwd=folder, env=os.environ | {"PYTHONPATH": str(ROOT)}, capture_output=True, text=True, check=True, timeout=600,
    )  # fmt: skip
    return set(ran.stdout.splitlines()[-1].split())


def test_a_poll_of_an_unchanged_page_loads_only_what_it_needs(tmp_path: Path) -> None:
    """And starts no process that reads files. Other bytes of the configuration are checked before anything is asked."""
    page = Reply(body=b"<h2>Counties</h2><ul><li>Travis, TX</li></ul>", headers=(("ETag", '"1"'),))
    with Server({"/list": page}) as server:
        text = ONE_PAGE.format(page=server.address("/list"))
        (tmp_path / "config.yaml").write_text(text, "utf-8")
        loaded = loaded_by_a_poll(tmp_path)
        assert {"pydantic", "monitor.sandbox.reader"} <= loaded
        assert "lxml" not in loaded  # which reads the page in the other process
        server.pages["/list"] = Reply(status=304)
        assert loaded_by_a_poll(tmp_path) == set()
        (tmp_path / "config.yaml").write_text(text + "# later", "utf-8")
        assert loaded_by_a_poll(tmp_path) >= {"pydantic", "yaml"}
        assert [request.path for request in server.requests] == ["/list"] * 3


def test_a_change_after_an_unchanged_look_is_read_by_the_whole_configuration(tmp_path: Path) -> None:
    """The outline stands for the configuration only as long as nothing is new."""
    page = Reply(body=b"<h2>Counties</h2><ul><li>Travis, TX</li></ul>", headers=(("ETag", '"1"'),))
    with Server({"/list": page}) as server:
        (tmp_path / "config.yaml").write_text(ONE_PAGE.format(page=server.address("/list")), "utf-8")
        loaded_by_a_poll(tmp_path)
        server.pages["/list"] = replace(page, body=page.body.replace(b"</ul>", b"<li>Hays, TX</li></ul>"))
        loaded_by_a_poll(tmp_path)
        with Program(config_path=tmp_path / "config.yaml", state_override=tmp_path / "state") as program:
            assert [entry.after for entry in log_entries(program.store, LogFilter())] == [
                {"name": "Hays", "state": "TX"}
            ]
