"""One request and its response, on a connection of its own, before a deadline and below a cap.

Everything that httpx and the libraries under it raise becomes one of monitor's errors here, and nowhere else.
"""

from __future__ import annotations

import ssl
import zlib
from contextlib import contextmanager
from dataclasses import replace
from socket import gaierror
from typing import TYPE_CHECKING

import h2.exceptions
import h11
import httpcore
import httpx

from monitor.errors import (
    FetchError,
    ForbiddenAddressError,
    MistakenBodyError,
    TooLargeError,
    TooSlowError,
    TruncatedError,
    UnreachableError,
)
from monitor.fetch.backend import GuardedBackend
from monitor.fetch.verdict import Response

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

    from monitor.fetch.backend import Resolve

TIMES = {
    "timeout": {"connect": 10.0, "read": 30.0, "write": 10.0, "pool": 10.0}
}  # each cut to what the deadline leaves
FORM = (b"content-type", b"application/x-www-form-urlencoded")
GZIP = b"\x1f\x8b\x08"  # how a gzip body begins (RFC 1952)
MOST_MEMBERS = 10_000  # of one gzip body: each costs time, even where it is empty
REDIRECTS = frozenset({301, 302, 303, 307, 308})
# What to call a fault that says nothing more precise, and what to do about it.
UNKNOWN: dict[type[FetchError], tuple[str, str]] = {
    UnreachableError: ("no answer", "it is asked again at the next poll"),
    TruncatedError: ("the body broke off", "it is asked again at the next poll"),
    ForbiddenAddressError: ("no address that can be asked", "correct the link, or see what the publisher did"),
}

LOWER_LIBRARIES = (
    httpx.HTTPError,
    httpx.InvalidURL,
    httpx.CookieConflict,
    httpx.StreamError,
    httpcore.ConnectionNotAvailable,
    httpcore.NetworkError,
    httpcore.ProtocolError,
    httpcore.ProxyError,
    httpcore.TimeoutException,
    httpcore.UnsupportedProtocol,
    h11.ProtocolError,
    h2.exceptions.H2Error,
    OSError,  # sockets, TLS, names
    ValueError,  # hosts that no encoding takes, statuses that are no number
)


class Connection:
    """At most one connection, for one exchange at a time.

    A connection shared between threads could have no deadline of its own, and httpcore's HTTP/2 connection is not
    safe to share: its state machine is changed without a lock.
    """

    def __init__(
        self,
        *,
        tls: ssl.SSLContext,
        resolve: Resolve,
        clock: Callable[[], float],
        allow_private_addresses: bool,
    ) -> None:
        self._tls = tls
        self._backend = GuardedBackend(resolve=resolve, clock=clock, allow_private_addresses=allow_private_addresses)
        self._connection: httpcore.HTTPConnection | None = None

    def ask(
        self,
        url: httpx.URL,
        headers: list[tuple[bytes, bytes]],
        *,
        seconds: float,
        max_bytes: int,
        form: bytes | None = None,
        patient: bool = False,
    ) -> Response:
        """One GET and its response, unpacked; the body of a redirect is left unread. Raises FetchError.

        With `form`, URL-encoded, a POST. A server may be silent for a while, or if we are `patient` for all the time.
        """
        where = str(url)
        self._backend.begin(where, seconds)
        # The connection is asked itself, without a client around it: so there are no proxies or logins from the
        # environment, no cookies to keep or send back, and no redirect that nobody checked.
        try:
            with naming(where):
                target = httpcore.URL(scheme=url.raw_scheme, host=url.raw_host, port=url.port, target=url.raw_path)
                host = (b"host", url.netloc)
                times = {"timeout": TIMES["timeout"] | {"read": seconds}} if patient else TIMES
                if form is None:
                    request = httpcore.Request("GET", target, headers=[host, *headers], extensions=times)
                else:
                    sized = [host, *headers, FORM, (b"content-length", b"%d" % len(form))]
                    request = httpcore.Request("POST", target, headers=sized, content=form, extensions=times)
                response = self._connected(target.origin).handle_request(request)
            names = tuple((key.decode("latin-1").lower(), value.decode("latin-1")) for key, value in response.headers)
            reply = Response(status_code=response.status, headers=names, content=b"")
            return self._with_content(response, reply, where, max_bytes=max_bytes)
        except BaseException:
            self.hang_up()
            raise

    def _connected(self, origin: httpcore.Origin) -> httpcore.HTTPConnection:
        """The connection to an origin: the one there is, where it still stands."""
        found = self._connection
        if found and found.can_handle_request(origin) and found.is_available() and not found.has_expired():
            return found
        self.hang_up()
        self._connection = httpcore.HTTPConnection(
            origin, ssl_context=self._tls, keepalive_expiry=30, http2=True, network_backend=self._backend
        )
        return self._connection

    def hang_up(self) -> None:
        """Drop the connection: what would come next on it can't be told from what is still under way."""
        self.close()
        self._connection = None

    def _with_content(self, response: httpcore.Response, reply: Response, where: str, *, max_bytes: int) -> Response:
        if reply.status_code in REDIRECTS:
            self.hang_up()
            return reply
        try:
            body = _Body(reply, where, cap=max_bytes)
            with naming(where, TruncatedError):
                for piece in response.iter_stream():
                    self._backend.left()
                    body.add(piece)
                response.close()
            content = body.whole()
            headers = reply.headers + ((("content-encoding", "gzip"),) if body.packed_silently else ())
            return replace(reply, headers=headers, content=content)
        except FetchError:
            if 200 <= reply.status_code < 300:
                raise
            self.hang_up()
            return reply  # an error status is believed without its body

    def close(self) -> None:
        """End the connection."""
        if self._connection:
            self._connection.close()


def encodings(reply: Response) -> tuple[str, ...]:
    """How a body says that it is packed, outermost last. A web archive sends blank names as well, which say nothing."""
    values = ",".join(value for name, value in reply.headers if name == "content-encoding")
    return tuple(filter(None, (each.strip().lower() for each in values.split(","))))


class _Body:
    """A body as it comes in, unpacked, of which never more than the cap is held.

    Only gzip is asked for, because zlib gives out no more than it is asked to: a bomb ends at the cap. What a web
    archive plays back may be gzip without saying so (`packed_silently`): nothing that is wanted from one begins so.
    """

    def __init__(self, reply: Response, where: str, *, cap: int) -> None:
        self._where = where
        self._cap = cap
        self._content = bytearray()
        self._received = self._members = 0
        encoding = ", ".join(encodings(reply))
        if encoding not in {"", "identity", "gzip", "x-gzip"}:
            raise MistakenBodyError(where, f"packed with {encoding!r}, which was not asked for; tell the publisher")
        self._gzip = zlib.decompressobj(wbits=31) if "gzip" in encoding else None
        self._may_be_packed = not encoding and reply.header("memento-datetime") is not None
        self.packed_silently = False
        announced = reply.header("content-length") or ""
        self._check(int(announced) if announced.isdecimal() and len(announced) < 20 else 0)

    def add(self, piece: bytes) -> None:
        """Take the next piece. Raises TooLargeError beyond the cap, MistakenBodyError where gzip is broken."""
        self._received += len(piece)
        self._check(self._received)
        if self._may_be_packed:
            piece = self._begun(piece)
        if not self._gzip:
            self._content += piece
            return
        while piece:
            if self._gzip.eof:  # a further member, RFC 1952
                self._gzip = zlib.decompressobj(wbits=31)
                self._members += 1
                if self._members > MOST_MEMBERS:
                    raise TooLargeError(self._where, f"more gzip members than {MOST_MEMBERS:,}; tell the publisher")
            try:
                self._content += self._gzip.decompress(piece, self._cap - len(self._content) + 1)
            except zlib.error as fault:
                raise MistakenBodyError(self._where, "broken gzip; it is asked again at the next poll") from fault
            self._check(len(self._content))
            piece = self._gzip.unused_data

    def _begun(self, piece: bytes) -> bytes:
        """What is to be taken of a body whose first bytes tell whether it is packed, once they are there."""
        self._content += piece
        self._may_be_packed = len(self._content) < len(GZIP)
        if not self._content.startswith(GZIP):
            return b""
        piece, self._content = bytes(self._content), bytearray()
        self._gzip, self.packed_silently = zlib.decompressobj(wbits=31), True
        return piece

    def whole(self) -> bytes:
        """All of it. Raises TruncatedError where gzip has not come to its end."""
        if self._gzip and self._received and not self._gzip.eof:
            raise TruncatedError(self._where, "the gzip stream breaks off; it is asked again at the next poll")
        return bytes(self._content)

    def _check(self, size: int) -> None:
        if size > self._cap:
            raise TooLargeError(self._where, f"over {self._cap:,} bytes; raise `poll.max_bytes` if that is right")


@contextmanager
def naming(url: str, unknown: type[FetchError] = UnreachableError) -> Iterator[None]:
    """Give what the libraries below raise one of monitor's names; `unknown` is for what says nothing more precise."""
    try:
        yield
    except LOWER_LIBRARIES as fault:
        raise _named(fault, url, unknown=unknown) from fault


def chain(fault: BaseException) -> Iterator[BaseException]:
    """An error and those that led to it, the first one last."""
    at: BaseException | None = fault
    while at is not None:
        yield at
        at = at.__cause__ or next((each for each in at.args if isinstance(each, BaseException)), None)


def _named(fault: Exception, url: str, *, unknown: type[FetchError]) -> FetchError:
    faults = tuple(chain(fault))
    first = faults[-1]
    text = " ".join((getattr(first, "strerror", None) or str(first) or type(first).__name__).split())
    if any(_is_flood(each) for each in faults):
        return TooLargeError(url, "headers without end; it is asked again at the next poll")
    if isinstance(fault, httpcore.TimeoutException) and not isinstance(fault, httpcore.ConnectTimeout):
        return TooSlowError(url, f"silent for {TIMES['timeout']['read']:g} seconds; it is asked again at the next poll")
    if isinstance(first, ssl.SSLCertVerificationError):
        reason = getattr(first, "verify_message", text)
        return UnreachableError(url, f"TLS: {reason}; see whether this machine's clock is right")
    if isinstance(first, gaierror):
        return UnreachableError(url, f"no such host: {text}; see whether the address is right and DNS works here")
    if isinstance(first, h2.exceptions.InvalidBodyLengthError):
        unknown = TruncatedError
    what, then = UNKNOWN[unknown]
    return unknown(url, f"{'TLS' if isinstance(first, ssl.SSLError) else what}: {text}; {then}")


def _is_flood(fault: BaseException) -> bool:
    """Whether h11 or h2 gave up on headers: both have limits of their own, of about 100 KB."""
    too_large = isinstance(fault, h11.RemoteProtocolError) and getattr(fault, "error_status_hint", 0) == 431
    return too_large or isinstance(fault, h2.exceptions.DenialOfServiceError)
