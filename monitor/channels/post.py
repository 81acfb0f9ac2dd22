"""Sends one POST request to a receiver, within a time limit; the address may be a secret.

No redirect is followed, and each request has a connection of its own. Error messages show only the host of the address.
The errors of the network libraries may contain the whole address, so none of them leaves this module.
"""

from __future__ import annotations

import re
from datetime import UTC, datetime
from typing import TYPE_CHECKING, NoReturn

from monitor.channels.faults import UNREACHABLE, describe_fault
from monitor.config.secrets import hush
from monitor.errors import TransportError
from monitor.fetch.exchange import send_once, web_address
from monitor.fetch.verdict import retry_after

if TYPE_CHECKING:
    from collections.abc import Mapping

    from monitor.fetch.route import Route
    from monitor.fetch.verdict import Response

MAX_POST_SECONDS = 30.0  # for one POST, from looking up the host to the response's last byte
MAX_ANSWER_BYTES = 2_000  # of a response: a longer one is no word of explanation, and is not read
PASSING = frozenset({408, 425, 429})  # statuses of the 4xx that may be otherwise at the next attempt
HOPELESS = frozenset({401, 403, 404, 405, 410})  # statuses that refuse the address, and not only this alert


def post(
    address: str,
    content: bytes,
    *,
    channel: str,
    headers: Mapping[str, str],
    seconds: float,
    route: Route,
) -> None:
    """Send JSON to a receiver; return when it has answered that it took it. Raises TransportError.

    address: the receiver's address; a login in it is sent as Basic authentication.
    content: the JSON.
    channel: the channel's name, for error messages.
    headers: further headers of the request.
    seconds: how long the whole exchange may take.
    route: the proxy, and the TLS settings.
    """
    hush()
    url = web_address(address)
    if url is None:
        message = f"channel {channel}: its url is no web address; correct it"
        raise TransportError(message, permanent=True, disables=True)
    where = f"channel {channel}: {url.host}"
    given = {"content-type": "application/json", **headers}
    pairs = [(name.encode("ascii"), value.encode("ascii")) for name, value in given.items()]
    try:
        response = send_once("POST", url, pairs, body=content, seconds=seconds, max_bytes=MAX_ANSWER_BYTES, route=route)
    except UNREACHABLE as fault:
        raise TransportError(f"{where}: {describe_fault(fault, seconds=seconds)}", permanent=False) from None
    if not response.is_success:
        _refuse(response, where)


def _refuse(response: Response, where: str) -> NoReturn:
    """Raise TransportError for an answer that is no success; its status tells whether the fault is permanent."""
    code = response.status_code
    answer = f"answered {code}{_word(response.content)}"
    if code in PASSING or code >= 500:
        wait = retry_after(response, datetime.now(UTC))
        raise TransportError(f"{where}: {answer}", permanent=False, retry_after=wait)
    if code < 400:
        message = f"{where}: {answer}, a redirect, which is not followed; set the address that it leads to"
        raise TransportError(message, permanent=True, disables=True)
    hopeless = code in HOPELESS
    remedy = "see whether its address is still right" if hopeless else "it does not take this alert"
    word = _word(response.content).strip()
    raise TransportError(f"{where}: {answer}; {remedy}", permanent=True, disables=hopeless, word=word)


def _word(content: bytes) -> str:
    """Return a blank and the one word with which Slack gives a reason, for example ` no_service`; else "".

    Any other answer is left out, because it could repeat the alert.
    """
    word = re.fullmatch(rb"\s*([a-z]{2,20}(?:_[a-z]{1,20}){1,5})\s*", content)
    return f" {word[1].decode('ascii')}" if word else ""
