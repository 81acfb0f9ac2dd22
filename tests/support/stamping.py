"""The program's stamping on a state folder of its own, with authorities on this machine and a clock that can be set."""

from __future__ import annotations

from contextlib import contextmanager
from dataclasses import dataclass, field, replace
from datetime import UTC, datetime, timedelta
from typing import TYPE_CHECKING

from monitor.config.evidence import Authority as DescribedAuthority
from monitor.config.evidence import EvidenceSettings, StampSettings
from monitor.evidence import stamp
from monitor.evidence.stamp import StampContext
from monitor.store import leaves, stamps
from monitor.store.adopt import open_store
from monitor.store.archive import Archive
from monitor.store.evidence_faults import evidence_faults

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence
    from pathlib import Path

    from monitor.evidence.stamp import Round
    from monitor.store.stamps import Stamp, StampTurn

ORIGIN = "monitor.example.org/log"
HOUR, DAY = timedelta(hours=1), timedelta(days=1)


@dataclass(kw_only=True)
class Stamping:
    """What stamping needs, and what came of it. `off` is by how much the clock is wrong or later than now."""

    folder: Path
    authorities: Sequence[tuple[str, Path]]
    key_file: Path | None = None
    publish: Path | None = None
    seconds: float = 10.0
    off: timedelta = field(default_factory=timedelta)

    def now(self) -> datetime:
        """The time by the clock of this machine, as it is set."""
        return datetime.now(UTC) + self.off

    @property
    def settings(self) -> EvidenceSettings:
        """What the configuration would say."""
        authorities = tuple(DescribedAuthority(url=url, roots_file=roots) for url, roots in self.authorities)
        return EvidenceSettings(
            origin=ORIGIN, key_file=self.key_file, stamp=StampSettings(authorities=authorities), publish=self.publish
        )

    @contextmanager
    def context(self) -> Iterator[StampContext]:
        """The program, started anew."""
        with open_store(self.folder) as store:
            yield StampContext(
                store=store,
                archive=Archive(self.folder / "archive"),
                now=self.now,
                settings=self.settings,
                seconds=self.seconds,
            )

    def due(self) -> Round:
        """One look of the daemon."""
        with self.context() as context:
            return stamp.stamp_due(context)

    def by_hand(self) -> Round:
        """As the command does it."""
        with self.context() as context:
            return stamp.stamp_now(context, context.settings.stamp.authorities)

    def stamps(self) -> list[Stamp]:
        """All that are kept, each with its reply in the archive and its leaf in the log."""
        with self.context() as context:
            found = stamps.all_stamps(context.store)
            stated = [leaf.ref for leaf in leaves.all_leaves(context.store) if leaf.kind == "stamp"]
            assert stated == list(found)
            assert list(evidence_faults(context.store)) == []
            for each in found.values():
                assert len(context.archive.get(each.reply)) == each.bytes
            return list(found.values())

    def turns(self) -> list[StampTurn]:
        """When each authority is asked again."""
        with self.context() as context:
            return stamps.stamp_turns(context.store, [url for url, _ in self.authorities])

    def without_key(self) -> Stamping:
        """The same, without a key."""
        return replace(self, key_file=None)
