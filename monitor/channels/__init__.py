"""Channels: the services and files that alerts are sent to. There is one small class for each kind of channel."""

from __future__ import annotations

from typing import TYPE_CHECKING, Protocol, assert_never

from monitor.channels.absent import Absent
from monitor.config.channels import AppriseChannel, AtomChannel, EmailChannel, SlackChannel, WebhookChannel
from monitor.config.extras import missing

if TYPE_CHECKING:
    from monitor.alerts.message import Message
    from monitor.config.channels import ChannelDescription

__all__ = ["Channel", "channel"]


class Channel(Protocol):
    """One place that alerts are sent to, like a mail server, a Slack room or a feed file, as the configuration says."""

    def send(self, message: Message) -> None:
        """Send one alert, and return once the receiver has taken it. Raises TransportError."""


def channel(name: str, described: ChannelDescription) -> Channel:
    """Make the channel that a section of the configuration describes.

    name: the channel's name in the configuration.
    described: the section.

    The channel reads its secrets again each time it sends, so that a new secret needs no restart.
    """
    match described:
        case EmailChannel():
            from monitor.channels.mail import Mail  # noqa: PLC0415 - only what is configured is loaded

            return Mail.described(name, described)
        case SlackChannel():
            from monitor.channels.slack import Slack  # noqa: PLC0415 - as above

            return Slack.described(name, described)
        case WebhookChannel():
            from monitor.channels.webhook import Webhook  # noqa: PLC0415 - as above

            return Webhook.described(name, described)
        case AppriseChannel():
            if fault := missing("apprise"):
                return Absent(name, fault=fault)
            from monitor.channels.apprise import Anywhere  # noqa: PLC0415 - as above

            return Anywhere.described(name, described)
        case AtomChannel():
            from monitor.channels.atom import Atom  # noqa: PLC0415 - as above

            return Atom(name, path=described.path)
        case _:
            assert_never(described)
