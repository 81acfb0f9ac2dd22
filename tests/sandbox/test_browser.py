"""When a page that a browser draws is at rest: a document that stays the same for a while is not enough.

The browser here is none: what it says of a page comes in an order that a real one has only on a busy machine.
"""

from __future__ import annotations

import json
from collections import defaultdict
from multiprocessing import Pipe
from typing import TYPE_CHECKING, Any, cast

import pytest

from monitor.sandbox import browser

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping, Sequence

    from playwright.sync_api import Browser

URL = "http://agency.test/camps"
LOOKS = 3 * browser.REST_LOOKS  # more than suffice where nothing is on its way

Event = tuple[str, dict[str, str]]
ASKED, READ = (
    ("requestWillBeSent", {"requestId": "1", "type": "Fetch", "loaderId": "1"}),
    ("loadingFinished", {"requestId": "1"}),
)
FAILED: Event = ("loadingFailed", {"requestId": "1"})


class Told:
    """A browser, its context, a page and its session in one; `events` are told before the look with that number."""

    browser, url = None, URL
    route_web_socket = route = goto = lambda *_, **__: None  # nothing is asked for, and the page is there

    def __init__(self, events: Mapping[int, Sequence[Event]], *, parsed_at: int = 0) -> None:
        self.context = self
        self.looks = 0
        self._events = events
        self._parsed_at = parsed_at
        self._heard: defaultdict[str, list[Callable[[dict[str, str]], None]]] = defaultdict(list)

    def whole(self, *_: object, **__: object) -> Told:
        """What is asked of one of them is asked of this."""
        return self

    new_context = new_page = new_cdp_session = whole

    def on(self, event: str, call: Callable[[dict[str, str]], None]) -> None:
        """Call a function at each event of a kind."""
        self._heard[event].append(call)

    def wait_for_timeout(self, _: float) -> None:
        """Tell what comes before the next look."""
        self.looks += 1
        for name, said in self._events.get(self.looks, ()):
            for call in self._heard[f"Network.{name}"]:
                call(said)

    def send(self, method: str, asked: Mapping[str, Any] | None = None) -> dict[str, Any]:
        """Answer what is asked of Chromium; the document has the number of the look."""
        if method == "Page.getFrameTree":
            return {"frameTree": {"frame": {"id": "frame"}}}
        if method == "Page.createIsolatedWorld":
            return {"executionContextId": 1}
        if method == "Runtime.evaluate" and asked and asked["expression"].startswith("monitor.drawn("):
            return {"result": {"value": {"html": str(self.looks), "letters": 1}}}
        return {"result": {"value": {"same": True, "steady": True, "parsed": self.looks >= self._parsed_at}}}


def taken(page: Told, monkeypatch: pytest.MonkeyPatch, *, seconds: float = 60.0) -> tuple[int, bool]:
    """After how many looks the page was taken, and whether it counts as steady."""
    monkeypatch.setattr(browser, "REST_SECONDS", 0.0)
    ours, theirs = Pipe()
    with ours, theirs:
        ours.send_bytes(json.dumps({"url": URL, "seconds": seconds}).encode())
        ours.send_bytes(b"<p>Bay Camp")
        browser.draw_for(theirs, lambda _: cast("Browser", page))
        said = json.loads(ours.recv_bytes())["drawn"]
        return int(ours.recv_bytes()), said["is_steady"]


@pytest.mark.parametrize("of", [{"type": "Image", "loaderId": "1"}, {"type": "Script", "loaderId": ""}])
def test_a_page_that_waits_for_nothing_is_taken_soon(of: dict[str, str], monkeypatch: pytest.MonkeyPatch) -> None:
    """Also where pictures never come, or Chromium never tells that a request has ended, as of a worker's script."""
    asked = ("requestWillBeSent", {"requestId": "2", **of})
    assert taken(Told({}), monkeypatch) == (browser.REST_LOOKS, True)
    assert taken(Told({1: [asked]}), monkeypatch) == (browser.REST_LOOKS, True)


@pytest.mark.parametrize("ended", [READ, FAILED])
def test_an_answer_that_is_on_its_way_is_waited_for(ended: Event, monkeypatch: pytest.MonkeyPatch) -> None:
    """The document stays the same meanwhile; when the page has the answer, it may draw it."""
    assert taken(Told({1: [ASKED], LOOKS: [ended]}), monkeypatch) == (LOOKS + browser.REST_LOOKS - 1, True)


def test_a_document_that_is_not_read_to_its_end_is_waited_for(monkeypatch: pytest.MonkeyPatch) -> None:
    """Its scripts may not even have begun."""
    assert taken(Told({}, parsed_at=LOOKS), monkeypatch) == (LOOKS + browser.REST_LOOKS - 1, True)


def test_a_page_that_waits_when_its_time_is_over_is_not_steady(monkeypatch: pytest.MonkeyPatch) -> None:
    """What it would have drawn may be missing, so it is not believed."""
    looks, is_steady = taken(Told({1: [ASKED]}), monkeypatch, seconds=0.05)
    assert looks > browser.REST_LOOKS
    assert not is_steady
