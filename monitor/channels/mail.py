"""The channel that sends alerts by mail, through the mail server in the configuration.

- If the server's certificate can't be verified, nothing is sent. This counts as a fault that may pass, because
  certificates are renewed.
- A refused login or sender is a permanent fault.
- If the server refuses some recipients, the others still get the mail. The next attempt sends it only to recipients
  that were refused for now (status 4xx), as long as the same `Mail` object sends it. A refusal for good (5xx) is a
  permanent fault that names the recipient.
"""

from __future__ import annotations

import base64
import smtplib
import ssl
import time
from contextlib import closing, suppress
from dataclasses import dataclass, field
from functools import partial
from typing import TYPE_CHECKING, Self

from monitor.alerts.writing import one_line
from monitor.channels.faults import NOT_OFFERED, UNREACHABLE, describe_mail_fault
from monitor.channels.mail_message import letter
from monitor.channels.smtp import NotOfferedError, Session
from monitor.config.secrets import Secret
from monitor.errors import TransportError
from monitor.fetch.route import tls_settings

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping, Sequence

    from monitor.alerts.message import Message
    from monitor.config.channels import EmailChannel

    Refusals = Mapping[str, tuple[int, bytes]]

MAX_MAIL_SECONDS = 60.0  # for one mail, from looking up the server to its last answer
MAX_QUOTE_CHARACTERS = 160  # of a server's answer, in messages
CLOSING = 421  # the status of a server that closes the connection
TOO_LARGE = 552  # the status of a server that refuses a mail for its size


@dataclass(slots=True)
class _Course:
    """How far the mail of one alert has got.

    `taken` are the recipients that have it. `refused` are the recipients that were refused for good, with the server's
    answers.
    """

    taken: set[str] = field(default_factory=set)
    refused: dict[str, str] = field(default_factory=dict)


class Mail:
    """A channel to some recipients, through one mail server."""

    def __init__(
        self,
        name: str,
        *,
        host: str,
        port: int,
        sender: str,
        to: Sequence[str],
        security: str | None = "starttls",
        login: Secret | None = None,
        seconds: float = MAX_MAIL_SECONDS,
        tls: Callable[[], ssl.SSLContext] = ssl.create_default_context,
    ) -> None:
        self._name = name
        self._host = host
        self._port = port
        self._sender = sender
        self._to = tuple(dict.fromkeys(to))
        self._security = security
        self._login = login
        self._seconds = seconds
        self._tls = tls
        self._courses: dict[str, _Course] = {}

    @classmethod
    def described(cls, name: str, described: EmailChannel) -> Self:
        """Make the channel from its name and its part of the configuration."""
        return cls(
            name,
            host=described.host,
            port=described.port,
            sender=described.sender,
            to=described.to,
            security=described.tls,
            login=Secret.of(described, "login"),
            tls=partial(tls_settings, described.ca_file, ssl.create_default_context),
        )

    def send(self, message: Message) -> None:
        """Mail an alert to each recipient, except those that have it already or have refused it for good.

        A mail that is sent again has the same Message-ID. Raises TransportError if a recipient did not get it.
        """
        course = self._courses.get(message.id, _Course())
        left = [address for address in self._to if address not in course.taken and address not in course.refused]
        credentials = self._credentials()
        refusals = self._deliver(message, left, credentials)
        quotes = {address: _quote(*refusal, credentials) for address, refusal in refusals.items()}
        course.taken.update(address for address in left if address not in refusals)
        course.refused |= {address: quotes[address] for address, (code, _) in refusals.items() if code >= 500}
        if passing := [f"{address}: {quotes[address]}" for address, (code, _) in refusals.items() if code < 500]:
            self._courses[message.id] = course
            raise self._fault(f"refused for now: {'; '.join(passing)}", permanent=False)
        self._courses.pop(message.id, None)
        if course.refused:
            named = "; ".join(f"{address}: {quote}" for address, quote in course.refused.items())
            others = f"; taken for the {len(course.taken)} others" if course.taken else ""
            raise self._fault(f"refused: {named}{others}", permanent=True, disables=not course.taken)

    def _deliver(self, message: Message, to: Sequence[str], credentials: tuple[str, str]) -> Refusals:
        """Mail an alert to the recipients `to`; return the refusals of the server, keyed by recipient.

        credentials: the user and the password; both are "" without a login.

        Raises TransportError.
        """
        content = letter(message, sender=self._sender, to=self._to).as_bytes()
        start = time.monotonic()
        try:
            return self._converse(content, to, credentials)
        # No error is raised `from` its cause: a server's answer may repeat the login.
        except smtplib.SMTPAuthenticationError as fault:
            permanent = fault.smtp_code >= 500
            message_ = f"refused the login ({fault.smtp_code}); correct it"
            raise self._fault(message_, permanent=permanent, disables=permanent) from None
        except smtplib.SMTPResponseException as fault:
            lasting = fault.smtp_code != TOO_LARGE and not isinstance(fault, smtplib.SMTPDataError)
            permanent = fault.smtp_code >= 500
            quote = _quote(fault.smtp_code, fault.smtp_error, credentials)
            raise self._fault(f"refused: {quote}", permanent=permanent, disables=permanent and lasting) from None
        except smtplib.SMTPException as fault:
            if not isinstance(fault, smtplib.SMTPServerDisconnected):
                words = str(fault) if isinstance(fault, NotOfferedError) else NOT_OFFERED
                raise self._fault(words, permanent=True, disables=True) from None
            raise self._unreachable(fault, start) from None
        except UNREACHABLE as fault:
            raise self._unreachable(fault, start) from None

    def _converse(self, content: bytes, to: Sequence[str], credentials: tuple[str, str]) -> Refusals:
        at_once = self._tls() if self._security == "tls" else None
        with closing(Session(self._host, self._port, seconds=self._seconds, tls=at_once)) as session:
            session.secure(self._security, self._tls, has_login=any(credentials))
            if any(credentials):
                session.login(*credentials)
            try:
                refusals = session.sendmail(self._sender, to, content)
            except smtplib.SMTPRecipientsRefused as fault:
                return {address: fault.recipients.get(address, (CLOSING, b"was not asked")) for address in to}
            with suppress(OSError, smtplib.SMTPException):
                session.quit()  # the mail was taken, whatever becomes of the good-bye
            return refusals

    def _credentials(self) -> tuple[str, str]:
        """Return the user and the password of the login; both are "" without a login. Raises TransportError."""
        if not self._login:
            return "", ""
        user, _, password = self._login.read(self._name).partition(":")
        if not (user and password and (user + password).isascii() and (user + password).isprintable()):
            message = "its login is not written as user:password on one line, in ASCII; correct it"
            raise self._fault(message, permanent=True, disables=True)
        return user, password

    def _unreachable(self, fault: BaseException, start: float) -> TransportError:
        late = time.monotonic() - start >= self._seconds
        words = describe_mail_fault(fault, port=self._port, seconds=self._seconds, late=late)
        return self._fault(words, permanent=False)

    def _fault(self, words: str, *, permanent: bool, disables: bool = False) -> TransportError:
        return TransportError(f"channel {self._name}: {self._host}: {words}", permanent=permanent, disables=disables)


def _quote(code: int, answer: bytes | str, credentials: tuple[str, str]) -> str:
    """Return a server's answer as one short line, in which the login is replaced by `***`.

    code: the status with which the line begins.
    """
    words = one_line(answer if isinstance(answer, str) else answer.decode("utf-8", errors="replace"))
    user, password = credentials
    for secret in (
        password,
        *(base64.b64encode(text.encode()).decode() for text in (password, f"\0{user}\0{password}")),
    ):
        words = words.replace(secret, "***") if password else words
    return f"{code} {words[:MAX_QUOTE_CHARACTERS]}".strip()
