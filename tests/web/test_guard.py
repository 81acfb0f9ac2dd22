"""Who may read, by which name, and how: loopback unless told otherwise, no writing, no rebinding."""

from __future__ import annotations

import os
import signal
import socket
import sqlite3
import subprocess
import sys
from contextlib import closing
from typing import TYPE_CHECKING

import httpx
import pytest

from monitor.errors import RefusedError, StoreError
from monitor.store.database import STEPS, Store
from monitor.store.read_only import ReadOnlyStore
from monitor.web import server
from monitor.web.context import Access
from tests.support.paths import ROOT
from tests.web.conftest import serving_of

if TYPE_CHECKING:
    from pathlib import Path

    from tests.conftest import Commands
    from tests.web.conftest import Served


PASSWORD, TOKEN = "correct horse battery", "f00df00df00df00d"


async def at_once(_: float) -> None:
    """Do not wait before a wrong password is answered."""


@pytest.mark.parametrize(
    "host", ["evil.example", "evil.example:80", "127.0.0.1.evil.example", "", "localhost.evil.example"]
)
def test_a_name_that_somebody_else_can_point_here_is_not_served(served: Served, host: str) -> None:
    """DNS rebinding: a page of another site gets nothing, whatever it asks for."""
    answer = served.get("/api/log", host=host)
    assert answer.status_code in {400, 421}
    assert "entries" not in answer.text


@pytest.mark.parametrize("host", ["localhost", "127.0.0.1:9", "[::1]:80", "LOCALHOST:8080"])
def test_this_machine_is_served_by_its_own_names(served: Served, host: str) -> None:
    """By name, and by addresses, which nobody can point elsewhere."""
    assert served.get("/about", host=host).status_code == 200


@pytest.mark.parametrize("method", ["POST", "PUT", "DELETE", "PATCH", "OPTIONS", "TRACE", "PROPFIND"])
def test_pages_can_only_be_read(served: Served, method: str) -> None:
    """Any method but GET and HEAD is refused, with those two named."""
    answer = served.client.request(method, f"{served.address}/log")
    assert answer.status_code == 405
    assert answer.headers["allow"] == "GET, HEAD"


def test_a_head_is_a_get_without_its_body(served: Served) -> None:
    """Same status and tag, and nothing after."""
    got, headed = (served.client.request(method, f"{served.address}/log") for method in ("GET", "HEAD"))
    assert (headed.status_code, headed.content) == (200, b"")
    assert headed.headers["etag"] == got.headers["etag"]


def test_an_address_longer_than_any_of_ours_is_refused(served: Served) -> None:
    """Before anything looks at it."""
    assert served.get(f"/log?q={'a' * 5_000}").status_code == 414


def test_with_a_password_nothing_is_shown_without_it(history: Path) -> None:
    """Neither pages nor files nor JSON; the password goes with any user name, the token as Bearer or as password."""
    with serving_of(history, Access(password=PASSWORD, token=TOKEN, sleep=at_once)) as guarded:
        for path in ("/", "/api/log", "/static/style.css", "/nowhere"):
            asked = guarded.get(path)
            assert asked.status_code == 401
            assert asked.headers["www-authenticate"].startswith("Basic ")
        for wrong in (("any", "wrong"), ("any", ""), (PASSWORD, "")):
            assert guarded.client.get(f"{guarded.address}/", auth=wrong).status_code == 401
        for broken in ("Basic", "Basic !!!", "Basic /w==", "Bearer", "Bearer wrong", "Digest a"):
            assert guarded.get("/", authorization=broken).status_code == 401
        right = guarded.client.get(f"{guarded.address}/", auth=("any", PASSWORD))
        assert right.status_code == 200
        assert right.headers["cache-control"] == "private, no-cache"
        assert guarded.get("/api/log", authorization=f"Bearer {TOKEN}").status_code == 200


def test_a_part_of_the_secret_lets_nobody_in(history: Path) -> None:
    """Each beginning and end of the password and of the token is wrong, and so is the secret with something after."""
    with serving_of(history, Access(password=PASSWORD, token=TOKEN, sleep=at_once)) as guarded:
        for secret in (PASSWORD, TOKEN):
            parts = [secret[:length] for length in range(1, len(secret))] + [secret[1:], secret + "0", secret.upper()]
            for part in parts:
                assert guarded.client.get(f"{guarded.address}/", auth=("any", part)).status_code == 401, part
        for part in (TOKEN[:-1], TOKEN[:1], TOKEN + "0"):
            assert guarded.get("/", authorization=f"Bearer {part}").status_code == 401, part


def test_other_machines_are_let_in_by_password_token_or_word_alone() -> None:
    """An address that other machines reach is refused as long as nothing says who may read."""
    for host in ("0.0.0.0", "::", "192.0.2.1", "monitor.example.org"):
        with pytest.raises(RefusedError, match="--public"):
            server.check_access(host, Access(), public=False)
        server.check_access(host, Access(), public=True)
        server.check_access(host, Access(password=PASSWORD), public=False)
        server.check_access(host, Access(token=TOKEN), public=False)
    for host in ("127.0.0.1", "::1", "localhost", "127.8.8.8"):
        server.check_access(host, Access(), public=False)


@pytest.mark.parametrize("secret", ["", "short"])
def test_a_secret_that_can_be_guessed_is_refused(secret: str) -> None:
    """Also an empty one, which would be none."""
    with pytest.raises(RefusedError, match="at least 12 characters"):
        server.check_access("127.0.0.1", Access(password=secret), public=False)


def test_the_address_that_people_type_is_served_and_cited(history: Path) -> None:
    """Its name is let through, and permanent addresses begin with it."""
    with serving_of(history, Access(address="https://monitor.example.org")) as named:
        answer = named.get("/amendment/1", host="monitor.example.org")
        assert answer.status_code == 200
        assert "https://monitor.example.org/amendment/1" in answer.text


def test_the_connection_of_pages_can_not_write(history: Path) -> None:
    """Whatever it is asked: SQLite itself refuses."""
    store = ReadOnlyStore(history)
    with closing(store.connection), pytest.raises(sqlite3.OperationalError, match="readonly"):
        store.connection.execute("INSERT INTO operator_notices VALUES ('a', 'b')")


def test_a_database_of_another_version_is_told_and_left_as_it_is(tmp_path: Path) -> None:
    """An older one is not brought up to date by pages, a newer one not guessed at; each says what to do."""
    with pytest.raises(StoreError, match="there is no database yet"):
        ReadOnlyStore(tmp_path)
    with Store(tmp_path) as store:
        store.write("DELETE FROM _sqlite_migrations WHERE name = :name", {"name": STEPS[-1]})
    with pytest.raises(StoreError, match=f"older version of monitor .it lacks {STEPS[-1]}"):
        ReadOnlyStore(tmp_path)
    with closing(sqlite3.connect(tmp_path / "monitor.db")) as connection, connection:
        connection.execute("INSERT INTO _sqlite_migrations VALUES (99, 'monitor', 'm999_later', '2099-01-01')")
    with pytest.raises(StoreError, match=r"newer version of monitor \(it has m999_later\)"):
        ReadOnlyStore(tmp_path)


def test_pages_without_a_database_say_what_makes_one(tmp_path: Path) -> None:
    """503 in the look of the pages, until there is one: then it is served, without a new start."""
    (tmp_path / "config.yaml").write_text((ROOT / "config.yaml").read_text(encoding="utf-8"), encoding="utf-8")
    with serving_of(tmp_path) as served:
        answer = served.get("/")
        assert answer.status_code == 503
        assert "monitor poll" in answer.text
        with Store(tmp_path):
            pass
        assert "Nothing has changed yet" in served.get("/").text


def test_the_command_says_where_and_ends_when_told(history: Path) -> None:
    """`monitor web` in a process of its own: one line, pages, and a quiet end."""
    command = [sys.executable, "-m", "monitor", "--config", str(history / "config.yaml"), "--state", str(history)]
    process = subprocess.Popen(
        [*command, "web", "--port", "0"], stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True
    )
    assert process.stdout
    line = process.stdout.readline()
    try:
        address = line.split()[0]
        assert address.startswith("http://127.0.0.1:")
        assert httpx.get(f"{address}about", timeout=300).status_code == 200
    finally:
        os.kill(process.pid, signal.SIGINT)
        _, told = process.communicate(timeout=300)
    assert told == ""


def test_the_command_refuses_what_would_be_open(monitor: Commands, tmp_path: Path) -> None:
    """Wrong usage, in one line, before anything listens."""
    ran = monitor("web", "--host", "0.0.0.0")
    assert ran.status == 2
    assert "--public" in ran.err
    (tmp_path / "empty").write_text("\n", encoding="utf-8")
    assert "at least 12" in monitor("web", "--password-file", tmp_path / "empty").err
    assert "--address" in monitor("web", "--address", "monitor.example.org").err


def test_a_port_that_is_taken_is_named(monitor: Commands) -> None:
    """One line that says where, and what to do."""
    with socket.create_server(("127.0.0.1", 0)) as taken:
        port = taken.getsockname()[1]
        ran = monitor("web", "--port", port)
    assert ran.status == 1
    assert f"127.0.0.1:{port}: Address already in use" in ran.err


def test_the_address_of_the_configuration_is_that_of_the_pages(history: Path, tmp_path: Path) -> None:
    """Permanent addresses begin with `web.address`, without an option; the option goes before it."""
    config = tmp_path / "config.yaml"
    text = (history / "config.yaml").read_text("utf-8")
    config.write_text(f"web: {{address: 'https://monitor.example.org/'}}\n{text}", encoding="utf-8")
    command = [sys.executable, "-m", "monitor", "--config", str(config), "--state", str(history), "web", "--port", "0"]
    for options, begin in (
        ((), "https://monitor.example.org"),
        (("--address", "https://b.example"), "https://b.example"),
    ):
        with subprocess.Popen([*command, *options], stdout=subprocess.PIPE, text=True) as process:
            assert process.stdout
            try:
                address = process.stdout.readline().split()[0]
                assert f'href="{begin}/log.atom"' in httpx.get(f"{address}log.atom", timeout=300).text
            finally:
                process.send_signal(signal.SIGINT)
