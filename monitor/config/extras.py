"""Tells which extras a configuration needs. An extra is a set of packages that only some uses of the program need.

Only `missing` looks at what is installed; the rest is pure.
"""

from __future__ import annotations

from importlib.util import find_spec
from typing import TYPE_CHECKING, Literal

from monitor import __version__
from monitor.config.channels import AppriseChannel

if TYPE_CHECKING:
    from collections.abc import Iterator

    from monitor.config.sources import Config

Extra = Literal["apprise", "browser"]
PACKAGES: dict[Extra, str] = {"apprise": "apprise", "browser": "playwright"}  # a package that each extra installs


def needed(config: Config) -> Iterator[tuple[str, Extra]]:
    """Yield each place of a configuration that needs an extra, like `channels.phone: kind: apprise`, with the extra."""
    for name, source in config.sources.items():
        if source.render:
            yield f"sources.{name}: render: {source.render}", "browser"
    for name, channel in config.channels.items():
        if isinstance(channel, AppriseChannel):
            yield f"channels.{name}: kind: apprise", "apprise"


def missing(extra: Extra) -> str | None:
    """Return a message that an extra is not installed, and after a semicolon what to do; None if it is installed."""
    if find_spec(PACKAGES[extra]) is not None:
        return None
    return f"the extra `{extra}` is not installed; {remedy(extra)}"


def remedy(extra: str) -> str:
    """Return the words of a message that say how to install an extra.

    They name the file of the wheel, because `pip install monitor` would install another program from the public package
    index, which has the same name there.
    """
    wheel = f"monitor-{__version__}-py3-none-any.whl[{extra}]"
    return f"`pip install '{wheel}'`, or for a service `make install-systemd` again (docs/operations.md, Extras)"
