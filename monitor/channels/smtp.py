"""A connection to a mail server that ends at its deadline, however slowly the server answers."""

from __future__ import annotations

import smtplib
import socket
import ssl
import threading
import time
from contextlib import suppress
from ipaddress import ip_address
from typing import TYPE_CHECKING

from monitor.fetch.backend import GuardedBackend, addresses, is_public

if TYPE_CHECKING:
    from collections.abc import Callable
    from io import BufferedReader
    from ipaddress import IPv4Address, IPv6Address

MAX_CONVERSATION_BYTES = 1_000_000  # of all that a mail server says in one conversation; a long one says some kilobytes


# Said of a mail server that lacks what the configuration asks for.
NO_STARTTLS = (
    "offers no STARTTLS, and nothing was sent; say by `tls` how it is asked: `starttls` (port 587), `tls` (from the "
    "first byte on, port 465) or `none` (no encryption)"
)
NO_SECRECY = "would get the password without encryption, and nothing was sent; set `tls` to `starttls` or `tls`"


class NotOfferedError(smtplib.SMTPException):
    """The mail server lacks what the configuration asks for; the text says what, and repeats nothing of its answers."""


def begins_tls(security: str | None, peer: IPv4Address | IPv6Address, *, offered: bool) -> bool:
    """Return whether TLS is begun by STARTTLS in a conversation with a mail server. Pure.

    security: as for `Session.secure`.
    peer: the server's address.
    offered: whether the server has STARTTLS.

    Raises NotOfferedError if it must, and the server has none.
    """
    wanted = security == "starttls" or (security is None and (offered or is_public(peer)))
    if wanted and not offered:
        raise NotOfferedError(NO_STARTTLS)
    return wanted


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

    def secure(self, security: str | None, tls: Callable[[], ssl.SSLContext], *, has_login: bool) -> None:
        """Begin TLS by STARTTLS where that is asked for, and see to it that no password goes over the network plainly.

        security: `starttls`, `tls` (which has begun already), `none`, or None for `starttls`, which a server on this
            machine or in a private network may lack.
        tls: a function that makes the TLS settings.
        has_login: whether a password is to be sent afterwards.

        Raises NotOfferedError, or an error of smtplib.
        """
        self.ehlo_or_helo_if_needed()
        peer = self._peer()
        if begins_tls(security, peer, offered=self.has_extn("starttls")):
            self.starttls(context=tls())
        is_secret = isinstance(self.sock, ssl.SSLSocket) or peer.is_loopback
        if has_login and not is_secret:
            raise NotOfferedError(NO_SECRECY)

    def _peer(self) -> IPv4Address | IPv6Address:
        """Return the IP address of the server, which its name may hide. Raises OSError if the server has left."""
        assert self.sock
        address = ip_address(self.sock.getpeername()[0].partition("%")[0])
        return getattr(address, "ipv4_mapped", None) or address

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
