"""Turns the errors of the network libraries into monitor's own errors.

Every error that httpx, httpcore, h11, h2, TLS or a socket raises becomes a FetchError here, and nowhere else.
"""

from __future__ import annotations

import ssl
from contextlib import contextmanager
from socket import gaierror
from typing import TYPE_CHECKING

import h2.exceptions
import h11
import httpcore

from monitor.errors import (
    FetchError,
    ForbiddenAddressError,
    MonitorError,
    TooLargeError,
    TooSlowError,
    TruncatedError,
    UnreachableError,
)

if TYPE_CHECKING:
    from collections.abc import Iterator

# For an error that says nothing more precise: its name in the message, and a remedy for the reader.
UNKNOWN: dict[type[FetchError], tuple[str, str]] = {
    UnreachableError: ("no answer", "it is asked again at the next poll"),
    TruncatedError: ("the body broke off", "it is asked again at the next poll"),
    ForbiddenAddressError: ("no address that can be asked", "correct the link, or see what the publisher did"),
}
# What to do about a certificate, by the code with which OpenSSL refuses it.
IF_UNKNOWN_AUTHORITY = "if an authority of your own has signed it, name the file of its certificate with `ca_file`"
CERTIFICATE_REMEDIES = {
    **dict.fromkeys((9, 10), "see whether this machine's clock is right"),  # not valid yet, or no longer
    **dict.fromkeys((2, 18, 19, 20, 21), IF_UNKNOWN_AUTHORITY),  # signed by itself, or by an authority unknown here
}
IF_UNVERIFIED = "see what a browser says to the address"
# Every error that the libraries below httpx raise.
LOWER_LIBRARIES = (
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


@contextmanager
def naming(url: str, unknown: type[FetchError] = UnreachableError, *, silence: float = 0) -> Iterator[None]:
    """Run the block, and turn an error of the network libraries in it into a FetchError.

    url: the address with which the error's message begins.
    unknown: the kind of FetchError to raise if nothing more precise is known.
    silence: for how many seconds the server was allowed to be silent; the message about a timeout says it.
    """
    try:
        yield
    except LOWER_LIBRARIES as fault:
        raise _named(fault, url, unknown=unknown, silence=silence) from fault
    except MonitorError:
        raise
    except Exception as fault:
        import httpx  # noqa: PLC0415 - it is there already if the error is one of its own

        if isinstance(fault, httpx.HTTPError | httpx.InvalidURL | httpx.CookieConflict | httpx.StreamError):
            raise _named(fault, url, unknown=unknown, silence=silence) from fault
        raise


def chain(fault: BaseException) -> Iterator[BaseException]:
    """Yield an error, then the error that caused it, and so on down to the first cause."""
    at: BaseException | None = fault
    while at is not None:
        yield at
        at = at.__cause__ or next((cause for cause in at.args if isinstance(cause, BaseException)), None)


def _named(fault: Exception, url: str, *, unknown: type[FetchError], silence: float) -> FetchError:
    causes = tuple(chain(fault))
    first = causes[-1]
    text = " ".join((getattr(first, "strerror", None) or str(first) or type(first).__name__).split())
    if any(_is_flood(cause) for cause in causes):
        return TooLargeError(url, "headers without end; it is asked again at the next poll")
    if isinstance(fault, httpcore.TimeoutException) and not isinstance(fault, httpcore.ConnectTimeout):
        return TooSlowError(url, f"silent for {silence:g} seconds; it is asked again at the next poll")
    if isinstance(first, ssl.SSLCertVerificationError):
        reason = getattr(first, "verify_message", text)
        remedy = CERTIFICATE_REMEDIES.get(getattr(first, "verify_code", 0), IF_UNVERIFIED)
        return UnreachableError(url, f"TLS: {reason}; {remedy.replace('`ca_file`', '`poll.ca_file`')}")
    if isinstance(first, gaierror):
        return UnreachableError(url, f"no such host: {text}; see whether the address is right and DNS works here")
    if isinstance(first, h2.exceptions.InvalidBodyLengthError):
        unknown = TruncatedError
    name, remedy = UNKNOWN[unknown]
    return unknown(url, f"{'TLS' if isinstance(first, ssl.SSLError) else name}: {text}; {remedy}")


def _is_flood(fault: BaseException) -> bool:
    """Return whether h11 or h2 gave up because the headers were too long; the limit of each is about 100 KB."""
    too_large = isinstance(fault, h11.RemoteProtocolError) and getattr(fault, "error_status_hint", 0) == 431
    return too_large or isinstance(fault, h2.exceptions.DenialOfServiceError)
