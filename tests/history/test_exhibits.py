"""A packet of evidence is checked with public tools alone, as its VERIFY.txt says, and what was altered is caught."""

from __future__ import annotations

import hashlib
import json
import re
import shutil
import subprocess
import sys
import zipfile
from base64 import b64encode
from pathlib import Path
from typing import TYPE_CHECKING, NamedTuple

import pytest
import yaml
from warcio.archiveiterator import ArchiveIterator

from monitor.evidence.keys import SigningKey
from monitor.evidence.publish import publish
from monitor.store.database import Store
from monitor.store.statements import note_sighting
from tests.support.authority import Authority, needs_openssl
from tests.support.forks import Ended, forked
from tests.support.once import once
from tests.support.pywb import needs_pywb, playing
from tests.support.ssh import needs_ssh_keygen

if TYPE_CHECKING:
    from collections.abc import Callable

    from tests.conftest import Commands

pytestmark = [needs_openssl, needs_ssh_keygen]
ORIGIN = "monitor.example.org/log"
SECONDS = 120.0  # after which a command has not ended
TOOLS = Path(sys.executable).parent


class Block(NamedTuple):
    """A command of VERIFY.txt, and the lines that it should print."""

    command: str
    expected: list[str]


def blocks(packet: Path) -> list[Block]:
    """The commands of VERIFY.txt, in order."""
    found: list[Block] = []
    for line in (packet / "VERIFY.txt").read_text(encoding="utf-8").splitlines():
        if line.startswith("    $ "):
            found.append(Block(line.removeprefix("    $ "), []))
        elif line.startswith("    > "):
            found[-1].expected.append(line.removeprefix("    > "))
    return found


def printed(packet: Path, block: Block) -> list[str]:
    """What a command prints in the folder of the packet."""
    ran = subprocess.run(
        ["sh", "-c", block.command], cwd=packet, capture_output=True, text=True, timeout=SECONDS, check=False
    )
    return ran.stdout.splitlines()


def failing(packet: Path, beginning: str = "") -> list[str]:
    """The commands of VERIFY.txt, with this beginning, that do not print what they should."""
    asked = [block for block in blocks(packet) if block.command.startswith(beginning)]
    assert asked
    return [block.command for block in asked if printed(packet, block) != block.expected]


def monitor_command(folder: Path, *arguments: object) -> Ended:
    """Run `monitor` on the history of the demo in a folder, in a process of its own."""
    options = ("--config", folder / "state/config.yaml", "--state", folder / "state")
    return forked("monitor.cli:main", [[*map(str, options), *map(str, arguments)]])


@pytest.fixture(scope="session")
def made(demo: Path, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A folder with the demo's history, which has a key and a time stamp, and with packets of it. Only to be read."""

    def make(folder: Path) -> None:
        shutil.copytree(demo / "state", folder / "state")
        SigningKey.make(folder / "key")
        config = yaml.safe_load((folder / "state/config.yaml").read_text(encoding="utf-8"))
        with Authority(folder / "authority", name="one") as authority:
            stamping = {"authorities": [{"url": authority.address, "roots_file": str(authority.roots)}]}
            config["evidence"] = {"origin": ORIGIN, "key_file": str(folder / "key"), "stamp": stamping}
            (folder / "state/config.yaml").write_text(yaml.safe_dump(config), encoding="utf-8")
            assert monitor_command(folder, "stamp").returncode == 0
        shutil.copy(folder / "authority/root.pem", folder / "roots.pem")
        key = SigningKey.read(folder / "key")
        (folder / "allowed_signers").write_text(f"{key.allowed_signers_line(ORIGIN)}\n", encoding="ascii")
        log = monitor_command(folder, "log", "--jurisdiction", "Travis County, Texas", "--kind", "corrected", "--json")
        corrected = json.loads(log.stdout.splitlines()[0])["id"]
        for name, arguments in {
            "amendment": [corrected],
            "standing": ["--jurisdiction", "Travis County, Texas", "--at", "2017-03-22"],
        }.items():
            ran = monitor_command(folder, "exhibit", *arguments, "--folder", folder / name)
            assert ran.returncode == 0, ran.stderr
        del config["evidence"]["key_file"]  # as where the pages are served
        (folder / "state/config.yaml").write_text(yaml.safe_dump(config), encoding="utf-8")
        ran = monitor_command(folder, "exhibit", corrected, "--folder", folder / "keyless")
        assert ran.returncode == 0, ran.stderr
        config["evidence"]["key_file"] = str(folder / "key")
        (folder / "state/config.yaml").write_text(yaml.safe_dump(config), encoding="utf-8")

    return once(tmp_path_factory, "exhibits", make)


@pytest.fixture
def packet(made: Path, tmp_path: Path, request: pytest.FixtureRequest) -> Path:
    """A copy of a packet, with the key and the root certificate from elsewhere beside it."""
    for name in ("allowed_signers", "roots.pem"):
        shutil.copy(made / name, tmp_path)
    shutil.copytree(made / getattr(request, "param", "amendment"), tmp_path / "packet")
    return tmp_path / "packet"


def sums_redone(packet: Path) -> None:
    """Write the manifest anew, as someone does who altered a file and hides it."""
    files = sorted(path for path in packet.rglob("*") if path.is_file() and "MANIFEST" not in path.name)
    lines = [f"{hashlib.sha256(path.read_bytes()).hexdigest()}  {path.relative_to(packet)}\n" for path in files]
    (packet / "MANIFEST.sha256").write_text("".join(lines), encoding="utf-8")


@pytest.mark.parametrize("packet", ["amendment", "standing", "keyless"], indirect=True)
def test_each_command_of_verify_txt_prints_what_it_says(packet: Path) -> None:
    """Sums, added files, signatures, proofs, the files and lists that are named, and the time stamp."""
    commands = " ".join(block.command for block in blocks(packet))
    assert all(tool in commands for tool in ("sha256sum", "ssh-keygen", "sh verify.sh", "openssl ts -verify"))
    assert failing(packet) == []


def test_a_removal_is_shown_by_what_the_next_list_lacks(made: Path, tmp_path: Path) -> None:
    """The entry is read, its line is counted in the list after it, and what is altered in either is caught."""
    removed = json.loads(monitor_command(made, "log", "--source", "doj-sanctuary", "--json").stdout.splitlines()[-1])
    ran = monitor_command(made, "exhibit", removed["id"], "--folder", tmp_path / "packet")
    assert ran.returncode == 0, ran.stderr
    for name in ("allowed_signers", "roots.pem"):
        shutil.copy(made / name, tmp_path)
    packet = tmp_path / "packet"
    (counted,) = [block for block in blocks(packet) if block.command.startswith("grep -c")]
    assert counted.expected == ["0"]
    (entry,) = [block.expected[0] for block in blocks(packet) if block.command.startswith("cat log/")]
    assert (json.loads(entry)["kind"], json.loads(entry)["before"]["name"]) == ("removed", "Nevada")
    assert failing(packet) == []
    shorter, longer = sorted((packet / "log").glob("*.lines"), key=lambda path: path.stat().st_size)
    shorter.write_bytes(longer.read_bytes())  # as if nothing had been removed
    assert failing(packet, "grep -c")
    statement = next((packet / "log").glob("*-amendment.leaf"))
    statement.write_bytes(statement.read_bytes().replace(b"removed", b"added"))
    assert failing(packet, "cat log/")


@pytest.mark.parametrize("packet", ["amendment", "standing", "keyless"], indirect=True)
def test_python_alone_checks_it_too(packet: Path) -> None:
    """The script in the packet needs nothing but Python."""
    ran = subprocess.run(
        [sys.executable, "-I", "verify.py"], cwd=packet, capture_output=True, text=True, timeout=SECONDS, check=False
    )
    assert (ran.returncode, ran.stdout) == (0, "every file is as listed, and every statement is in the log\n")


@pytest.mark.parametrize("packet", ["amendment", "standing", "keyless"], indirect=True)
def test_the_web_archive_in_it_is_valid(packet: Path, tmp_path: Path) -> None:
    """For the tools of web archives, which find the kept file in it byte for byte."""
    subprocess.run(
        [TOOLS / "wacz", "validate", "-f", packet / "exchange/files.wacz"],
        check=True, capture_output=True, timeout=SECONDS,
    )  # fmt: skip
    with zipfile.ZipFile(packet / "exchange/files.wacz") as package:
        package.extract("archive/data.warc.gz", tmp_path)
    warc = tmp_path / "archive/data.warc.gz"
    subprocess.run([TOOLS / "warcio", "check", warc], check=True, capture_output=True, timeout=SECONDS)
    with warc.open("rb") as file:
        played = {
            hashlib.sha256(record.content_stream().read()).hexdigest()
            for record in ArchiveIterator(file)
            if record.rec_type == "response"
        }
    assert {hashlib.sha256(path.read_bytes()).hexdigest() for path in (packet / "files").iterdir()} <= played


@needs_pywb
@pytest.mark.parametrize("packet", ["amendment", "standing"], indirect=True)
def test_pywb_plays_back_the_kept_files(packet: Path, tmp_path: Path) -> None:
    """Each statement about a capture names the address, the time and the SHA-256 of what is played back for it."""
    with zipfile.ZipFile(packet / "exchange/files.wacz") as package:
        package.extract("archive/data.warc.gz", tmp_path)
    (tmp_path / "pywb").mkdir()
    with playing(tmp_path / "archive/data.warc.gz", tmp_path / "pywb") as replay:
        for path in sorted((packet / "log").glob("*-exchange.leaf")):
            said = json.loads(path.read_bytes())
            status, _, body = replay.get(said["url"], at=re.sub(r"\D", "", said["ended_at"])[:14])
            assert (status, hashlib.sha256(body).hexdigest()) == (200, said["capture"])


def one_byte(packet: Path) -> None:
    """Change the last byte of a kept file."""
    file = next((packet / "files").iterdir())
    file.write_bytes(file.read_bytes()[:-1] + b"!")


def another_statement(packet: Path) -> None:
    """Change what a statement says."""
    leaf = next((packet / "log").glob("*-capture.leaf"))
    leaf.write_bytes(leaf.read_bytes().replace(b'"via":"poll"', b'"via":"pool"'))


def another_list(packet: Path) -> None:
    """Change a record."""
    lines = next((packet / "log").glob("*.lines"))
    lines.write_bytes(lines.read_bytes().replace(b"Travis", b"Dallas"))


def a_file_more(packet: Path) -> None:
    """Add a file."""
    (packet / "files/more.pdf").write_bytes(b"%PDF-1.7\n")


def line_ends(packet: Path) -> None:
    """Write a statement as some programs write text."""
    leaf = next((packet / "log").glob("*-capture.leaf"))
    leaf.write_bytes(leaf.read_bytes() + b"\r\n")


def another_checkpoint(packet: Path) -> None:
    """Say that the log had another size."""
    checkpoint = packet / "log/checkpoint.txt"
    text = checkpoint.read_text(encoding="utf-8")
    size = int(text.split("\n")[1])
    checkpoint.write_text(text.replace(f"\n{size}\n", f"\n{size - 1}\n"), encoding="utf-8")


def another_key(packet: Path) -> None:
    """Sign all with a key of one's own, and name it everywhere in the packet."""
    other = SigningKey.make(packet.parent / "other")
    (packet / "keys/allowed_signers").write_text(f"{other.allowed_signers_line(ORIGIN)}\n", encoding="ascii")
    text = (packet / "VERIFY.txt").read_text(encoding="utf-8")
    (packet / "VERIFY.txt").write_text(re.sub(r"SHA256:\S+", other.fingerprint, text), encoding="utf-8")
    sums_redone(packet)
    for signed in ("MANIFEST.sha256", "log/checkpoint.txt"):
        (packet / f"{signed}.sig").write_text(other.ssh_signature((packet / signed).read_bytes()), encoding="ascii")


def another_root(packet: Path) -> None:
    """Have the root certificate of another authority at hand."""
    with Authority(packet.parent / "authority", name="other") as authority:
        shutil.copy(authority.roots, packet.parent / "roots.pem")


@pytest.mark.parametrize(
    ("alter", "hidden", "caught_by"),
    [
        (one_byte, False, "sha256sum --quiet --check"),
        (one_byte, True, "ssh-keygen"),
        (one_byte, True, "sha256sum files/"),
        (another_statement, True, "ssh-keygen"),
        (another_statement, True, "sh verify.sh"),
        (another_list, True, "sha256sum log/"),
        (a_file_more, False, "find"),
        (line_ends, False, "sha256sum --quiet --check"),
        (line_ends, True, "sh verify.sh"),
        (another_checkpoint, True, "sh verify.sh"),
        (another_checkpoint, True, "openssl ts -verify"),
        (another_key, False, "ssh-keygen"),
        (another_root, False, "openssl ts -verify"),
    ],
)
def test_what_was_altered_is_caught_by_a_command(
    packet: Path,
    alter: Callable[[Path], None],
    hidden: bool,  # noqa: FBT001 - a parameter of the test
    caught_by: str,
) -> None:
    """By one that VERIFY.txt names, also where the sums were made anew to hide it."""
    alter(packet)
    if hidden:
        sums_redone(packet)
    assert failing(packet, caught_by)


@pytest.mark.parametrize("packet", ["keyless"], indirect=True)
def test_without_the_key_at_hand_the_checkpoint_alone_is_signed(packet: Path) -> None:
    """The packet says so, and the signature is that of the checkpoint as it was."""
    text = (packet / "VERIFY.txt").read_text(encoding="utf-8")
    assert "Nobody signed the manifest" in text
    assert "this packet itself is unsigned" in (packet / "COVER.html").read_text(encoding="utf-8")
    assert not list(packet.rglob("*.sig"))
    another_checkpoint(packet)
    for block in blocks(packet):
        if block.command.startswith(("head -n 3 log/checkpoint.txt >", "tail", "(printf")):
            assert printed(packet, block) == []
    assert failing(packet, "openssl pkeyutl")


def test_a_published_checkpoint_serves_where_no_key_is_at_hand(history: Commands, tmp_path: Path) -> None:
    """If it covers what the packet is about, and is of this history."""
    key = SigningKey.make(tmp_path / "key")
    config = yaml.safe_load(history.config.read_text(encoding="utf-8"))
    config["evidence"] = {"origin": ORIGIN, "key_file": str(tmp_path / "key"), "publish": str(tmp_path / "published")}
    history.config.write_text(yaml.safe_dump(config), encoding="utf-8")
    published = publish(tmp_path / "published", history("checkpoint").out, key=key)
    del config["evidence"]["key_file"]
    history.config.write_text(yaml.safe_dump(config), encoding="utf-8")
    assert history("exhibit", 1, "--folder", tmp_path / "packet").status == 0
    assert (tmp_path / "packet/log/checkpoint.txt").read_bytes() == published.read_bytes()
    (tmp_path / "allowed_signers").write_text(f"{key.allowed_signers_line(ORIGIN)}\n", encoding="ascii")
    assert failing(tmp_path / "packet") == []
    lines = published.read_text(encoding="utf-8").split("\n")
    published.write_text("\n".join([lines[0], lines[1], b64encode(bytes(32)).decode(), *lines[3:]]), encoding="utf-8")
    assert history("exhibit", 1, "--folder", tmp_path / "other").status == 0
    assert "Nobody signed this packet" in (tmp_path / "other/VERIFY.txt").read_text(encoding="utf-8")


def test_the_same_packet_has_the_same_bytes(made: Path, tmp_path: Path) -> None:
    """Also as a ZIP file, whose SHA-256 is printed."""
    for name in ("one.zip", "two.zip"):
        ran = monitor_command(made, "exhibit", "--jurisdiction", "Travis County, Texas", "--zip", tmp_path / name)
        assert ran.returncode == 0
        assert hashlib.sha256((tmp_path / name).read_bytes()).hexdigest() in ran.stdout
    assert (tmp_path / "one.zip").read_bytes() == (tmp_path / "two.zip").read_bytes()
    with zipfile.ZipFile(tmp_path / "one.zip") as whole:
        assert {"COVER.html", "VERIFY.txt", "MANIFEST.sha256", "CERTIFICATE-draft.html"} <= set(whole.namelist())


@pytest.fixture
def history(demo: Path, monitor: Commands) -> Commands:
    """The demo's history, without key and time stamps, to be changed."""
    shutil.copytree(demo / "state", monitor.state)
    monitor.config = monitor.state / "config.yaml"
    return monitor


def test_without_key_and_time_stamp_the_packet_says_so(history: Commands, tmp_path: Path) -> None:
    """And all other checks hold."""
    assert history("exhibit", 1, "--folder", tmp_path / "packet").status == 0
    text = (tmp_path / "packet/VERIFY.txt").read_text(encoding="utf-8")
    assert "Nobody signed this packet" in text
    assert "nobody else has attested it" in text
    assert failing(tmp_path / "packet") == []


def test_what_is_lost_is_named(history: Commands, tmp_path: Path) -> None:
    """The packet is made without it, and the command fails."""
    entry = history("log", "--json").rows[0]
    (history.state / "archive" / entry["version"][:2] / entry["version"][2:]).unlink()
    ran = history("exhibit", entry["id"], "--folder", tmp_path / "packet")
    assert ran.status == 1
    assert "the file after the change" in ran.err
    assert "What is missing here" in (tmp_path / "packet/COVER.html").read_text(encoding="utf-8")


@pytest.mark.parametrize(
    ("arguments", "words"),
    [
        ([99_999], "there is no entry 99999"),
        (["--jurisdiction", "Nowhere"], "no place is called"),
        (["--jurisdiction", "Franklin County"], "fits several places"),
        (["--jurisdiction", "Travis County, Texas", "--at", "1999-01-01"], "no list is known to have had it then"),
        (["--record", "abc"], "no such record"),
        (["--version", "abcdef99"], "no version"),
    ],
)
def test_what_there_is_not_is_said(history: Commands, tmp_path: Path, arguments: list[object], words: str) -> None:
    """In words that say what to do."""
    ran = history("exhibit", *arguments, "--folder", tmp_path / "packet")
    assert ran.status == 1
    assert words in ran.err
    assert not (tmp_path / "packet").exists()


def test_a_folder_that_holds_something_is_refused(history: Commands, tmp_path: Path) -> None:
    """A packet must hold nothing else."""
    (tmp_path / "letter.txt").write_text("Dear ...", encoding="ascii")
    ran = history("exhibit", 1, "--folder", tmp_path)
    assert ran.status == 1
    assert "is not empty" in ran.err


def test_a_later_look_does_not_take_the_time_stamp_away(made: Path, tmp_path: Path) -> None:
    """The daily note that a version is still there comes after the stamp; the packet keeps the stamp."""
    shutil.copytree(made / "state", tmp_path / "state")
    with Store(tmp_path / "state") as store, store.transaction():
        (row,) = store.all("SELECT max(id) AS id FROM versions WHERE status = 'recorded'")
        store.write("UPDATE versions SET last_seen_at = '2026-01-01T00:00:00Z' WHERE id = :id", row)
        note_sighting(store, row["id"])
        (version,) = store.all("SELECT sha256 FROM version_details WHERE id = :id", row)
    ran = monitor_command(tmp_path, "exhibit", "--version", version["sha256"], "--folder", tmp_path / "packet")
    assert ran.returncode == 0
    kinds = [path.name for path in (tmp_path / "packet/log").glob("*-seen.leaf")]
    assert len(kinds) == 1
    assert (tmp_path / "packet/time/1.tsr").exists()
