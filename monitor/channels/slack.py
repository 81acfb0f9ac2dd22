"""The channel to Slack, through an incoming webhook, whose address is a secret."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING, Self

from monitor.alerts import writing
from monitor.channels.post import MAX_POST_SECONDS, post
from monitor.config.secrets import Secret
from monitor.errors import TransportError
from monitor.fetch.route import DIRECT, route_of

if TYPE_CHECKING:
    from monitor.alerts.message import Message
    from monitor.config.channels import SlackChannel
    from monitor.fetch.route import Route


# The words with which Slack refuses the form of an alert, and not the alert.
REFUSED_BLOCKS = frozenset({"invalid_blocks", "invalid_blocks_format", "msg_blocks_too_long", "invalid_payload"})


class Slack:
    """A channel to one room in Slack, or in a service that takes the same messages."""

    def __init__(
        self,
        name: str,
        *,
        url: Secret,
        seconds: float = MAX_POST_SECONDS,
        route: Route = DIRECT,
    ) -> None:
        self._name = name
        self._url = url
        self._seconds = seconds
        self._route = route

    @classmethod
    def described(cls, name: str, described: SlackChannel) -> Self:
        """Make the channel from its name and its part of the configuration."""
        url = Secret.of(described, "url")
        assert url is not None
        return cls(name, url=url, route=route_of(described, f"channels.{name}"))

    def send(self, message: Message) -> None:
        """Post an alert in Slack's message format. Raises TransportError.

        An alert that is sent twice is shown twice: Slack takes no id by which it could recognize it. If Slack refuses
        the blocks of an alert, it is posted once more as text alone.
        """
        try:
            self._post(writing.slack(message))
        except TransportError as fault:
            if fault.word not in REFUSED_BLOCKS:
                raise
            self._post(writing.slack_text(message))

    def _post(self, value: object) -> None:
        content = json.dumps(value).encode("ascii")
        address = self._url.read(self._name)
        post(address, content, channel=self._name, headers={}, seconds=self._seconds, route=self._route)
