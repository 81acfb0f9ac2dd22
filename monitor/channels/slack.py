"""The channel to Slack, by an incoming webhook; its address is a secret."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING, Self

import httpx

from monitor.alerts import writing
from monitor.channels.post import MAX_POST_SECONDS, post
from monitor.config.secrets import Secret

if TYPE_CHECKING:
    import ssl
    from collections.abc import Callable

    from monitor.alerts.message import Message
    from monitor.config.channels import SlackChannel


class Slack:
    """A room of Slack, or of a service that takes the same messages."""

    def __init__(
        self,
        name: str,
        *,
        url: Secret,
        seconds: float = MAX_POST_SECONDS,
        tls: Callable[[], ssl.SSLContext] = httpx.create_ssl_context,
    ) -> None:
        self._name = name
        self._url = url
        self._seconds = seconds
        self._tls = tls

    @classmethod
    def described(cls, name: str, described: SlackChannel) -> Self:
        """Return the channel that a part of the configuration describes."""
        url = Secret.of(described, "url")
        assert url is not None
        return cls(name, url=url)

    def send(self, message: Message) -> None:
        """Post an alert as blocks. Raises TransportError.

        Slack takes no id by which it could recognize a repeat.
        """
        content = json.dumps(writing.slack(message)).encode("ascii")
        address = self._url.read(self._name)
        post(address, content, channel=self._name, headers={}, seconds=self._seconds, tls=self._tls)
