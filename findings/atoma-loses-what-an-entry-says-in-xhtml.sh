#!/bin/sh
# Finding: atoma gives None for the title, the summary and the content of an Atom entry where they are of the type
# `xhtml`, one of the three that Atom has (RFC 4287, 3.1.1.3): the words stand within a `div`, and atoma takes only the
# text before the first element. `parse_atom_bytes` raises nothing, though each entry must have a title. A program that
# lists what a newsroom's or an agency's feed says has entries with a time and an address, and no words; the same entry
# of the type `html` is read in full.
#
# Seen with atoma 0.0.17 and, for what the same feed says, feedparser 6.0.14. Expected: the content of the `div`.
# Exits with 1 where this has changed.
set -eu
folder=$(mktemp -d)
trap 'rm -rf "$folder"' EXIT
python3 -m venv "$folder/venv"
"$folder/venv/bin/pip" install --quiet --disable-pip-version-check atoma==0.0.17 feedparser==6.0.14
"$folder/venv/bin/python" - <<'PY'
import sys

import atoma
import feedparser

FEED = """<feed xmlns="http://www.w3.org/2005/Atom"><title>Lists</title><id>urn:example:lists</id>
<updated>2025-07-18T14:30:00Z</updated><entry><id>urn:example:1</id><updated>2025-07-18T14:30:00Z</updated>{}</entry></feed>"""
PARTS = ("title", "summary", "content")


def entry(kind, words):
    return FEED.format("".join(f'<{part} type="{kind}">{words}</{part}>' for part in PARTS))


DIV = '<div xmlns="http://www.w3.org/1999/xhtml">Clay County was <b>added</b></div>'
FEEDS = {"html": entry("html", "Clay County was &lt;b&gt;added&lt;/b&gt;"), "xhtml": entry("xhtml", DIV)}
seen = {}
for kind, feed in FEEDS.items():
    (read,) = atoma.parse_atom_bytes(feed.encode()).entries
    values = [getattr(read, part) for part in PARTS]
    seen[kind] = [value and value.value for value in values]
    right = feedparser.parse(feed).entries[0]
    words = [right.title, right.summary, right.content[0].value]
    print(f"{kind}: atoma {seen[kind]}, feedparser {words}")
    if words != ["Clay County was <b>added</b>"] * 3:
        sys.exit("this has changed: feedparser reads otherwise")
if seen != {"html": ["Clay County was <b>added</b>"] * 3, "xhtml": [None] * 3}:
    sys.exit("this has changed")
print("as described")
PY
