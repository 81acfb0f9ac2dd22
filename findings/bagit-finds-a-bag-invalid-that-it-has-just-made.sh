#!/bin/sh
# Finding: bagit-python writes a percent sign in a file's name into the manifest as it is, and decodes `%0A` and `%0D` when
# it reads it. The bag that it has made of a file `roster%0A.csv` - as files are called that were saved by their web
# addresses - is invalid as soon as it is made: the manifest names a file with a line break that is not there, and the
# file that is there is not in the manifest. RFC 8493 (2.1.3) has percent signs in names encoded as `%25`; so a name with
# `%20` is written in a form that other programs may decode to another name, too.
#
# Seen with bagit 1.9.0. Expected: a bag that was just made is valid, and its manifest has `%25` for a percent sign.
# Exits with 1 where this has changed.
set -eu
folder=$(mktemp -d)
trap 'rm -rf "$folder"' EXIT
python3 -m venv "$folder/venv"
"$folder/venv/bin/pip" install --quiet --disable-pip-version-check bagit==1.9.0
"$folder/venv/bin/python" - "$folder" <<'PY'
import logging
import sys
from pathlib import Path

import bagit

logging.disable()
found = {}
for name in ("roster.csv", "roster%20one.csv", "roster%0A.csv", "roster%0D%0Atwo.csv"):
    bag = Path(sys.argv[1], f"bag-{len(found)}")
    bag.mkdir()
    (bag / name).write_text("county,state\nBell,TX\n")
    bagit.make_bag(str(bag), checksums=["sha256"])
    manifest = (bag / "manifest-sha256.txt").read_text()
    found[name] = (bagit.Bag(str(bag)).is_valid(), "%25" in manifest)
print(found)
if found != {
    "roster.csv": (True, False),
    "roster%20one.csv": (True, False),
    "roster%0A.csv": (False, False),
    "roster%0D%0Atwo.csv": (False, False),
}:
    sys.exit("this has changed")
print("as described")
PY
