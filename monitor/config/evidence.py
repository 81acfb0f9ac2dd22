"""The `evidence` section of `config.yaml`: the name and key of the evidence log, and who puts the time on it.

Pure: what its functions return depends only on their arguments.
"""

from __future__ import annotations

import re
from datetime import timedelta
from pathlib import Path
from typing import Annotated, Self
from urllib.parse import urlsplit

from pydantic import AfterValidator, Field, model_validator

from monitor.config.values import Duration, Model, WebAddress

MAX_ORIGIN_LETTERS = 200
ORIGIN = re.compile(r"[A-Za-z0-9](?:[A-Za-z0-9._~-]|:(?!/)|/(?!/))*")


def _origin(value: str) -> str:
    """Check the name of an evidence log, and return it. Raises ValueError."""
    if not ORIGIN.fullmatch(value) or len(value) > MAX_ORIGIN_LETTERS:
        raise ValueError(
            f"{value!r} is no name of a log; write it like monitor.example.org/log, "
            "without https://, blanks or plus signs"
        )
    return value


def _without_login(value: str) -> str:
    """Check that an address has no login in it, and return it. Raises ValueError."""
    if "@" in urlsplit(value).netloc:
        raise ValueError("a login does not stand in the address, which is printed beside each time stamp")
    return value


class Authority(Model):
    """A time-stamp authority: a service that signs that it has seen a hash, and when (RFC 3161).

    - `url`: the address to which requests are sent.
    - `roots_file`: a file with the root certificates, in PEM, by which its answers are checked.
    """

    url: Annotated[WebAddress, AfterValidator(_without_login)]
    roots_file: Path


class StampSettings(Model):
    """How often the evidence log is stamped, and by which authorities. Without authorities nobody is asked."""

    every: Duration = timedelta(hours=24)
    authorities: tuple[Authority, ...] = ()

    @model_validator(mode="after")
    def _no_authority_twice(self) -> Self:
        addresses = [authority.url for authority in self.authorities]
        for address in addresses:
            if addresses.count(address) > 1:
                raise ValueError(f"authorities: {address} stands twice; a second one must be another authority")
        return self


class EvidenceSettings(Model):
    """The name and key of the evidence log, its time stamps, and where its checkpoints are published.

    - `origin`: the log's name, which never changes.
    - `key_file`: the file of the private key that signs checkpoints.
    - `stamp`: who puts the time on checkpoints, and how often.
    - `publish`: a folder for checkpoints, to be copied to where others see it.
    """

    origin: Annotated[str, Field(min_length=1), AfterValidator(_origin)] | None = None
    key_file: Path | None = None
    stamp: StampSettings = StampSettings()
    publish: Path | None = None

    @model_validator(mode="after")
    def _has_a_name(self) -> Self:
        needing = {"key_file": self.key_file, "stamp.authorities": self.stamp.authorities, "publish": self.publish}
        for key, value in needing.items():
            if value and self.origin is None:
                raise ValueError(f"{key} needs origin, the name of the log, such as monitor.example.org/log")
        return self
