"""The `channels` section of `config.yaml`: where alerts can be sent, and where each secret is kept.

A secret is in `config.yaml`, in a file of its own or in an environment variable, and is read only when it is needed. No
error message repeats a value that could be a secret.

Pure: what its functions return depends only on their arguments.
"""

from __future__ import annotations

import re
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Literal, Self
from urllib.parse import urlsplit

from pydantic import AfterValidator, Discriminator, Field, SecretStr, Tag, model_validator

from monitor.config.network import Networked, is_this_machine
from monitor.config.values import Names, Variable, WithSecrets

if TYPE_CHECKING:
    from collections.abc import Mapping

SECURE_PORTS = {"starttls": 587, "tls": 465, "none": 25}


def _mail_server(value: str) -> str:
    """Check the address of a mail server, and return it. Raises ValueError, also if it contains a login."""
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


def _secret_address(value: SecretStr) -> SecretStr:
    """Check a web address that is itself a secret, and return it. Raises ValueError, without repeating the address."""
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
SecretAddress = Annotated[SecretStr, AfterValidator(_secret_address)]


class EmailChannel(WithSecrets):
    """The settings of a channel that sends alerts by e-mail, through a mail server.

    - `tls`: how the mail server is asked. None: by STARTTLS, which a server on this machine or in a private network may
      lack if there is no login.
    - `ca_file`: a file with a further certificate authority that is trusted.
    - `login_file`, `login_env`: the file or environment variable with the login, which is one line, `user:password`.
    """

    kind: Literal["email"]
    server: MailServer
    sender: MailAddress
    to: MailAddresses
    tls: Literal["starttls", "tls", "none"] | None = None
    ca_file: Path | None = None
    login_file: Path | None = None
    login_env: Variable | None = None

    @property
    def host(self) -> str:
        """The host name of the mail server."""
        return urlsplit(self.server).hostname or ""

    @property
    def port(self) -> int:
        """The port of the mail server; if the address has none, the usual one for the kind of TLS."""
        return urlsplit(self.server).port or SECURE_PORTS[self.tls or "starttls"]

    def _secrets(self) -> Mapping[str, bool]:
        return {"login": False}

    @model_validator(mode="after")
    def _no_password_in_the_clear(self) -> Self:
        if self.tls == "none" and (self.login_file or self.login_env) and not is_this_machine(self.host):
            raise ValueError("tls: none would send the password in the clear; set starttls or tls")
        return self


class SlackChannel(Networked):
    """The settings of a channel that sends alerts to Slack, to the address of an incoming webhook.

    That address is a secret. It is given by `url`, `url_file` or `url_env`.
    """

    kind: Literal["slack"]
    url: SecretAddress | None = None
    url_file: Path | None = None
    url_env: Variable | None = None

    def _secrets(self) -> Mapping[str, bool]:
        return {"url": True, **super()._secrets()}


class WebhookChannel(Networked):
    """The settings of a channel that posts alerts as JSON to any program.

    With a secret, alerts are signed by the rules of www.standardwebhooks.com. It is written as `whsec_` followed by
    base64.
    """

    kind: Literal["webhook"]
    url: SecretAddress | None = None
    url_file: Path | None = None
    url_env: Variable | None = None
    secret_file: Path | None = None
    secret_env: Variable | None = None

    def _secrets(self) -> Mapping[str, bool]:
        return {"url": True, "secret": False, **super()._secrets()}


class AppriseChannel(Networked):
    """The settings of a channel that sends alerts to any service which the Apprise library supports.

    Apprise's documentation says how to write `url`.
    """

    kind: Literal["apprise"]
    url: SecretStr | None = None
    url_file: Path | None = None
    url_env: Variable | None = None

    def _secrets(self) -> Mapping[str, bool]:
        return {"url": True, **super()._secrets()}


class AtomChannel(WithSecrets):
    """The settings of a channel that writes alerts as an Atom feed into the file `path`, for a web server."""

    kind: Literal["atom"]
    path: Path


KINDS: dict[str, type[WithSecrets]] = {
    "email": EmailChannel,
    "slack": SlackChannel,
    "webhook": WebhookChannel,
    "apprise": AppriseChannel,
    "atom": AtomChannel,
}


def _kind_of(value: object) -> str | None:
    """Return the `kind` of a channel from its section in the file; None if it has none. The rest may be invalid."""
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
