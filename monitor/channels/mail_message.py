"""An alert as a mail: its headers, and its parts. Pure: the same alert makes the same Message-ID, however often."""

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
LONGEST_SUBJECT = 250  # characters; the whole of it stands at the top of the mail


class _Policy(EmailPolicy):
    """Python's way to write mail, but for ids: a long one would be encoded as if it were words."""

    def fold(self, name: str, value: str) -> str:
        """A header as it is written."""
        return f"{name}: {value}{self.linesep}" if name.lower() in IDS else super().fold(name, value)

    def fold_binary(self, name: str, value: str) -> bytes:
        """The same as bytes."""
        return self.fold(name, value).encode("ascii") if name.lower() in IDS else super().fold_binary(name, value)


def letter(message: Message, *, sender: str, to: Sequence[str]) -> EmailMessage:
    """The mail for an alert: text, or HTML with its pictures."""
    domain = sender.rpartition("@")[2]
    mail = EmailMessage(policy=_Policy(linesep="\r\n"))
    mail["From"] = f"monitor <{sender}>"
    mail["To"] = ", ".join(to)
    mail["Subject"] = _subject(message.subject)
    mail["Date"] = datetime.fromisoformat(message.created_at)
    mail["Message-ID"] = f"<{identity(message.id)}@{domain}>"
    # No mail with this id was ever sent: it stands for the report, and all alerts about it answer to it.
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
    """Put the pictures beside the HTML that shows them (RFC 2387)."""
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
    """A subject on one line, no longer than a list of mails can show."""
    line = one_line(subject)
    return line if len(line) <= LONGEST_SUBJECT else f"{line[: LONGEST_SUBJECT - 4]} ..."
