"""Makes error messages about receivers that could not be reached; no message contains a secret."""

from __future__ import annotations

import ssl
from socket import gaierror

import httpcore

from monitor.errors import FetchError, ProxyError, TooSlowError
from monitor.fetch.faults import CERTIFICATE_REMEDIES, IF_UNKNOWN_AUTHORITY, LOWER_LIBRARIES, chain
from monitor.fetch.tunnel import WANTS_LOGIN

# Every error of sockets, names, TLS and the libraries over them; their texts may repeat an address or an answer.
UNREACHABLE = (*LOWER_LIBRARIES, FetchError)
# The ports of mail servers, and the keys that go with them.
MAIL_PORTS = "587 goes with `tls: starttls`, 465 with `tls: tls`, 25 with a relay of your own"
# Said of a mail server that takes no login, though the configuration has one.
NOT_OFFERED = "offers no way to log in; correct the port or `tls`, or take the login out"


def describe_fault(fault: BaseException, *, seconds: float) -> str:
    """Return a text that says why a receiver was not reached.

    It repeats nothing that the configuration or a server says, because that may contain a secret.

    seconds: the time limit of the exchange; the message about a timeout says it.
    """
    if isinstance(fault, ProxyError | TooSlowError):
        return _of_proxy(fault, seconds=seconds) if isinstance(fault, ProxyError) else too_slow(seconds)
    for cause in chain(fault):
        if isinstance(cause, ssl.SSLError):
            unverified = isinstance(cause, ssl.SSLCertVerificationError) and cause.verify_message
            why = unverified or (cause.reason or "no agreement").replace("_", " ").lower()
            code = getattr(cause, "verify_code", 0)
            remedy = f"; {IF_UNKNOWN_AUTHORITY}" if CERTIFICATE_REMEDIES.get(code) == IF_UNKNOWN_AUTHORITY else ""
            return f"TLS: {why}; nothing was sent{remedy}"
        if isinstance(cause, gaierror):
            return f"no such host: {cause.strerror}"
        if isinstance(cause, httpcore.ConnectTimeout):
            return "no connection: its host does not answer"
        if isinstance(cause, OSError) and cause.strerror:
            return f"no connection: {cause.strerror}"
    return "the connection broke off before an answer"


def describe_mail_fault(fault: BaseException, *, port: int, seconds: float, late: bool = False) -> str:
    """Return a text that says why a mail server was not reached, as `describe_fault`, and what may mend it.

    A wrong port, or a `tls` that does not go with it, shows as silence, as a cut connection, or as TLS that fails.

    port: the port of the server. late: whether the time limit is over.
    """
    causes = list(chain(fault))
    why = too_slow(seconds) if late else describe_fault(fault, seconds=seconds)
    if any(isinstance(each, ssl.SSLCertVerificationError | gaierror) for each in causes):
        return why
    return f"{why}; see whether port {port} is right: {MAIL_PORTS}"


def _of_proxy(fault: ProxyError, *, seconds: float) -> str:
    """Return a text that says why a proxy gave no way to a receiver."""
    if fault.status_code == WANTS_LOGIN:
        return "its proxy wants a login, or does not take this one (407); correct it in `proxy_file` or `proxy_env`"
    if fault.status_code:
        return f"its proxy answered {fault.status_code}; see whether it may be asked for this"
    if fault.__cause__ is None:
        return "its proxy is not known; correct `proxy_file` or `proxy_env`"
    return f"through its proxy: {describe_fault(fault.__cause__, seconds=seconds)}"


def too_slow(seconds: float) -> str:
    """Return the message about a receiver that did not answer within a time limit of `seconds`."""
    return f"no answer within {seconds:g} seconds"
