"""A forward proxy on loopback: tunnels by CONNECT, requests sent on, a login, and ways to fail.

with LocalProxy(names={"agency.test": server.port}) as proxy:
    fetch("https://agency.test/list", through=proxy.address)
    assert proxy.asked == ["CONNECT agency.test:443"]
"""

from __future__ import annotations

import base64
import socket
import threading
from contextlib import suppress
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Self
from urllib.parse import urlsplit

if TYPE_CHECKING:
    import ssl
    from io import BufferedReader

DEADLINE = 300.0
LOGIN = "clerk:p%40ss-w0rd"  # as it stands in an address; the password is p@ss-w0rd
PASSWORD = "p@ss-w0rd"


@dataclass
class LocalProxy:
    """The proxy, in threads of its own.

    - `names`: the ports of this machine to which names lead; a name that is not there is looked up as usual.
    - `login`: the user and the password, as `user:password`, without which it passes nothing on.
    - `answer`: what it does in place of its work: the status of an answer, `close`, `hang` or `noise`; "" for its work.
    - `tls`: its side of TLS, where it is itself asked over TLS.
    - `asked`: the first lines of all requests, without the version. `logins`: what came as a login.
    """

    names: dict[str, int] = field(default_factory=dict)
    login: str = ""
    answer: str = ""
    tls: ssl.SSLContext | None = None
    asked: list[str] = field(default_factory=list)
    logins: list[str] = field(default_factory=list)
    closing: threading.Event = field(default_factory=threading.Event)

    def __post_init__(self) -> None:
        self._open: set[socket.socket] = set()
        self._threads: list[threading.Thread] = []
        self._lock = threading.Lock()
        self._listener = socket.create_server(("127.0.0.1", 0), backlog=64)
        self.port: int = self._listener.getsockname()[1]

    @property
    def name(self) -> str:
        """Its host and port."""
        return f"127.0.0.1:{self.port}"

    @property
    def address(self) -> str:
        """Its address without a login."""
        return f"{'https' if self.tls else 'http'}://{self.name}"

    def __enter__(self) -> Self:
        self._start(self._accept)
        return self

    def __exit__(self, *_: object) -> None:
        self.closing.set()
        with suppress(OSError):
            self._listener.shutdown(socket.SHUT_RDWR)
        self._listener.close()
        with self._lock:
            for each in self._open:
                with suppress(OSError):
                    each.shutdown(socket.SHUT_RDWR)
        for thread in self._threads:
            thread.join(DEADLINE)

    def _start(self, target: object, *arguments: object) -> None:
        thread = threading.Thread(target=target, args=arguments, daemon=True)  # type: ignore[arg-type]
        self._threads.append(thread)
        thread.start()

    def _keep(self, connection: socket.socket) -> socket.socket:
        with self._lock:
            self._open.add(connection)
        return connection

    def _accept(self) -> None:
        while not self.closing.is_set():
            try:
                connection, _ = self._listener.accept()
            except OSError:
                return
            self._start(self._talk, self._keep(connection))

    def _talk(self, connection: socket.socket) -> None:
        """Serve one connection."""
        with suppress(OSError):
            if self.tls:
                connection = self._keep(self.tls.wrap_socket(connection, server_side=True))
            with connection, connection.makefile("rb") as reader:
                while lines := _head(reader):
                    if not self._served(connection, reader, lines):
                        return

    def _served(self, connection: socket.socket, reader: BufferedReader, lines: list[str]) -> bool:
        """Answer one request; return whether the connection may have another."""
        method, target, _ = lines[0].split(" ")
        headers = {key.lower(): value.strip() for key, _, value in (line.partition(":") for line in lines[1:])}
        self.asked.append(f"{method} {target}")
        given = headers.get("proxy-authorization", "")
        login = base64.b64decode(given.removeprefix("Basic ")).decode()
        self.logins += [login] if login else []
        answer = "407" if self.login and login != self.login else self.answer
        if answer == "hang":
            self.closing.wait(DEADLINE)
        elif answer == "noise":
            connection.sendall(b"\0\1\2 this is no HTTP\r\n\r\n")
        elif answer != "close" and answer:
            connection.sendall(f"HTTP/1.1 {answer} said by the proxy\r\nContent-Length: 0\r\n\r\n".encode())
            return True
        elif not answer and method == "CONNECT":
            host, _, port = target.rpartition(":")
            self._tunnel(connection, host, int(port))
        elif not answer:
            return self._sent_on(connection, reader, method, target, headers)
        return False

    def _reached(self, host: str, port: int) -> socket.socket:
        there = ("127.0.0.1", self.names[host]) if host in self.names else (host, port)
        return self._keep(socket.create_connection(there, timeout=DEADLINE))

    def _tunnel(self, connection: socket.socket, host: str, port: int) -> None:
        with self._reached(host, port) as server:
            connection.sendall(b"HTTP/1.1 200 Connection established\r\n\r\n")
            back = threading.Thread(target=_pour, args=(server, connection), daemon=True)
            back.start()
            _pour(connection, server)
            back.join(DEADLINE)

    def _sent_on(
        self, connection: socket.socket, reader: BufferedReader, method: str, target: str, headers: dict[str, str]
    ) -> bool:
        """Send a request on in the form for a server, and its answer back."""
        parts = urlsplit(target)
        path = target.removeprefix(f"{parts.scheme}://{parts.netloc}") or "/"
        kept = {key: value for key, value in headers.items() if not key.startswith("proxy-")} | {"connection": "close"}
        content = reader.read(int(headers.get("content-length", "0")))
        with self._reached(parts.hostname or "", parts.port or 80) as server:
            head = "".join(f"{key}: {value}\r\n" for key, value in kept.items())
            server.sendall(f"{method} {path} HTTP/1.1\r\n{head}\r\n".encode() + content)
            with server.makefile("rb") as answered:
                lines = _head(answered)
                size = next(int(each.split(":")[1]) for each in lines if each.lower().startswith("content-length:"))
                whole = "\r\n".join(each for each in lines if not each.lower().startswith("connection:"))
                connection.sendall(f"{whole}\r\n\r\n".encode("latin-1") + answered.read(size))
        return True


def _head(reader: BufferedReader) -> list[str]:
    """The lines of a request's or an answer's head; none where the connection has ended."""
    lines: list[str] = []
    while (line := reader.readline().decode("latin-1")) not in {"", "\r\n"}:
        lines.append(line.rstrip("\r\n"))
    return lines


def _pour(source: socket.socket, target: socket.socket) -> None:
    """Pass on all bytes of one connection to another one, and its end."""
    with suppress(OSError):
        while piece := source.recv(65_536):
            target.sendall(piece)
    with suppress(OSError):
        target.shutdown(socket.SHUT_RDWR)
