"""Checks whether the receiver of a channel can be reached, without sending anything."""

from __future__ import annotations

import os
import smtplib
import ssl
import time
from contextlib import closing, suppress
from typing import TYPE_CHECKING, assert_never

import httpx

from monitor.channels.faults import NOT_OFFERED, UNREACHABLE, describe_fault
from monitor.channels.smtp import Session
from monitor.config.channels import AppriseChannel, AtomChannel, EmailChannel, SlackChannel, WebhookChannel
from monitor.config.extras import missing
from monitor.config.secrets import Secret, hush
from monitor.errors import TransportError
from monitor.fetch.backend import GuardedBackend, addresses
from monitor.fetch.exchange import web_address

if TYPE_CHECKING:
    from pathlib import Path

    from monitor.config.channels import ChannelDescription

MAX_PROBE_SECONDS = 20.0  # for one channel, from looking up its host to the end


def reach(name: str, described: ChannelDescription) -> str:
    """Check a channel without sending an alert; return a sentence that says how much of it works.

    name: the channel's name in the configuration.

    Raises TransportError.
    """
    match described:
        case EmailChannel():
            return _mail(name, described)
        case SlackChannel():
            return connect(f"channel {name}", _secret(name, described, "url"))
        case WebhookChannel():
            _secret(name, described, "secret")
            return connect(f"channel {name}", _secret(name, described, "url"))
        case AppriseChannel():
            return _anywhere(name, _secret(name, described, "url"))
        case AtomChannel():
            return _file(name, described.path)
        case _:
            assert_never(described)


def _secret(name: str, described: ChannelDescription, key: str) -> str:
    secret = Secret.of(described, key)
    return secret.read(name) if secret else ""


def _mail(name: str, described: EmailChannel) -> str:
    """Connect to the mail server, with TLS and login, without sending a mail. Raises TransportError."""
    where = f"channel {name}: {described.host}"
    login = _secret(name, described, "login")
    user, _, password = login.partition(":")
    if login and not (user and password and login.isascii() and login.isprintable()):
        raise _fault(f"{where}: its login is not written as user:password on one line, in ASCII; correct it")
    tls = ssl.create_default_context()
    at_once = tls if described.tls == "tls" else None
    # No error is raised `from` its cause: a server's answer may repeat the login.
    try:
        with closing(Session(described.host, described.port, seconds=MAX_PROBE_SECONDS, tls=at_once)) as session:
            session.ehlo_or_helo_if_needed()
            if described.tls == "starttls":
                session.starttls(context=tls)
            if user:
                session.login(user, password)
            with suppress(OSError, smtplib.SMTPException):
                session.quit()
    except smtplib.SMTPAuthenticationError as fault:
        raise _fault(f"{where}: refused the login ({fault.smtp_code}); correct it") from None
    except smtplib.SMTPResponseException as fault:
        raise _fault(f"{where}: refused ({fault.smtp_code})") from None
    except smtplib.SMTPServerDisconnected as fault:
        raise _fault(f"{where}: {describe_fault(fault, seconds=MAX_PROBE_SECONDS)}") from None
    except smtplib.SMTPException:
        raise _fault(f"{where}: {NOT_OFFERED}") from None
    except UNREACHABLE as fault:
        raise _fault(f"{where}: {describe_fault(fault, seconds=MAX_PROBE_SECONDS)}") from None
    return f"{described.host} takes mail" + (f" from {user}" if user else "")


def connect(name: str, address: str) -> str:
    """Connect to the host of a web address, with TLS for https, and return a sentence that says so.

    No request is sent, so it is not known whether the host knows the address.

    name: the name that error messages begin with.

    Raises TransportError.
    """
    url = web_address(address)
    if url is None:
        raise _fault(f"{name}: its url is no web address; correct it")
    backend = GuardedBackend(resolve=addresses, clock=time.monotonic, allow_private_addresses=True)
    backend.begin(url.host, MAX_PROBE_SECONDS)
    try:
        stream = backend.connect_tcp(url.host, url.port or (443 if url.scheme == "https" else 80))
        with closing(stream):
            if url.scheme == "https":
                stream.start_tls(httpx.create_ssl_context(), url.host).close()
    except UNREACHABLE as fault:
        raise _fault(f"{name}: {url.host}: {describe_fault(fault, seconds=MAX_PROBE_SECONDS)}") from None
    return f"{url.host} answers" + (" with TLS" if url.scheme == "https" else "; without TLS")


def _anywhere(name: str, address: str) -> str:
    """Check that Apprise can read an address, without connecting. Raises TransportError."""
    if fault := missing("apprise"):
        raise _fault(f"channel {name}: {fault}")
    from apprise import Apprise, AppriseAsset, PersistentStoreMode  # noqa: PLC0415 - half a second

    hush()
    service = Apprise.instantiate(address, asset=AppriseAsset(storage_mode=PersistentStoreMode.MEMORY))
    if service is None:
        raise _fault(f"channel {name}: its url is none that Apprise knows; see github.com/caronc/apprise/wiki")
    return f"an address of {service.service_name}; not tried"


def _file(name: str, path: Path) -> str:
    """Check that the feed's folder, or the nearest existing one above it, can be written. Raises TransportError."""
    there = next(folder for folder in (path.parent, *path.absolute().parents) if folder.exists())
    if not there.is_dir() or not os.access(there, os.W_OK | os.X_OK):
        raise _fault(f"channel {name}: {path}: {there} can't be written; change its owner, or the path")
    return f"{path} can be written"


def _fault(message: str) -> TransportError:
    return TransportError(message, permanent=False)
