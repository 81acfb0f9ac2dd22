"""The channel that posts alerts as JSON to any program; with a secret, signed by the specification Standard Webhooks.

The specification is spec/standard-webhooks.md of github.com/standard-webhooks/standard-webhooks.
"""

from __future__ import annotations

import base64
import binascii
import hashlib
import hmac
import json
from dataclasses import asdict
from datetime import UTC, datetime
from typing import TYPE_CHECKING, Self

from monitor.alerts.writing.words import identity
from monitor.channels.post import MAX_POST_SECONDS, post
from monitor.config.secrets import Secret
from monitor.errors import TransportError
from monitor.fetch.route import DIRECT, route_of

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping

    from monitor.alerts.message import Message, SourceFiles
    from monitor.config.channels import WebhookChannel
    from monitor.fetch.route import Route

PREFIX = "whsec_"  # before the base64 of a secret
MIN_KEY_BYTES = 24  # of a secret, as the specification asks


class Webhook:
    """A channel to a program, to which alerts are posted as JSON, signed if there is a secret.

    The header `webhook-id` is the same when an alert is sent again, so that the program can recognise it.
    """

    def __init__(
        self,
        name: str,
        *,
        url: Secret,
        secret: Secret | None,
        seconds: float = MAX_POST_SECONDS,
        route: Route = DIRECT,
        now: Callable[[], datetime] = lambda: datetime.now(UTC),
    ) -> None:
        self._name = name
        self._url = url
        self._secret = secret
        self._seconds = seconds
        self._route = route
        self._now = now

    @classmethod
    def described(cls, name: str, described: WebhookChannel) -> Self:
        """Make the channel from its name and its part of the configuration."""
        url, secret = Secret.of(described, "url"), Secret.of(described, "secret")
        assert url is not None
        return cls(name, url=url, secret=secret, route=route_of(described, f"channels.{name}"))

    def send(self, message: Message) -> None:
        """Post an alert, with a signature that covers the time of this attempt. Raises TransportError.

        Without a secret there is no signature.
        """
        content = json.dumps(payload(message), separators=(",", ":")).encode("ascii")
        headers = self._signed(identity(message.id), content)
        address = self._url.read(self._name)
        post(address, content, channel=self._name, headers=headers, seconds=self._seconds, route=self._route)

    def _signed(self, sent_as: str, content: bytes) -> Mapping[str, str]:
        seconds = str(int(self._now().timestamp()))
        marks = {"webhook-id": sent_as, "webhook-timestamp": seconds}
        if self._secret is None:
            return marks
        signed = b".".join((sent_as.encode(), seconds.encode(), content))
        signature = base64.b64encode(hmac.digest(self._key(self._secret), signed, hashlib.sha256)).decode("ascii")
        return marks | {"webhook-signature": f"v1,{signature}"}

    def _key(self, secret: Secret) -> bytes:
        written = secret.read(self._name)
        try:
            key = base64.b64decode(written.removeprefix(PREFIX), validate=True)
        except (binascii.Error, ValueError):
            key = b""
        if len(key) < MIN_KEY_BYTES:
            message = f"its secret is no `{PREFIX}` with {MIN_KEY_BYTES} bytes or more in base64 behind it"
            raise TransportError(f"channel {self._name}: {message}; correct it", permanent=True, disables=True)
        return key


def payload(message: Message) -> dict[str, object]:
    """Return the JSON object of an alert: the fields that the specification names, with the alert under `data`.

    The changes, under `entries`, are as `monitor log --json` prints them.
    """
    return {
        "type": "alert",
        "timestamp": message.created_at,
        "data": {
            "id": message.id,
            "subscription": message.subscription,
            "thread": message.thread,
            "subject": message.subject,
            "notes": list(message.notes),
            "entries": [entry.to_json() for entry in message.entries],
            "evidence": [_evidence(files) for files in message.files],
            "head": message.head,
            "checkpoint": asdict(message.checkpoint) if message.checkpoint else None,
            "log": message.log,
            "pages": [asdict(each) for each in message.pages],
        },
    }


def _evidence(files: SourceFiles) -> dict[str, object]:
    """Return the files of an alert as JSON: by the names of source and report, without the words for readers."""
    value = asdict(files) | {"silent": files.silent}
    del value["origin"]
    return value
