"""The channel to any service that the library Apprise supports; the service's Apprise address is a secret."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING, Self

from monitor.alerts import writing
from monitor.channels.apprise_apart import names_a_proxy, notify, notify_apart, service_at
from monitor.channels.faults import describe_fault
from monitor.config.secrets import Secret, hush
from monitor.errors import ProxyError, TransportError
from monitor.fetch.route import DIRECT, route_of

if TYPE_CHECKING:
    from pathlib import Path

    from apprise import NotifyBase

    from monitor.alerts.message import Message
    from monitor.config.channels import AppriseChannel
    from monitor.fetch.route import Route

MAX_APPRISE_SECONDS = 30.0  # for one request of Apprise's
# Words that call on a whole room in Discord, Slack, Mattermost, Teams, Telegram: a blank without width breaks them up.
ROOM_CALLS = re.compile(r"(?<=@)(?=everyone|here|channel|all)|(?<=<)(?=[!@#])", re.IGNORECASE)

BETWEEN = "\r\n"  # what Apprise puts between a title and a text that it joins
LINE_BETWEEN = " / "  # in place of line breaks, for services that show only the first lines
DOTS = " ..."


class Anywhere:
    """A channel to a service that the library Apprise supports; it sends a title and a text.

    Most of these services show an alert twice if it is sent twice.
    """

    def __init__(
        self,
        name: str,
        *,
        url: Secret,
        seconds: float = MAX_APPRISE_SECONDS,
        route: Route = DIRECT,
        ca_file: Path | None = None,
    ) -> None:
        """Make the channel.

        name: its name in the configuration. url: its Apprise address.
        seconds: how long a request of Apprise's may take.
        route: the proxy. Its TLS settings are of no use to Apprise, which takes a file.
        ca_file: a file with further certificate authorities; None for none.
        """
        self._name = name
        self._route = route
        self._ca_file = ca_file
        self._url = url
        self._seconds = seconds

    @classmethod
    def described(cls, name: str, described: AppriseChannel) -> Self:
        """Make the channel from its name and its part of the configuration."""
        url = Secret.of(described, "url")
        assert url is not None
        return cls(name, url=url, route=route_of(described, f"channels.{name}"), ca_file=described.ca_file)

    def send(self, message: Message) -> None:
        """Send an alert as text; it is shortened if the service does not take the whole text. Raises TransportError."""
        address = self._url.read(self._name)
        hush()
        service = self._service(address)
        title, body = fitted(message, service)
        if not self._is_taken(service, address, title, body):
            raise TransportError(f"channel {self._name}: {service.service_name} did not take it", permanent=False)

    def _is_taken(self, service: NotifyBase, address: str, title: str, body: str) -> bool:
        """Send a text, in a process of its own where that is needed; return whether the service took it.

        Raises TransportError if the proxy or the file of authorities is missing.
        """
        try:
            proxy = self._route.find_proxy()
            if proxy or self._ca_file or names_a_proxy():
                return notify_apart(address, title, body, seconds=self._seconds, proxy=proxy, ca_file=self._ca_file)
        except ProxyError as fault:
            why = describe_fault(fault, seconds=self._seconds)
            raise TransportError(f"channel {self._name}: {why}", permanent=False) from None
        except OSError as fault:
            message = f"its ca_file can't be read: {fault.strerror}; correct it"
            raise TransportError(f"channel {self._name}: {message}", permanent=False) from None
        return notify(service, title, body, seconds=self._seconds)

    def _service(self, address: str) -> NotifyBase:
        service = service_at(address)
        if service is None:
            message = "its url is none that Apprise knows; see github.com/caronc/apprise/wiki, and correct it"
            raise TransportError(f"channel {self._name}: {message}", permanent=True, disables=True)
        return service


def fitted(message: Message, service: NotifyBase) -> tuple[str, str]:
    """Return the title and the text of an alert for a service, neither longer than the service takes.

    Where a service has no place for a title, Apprise puts it before the text, and both count.
    """
    joins = service.title_maxlen <= 0 or service.overflow_amalgamate_title
    subject = ROOM_CALLS.sub("\u200b", writing.one_line(message.subject))
    most = service.body_maxlen // 2 if joins else service.title_maxlen
    title = _cut(subject, most)
    room = service.body_maxlen - (_length(title) + len(BETWEEN) if joins else 0)
    body = ROOM_CALLS.sub("\u200b", writing.text(message, with_subject=False))
    limit = room
    while limit > 0 and not _takes(service, body, room, joins=joins):
        body = ROOM_CALLS.sub("\u200b", writing.brief(message, limit))
        if service.body_max_line_count > 0:
            body = LINE_BETWEEN.join(filter(None, map(str.strip, body.split("\n"))))
        # The brief form counts its own characters alone: not those that a line break becomes, nor UTF-16 units.
        limit -= max(_length(body) - room, 1)
    return title, body


def _takes(service: NotifyBase, body: str, room: int, *, joins: bool) -> bool:
    """Return whether a service takes a text: it has at most `room` units, and no more lines than the service shows."""
    most = service.body_max_line_count - (1 if joins else 0)
    return _length(body) <= room and (service.body_max_line_count <= 0 or len(body.rstrip().split("\n")) <= most)


def _cut(text: str, limit: int) -> str:
    """Return a text cut to at most `limit` units, with three dots at its end if it was longer."""
    if _length(text) <= limit:
        return text
    while text and _length(text) > max(limit - len(DOTS), 0):
        text = text[:-1]
    return f"{text.rstrip()}{DOTS}" if limit > len(DOTS) else text


def _length(text: str) -> int:
    """Return the length of a text as strict services count it: in UTF-16 units, of which some characters take two."""
    return len(text.encode("utf-16-le", errors="surrogatepass")) // 2
