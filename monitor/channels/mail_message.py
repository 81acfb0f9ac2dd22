"""Writes an alert as a mail, with its headers and parts. Pure: an alert always gets the same Message-ID."""

from __future__ import annotations

from datetime import datetime
from email.message import EmailMessage
from email.policy import EmailPolicy
from typing import TYPE_CHECKING

from monitor.alerts import writing
from monitor.alerts.writing.words import identity, one_line

if TYPE_CHECKING:
    from collections.abc import Sequence

    from monitor.alerts.message import Message

IDS = frozenset({"message-id", "in-reply-to", "references", "list-id", "content-id"})
MAX_SUBJECT_CHARACTERS = 250  # of a mail's subject; the whole subject stands at the top of the mail


class _Policy(EmailPolicy):
    """Python's rules for writing mail, except for headers with ids: these are kept on one line.

    Python would break and encode a long id as if it were text.
    """

    def fold(self, name: str, value: str) -> str:
        """Return a header as text; a header with an id stays on one line."""
        return f"{name}: {value}{self.linesep}" if name.lower() in IDS else super().fold(name, value)

    def fold_binary(self, name: str, value: str) -> bytes:
        """Return a header as bytes; a header with an id stays on one line."""
        return self.fold(name, value).encode("ascii") if name.lower() in IDS else super().fold_binary(name, value)


def letter(message: Message, *, sender: str, to: Sequence[str]) -> EmailMessage:
    """Return an alert as a mail with two forms of the text: plain, and HTML with pictures."""
    domain = sender.rpartition("@")[2]
    mail = EmailMessage(policy=_Policy(linesep="\r\n"))
    mail["From"] = f"monitor <{sender}>"
    mail["To"] = ", ".join(to)
    mail["Subject"] = _subject(message.subject)
    mail["Date"] = datetime.fromisoformat(message.created_at)
    mail["Message-ID"] = f"<{identity(message.id)}@{domain}>"
    # No mail with this id was ever sent: it stands for the report, and all alerts about the report answer to it.
    thread = f"<thread-{identity(message.thread)}@{domain}>"
    mail["In-Reply-To"] = thread
    mail["References"] = thread
    mail["List-Id"] = f"<{identity(message.subscription)}.monitor.{domain}>"
    mail["Auto-Submitted"] = "auto-generated"  # RFC 3834: no holiday answers, please
    # Quoted-printable keeps lines short and in ASCII, whatever is in the values and whatever lies on the way.
    mail.set_content(writing.text(message), cte="quoted-printable")
    mail.add_alternative(writing.html(message), subtype="html", cte="quoted-printable")
    _add_pictures(mail, message)
    return mail


def _add_pictures(mail: EmailMessage, message: Message) -> None:
    """Attach the pictures to the HTML part of the mail, which shows them (RFC 2387)."""
    parts = mail.get_payload()
    assert isinstance(parts, list)
    page = parts[-1]
    assert isinstance(page, EmailMessage)
    for picture in message.pictures:
        name = writing.content_id(picture)
        page.add_related(
            picture.content, "image", "png", cid=f"<{name}>", disposition="inline", filename=f"{name.split('@')[0]}.png"
        )


def _subject(subject: str) -> str:
    """Return a subject on one line, cut at `MAX_SUBJECT_CHARACTERS`."""
    line = one_line(subject)
    return line if len(line) <= MAX_SUBJECT_CHARACTERS else f"{line[: MAX_SUBJECT_CHARACTERS - 4]} ..."
