"""The channels of `config.yaml`: where alerts can be sent, and where each secret is kept. Pure.

A secret stands in the file itself, in a file of its own or in a variable of the environment; it is read when it is
needed. No fault repeats a value that could be one.
"""

from __future__ import annotations

import re
from ipaddress import ip_address
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Literal, Self
from urllib.parse import urlsplit

from pydantic import AfterValidator, Discriminator, Field, SecretStr, Tag, model_validator

from monitor.config.values import Model, Names

if TYPE_CHECKING:
    from collections.abc import Mapping

SECURE_PORTS = {"starttls": 587, "tls": 465, "none": 25}


def _mail_server(value: str) -> str:
    """Check the address of a mail server. Raises ValueError, also where it holds a login."""
    parts = urlsplit(value)
    try:
        usable = parts.scheme == "smtp" and parts.hostname and parts.port != 0 and parts.path in {"", "/"}
    except ValueError:
        usable = False
    if "@" in parts.netloc:
        raise ValueError("a login does not stand in the address; put it into a file and name that with login_file")
    if not usable or parts.query or parts.fragment:
        raise ValueError("is no mail server; write it like smtp://mail.example.org:587, and say TLS by `tls`")
    return value


def _mail_address(value: str) -> str:
    if not re.fullmatch(
        r"[A-Za-z0-9.!#$%&'*+/=?^_`{|}~-]{1,64}@[A-Za-z0-9](?:[A-Za-z0-9.-]{0,251}[A-Za-z0-9])?", value
    ):
        raise ValueError(f"{value!r} is no mail address; write it like desk@example.org")
    return value


def _variable(value: str) -> str:
    if not re.fullmatch(r"[A-Za-z_][A-Za-z0-9_]*", value):
        raise ValueError("is no name of a variable; write it like SLACK_URL, without a dollar sign")
    return value


def _secret_address(value: SecretStr) -> SecretStr:
    """Check a web address that is a secret. Raises ValueError, whose message does not repeat it."""
    try:
        parts = urlsplit(value.get_secret_value())
        usable = parts.scheme in {"http", "https"} and parts.hostname and parts.port != 0
    except ValueError:
        usable = False
    if not usable:
        raise ValueError("is no web address; it starts with https://")
    return value


MailServer = Annotated[str, AfterValidator(_mail_server)]
MailAddress = Annotated[str, AfterValidator(_mail_address)]
MailAddresses = Annotated[Names, Field(min_length=1), AfterValidator(lambda values: tuple(map(_mail_address, values)))]
Variable = Annotated[str, AfterValidator(_variable)]
SecretAddress = Annotated[SecretStr, AfterValidator(_secret_address)]


class WithSecrets(Model):
    """What may hold secrets: each stands in one of three places."""

    @model_validator(mode="after")
    def _one_place_for_each_secret(self) -> Self:
        for secret, needed in self._secrets().items():
            ways = [key for key in (secret, f"{secret}_file", f"{secret}_env") if key in type(self).model_fields]
            given = [key for key in ways if getattr(self, key) is not None]
            if len(given) > 1:
                raise ValueError(f"say {' or '.join(given)}, not both")
            if needed and not given:
                raise ValueError(f"say {secret} by one of {', '.join(ways)}")
        return self

    def _secrets(self) -> Mapping[str, bool]:
        """Return the secrets of this part of the file, and whether it can't do without."""
        return {}


class EmailChannel(WithSecrets):
    """Mail by a server that takes it. The login is one line, `user:password`."""

    kind: Literal["email"]
    server: MailServer
    sender: MailAddress
    to: MailAddresses
    tls: Literal["starttls", "tls", "none"] = "starttls"
    login_file: Path | None = None
    login_env: Variable | None = None

    @property
    def host(self) -> str:
        """The server's host."""
        return urlsplit(self.server).hostname or ""

    @property
    def port(self) -> int:
        """The server's port; without one in the address, the usual one for the kind of TLS."""
        return urlsplit(self.server).port or SECURE_PORTS[self.tls]

    def _secrets(self) -> Mapping[str, bool]:
        return {"login": False}

    @model_validator(mode="after")
    def _no_password_in_the_clear(self) -> Self:
        if self.tls == "none" and (self.login_file or self.login_env) and not is_this_machine(self.host):
            raise ValueError("tls: none would send the password in the clear; set starttls or tls")
        return self


class SlackChannel(WithSecrets):
    """A Slack room, by the address of an incoming webhook, which is the secret."""

    kind: Literal["slack"]
    url: SecretAddress | None = None
    url_file: Path | None = None
    url_env: Variable | None = None

    def _secrets(self) -> Mapping[str, bool]:
        return {"url": True}


class WebhookChannel(WithSecrets):
    """Any program that takes JSON, signed as www.standardwebhooks.com says; the secret is `whsec_` and base64."""

    kind: Literal["webhook"]
    url: SecretAddress | None = None
    url_file: Path | None = None
    url_env: Variable | None = None
    secret_file: Path | None = None
    secret_env: Variable | None = None

    def _secrets(self) -> Mapping[str, bool]:
        return {"url": True, "secret": True}


class AppriseChannel(WithSecrets):
    """Any service that Apprise reaches, by the address that its documentation gives."""

    kind: Literal["apprise"]
    url: SecretStr | None = None
    url_file: Path | None = None
    url_env: Variable | None = None

    def _secrets(self) -> Mapping[str, bool]:
        return {"url": True}


class AtomChannel(WithSecrets):
    """A feed file, for a web server to publish."""

    kind: Literal["atom"]
    path: Path


def is_this_machine(host: str) -> bool:
    """Whether a host is this machine, as its name or address says."""
    try:
        return ip_address(host).is_loopback
    except ValueError:
        return host == "localhost"


KINDS: dict[str, type[WithSecrets]] = {
    "email": EmailChannel,
    "slack": SlackChannel,
    "webhook": WebhookChannel,
    "apprise": AppriseChannel,
    "atom": AtomChannel,
}


def _kind_of(value: object) -> str | None:
    """Return the kind that a description gives, whatever else is right or wrong in it."""
    kind = value.get("kind") if isinstance(value, dict) else getattr(value, "kind", None)
    return kind if isinstance(kind, str) else None


ChannelDescription = Annotated[
    Annotated[EmailChannel, Tag("email")]
    | Annotated[SlackChannel, Tag("slack")]
    | Annotated[WebhookChannel, Tag("webhook")]
    | Annotated[AppriseChannel, Tag("apprise")]
    | Annotated[AtomChannel, Tag("atom")],
    Discriminator(
        _kind_of,
        custom_error_type="channel_kind",
        custom_error_message=f"say its kind: one of {', '.join(KINDS)}",
    ),
]
