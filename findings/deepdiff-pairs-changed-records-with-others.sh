#!/bin/sh
# Finding: `DeepDiff(old, new, ignore_order=True)` pairs records of two lists with the wrong ones when all were changed
# and the order was too. Of five agencies each got another date, nothing else; the new list is in reverse. DeepDiff says
# of four that the agency's name changed: by its account Agency 1 turned into Agency 5. Among all pairs, those with one
# field changed are plainly nearer than those with two. With the two cutoffs for pairs at 1 (the highest, so the widest)
# it finds the five pairs. A list that is republished under new dates and re-sorted is thus reported as renamings.
#
# Seen with deepdiff 9.1.0. Expected: five changes of the date, as with the cutoffs.
# Exits with 1 where this has changed.
set -eu
folder=$(mktemp -d)
trap 'rm -rf "$folder"' EXIT
python3 -m venv "$folder/venv"
"$folder/venv/bin/pip" install --quiet --disable-pip-version-check deepdiff==9.1.0
cat > "$folder/compare.py" <<'PY'
import sys

from deepdiff import DeepDiff

old = [
    {"agency": f"Agency {number}", "state": "Florida", "type": "Jail", "signed": f"5/{number}/2025"}
    for number in range(1, 6)
]
new = [{**record, "signed": record["signed"].replace("5/", "6/", 1)} for record in old][::-1]
plain = DeepDiff(old, new, ignore_order=True)["values_changed"]
renamed = 0
for place, change in sorted(plain.items()):
    before, after = change["old_value"], change["new_value"]
    renamed += before["agency"] != after["agency"]
    print(f"{place}: {before['agency']}, {before['signed']} -> {after['agency']}, {after['signed']}")
wide = DeepDiff(old, new, ignore_order=True, cutoff_distance_for_pairs=1, cutoff_intersection_for_pairs=1)
fields = sorted(wide["values_changed"])
print(f"with the widest cutoffs: {fields}")
if len(plain) != 5 or renamed != 4 or fields != [f"root[{number}]['signed']" for number in range(5)]:
    sys.exit("this has changed")
print("as described")
PY
for seed in 0 1; do
  PYTHONHASHSEED=$seed "$folder/venv/bin/python" "$folder/compare.py"
done
