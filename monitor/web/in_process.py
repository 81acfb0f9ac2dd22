"""Asks a web application for an address within this process, without a socket."""

from __future__ import annotations

import asyncio
from dataclasses import dataclass
from typing import TYPE_CHECKING
from urllib.parse import unquote

if TYPE_CHECKING:
    from starlette.applications import Starlette
    from starlette.types import Message

LOCAL_HOST = "localhost"  # every application answers requests for this host, whatever its own address is


@dataclass(frozen=True, slots=True, kw_only=True)
class AppAnswer:
    """What the application answers to a request: the status, the headers in small letters, and the content."""

    status: int
    headers: dict[str, str]
    content: bytes

    @property
    def is_page(self) -> bool:
        """Whether it is an HTML page."""
        return self.headers.get("content-type", "").startswith("text/html")


async def asked(application: Starlette, address: str) -> AppAnswer:
    """Ask an application for an address, in this process, and return its answer."""
    path, _, query = address.partition("?")
    scope = {
        "type": "http",
        "asgi": {"version": "3.0"},
        "http_version": "1.1",
        "method": "GET",
        "scheme": "http",
        "path": unquote(path),
        "raw_path": path.encode(),
        "query_string": query.encode(),
        "root_path": "",
        "headers": [(b"host", LOCAL_HOST.encode())],
        "client": None,
        "server": (LOCAL_HOST, 80),
    }
    status = 0
    headers: dict[str, str] = {}
    parts: list[bytes] = []

    async def receive() -> Message:
        await asyncio.Event().wait()  # a request without a body, from somebody who never hangs up
        raise AssertionError

    async def send(message: Message) -> None:
        nonlocal status
        if message["type"] == "http.response.start":
            status = message["status"]
            headers.update({name.decode().lower(): value.decode("latin-1") for name, value in message["headers"]})
        else:
            parts.append(message.get("body", b""))

    await application(scope, receive, send)
    return AppAnswer(status=status, headers=headers, content=b"".join(parts))
