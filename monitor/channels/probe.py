"""Checks whether the receiver of a channel can be reached, without sending anything."""

from __future__ import annotations

import os
import smtplib
import ssl
import time
from contextlib import closing, suppress
from functools import partial
from typing import TYPE_CHECKING, assert_never

from monitor.channels.faults import NOT_OFFERED, UNREACHABLE, describe_fault, describe_mail_fault
from monitor.channels.smtp import NotOfferedError, Session
from monitor.config.channels import AppriseChannel, AtomChannel, EmailChannel, SlackChannel, WebhookChannel
from monitor.config.extras import missing
from monitor.config.secrets import Secret, hush
from monitor.errors import TransportError
from monitor.fetch.backend import GuardedBackend, addresses
from monitor.fetch.exchange import web_address
from monitor.fetch.route import route_of, tls_settings
from monitor.fetch.tunnel import asking_proxy

if TYPE_CHECKING:
    from pathlib import Path

    from monitor.config.channels import ChannelDescription
    from monitor.fetch.route import Route

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
            return connect(f"channel {name}", _secret(name, described, "url"), route_of(described, f"channels.{name}"))
        case WebhookChannel():
            _secret(name, described, "secret")
            return connect(f"channel {name}", _secret(name, described, "url"), route_of(described, f"channels.{name}"))
        case AppriseChannel():
            return _anywhere(name, _secret(name, described, "url"))
        case AtomChannel():
            return _file(name, described.path)
        case _:
            assert_never(described)


def _secret(name: str, described: ChannelDescription, key: str) -> str:
    secret = Secret.of(described, key)
    return secret.read(name) if secret else ""


def _unreached(fault: BaseException, described: EmailChannel) -> str:
    return describe_mail_fault(fault, port=described.port, seconds=MAX_PROBE_SECONDS)


def _mail(name: str, described: EmailChannel) -> str:
    """Connect to the mail server, with TLS and login, without sending a mail. Raises TransportError."""
    where = f"channel {name}: {described.host}"
    login = _secret(name, described, "login")
    user, _, password = login.partition(":")
    if login and not (user and password and login.isascii() and login.isprintable()):
        raise _fault(f"{where}: its login is not written as user:password on one line, in ASCII; correct it")
    # No error is raised `from` its cause: a server's answer may repeat the login.
    tls = partial(tls_settings, described.ca_file, ssl.create_default_context)
    try:
        at_once = tls() if described.tls == "tls" else None
        with closing(Session(described.host, described.port, seconds=MAX_PROBE_SECONDS, tls=at_once)) as session:
            session.secure(described.tls, tls, has_login=bool(user))
            if user:
                session.login(user, password)
            with suppress(OSError, smtplib.SMTPException):
                session.quit()
    except smtplib.SMTPAuthenticationError as fault:
        raise _fault(f"{where}: refused the login ({fault.smtp_code}); correct it") from None
    except smtplib.SMTPResponseException as fault:
        raise _fault(f"{where}: refused ({fault.smtp_code})") from None
    except smtplib.SMTPServerDisconnected as fault:
        raise _fault(f"{where}: {_unreached(fault, described)}") from None
    except smtplib.SMTPException as fault:
        words = str(fault) if isinstance(fault, NotOfferedError) else NOT_OFFERED
        raise _fault(f"{where}: {words}") from None
    except UNREACHABLE as fault:
        raise _fault(f"{where}: {_unreached(fault, described)}") from None
    return f"{described.host} takes mail" + (f" from {user}" if user else "")


def connect(name: str, address: str, route: Route) -> str:
    """Connect to the host of a web address, with TLS for https, and return a sentence that says so.

    Through a proxy, a host without TLS can't be tried without a request; the sentence then says that it was not.

    No request is sent, so it is not known whether the host knows the address.

    name: the name that error messages begin with.
    route: the proxy, and the TLS settings.

    Raises TransportError.
    """
    url = web_address(address)
    if url is None:
        raise _fault(f"{name}: its url is no web address; correct it")
    backend = GuardedBackend(resolve=addresses, clock=time.monotonic, allow_private_addresses=True, route=route)
    backend.begin(url.host, MAX_PROBE_SECONDS)
    try:
        proxy = route.find_proxy()
        if proxy and url.scheme == "http":
            with asking_proxy(proxy, url.host, route.section):
                backend.towards(proxy).connect_tcp(proxy.host, proxy.port).close()
            return f"{url.host} is asked through the proxy {proxy.name}, which answers; without TLS, not tried"
        stream = backend.connect_tcp(url.host, url.port or (443 if url.scheme == "https" else 80))
        with closing(stream):
            if url.scheme == "https":
                stream.start_tls(route.tls(), url.host).close()
    except UNREACHABLE as fault:
        raise _fault(f"{name}: {url.host}: {describe_fault(fault, seconds=MAX_PROBE_SECONDS)}") from None
    way = f" through the proxy {proxy.name}" if proxy else ""
    return f"{url.host} answers{way}" + (" with TLS" if url.scheme == "https" else "; without TLS")


def _anywhere(name: str, address: str) -> str:
    """Check that Apprise can read an address, without connecting. Raises TransportError."""
    if fault := missing("apprise"):
        raise _fault(f"channel {name}: {fault}")
    from monitor.channels.apprise_apart import service_at  # noqa: PLC0415 - half a second

    hush()
    service = service_at(address)
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
