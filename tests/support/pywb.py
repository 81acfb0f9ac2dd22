"""pywb, the program with which libraries play web archives back, serving a WARC file."""

from __future__ import annotations

import gzip
import http.client
import shutil
import socket
import subprocess
import time
from contextlib import contextmanager
from dataclasses import dataclass
from typing import TYPE_CHECKING

import pytest

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

DEADLINE = 300.0  # seconds until it must have answered
needs_pywb = pytest.mark.skipif(
    not shutil.which("wayback") or not shutil.which("wb-manager"),
    reason="pywb is not on the PATH; it is no dependency, because it needs an older `cryptography`",
)


@dataclass(frozen=True)
class Replay:
    """A server on this machine that plays a WARC file back."""

    port: int

    def get(self, url: str, *, at: str = "") -> tuple[int, dict[str, str], bytes]:
        """What it answers for an address: status, headers, and the body, unpacked. It may still be starting.

        `at` is the time of the capture that is wanted, as digits; any capture without it.
        """
        end = time.monotonic() + DEADLINE
        while True:
            connection = http.client.HTTPConnection("127.0.0.1", self.port, timeout=DEADLINE)
            try:
                connection.request("GET", f"/kept/{at}id_/{url}", headers={"Accept-Encoding": "gzip"})
                answer = connection.getresponse()
                body = answer.read() if answer.status == 200 else b""  # a redirect's was never read, and can't be sent
                headers = {name.lower(): value for name, value in answer.getheaders()}
                return answer.status, headers, gzip.decompress(body) if "gzip" in headers.values() else body
            except ConnectionRefusedError:
                assert time.monotonic() < end
                time.sleep(0.1)
            finally:
                connection.close()


@contextmanager
def playing(warc: Path, folder: Path) -> Iterator[Replay]:
    """Play a WARC file back while the block runs; `folder` is for pywb's own files."""
    for command in (("init", "kept"), ("add", "kept", str(warc))):
        subprocess.run(("wb-manager", *command), cwd=folder, check=True, capture_output=True, timeout=DEADLINE)
    with socket.create_server(("127.0.0.1", 0)) as free:
        port = free.getsockname()[1]
    serve = ("wayback", "-b", "127.0.0.1", "-p", str(port))
    with subprocess.Popen(serve, cwd=folder, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL) as server:
        try:
            yield Replay(port)
        finally:
            server.terminate()
