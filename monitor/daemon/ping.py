"""The daemon's sign of life: a request to a service that raises an alarm when the requests stop coming."""

from __future__ import annotations

from typing import TYPE_CHECKING

from monitor.config.secrets import hush
from monitor.errors import ForbiddenAddressError, StatusError
from monitor.fetch.exchange import send_once, web_address
from monitor.fetch.route import route_of

if TYPE_CHECKING:
    from monitor.config.network import Networked

MAX_PING_SECONDS = 10.0  # for one sign of life, from looking up the host to the response


def ping(address: str, described: Networked) -> None:
    """Send a GET request to an address, and return when it has answered with success.

    described: the section of the configuration that may name a proxy and certificate authorities.

    Raises FetchError. Its message may contain the address, which is a secret.
    """
    hush()
    url = web_address(address)
    if url is None:
        raise ForbiddenAddressError(address, "no web address; correct `run.ping_url`")
    # Its status is enough.
    response = send_once("GET", url, [], seconds=MAX_PING_SECONDS, max_bytes=0, route=route_of(described, "run"))
    if not response.is_success:
        raise StatusError(address, f"answered {response.status_code}", status_code=response.status_code)
