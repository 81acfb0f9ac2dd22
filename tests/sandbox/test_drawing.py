"""Drawing a page with a real browser: what is drawn, what is asked for or refused, and that nothing is left."""

from __future__ import annotations

import os
import signal
import tempfile
from contextlib import suppress
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING

import pytest

from monitor.config.sources import Poll
from monitor.errors import BlockedError, UndrawnError
from monitor.fetch.fetcher import Answer, Fetcher
from monitor.sandbox import drawing, processes
from monitor.sandbox.drawing import MAX_REQUESTS, draw_page, missing_for_drawing
from tests.support.drawn import HTML, JSON, ROWS, asked, data, loading, needs_chromium, script_page
from tests.support.kept_browser import kept_browser, kept_processes, own_browser
from tests.support.servers import Page, Reply, Request, Server

if TYPE_CHECKING:
    from monitor.sandbox.drawing import DrawnPage

__all__ = ["kept_browser"]

LOOPBACK = "127.0.0.1"
SHORT = "5s"


def draw(
    server: Server, *, timeout: str = "60s", private: bool = True, hosts: tuple[str, ...] = (), max_bytes: int = 10**7
) -> DrawnPage:
    """What a browser draws of the page `/` of a server."""
    page = server.pages["/"]
    assert isinstance(page, Reply)
    poll = Poll.model_validate({"timeout": timeout, "allow_private_addresses": private, "max_bytes": max_bytes})
    url = server.address("/")
    headers = tuple((name.lower(), value) for name, value in page.headers)
    served = Answer(url=url, requested_url=url, status_code=200, headers=headers, content=page.body)
    with Fetcher(poll=poll, contact="tests", sleep=lambda _: None) as fetcher:
        return draw_page(fetcher, served, source="camps", hosts=frozenset({LOOPBACK, *hosts}), poll=poll)


def refusal(server: Server, *, timeout: str = "60s", private: bool = True, max_bytes: int = 10**7) -> str:
    """Why a page can't be drawn."""
    with pytest.raises(UndrawnError) as caught:
        draw(server, timeout=timeout, private=private, max_bytes=max_bytes)
    return str(caught.value)


@pytest.fixture
def soon_given_up(monkeypatch: pytest.MonkeyPatch) -> None:
    """Wait for a page that never rests no longer than this; other pages rest before, also on a busy machine."""
    monkeypatch.setattr(drawing, "MAX_REST_SECONDS", 3.0)


def browsers() -> list[int]:
    """The processes below this one that belong to a drawing, other than those of a browser that tests keep."""
    found, kept = [], kept_processes()
    for number in processes.below(os.getpid()):
        with suppress(OSError):
            line = Path(f"/proc/{number}/cmdline").read_bytes()
            parts = (b"chrom", b"playwright", b"monitor.sandbox.browser")
            if any(word in line for word in parts):
                found.append(number)
    kept |= kept_processes()  # a kept browser may start, and end, processes at any time
    return [number for number in found if number not in kept]


def left_behind() -> list[str]:
    """The temporary folders of drawings of this process."""
    return [each.name for each in Path(tempfile.gettempdir()).glob(f"monitor-browser-{os.getpid()}-*")]


def orphans() -> list[int]:
    """The processes anywhere that were started for a drawing of this process."""
    found = []
    for folder in Path("/proc").iterdir():
        with suppress(OSError):
            if (
                folder.name.isdecimal()
                and f"/monitor-browser-{os.getpid()}-".encode() in (folder / "environ").read_bytes()
            ):
                found.append(int(folder.name))
    return found


@dataclass(frozen=True, kw_only=True)
class Busy:
    """What was drawn of a page that does many things, and what its server, at the address `root`, was asked for."""

    drawn: DrawnPage
    requests: tuple[Request, ...]
    root: str

    @property
    def text(self) -> str:
        """The drawn document."""
        return self.drawn.content.decode()


@pytest.fixture(scope="module")
def busy(kept_browser: None) -> Busy:  # noqa: ARG001 - it draws
    """A page that asks for all kinds of things, by all ways, of its own server and of another that is named."""
    script = """
    customElements.define('camp-name', class extends HTMLElement {
      constructor() { super(); this.attachShadow({mode: 'open'}).innerHTML = '<b>Camp <slot></slot></b>'; }
    });
    document.body.insertAdjacentHTML('beforeend',
      '<camp-name>Gulf</camp-name><iframe src="/inner/frame"></iframe><p>A\u00f1o</p><p id=there></p>');
    new Image().src = '/picture.png';
    navigator.sendBeacon('/beacon', 'x');
    document.head.insertAdjacentHTML('beforeend', '<link rel=stylesheet href=/style.css>');
    const more = document.createElement('script');
    more.src = '/more.js';
    document.head.append(more);
    new WebSocket(`ws://${location.host}/socket`);
    fetch('/log', {method: 'POST', body: 'x'});
    const tell = answer => answer.json().then(([word]) => { document.getElementById('there').textContent += word; });
    fetch(`http://localhost:${location.port}/there.json`).then(tell);
    fetch('/moved.json').then(tell);
    location.href = '/elsewhere';
    undefined.fails;
    """
    frame = Reply(headers=HTML, body=b"<html><body><p>Framed <a href='more'>more</a></p></body></html>")
    more = Reply(body=b"fetch('/camps.json', {headers: {'X-Key': 'k'}}).then(a => a.json()).then(table);")
    there = Reply(headers=(("Access-Control-Allow-Origin", "*"), *JSON), body=b'["Eagle Camp"]')
    moved, landed = Reply(status=302, headers=(("Location", "/landed"),)), Reply(headers=JSON, body=b'["Fox Camp"]')
    pages: dict[str, Page] = {
        "/": script_page(script), "/inner/frame": frame, "/more.js": more, "/camps.json": data(ROWS),
        "/there.json": there, "/moved.json": moved, "/landed": landed, "/log": Reply(), "/elsewhere": Reply(),
    }  # fmt: skip
    with Server(pages) as server:
        drawn = draw(server, hosts=("localhost",))
        return Busy(drawn=drawn, requests=tuple(server.requests), root=server.address(""))


@needs_chromium
def test_what_a_reader_sees_is_drawn(busy: Busy) -> None:
    """Text of scripts, of open shadow roots where they are shown, and of frames of the same server; no noscript."""
    assert "<b>Camp <div>Gulf</div></b>" in busy.text
    assert f'Framed <a href="{busy.root}/inner/more">more</a>' in busy.text
    assert "A\u00f1o" in busy.text
    assert "Turn scripts on" not in busy.text


@needs_chromium
def test_scripts_and_data_are_asked_for_and_nothing_else(busy: Busy) -> None:
    """No pictures, styles, fonts or beacons; and what is asked for is asked by this program, with its own name."""
    assert "Bay Camp" in busy.text
    assert sorted(request.path for request in busy.requests) == [
        "/camps.json", "/inner/frame", "/landed", "/more.js", "/moved.json", "/there.json",
    ]  # fmt: skip
    assert all(request.headers["user-agent"].startswith("monitor/") for request in busy.requests)
    assert [request.headers.get("x-key") for request in busy.requests if request.path == "/camps.json"] == ["k"]


@needs_chromium
def test_data_of_another_server_that_is_named_are_asked_for(busy: Busy) -> None:
    """It is asked as by a page of the first server, and must allow that, as for any browser."""
    assert "Eagle Camp" in busy.text
    assert [each.headers["origin"] for each in busy.requests if each.path == "/there.json"] == [busy.root]


@needs_chromium
def test_a_redirect_is_followed(busy: Busy) -> None:
    """Within the servers that may be asked."""
    assert "Fox Camp" in busy.text


@needs_chromium
def test_only_get_is_done(busy: Busy) -> None:
    """A request by POST is refused and named."""
    assert any("by POST" in note for note in busy.drawn.notes)
    assert asked(busy.requests, "/log") == 0


@needs_chromium
def test_a_script_can_not_lead_the_reader_away(busy: Busy) -> None:
    """The page stays, and a note says where it wanted to go."""
    assert "Bay Camp" in busy.text
    assert any("/elsewhere" in note for note in busy.drawn.notes)
    assert asked(busy.requests, "/elsewhere") == 0


@pytest.mark.usefixtures("kept_browser")
@needs_chromium
def test_a_redirect_to_a_server_that_is_not_named_is_refused() -> None:
    """Each step of a redirect is held to the same rules."""
    with Server({"/": loading(), "/camps.json": Reply(), "/there": data(ROWS)}) as server:
        there = server.address("/there", host="localhost")
        server.pages["/camps.json"] = Reply(status=302, headers=(("Location", there),))
        assert "localhost" in refusal(server)
        assert server.paths() == ["/camps.json"]


@pytest.mark.usefixtures("kept_browser")
@needs_chromium
def test_a_page_without_its_data_is_not_taken() -> None:
    """It would look like an empty list. What is not there at all is for the page's script to deal with."""
    statuses = (403, 429, 500, 404)
    script = f"(async () => {{ for (const status of {list(statuses)}) await fetch(`/${{status}}`); table([]); }})();"
    answers = {f"/{status}": Reply(status=status) for status in statuses}
    with Server({"/": script_page(script), **answers}) as server:
        message = refusal(server)
        assert server.paths() == list(answers)
    assert "/403: status 403 (and 2 more)" in message


@pytest.mark.usefixtures("kept_browser")
@needs_chromium
def test_a_page_in_another_encoding_is_drawn_in_utf_8() -> None:
    """What its own `meta` says of its encoding is no longer true, and is left out."""
    body = '<html><head><meta charset="windows-1252"></head><body><p>Doña Ana</p></body></html>'.encode("cp1252")
    with Server({"/": Reply(headers=(("Content-Type", "text/html"),), body=body)}) as server:
        text = draw(server).content.decode("utf-8")
        assert "Doña Ana" in text
        assert "windows-1252" not in text


@needs_chromium
def test_it_says_from_what_it_was_drawn() -> None:
    """The hash of the served page, the browser, and the hash of each further answer."""
    with Server({"/": loading(), "/camps.json": data(ROWS)}) as server, own_browser():
        headers = draw(server).headers
        names = [name for name, _ in headers]
        assert names == ["content-type", "x-monitor-drawn-from", "x-monitor-browser", "x-monitor-drawn-with"]
        assert dict(headers)["x-monitor-drawn-with"].endswith(server.address("/camps.json"))


@pytest.mark.usefixtures("kept_browser")
@needs_chromium
def test_data_of_a_server_that_is_not_named_are_not_asked_for() -> None:
    """The message names the server and the key; nothing was asked there."""
    with Server({"/": Reply(), "/camps.json": data(ROWS)}) as server:
        server.pages["/"] = loading(server.address("/camps.json", host="localhost"))
        assert "asks for data from localhost; add it to sources.camps.hosts" in refusal(server)
        assert server.paths() == []


@pytest.mark.usefixtures("kept_browser")
@needs_chromium
def test_a_private_address_is_refused() -> None:
    """Also for what a page asks for, and also where its host is named."""
    with Server({"/": loading(), "/camps.json": data(ROWS)}) as server:
        assert "did not come" in refusal(server, private=False)
        assert server.paths() == []


@pytest.mark.usefixtures("kept_browser")
@needs_chromium
def test_data_that_are_too_large_are_refused() -> None:
    """The limit of size holds for all that a page asks for, together."""
    with Server({"/": loading(), "/camps.json": data([("x" * 90_000, "y")])}) as server:
        assert "camps.json" in refusal(server, max_bytes=50_000)


@pytest.mark.usefixtures("kept_browser", "soon_given_up")
@needs_chromium
def test_a_page_that_asks_without_end_is_given_up() -> None:
    """After a number of requests."""
    script = "const ask = () => fetch('/camps.json').then(ask); table([['Bay Camp', 'Bay County']]); ask();"
    with Server({"/": script_page(script), "/camps.json": data(ROWS)}) as server:
        message = refusal(server)
        assert f"more than {MAX_REQUESTS} files" in message or "asks for more" in message
        assert len(server.requests) <= MAX_REQUESTS


@pytest.mark.usefixtures("kept_browser", "soon_given_up")
@needs_chromium
def test_a_page_with_a_worker_is_taken() -> None:
    """Chromium never tells the page that its worker's script has come."""
    worker = Reply(headers=(("Content-Type", "text/javascript"),), body=b"1;")
    page = script_page("new Worker('/worker.js'); fetch('/camps.json').then(answer => answer.json()).then(table);")
    with Server({"/": page, "/worker.js": worker, "/camps.json": data(ROWS)}) as server:
        drawn = draw(server)
    assert b"Dixie Camp" in drawn.content
    assert drawn.notes == ()


@pytest.mark.usefixtures("kept_browser", "soon_given_up")
@needs_chromium
def test_a_page_with_a_clock_is_taken_with_a_note() -> None:
    """Its elements stay, though its text never does."""
    script = "table([['Bay Camp', 'Bay County']]); setInterval(() => { document.title = performance.now(); }, 50);"
    with Server({"/": script_page(script)}) as server:
        drawn = draw(server)
        assert b"Bay Camp" in drawn.content
        assert any("never stays the same" in note for note in drawn.notes)


@pytest.mark.usefixtures("kept_browser", "soon_given_up")
@needs_chromium
def test_a_page_that_still_draws_is_not_taken() -> None:
    """Half a list would look like removals."""
    script = "setInterval(() => document.body.append(document.createElement('p')), 50);"
    with Server({"/": script_page(script)}) as server:
        assert "still draws" in refusal(server)


@needs_chromium
def test_a_script_that_takes_too_long_costs_the_drawing_alone() -> None:
    """It is killed with all that belongs to it when the time of one exchange is over."""
    script = "const end = Date.now() + 30_000; while (Date.now() < end);"
    with Server({"/": script_page(f"setTimeout(() => {{ {script} }}, 300);")}) as server, own_browser():
        assert "took more than 5 s" in refusal(server, timeout=SHORT)
    assert browsers() == []
    assert left_behind() == []


@pytest.mark.usefixtures("kept_browser")
@needs_chromium
def test_a_page_that_draws_nothing_is_an_error() -> None:
    """So is one whose script is on a server that is not named, and the message names that."""
    page = b"<html><body><script src='https://scripts.example/a.js'></script></body></html>"
    with Server({"/": Reply(headers=HTML, body=page)}) as server:
        message = refusal(server)
        assert "draws no text" in message
        assert "asks for a script from scripts.example" in message


@pytest.mark.usefixtures("kept_browser")
@needs_chromium
def test_a_block_page_that_a_script_draws_is_no_change() -> None:
    """It is known by its words, as one that a server sends."""
    script = "document.title = 'Access Denied'; document.querySelector('h1').textContent = 'Access Denied';"
    with Server({"/": script_page(script)}) as server, pytest.raises(BlockedError):
        draw(server)


@needs_chromium
@pytest.mark.parametrize(
    ("whom", "message"),
    [
        (b"type=renderer", "ran out of memory, or broke down"),
        (b"playwright", "the browser"),
        (b"monitor.sandbox.browser", "the process that runs the browser ended"),
    ],
)
def test_a_browser_that_is_killed_leaves_nothing(whom: bytes, message: str) -> None:
    """Whatever part of it is killed while it waits for data: an error at once, no process anywhere, no folder."""

    def killing(_: Request) -> Reply:
        for number in browsers():
            with suppress(OSError):
                if whom in Path(f"/proc/{number}/cmdline").read_bytes():
                    os.kill(number, signal.SIGKILL)
        return data(ROWS)

    with Server({"/": loading(), "/camps.json": killing}) as server, own_browser():
        assert message in refusal(server)
        assert asked(server.requests, "/camps.json") == 1
    assert browsers() == orphans() == []
    assert left_behind() == []


def test_what_is_missing_is_named_with_its_package(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    """No Chromium on the path."""
    monkeypatch.setenv("PATH", str(tmp_path))
    assert missing_for_drawing() == "no Chromium is installed; `apt-get install chromium`"
    with Server({"/": loading()}) as server:
        assert "sources.camps has `render: browser`, but no Chromium is installed" in refusal(server)
