#!/bin/sh
# Finding: `frictionless.extract` gives None for a cell that is not of the type that it guessed for the column, without
# an error or a warning, and what it guesses depends on the order of the rows. Of 151 codes one has a letter, `A7`. If
# it stands in row 90 or before, all codes are texts; if it stands in row 91 or later, they are numbers: the others lose
# their leading zeros, and that one is gone. `validate` names the cell; `extract` and the command of that name, with
# which one reads, do not, and the command's status is 0. A list that is published again in another order has all its
# codes changed, and a value that is not there is what a differ reports as a removal.
#
# Seen with frictionless 5.21.0. Expected: the text as it is, or an error.
# Exits with 1 where this has changed.
set -eu
folder=$(mktemp -d)
trap 'rm -rf "$folder"' EXIT
python3 -m venv "$folder/venv"
"$folder/venv/bin/pip" install --quiet --disable-pip-version-check frictionless==5.21.0
cd "$folder"
"$folder/venv/bin/python" - <<'PY'
import sys
import warnings

from frictionless import extract, validate

seen = {}
for place in (90, 91, 151):
    codes = [f"0{number}" for number in range(1001, 1151)]
    codes.insert(place - 1, "A7")
    with open(f"at{place}.csv", "w") as file:
        file.write("code,agency\n" + "".join(f"{code},Agency {code}\n" for code in codes))
    with warnings.catch_warnings(record=True) as told:
        warnings.simplefilter("always")
        rows = extract(f"at{place}.csv")[f"at{place}"]
    told = [each for each in told if "frictionless" in str(each.message)]
    seen[place] = (rows[0]["code"], rows[place - 1], len(told))
    print(f"A7 in row {place}: the first code is {seen[place][0]!r}, that row is {seen[place][1]}, warnings: {len(told)}")
kinds = [kind for (kind,) in validate("at151.csv").flatten(["type"])]
print(f"validate: {kinds}")
gone = {"code": None, "agency": "Agency A7"}
described = (
    seen == {90: ("01001", {"code": "A7", "agency": "Agency A7"}, 0), 91: (1001, gone, 0), 151: (1001, gone, 0)}
    and kinds == ["type-error"]
)
if not described:
    sys.exit("this has changed")
PY
status=0
"$folder/venv/bin/frictionless" extract at151.csv --json > rows.json || status=$?
last=$(tail -c 120 rows.json | tr -d ' \n')
echo "the command: status $status, ends with $last"
case "$status/$last" in
  0/*'{"code":null,"agency":"AgencyA7"}'*) echo "as described" ;;
  *) echo "this has changed"; exit 1 ;;
esac
