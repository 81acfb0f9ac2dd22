"""The doctor's checks of the static site that the daemon keeps up to date."""

from __future__ import annotations

import os
from datetime import UTC, datetime, timedelta
from typing import TYPE_CHECKING

from monitor.upkeep.doctor.finding import fault, ok, warning

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

    from monitor.config.sources import Config
    from monitor.upkeep.doctor.finding import Finding

SITE = "static site"  # the subject of its findings
MAX_SITE_AGE = timedelta(days=2)  # the daemon writes it once a day in any case


def site_findings(config: Config, *, now: datetime) -> Iterator[Finding]:
    """Yield findings on the folder of the static site, and on when it was last written; none without such a site."""
    settings = config.web.publish
    if settings is None:
        return
    if not can_write(settings.folder):
        what = f"{settings.folder} can't be written"
        yield fault(SITE, what, "make the folder writable for the daemon's user, or name another")
        return
    if not (settings.address or config.web.address):
        what = "feeds and calendars are left out, because the site has no address"
        yield warning(SITE, what, "say `web.publish.address`")
    try:
        at = datetime.fromtimestamp(settings.manifest.stat().st_mtime, UTC)
    except OSError:
        yield warning(SITE, f"nothing was published to {settings.folder} yet", "run `monitor publish`, or the daemon")
        return
    if now - at > MAX_SITE_AGE:
        what = f"{settings.folder} was last written at {at:%Y-%m-%d %H:%M} UTC"
        yield warning(SITE, what, "see whether the daemon runs; its log says `site.failed` if it could not be written")
    else:
        yield ok(SITE, f"{settings.folder} was last written at {at:%Y-%m-%d %H:%M} UTC")


def can_write(folder: Path) -> bool:
    """Return whether this user can write into a folder, or make it if it is not there."""
    there = next(path for path in (folder, *folder.absolute().parents) if path.exists())
    return there.is_dir() and os.access(there, os.W_OK | os.X_OK)
