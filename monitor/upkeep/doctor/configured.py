"""The doctor's checks of a valid configuration: secrets that others can read, and alerts that would reach nobody."""

from __future__ import annotations

import os
from typing import TYPE_CHECKING

from pydantic import SecretStr

from monitor.config.network import PROXY_VARIABLES
from monitor.config.secrets import Secret, others_can_read
from monitor.errors import ProxyError, TransportError
from monitor.fetch.route import route_of
from monitor.sandbox.drawing import find_browser, missing_for_drawing
from monitor.upkeep.doctor.finding import fault, ok, warning

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

    from monitor.config.sources import Config
    from monitor.config.values import WithSecrets
    from monitor.upkeep.doctor.finding import Finding

CONFIGURATION = "configuration"  # the subject of its findings


def configuration_findings(config: Config, path: Path) -> Iterator[Finding]:
    """Yield findings on the configuration: its size, its secrets, and the channels of its alerts.

    path: the file that the configuration came from.
    """
    counts = (
        f"{len(config.sources)} sources, {len(config.channels)} channels, {len(config.subscriptions)} subscriptions"
    )
    yield ok(CONFIGURATION, f"{path}: {counts}")
    if not config.contact:
        yield warning(
            CONFIGURATION, "contact is empty", "name a mail address or page, so that a publisher can reach you"
        )
    yield from _audience(config)
    yield from _browser(config)
    yield from _proxies(config)
    for name in config.unsigned():
        what = "it has no secret, so alerts are sent unsigned: its receiver can't tell them from false ones"
        yield warning(f"channel {name}", what, "set `secret_file` if the receiver can check signatures")
    holders: list[tuple[str, WithSecrets]] = [(f"channel {name}", channel) for name, channel in config.channels.items()]
    for about, holder in (*holders, ("poll", config.poll), ("run", config.run), ("wayback", config.wayback)):
        yield from _secrets(about, holder)
    if any(_inline(holder) for _, holder in holders) and others_can_read(path):
        sentence = f"{path} holds secrets, and others can read it"
        yield warning(CONFIGURATION, sentence, f"`chmod 600 {path}`, or move the secrets into files of their own")


def _audience(config: Config) -> Iterator[Finding]:
    """Yield findings on channels that no subscription uses, and on whether anybody is told of failures."""
    if not config.channels:
        yield warning(CONFIGURATION, "no channel: nobody is told of anything", "add `channels` and `subscriptions`")
        return
    used = {channel for subscription in config.subscriptions.values() for channel in subscription.channels}
    for name in config.channels:
        if name not in used:
            yield warning(f"channel {name}", "no subscription sends to it", "name it in one, or take it out")
    if not any(subscription.operator for subscription in config.subscriptions.values()):
        sentence = "no subscription has `operator: true`: nobody is told of sources that fail or of a full disk"
        yield warning(CONFIGURATION, sentence, "add one, as docs/configuration.md shows under Alerts")


def _browser(config: Config) -> Iterator[Finding]:
    """Yield findings on the browser, if there are sources whose pages it draws."""
    names = [name for name, source in config.sources.items() if source.render]
    if not names:
        return
    missing = missing_for_drawing()
    if missing:
        what, _, remedy = missing.partition("; ")
        yield fault("browser", f"{', '.join(names)}: `render: browser`, but {what}", remedy)
        return
    yield ok("browser", f"{find_browser()} draws the pages of {', '.join(names)}")
    if os.geteuid() == 0:
        what = "as root, the browser runs without its own sandbox, though without a network"
        yield warning("browser", what, "run monitor as a user of its own, as the systemd units do")


def _proxies(config: Config) -> Iterator[Finding]:
    """Yield findings on the proxies of the configuration, and on one of the environment that nothing uses."""
    sections = config.networked()
    for section, described in sections.items():
        about = section.replace("channels.", "channel ")
        try:
            proxy = route_of(described, section).find_proxy()
        except ProxyError as broken:
            what, _, remedy = str(broken).partition("; ")
            yield fault(about, what, remedy)
            continue
        if proxy and section == "poll":
            what = f"pages are asked through the proxy {proxy.name}, which looks them up"
            rule = "so private addresses are refused by name alone"
            if config.poll.allow_private_addresses:
                rule = "and none is refused: `poll.allow_private_addresses` is set"
            yield ok(about, f"{what}; only names can be checked here, and no addresses, {rule}")
        elif proxy:
            yield ok(about, f"is asked through the proxy {proxy.name}")
    used = {described.proxy_env for described in sections.values()}
    unused = [name for name in PROXY_VARIABLES if os.environ.get(name) and name not in used]
    if unused and not config.poll.has_proxy:
        what = f"{', '.join(unused)}: set in the environment, and not used: servers are asked directly"
        key = f"`poll: {{ proxy_env: {unused[0]} }}`"
        remedy = f"if this machine needs that proxy, set {key}, and the same in channels and in `run`; else unset it"
        yield warning("proxy", what, remedy)


def _secrets(about: str, holder: WithSecrets) -> Iterator[Finding]:
    """Yield findings on secrets that this program can't read, or that other users can read.

    about: what the findings are about, for example `channel mail`.
    holder: the section of the configuration that has the secrets.
    """
    keys = {key.removesuffix("_file").removesuffix("_env") for key in type(holder).model_fields if _places(key, holder)}
    for key in sorted(keys):
        secret = Secret.of(holder, key)
        if secret is None:
            continue
        try:
            secret.read(about.removeprefix("channel "))
        except TransportError as missing:
            if key == "proxy":  # of which `_proxies` tells
                continue
            what = str(missing).partition(": ")[2].rpartition(";")[0]
            yield fault(about, f"{key}: {what}", "put the secret there; a variable must be set where the daemon runs")
            continue
        if secret.file and others_can_read(secret.file):
            yield warning(about, f"{secret.file}: others can read it", f"`chmod 600 {secret.file}`")


def _places(key: str, holder: WithSecrets) -> bool:
    """Return whether a key of the configuration gives a secret itself, or the file or variable that has one."""
    if key == "ca_file":  # which is no secret
        return False
    given = getattr(holder, key)
    return isinstance(given, SecretStr) or (key.endswith(("_file", "_env")) and given is not None)


def _inline(holder: WithSecrets) -> bool:
    return any(isinstance(getattr(holder, key), SecretStr) for key in type(holder).model_fields)
