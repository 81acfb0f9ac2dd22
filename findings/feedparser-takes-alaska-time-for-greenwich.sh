#!/bin/sh
# Finding: feedparser reads the time of an entry in a zone that it does not know as if it were UTC, without a word:
# "Fri, 18 Jul 2025 09:00:00 HST" is nine o'clock in Greenwich, ten hours too early; so are AKDT, AKST and ChST, the
# zones of Alaska and Guam. Those of the other states it knows: 09:00:00 EDT is 13:00. The same with dates in figures:
# "07-08-2025" is 20 August 2007, as it takes the year for `07` and drops what is left over, and "2025-W29" is 1
# November. "07/08/2025" is None, as it should be. An office in Honolulu seems to have said a thing before it did, and a
# page's oldest entry is eighteen years old.
#
# Seen with feedparser 6.0.14. Expected: None for what it can't read, as with other dates, or `bozo`.
# Exits with 1 where this has changed.
set -eu
folder=$(mktemp -d)
trap 'rm -rf "$folder"' EXIT
python3 -m venv "$folder/venv"
"$folder/venv/bin/pip" install --quiet --disable-pip-version-check feedparser==6.0.14
"$folder/venv/bin/python" - <<'PY'
import sys
import time

import feedparser

FEED = (
    '<rss version="2.0"><channel><title>Lists</title>'
    "<item><title>One</title><pubDate>{}</pubDate></item></channel></rss>"
)
ZONED = "Fri, 18 Jul 2025 09:00:00 {}"
EXPECTED = {
    ZONED.format("EDT"): "2025-07-18 13:00:00",
    ZONED.format("PDT"): "2025-07-18 16:00:00",
    ZONED.format("AKDT"): "2025-07-18 09:00:00",
    ZONED.format("HST"): "2025-07-18 09:00:00",
    ZONED.format("ChST"): "2025-07-18 09:00:00",
    "07/08/2025": None,
    "07-08-2025": "2007-08-20 00:00:00",
    "2025-W29": "2025-11-01 00:00:00",
}
seen = {}
for said in EXPECTED:
    feed = feedparser.parse(FEED.format(said))
    read = feed.entries[0].get("published_parsed")
    seen[said] = read and time.strftime("%Y-%m-%d %H:%M:%S", read)
    print(f"{said}: {seen[said]}, bozo {feed.bozo}")
    if feed.bozo:
        sys.exit("this has changed")
if seen != EXPECTED:
    sys.exit("this has changed")
print("as described")
PY
