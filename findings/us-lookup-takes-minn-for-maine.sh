#!/bin/sh
# Finding: `us.states.lookup("Minn.")` is Maine. The library `us` itself gives "Minn." as the abbreviation of Minnesota
# (`us.states.MN.ap_abbr`); of all those abbreviations that have more than two letters it finds no state, but for this
# one, for which it finds a wrong state. The cause: what is neither a number nor two letters is compared by its sound,
# and Metaphone writes both "Minn" and "Maine" as MN. For whoever reads lists of counties with their states: "Hennepin
# County, Minn." is filed under Maine, and no error tells.
#
# Seen with us 4.0.0: Maine for "Minn." and "Minn", None for "Mass.", "Mich.", "Calif.", "Conn." and the others.
# Expected: Minnesota, or None as for the others.
# Exits with 1 where this has changed.
set -eu
folder=$(mktemp -d)
trap 'rm -rf "$folder"' EXIT
python3 -m venv "$folder/venv"
"$folder/venv/bin/pip" install --quiet --disable-pip-version-check us==4.0.0 jellyfish==1.3.0
"$folder/venv/bin/python" - <<'PY'
import sys

import us

found = {}
for state in us.states.STATES:
    if len(state.ap_abbr.replace(".", "")) > 2 and state.ap_abbr != state.name:
        found[state.ap_abbr] = us.states.lookup(state.ap_abbr)
wrong = {abbreviation: str(state) for abbreviation, state in found.items() if state}
print(f"{len(found)} abbreviations of the library's own, of them found: {wrong}")
plain = str(us.states.lookup("Minn"))
print(f"without the full stop: Minn -> {plain}")
if wrong != {"Minn.": "Maine"} or plain != "Maine" or us.states.MN.ap_abbr != "Minn.":
    sys.exit("this has changed")
print("as described")
PY
