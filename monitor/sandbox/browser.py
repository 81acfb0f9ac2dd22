"""The process that draws one web page with a browser: `python -m monitor.sandbox.browser`.

`monitor.sandbox.drawing` starts it with a socket as its standard input, sends an order, and answers the page's further
requests, because neither this process nor the browser has a network. Both send JSON; some messages are followed by the
bytes of a file.
"""

from __future__ import annotations

import json
import time
from contextlib import suppress
from dataclasses import dataclass, field
from multiprocessing.connection import Connection
from pathlib import Path
from typing import TYPE_CHECKING, Any
from urllib.parse import urlsplit

from playwright.sync_api import Error, sync_playwright

from monitor.sandbox import offline

if TYPE_CHECKING:
    from collections.abc import Callable

    from playwright.sync_api import Browser, CDPSession, Page, Playwright, Route

LOOK_MILLISECONDS = 200  # between two looks at the document
REST_SECONDS = 1.0  # for which nothing may be asked for and the document must stay the same
REST_LOOKS = 4  # in a row that must find it so: on a busy machine a second may pass between two, and nothing be drawn
ANSWERED_KINDS = frozenset({"document", "script", "xhr", "fetch"})  # of requests that are answered
AWAITED_TYPES = frozenset({"Script", "XHR", "Fetch"})  # of requests of which a page may draw the answer, in CDP's words
CHROMIUM_FLAGS = (
    # Each of these closes one way to a network; the kernel closes all of them (see `offline`).
    "--proxy-server=http://127.0.0.1:9",
    "--proxy-bypass-list=<-loopback>",
    "--host-resolver-rules=MAP * ~NOTFOUND",
    "--force-webrtc-ip-handling-policy=disable_non_proxied_udp",
    "--disable-gpu",
    "--disable-dev-shm-usage",  # its files lie in the temporary folder, which is removed
    "--disable-breakpad",
    "--js-flags=--max-old-space-size=512",  # megabytes; a script that takes more ends with an error
)
NO_SANDBOX = ("No usable sandbox", "Failed to move to new namespace", "setuid sandbox is not")  # in Chromium's log
READER = Path(__file__).with_name("drawn.js").read_text(encoding="utf-8")


@dataclass(kw_only=True)
class _Drawing:
    """One page while it is being drawn.

    - `link`: the connection to the process that answers requests.
    - `order`: what to draw: `url`, `content_type`, `chromium`, `sandbox` and `seconds`.
    - `content`: the bytes of the page as the server sent them.
    """

    link: Connection
    order: dict[str, Any]
    content: bytes
    asked_at: float = 0.0
    is_begun: bool = False
    is_over: bool = False
    left_for: list[str] = field(default_factory=list)  # addresses to which a script wanted to send the reader

    def draw_in(self, browser: Browser) -> None:
        """Draw the page in a new context of a browser, and send it. Raises Error, or OSError if nobody waits for it."""
        context = browser.new_context(
            accept_downloads=False, service_workers="block", locale="en-US", timezone_id="UTC"
        )
        context.route_web_socket("**/*", lambda socket: socket.close())
        page = context.new_page()
        context.on("page", lambda other: other.close())  # windows that a script opens
        self.draw(page)

    def answer(self, route: Route) -> None:
        """Answer one request of the page, or refuse it."""
        try:
            with suppress(Error):  # the page no longer waits for it
                self._answer(route)
        except (EOFError, OSError):  # nobody waits for the page
            self.is_over = True

    def _answer(self, route: Route) -> None:
        request = route.request
        kind = request.resource_type
        is_main = kind == "document" and request.frame.parent_frame is None
        if is_main and not self.is_begun:
            self.is_begun = True
            route.fulfill(status=200, headers={"content-type": self.order["content_type"]}, body=self.content)
        elif is_main:
            self.left_for.append(request.url)
            route.fulfill(status=204)  # "no content": the browser stays where it is, and shows no page about an error
        elif kind == "stylesheet":
            route.fulfill(status=200, headers={"content-type": "text/css"}, body="")  # nobody looks; scripts may wait
        elif kind in ANSWERED_KINDS:
            self._ask(route, kind)
        else:
            route.abort()

    def _ask(self, route: Route, kind: str) -> None:
        request = route.request
        asked = {"url": request.url, "method": request.method, "kind": kind, "headers": request.headers}
        send(self.link, "ask", asked)
        answer = json.loads(self.link.recv_bytes())
        self.asked_at = time.monotonic()
        if answer["status"] is None:
            route.abort("blockedbyclient")
        else:
            route.fulfill(status=answer["status"], headers=dict(answer["headers"]), body=self.link.recv_bytes())

    def _give_up(self, _: Page) -> None:
        """Tell at once that the page's process is gone: whatever else is asked of it now is never answered."""
        self.is_over = True
        send(self.link, "fault", {"message": "the browser ran out of memory, or broke down"})

    def draw(self, page: Page) -> None:
        """Draw the page, wait until it rests, and send it."""
        page.on("crash", self._give_up)
        page.route("**/*", self.answer)
        world = _World(page)
        page.goto(self.order["url"], wait_until="commit")
        world.enter()
        ends_at = time.monotonic() + self.order["seconds"]
        same_since = steady_since = time.monotonic()
        looks, asked_at = 0, self.asked_at  # looks in a row that found the same document, and nothing on its way
        while True:
            page.wait_for_timeout(LOOK_MILLISECONDS)
            if self.is_over:
                return
            state = world.call("look", self.order["url"])
            now = time.monotonic()
            is_quiet = state["parsed"] and not world.awaited and asked_at == self.asked_at
            looks = looks + 1 if state["same"] and is_quiet else 0
            asked_at = self.asked_at
            same_since = same_since if state["same"] else now
            steady_since = steady_since if state["steady"] else now
            is_at_rest = looks >= REST_LOOKS and now - max(same_since, self.asked_at) >= REST_SECONDS
            if is_at_rest or now >= ends_at:
                break
        if urlsplit(page.url)[:2] != urlsplit(self.order["url"])[:2]:
            send(self.link, "fault", {"message": f"a script of the page leads its reader away, to {page.url}"})
            return
        drawn = world.call("drawn", self.order["url"])
        told = {
            "version": page.context.browser.version if page.context.browser else "",
            "letters": drawn["letters"],
            "is_same": now - same_since >= REST_SECONDS,
            "is_steady": not world.awaited and now - max(steady_since, self.asked_at) >= REST_SECONDS,
            "left_for": self.left_for[:1],
        }
        send(self.link, "drawn", told)
        self.link.send_bytes(drawn["html"].encode("utf-8", "replace"))


class _World:
    """A world of its own within a page, whose functions the page's scripts can't change.

    Make it before the page is asked for, and call `enter` once its document begins.

    `awaited` are the ids of the requests whose answers the page has not read to the end. An answer that was given is
    read some time later, on a busy machine after many looks at the document.
    """

    def __init__(self, page: Page) -> None:
        self._session: CDPSession = page.context.new_cdp_session(page)
        self._id = 0
        self.awaited: set[str] = set()
        self._session.on("Network.requestWillBeSent", self._await)
        for ended in ("Network.loadingFinished", "Network.loadingFailed"):
            self._session.on(ended, lambda said: self.awaited.discard(said["requestId"]))
        self._session.send("Network.enable", {"maxTotalBufferSize": 0, "maxResourceBufferSize": 0})  # nobody asks again

    def _await(self, said: dict[str, Any]) -> None:
        if said.get("type") in AWAITED_TYPES and said["loaderId"]:  # else it is a worker's, of which no end is told
            self.awaited.add(said["requestId"])

    def enter(self) -> None:
        """Begin the world within the present document. Raises Error."""
        frame = self._session.send("Page.getFrameTree")["frameTree"]["frame"]["id"]
        world = self._session.send("Page.createIsolatedWorld", {"frameId": frame, "worldName": "monitor"})
        self._id = world["executionContextId"]
        self._evaluate(READER)

    def call(self, name: str, start: str) -> dict[str, Any]:
        """Call one of the functions in `drawn.js`. Raises Error."""
        value: dict[str, Any] = self._evaluate(f"monitor.{name}({json.dumps(start)})")["value"]
        return value

    def _evaluate(self, expression: str) -> dict[str, Any]:
        asked = {"expression": expression, "contextId": self._id, "returnByValue": True}
        answer = self._session.send("Runtime.evaluate", asked)
        if "exceptionDetails" in answer:
            raise Error(str(answer["exceptionDetails"].get("exception", {}).get("description", "it can't be read")))
        result: dict[str, Any] = answer["result"]
        return result


def send(link: Connection, kind: str, said: dict[str, Any]) -> None:
    """Send one message to the process that ordered the drawing; `said` has its values.

    The `kind` is `ask` for a request of the page, `drawn` for the result, or `fault` for an error.
    """
    link.send_bytes(json.dumps({kind: said}).encode())


def draw_ordered() -> None:
    """Take one order from the socket on standard input, draw the page with a new browser, and send it."""
    link = Connection(0)
    offline.end_with_parent()
    with suppress(OSError):
        Path("/proc/self/oom_score_adj").write_text("1000", encoding="ascii")  # where memory is short, take this first
    try:
        offline.go_offline()
        with sync_playwright() as playwright:
            draw_for(link, lambda order: launched(playwright, order))
    except (Error, OSError) as fault:
        send(link, "fault", {"message": _cause(str(fault))})


def launched(playwright: Playwright, order: dict[str, Any]) -> Browser:
    """Start the browser that an order names, and return it. Raises Error."""
    return playwright.chromium.launch(
        executable_path=order["chromium"], args=CHROMIUM_FLAGS, chromium_sandbox=order["sandbox"]
    )


def draw_for(link: Connection, launch: Callable[[dict[str, Any]], Browser]) -> None:
    """Take one order from a connection, draw the page with the browser that `launch` returns for it, and send it.

    An error of the browser is sent in its place. Raises OSError if nobody waits for the page any more.
    """
    order = json.loads(link.recv_bytes())
    drawing = _Drawing(link=link, order=order, content=link.recv_bytes())
    try:
        drawing.draw_in(launch(order))
    except Error as fault:
        send(link, "fault", {"message": _cause(str(fault))})


def _cause(text: str) -> str:
    """Return in one line why drawing failed; `text` is what Playwright says, with the whole log of the browser."""
    if any(mark in text for mark in NO_SANDBOX):
        return "Chromium can't build its own sandbox here; docs/operations.md says what it needs"
    errors = [line.partition("[err]")[2].strip() for line in text.splitlines() if "FATAL" in line]
    said = f"{text.splitlines()[0]} {errors[0]}" if errors else text
    return f"the browser failed: {' '.join(said.split())[:400]}"


if __name__ == "__main__":
    draw_ordered()
