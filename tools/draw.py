"""Draw agencies at random from the last lists of the real series, and print as CSV the bodies that they resolve to.

    python tools/draw.py [--seed 287] [--size 200] [CORPUS]

CORPUS is the folder of the real spreadsheets; without it, the one beside the project is taken. The draw with the
default seed, checked by hand, is `tests/golden/resolution.csv`.
"""

from __future__ import annotations

import argparse
import csv
import random
import sys
from pathlib import Path

from monitor import jurisdictions
from monitor.config.file import load
from monitor.extract.read import read_report

ROOT = Path(__file__).parent.parent
COLUMNS = ("list", "state", "agency", "type", "county", "resolved", "within", "confidence", "why", "ocd_id", "verdict")


def last_rows(corpus: Path) -> list[dict[str, str]]:
    """Return each record of the last version of each list, with the body that it resolves to."""
    reports = load(ROOT / "config.yaml").sources["ice-287g"].reports
    with (corpus / "manifest.csv").open(encoding="utf-8") as lines:
        files = {row["list"]: row["file"] for row in sorted(csv.DictReader(lines), key=lambda row: row["captured_at"])}
    found = []
    for name, file in sorted(files.items()):
        report = reports[name]
        (records,) = read_report((corpus / file).read_bytes(), report).lists
        for record in records.records:
            values = dict(zip(records.fields, (value or "" for value in record.values), strict=True))
            resolved = jurisdictions.of_record(record, report.lists[name])
            one = resolved.jurisdiction
            found.append(
                {"list": name} | {field: values[field] for field in ("state", "agency", "type", "county")} | {
                    "resolved": f"{one.name}, {one.state}" if one else "",
                    "within": "yes" if resolved.within else "",
                    "confidence": f"{resolved.confidence:.2f}",
                    "why": str(resolved.why),
                    "ocd_id": (one.ocd_id or "") if one else "",
                    "verdict": "",
                }
            )  # fmt: skip
    return found


def main() -> int:
    """Print the draw, and to standard error the share of all records that resolve."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0] if __doc__ else None)
    parser.add_argument("corpus", nargs="?", type=Path, default=ROOT.parent / "shared" / "corpus")
    parser.add_argument("--seed", type=int, default=287)
    parser.add_argument("--size", type=int, default=200)
    given = parser.parse_args()
    rows = last_rows(given.corpus)
    resolved = sum(bool(row["resolved"]) for row in rows)
    sys.stderr.write(f"{resolved} of {len(rows)} resolve: {resolved / len(rows):.1%}\n")
    writer = csv.DictWriter(sys.stdout, COLUMNS, lineterminator="\n")
    writer.writeheader()
    writer.writerows(random.Random(given.seed).sample(rows, min(given.size, len(rows))))  # noqa: S311 - a draw
    return 0


if __name__ == "__main__":
    sys.exit(main())
