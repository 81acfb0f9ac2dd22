"""What a configuration without faults can still be wrong about: secrets that others can read, alerts for nobody."""

from __future__ import annotations

import os
import stat
from pathlib import Path
from typing import TYPE_CHECKING

from pydantic import SecretStr

from monitor.config.secrets import Secret
from monitor.errors import TransportError
from monitor.upkeep.doctor.finding import fault, ok, warning

if TYPE_CHECKING:
    from collections.abc import Iterator

    from monitor.config.channels import WithSecrets
    from monitor.config.sources import Config
    from monitor.upkeep.doctor.finding import Finding

ABOUT = "configuration"
OTHERS = stat.S_IRWXG | stat.S_IRWXO


def configuration_findings(config: Config, path: Path) -> Iterator[Finding]:
    """What is configured, and who is told."""
    counts = (
        f"{len(config.sources)} sources, {len(config.channels)} channels, {len(config.subscriptions)} subscriptions"
    )
    yield ok(ABOUT, f"{path}: {counts}")
    if not config.contact:
        yield warning(ABOUT, "contact is empty", "name a mail address or page, so that a publisher can reach you")
    yield from _told(config)
    holders: list[tuple[str, WithSecrets]] = [(f"channel {name}", each) for name, each in config.channels.items()]
    for about, holder in (*holders, ("run", config.run), ("wayback", config.wayback)):
        yield from _secrets(about, holder)
    if any(_inline(holder) for _, holder in holders) and _others_read(path):
        what = f"{path} holds secrets, and others can read it"
        yield warning(ABOUT, what, f"`chmod 600 {path}`, or move the secrets into files of their own")


def _told(config: Config) -> Iterator[Finding]:
    """Channels that nothing goes to, and whether anybody hears of failures."""
    if not config.channels:
        yield warning(ABOUT, "no channel: nobody is told of anything", "add `channels` and `subscriptions`")
        return
    used = {each for subscription in config.subscriptions.values() for each in subscription.channels}
    for name in config.channels:
        if name not in used:
            yield warning(f"channel {name}", "no subscription sends to it", "name it in one, or take it out")
    if not any(subscription.operator for subscription in config.subscriptions.values()):
        what = "no subscription has `operator: true`: nobody is told of sources that fail or of a full disk"
        yield warning(ABOUT, what, "add one, as docs/configuration.md shows under Alerts")


def _secrets(about: str, holder: WithSecrets) -> Iterator[Finding]:
    """Whether each secret can be read by this program, and by nobody else."""
    keys = {key.removesuffix("_file").removesuffix("_env") for key in type(holder).model_fields if _places(key, holder)}
    for key in sorted(keys):
        secret = Secret.of(holder, key)
        if secret is None:
            continue
        try:
            secret.read(about.removeprefix("channel "))
        except TransportError as missing:
            what = str(missing).partition(": ")[2].rpartition(";")[0]
            yield fault(about, f"{key}: {what}", "put the secret there; a variable must be set where the daemon runs")
            continue
        if secret.file and _others_read(secret.file):
            yield warning(about, f"{secret.file}: others can read it", f"`chmod 600 {secret.file}`")


def _places(key: str, holder: WithSecrets) -> bool:
    """True for a key under which a secret, or where to find one, is given."""
    given = getattr(holder, key)
    return isinstance(given, SecretStr) or (key.endswith(("_file", "_env")) and given is not None)


def _inline(holder: WithSecrets) -> bool:
    return any(isinstance(getattr(holder, key), SecretStr) for key in type(holder).model_fields)


def _others_read(path: Path) -> bool:
    """True where a file's mode lets others in; systemd's credentials are guarded by their folder."""
    guarded = os.environ.get("CREDENTIALS_DIRECTORY")
    if guarded and path.resolve().is_relative_to(Path(guarded).resolve()):
        return False
    return bool(path.stat().st_mode & OTHERS)
