"""The channel to any service that the library Apprise supports; the service's Apprise address is a secret."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING, Self

from apprise import Apprise, AppriseAsset, NotifyFormat, PersistentStoreMode

from monitor.alerts import writing
from monitor.config.secrets import Secret, hush
from monitor.errors import TransportError

if TYPE_CHECKING:
    from apprise import NotifyBase

    from monitor.alerts.message import Message
    from monitor.config.channels import AppriseChannel

MAX_APPRISE_SECONDS = 30.0  # for one request of Apprise's
# Words that call on a whole room in Discord, Slack, Mattermost, Teams, Telegram: a blank without width breaks them up.
ROOM_CALLS = re.compile(r"(?<=@)(?=everyone|here|channel|all)|(?<=<)(?=[!@#])", re.IGNORECASE)


class Anywhere:
    """A channel to a service that the library Apprise supports; it sends a title and a text.

    Most of these services show an alert twice if it is sent twice.
    """

    def __init__(self, name: str, *, url: Secret, seconds: float = MAX_APPRISE_SECONDS) -> None:
        self._name = name
        self._url = url
        self._seconds = seconds

    @classmethod
    def described(cls, name: str, described: AppriseChannel) -> Self:
        """Make the channel from its name and its part of the configuration."""
        url = Secret.of(described, "url")
        assert url is not None
        return cls(name, url=url)

    def send(self, message: Message) -> None:
        """Send an alert as text; it is shortened if the service does not take the whole text. Raises TransportError."""
        address = self._url.read(self._name)
        hush()
        service = self._service(address)
        text = writing.text(message)
        if len(text) > service.body_maxlen:
            text = writing.brief(message, service.body_maxlen)
        reach = Apprise()
        reach.add(service)
        taken = reach.notify(
            body=ROOM_CALLS.sub("\u200b", text),
            title=ROOM_CALLS.sub("\u200b", writing.one_line(message.subject)),
            body_format=NotifyFormat.TEXT,
            timeout=self._seconds,
        )
        if not taken:
            raise TransportError(f"channel {self._name}: {service.service_name} did not take it", permanent=False)

    def _service(self, address: str) -> NotifyBase:
        asset = AppriseAsset(app_id="monitor", app_desc="monitor", storage_mode=PersistentStoreMode.MEMORY)
        service = Apprise.instantiate(address, asset=asset)
        if service is None:
            message = "its url is none that Apprise knows; see github.com/caronc/apprise/wiki, and correct it"
            raise TransportError(f"channel {self._name}: {message}", permanent=True, disables=True)
        return service
