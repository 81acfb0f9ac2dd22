"""Reads secrets (passwords, secret addresses) from where they are kept, and keeps them out of every output."""

from __future__ import annotations

import logging
import os
import stat
from dataclasses import dataclass, field
from pathlib import Path
from typing import TYPE_CHECKING, Self

from pydantic import SecretStr

from monitor.errors import TransportError

if TYPE_CHECKING:
    from pydantic import BaseModel

# The loggers of libraries that write into them what they send to, with what login, and what came back.
TALKATIVE = {
    "apprise": logging.CRITICAL + 1,  # at every level
    "httpcore": logging.WARNING,
    "oauthlib": logging.WARNING,
    "requests_oauthlib": logging.WARNING,
    "urllib3": logging.WARNING,
}

CREDENTIALS = "/run/credentials"  # where systemd has the credentials of all services
OTHERS_MODE = stat.S_IRWXG | stat.S_IRWXO  # the bits of a file's mode that let others in


def others_can_read(path: Path) -> bool:
    """Return whether the mode of a file gives other users access to it. Raises OSError if there is no such file.

    Credentials of systemd count as safe: their folder keeps other users out.
    """
    guarded = (os.environ.get("CREDENTIALS_DIRECTORY"), CREDENTIALS)
    if any(folder and path.resolve().is_relative_to(Path(folder).resolve()) for folder in guarded):
        return False
    return bool(path.stat().st_mode & OTHERS_MODE)


def hush() -> None:
    """Keep third-party libraries from logging secrets, whatever log level the program itself uses."""
    for name, level in TALKATIVE.items():
        logging.getLogger(name).setLevel(level)


@dataclass(frozen=True, slots=True, kw_only=True)
class Secret:
    """Where one secret is kept: in the configuration (`value`), in a file, or in an environment variable."""

    value: str | None = field(default=None, repr=False)
    file: Path | None = None
    variable: str | None = None

    @classmethod
    def of(cls, described: BaseModel, key: str) -> Self | None:
        """Find where a section of the configuration keeps its secret `key`; return None if it has none.

        It may be given as `key` (the value itself), `key_file` or `key_env`.
        """
        value, file, variable = (getattr(described, f"{key}{end}", None) for end in ("", "_file", "_env"))
        if value is None and file is None and variable is None:
            return None
        written = value.get_secret_value() if isinstance(value, SecretStr) else value
        return cls(value=written, file=file, variable=variable)

    def read(self, channel: str) -> str:
        """Return the secret itself, without blanks around it. Raises TransportError if it is missing or empty.

        channel: the name of the channel that needs it, for the message.
        """
        if self.file:
            where, value = str(self.file), _content(self.file, channel)
        elif self.variable:
            where, value = f"the variable {self.variable}", os.environ.get(self.variable, "")
        else:
            where, value = "the configuration", self.value or ""
        if not value.strip():
            raise _missing(channel, f"{where} holds nothing")
        return value.strip()


def _content(file: Path, channel: str) -> str:
    try:
        return file.read_text(encoding="utf-8")
    except OSError as fault:
        raise _missing(channel, f"{file}: {fault.strerror}") from fault
    except UnicodeDecodeError:
        # Not `from` it: the error holds the bytes of the file.
        raise _missing(channel, f"{file} is no text in UTF-8") from None


def _missing(channel: str, what: str) -> TransportError:
    message = f"channel {channel}: {what}; put the secret there"
    return TransportError(message, permanent=True, disables=True)
