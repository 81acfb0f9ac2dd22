"""Tells which extras a configuration needs: packages for only some uses of the program. Pure but for `missing`."""

from __future__ import annotations

from importlib.util import find_spec
from typing import TYPE_CHECKING, Literal

from monitor import __version__
from monitor.config.channels import AppriseChannel

if TYPE_CHECKING:
    from collections.abc import Iterator

    from monitor.config.sources import Config

Extra = Literal["apprise", "browser"]
PACKAGES: dict[Extra, str] = {"apprise": "apprise", "browser": "playwright"}  # what each extra brings


def needed(config: Config) -> Iterator[tuple[str, Extra]]:
    """Yield each place of a configuration that needs an extra, like `channels.phone: kind: apprise`, with the extra."""
    for name, source in config.sources.items():
        if source.render:
            yield f"sources.{name}: render: {source.render}", "browser"
    for name, channel in config.channels.items():
        if isinstance(channel, AppriseChannel):
            yield f"channels.{name}: kind: apprise", "apprise"


def missing(extra: Extra) -> str | None:
    """Return a sentence that says that an extra is not installed, and after a semicolon how it is; None if it is."""
    if find_spec(PACKAGES[extra]) is not None:
        return None
    return f"the extra `{extra}` is not installed; {remedy(extra)}"


def remedy(extra: str) -> str:
    """Return how an extra is installed, in one line.

    The file of the wheel is named, because another program has the name `monitor` in the public list of packages.
    """
    wheel = f"monitor-{__version__}-py3-none-any.whl[{extra}]"
    return f"`pip install '{wheel}'`, or for a service `make install-systemd` again (docs/operations.md, Extras)"
