"""A real mail server on loopback, that takes mail or misbehaves as told.

with MailServer() as server:
    Mail("desk", host="127.0.0.1", port=server.port, ...).send(message)
    assert server.mails[0]["subject"] == ...
"""

from __future__ import annotations

import asyncio
import email
import email.policy
import threading
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Self

from aiosmtpd.smtp import SMTP, AuthResult, Envelope, LoginPassword, Session

if TYPE_CHECKING:
    import ssl
    from email.message import EmailMessage

DEADLINE = 300.0


@dataclass
class MailServer:
    """The server, in a thread of its own.

    `replies` say how a command is answered instead of well, by `MAIL`, `RCPT`, `DATA` or `RCPT desk@example.org`: an
    SMTP reply, or `cut`, `hang`, `drip` or `endless`. They may be changed at any time. `tls` is spoken at once,
    `starttls` after the command; `login` is `(user, password)`.
    """

    replies: dict[str, str] = field(default_factory=dict)
    tls: ssl.SSLContext | None = None
    starttls: ssl.SSLContext | None = None
    login: tuple[str, str] | None = None
    greets: bool = True
    host: str = "127.0.0.1"
    largest: int = 33_554_432
    envelopes: list[Envelope] = field(default_factory=list)
    connections: int = 0

    def __post_init__(self) -> None:
        self._ready = threading.Event()
        self._closing: asyncio.Event | None = None
        self._loop: asyncio.AbstractEventLoop | None = None
        self._thread = threading.Thread(target=lambda: asyncio.run(self._serve()))
        self.port = 0

    @property
    def mails(self) -> list[EmailMessage]:
        """What came in and was taken."""
        return [email.message_from_bytes(each.content, policy=email.policy.default) for each in self.envelopes]  # type: ignore[arg-type]

    def __enter__(self) -> Self:
        self._thread.start()
        assert self._ready.wait(DEADLINE)
        return self

    def __exit__(self, *_: object) -> None:
        assert self._loop
        assert self._closing
        self._loop.call_soon_threadsafe(self._closing.set)
        self._thread.join(DEADLINE)

    async def _serve(self) -> None:
        self._loop = asyncio.get_running_loop()
        self._loop.set_exception_handler(lambda *_: None)  # clients that leave are what many tests want
        self._closing = asyncio.Event()
        server = await self._loop.create_server(self._protocol, self.host, 0, ssl=self.tls)
        self.port = server.sockets[0].getsockname()[1]
        self._ready.set()
        await self._closing.wait()
        server.close()

    def _protocol(self) -> asyncio.Protocol:
        self.connections += 1
        if not self.greets:
            return asyncio.Protocol()
        return SMTP(
            self,
            hostname="mail.example.org",
            ident="ESMTP",
            tls_context=self.starttls,
            require_starttls=bool(self.starttls),
            auth_require_tls=bool(self.starttls),
            authenticator=self._authenticate,
            data_size_limit=self.largest,
        )

    def _authenticate(
        self, _server: SMTP, _session: Session, _envelope: Envelope, _mechanism: str, given: object
    ) -> AuthResult:
        assert isinstance(given, LoginPassword)
        right = self.login == (given.login.decode(), given.password.decode())
        return AuthResult(success=right, handled=False)

    async def answer(self, server: SMTP, command: str, otherwise: str) -> str:
        """The reply to a command, if it gets one."""
        reply = self.replies.get(command, otherwise)
        transport = server.transport
        assert isinstance(transport, asyncio.Transport)
        assert self._closing
        if reply == "cut":
            transport.abort()
            await asyncio.sleep(0)
            return "421 gone"
        if reply == "drip":
            for _ in range(int(DEADLINE / 0.02)):
                if self._closing.is_set() or transport.is_closing():
                    break
                transport.write(b"2")
                await asyncio.wait({asyncio.ensure_future(self._closing.wait())}, timeout=0.02)
        if reply == "endless":
            while not (self._closing.is_set() or transport.is_closing()):
                if transport.get_write_buffer_size() < 1_000_000:
                    transport.write(b"250-and more\r\n" * 1_000)
                await asyncio.sleep(0)
        if reply == "hang":
            await self._closing.wait()
        return reply

    async def handle_MAIL(  # noqa: N802 - aiosmtpd's names
        self, server: SMTP, session: Session, envelope: Envelope, address: str, options: list[str]
    ) -> str:
        """Take the sender, or not."""
        if self.login and not session.authenticated:
            return "530 log in first"
        envelope.mail_from = address
        envelope.mail_options.extend(options)
        return await self.answer(server, "MAIL", "250 OK")

    async def handle_RCPT(  # noqa: N802 - aiosmtpd's names
        self, server: SMTP, _session: Session, envelope: Envelope, address: str, options: list[str]
    ) -> str:
        """Take a recipient, or not."""
        reply = await self.answer(server, f"RCPT {address}", self.replies.get("RCPT", "250 OK"))
        if reply.startswith("250"):
            envelope.rcpt_tos.append(address)
            envelope.rcpt_options.extend(options)
        return reply

    async def handle_DATA(self, server: SMTP, _session: Session, envelope: Envelope) -> str:  # noqa: N802 - as above
        """Take the mail, or not; a connection that is cut here was cut after the mail had come."""
        reply = self.replies.get("DATA", "250 OK")
        if not reply[0].isdigit() or reply.startswith("250"):
            self.envelopes.append(envelope)
        return await self.answer(server, "DATA", "250 OK")
