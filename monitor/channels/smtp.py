"""A connection to a mail server that ends at its deadline, however slowly the server answers."""

from __future__ import annotations

import smtplib
import socket
import threading
import time
from contextlib import suppress
from typing import TYPE_CHECKING

from monitor.fetch.backend import GuardedBackend, addresses

if TYPE_CHECKING:
    import ssl
    from io import BufferedReader

MAX_CONVERSATION_BYTES = 1_000_000  # of all that a mail server says in one conversation; a long one says some kilobytes


class _Answers:
    """What a mail server says, line by line, up to a largest size for the whole conversation."""

    def __init__(self, stream: BufferedReader, *, most: int) -> None:
        self._stream = stream
        self._left = most

    def readline(self, size: int = -1) -> bytes:
        """Return the next line. Raises OSError where the server has said too much; smtplib then ends the connection."""
        line = self._stream.readline(size)
        self._left -= len(line)
        if self._left < 0:
            raise OSError("the server's answers do not end")
        return line

    def close(self) -> None:
        """Close the stream."""
        self._stream.close()


class Session(smtplib.SMTP):
    """A mail client (as smtplib's SMTP) with one deadline for the whole conversation with the server.

    smtplib limits the time only for each piece of an answer, so a slow server could go on for ever; here a timer cuts
    the connection. smtplib also looks up the host without a time limit; here `GuardedBackend` does it with one.

    seconds: the time allowed, from looking up the host to the last answer.
    tls: the settings if TLS is used from the first byte; None for a connection that begins without TLS.
    """

    def __init__(self, host: str, port: int, *, seconds: float, tls: ssl.SSLContext | None) -> None:
        self._backend = GuardedBackend(resolve=addresses, clock=time.monotonic, allow_private_addresses=True)
        self._backend.begin(host, seconds)
        self._tls = tls
        self._copy: socket.socket | None = None
        self._overdue = False
        self._alarm = threading.Timer(seconds, self._cut)
        self._alarm.daemon = True
        self._alarm.start()
        try:
            # The name of this machine as it knows itself: smtplib would look it up, for as long as that takes.
            super().__init__(host, port, local_hostname=socket.gethostname(), timeout=seconds)
        except BaseException:
            self.close()
            raise

    def close(self) -> None:
        """Close the connection and stop the timer, in any state of the conversation."""
        self._alarm.cancel()
        if self._copy:
            self._copy.close()
        super().close()

    def _get_socket(self, host: str, port: int, timeout: float) -> socket.socket:
        """Open the connection to the mail server, and return its socket; smtplib calls this method."""
        connection: socket.socket = self._backend.connect_tcp(host, port).get_extra_info("socket")
        connection.settimeout(timeout)
        self._copy = connection.dup()  # TLS takes over the other one
        return self._tls.wrap_socket(connection, server_hostname=host) if self._tls else connection

    def getreply(self) -> tuple[int, bytes]:
        """Read the server's next answer.

        Raises SMTPServerDisconnected after the deadline, and if the answers do not end.
        """
        if self.file is None and self.sock is not None:
            self.file = _Answers(self.sock.makefile("rb"), most=MAX_CONVERSATION_BYTES)
        reply = super().getreply()
        if self._overdue:
            raise smtplib.SMTPServerDisconnected("overdue")
        return reply

    def _cut(self) -> None:
        self._overdue = True
        if self._copy:
            with suppress(OSError):
                self._copy.shutdown(socket.SHUT_RDWR)
