"""Why a receiver could not be reached, in words that hold no secret."""

from __future__ import annotations

import ssl
from socket import gaierror

from monitor.errors import FetchError, TooSlowError
from monitor.fetch.exchange import LOWER_LIBRARIES, chain

# What sockets, names, TLS and the libraries over them raise; their texts may repeat an address or what a server said.
UNREACHABLE = (*LOWER_LIBRARIES, FetchError)


def reason(fault: BaseException, *, seconds: float) -> str:
    """What happened, without anything that came from a configuration or from a server."""
    if isinstance(fault, TooSlowError):
        return too_slow(seconds)
    for each in chain(fault):
        if isinstance(each, ssl.SSLCertVerificationError):
            return f"TLS: {each.verify_message}; nothing was sent"
        if isinstance(each, ssl.SSLError):
            return f"TLS: {(each.reason or 'no agreement').replace('_', ' ').lower()}; nothing was sent"
        if isinstance(each, gaierror):
            return f"no such host: {each.strerror}"
        if isinstance(each, OSError) and each.strerror:
            return f"no connection: {each.strerror}"
    return "the connection broke off before an answer"


def too_slow(seconds: float) -> str:
    """That the deadline passed."""
    return f"no answer within {seconds:g} seconds"
