"""The server of a small world, in a process of its own: it publishes a page that links a roster, and the roster.

`python -m tests.support.world_server FOLDER` publishes the file of the folder that is called roster.csv, and prints its
address. It loads nothing of the program, which would take longer than all that it is asked.
"""

from __future__ import annotations

import hashlib
import os
import sys
from pathlib import Path

from tests.support.servers import Reply, Request, Server

PAGE = b"<!DOCTYPE html><html><title>Places</title><p>Our <a href='/roster.csv'>roster</a></p></html>"


def serve(folder: str) -> None:
    """Serve until the standard input ends."""

    def tagged(body: bytes, request: Request, content_type: str) -> Reply:
        tag = f'"{hashlib.sha256(body).hexdigest()}"'
        if request.headers.get("if-none-match") == tag:
            return Reply(status=304)
        return Reply(headers=(("Content-Type", content_type), ("ETag", tag)), body=body)

    with Server() as server:
        server.pages["/page"] = lambda request: tagged(PAGE, request, "text/html")
        server.pages["/roster.csv"] = lambda request: tagged(
            (Path(folder) / "roster.csv").read_bytes(), request, "text/csv"
        )
        print(server.address(""), flush=True)  # noqa: T201 - to whoever started it
        os.read(0, 1)


if __name__ == "__main__":
    serve(sys.argv[1])
