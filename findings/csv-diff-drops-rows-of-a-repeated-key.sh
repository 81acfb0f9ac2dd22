#!/bin/sh
# Finding: `csv-diff --key=agency` keeps one row of each key, the last, in each file, and says nothing of the others.
# Clay County is listed three times: in Florida for two models, and in Texas. Two files with the same rows in another
# order are then different ("1 row changed": the county moved from Texas to Florida, and its model changed), and files
# of which one lacks two agreements are the same. No error, no warning, exit status 0. Lists of agencies have no key of
# one column, so this is what a first try of the tool meets.
#
# Seen with csv-diff 1.2. Expected: an error that the key is not unique, as a database would give.
# Exits with 1 where this has changed.
set -eu
folder=$(mktemp -d)
trap 'rm -rf "$folder"' EXIT
python3 -m venv "$folder/venv"
"$folder/venv/bin/pip" install --quiet --disable-pip-version-check csv-diff==1.2
cat > "$folder/old.csv" <<'CSV'
agency,state,model
Clay County,Florida,Jail
Clay County,Florida,Task Force
Clay County,Texas,Jail
CSV
cat > "$folder/reordered.csv" <<'CSV'
agency,state,model
Clay County,Texas,Jail
Clay County,Florida,Jail
Clay County,Florida,Task Force
CSV
cat > "$folder/shorter.csv" <<'CSV'
agency,state,model
Clay County,Texas,Jail
CSV
reordered=$("$folder/venv/bin/csv-diff" "$folder/old.csv" "$folder/reordered.csv" --key=agency --json | tr -d ' \n')
shorter=$("$folder/venv/bin/csv-diff" "$folder/old.csv" "$folder/shorter.csv" --key=agency --json | tr -d ' \n')
echo "the same rows in another order: $reordered"
echo "two of three rows are gone:     $shorter"
case "$reordered" in
  *'"added":[],"removed":[],"changed":[{"key":"ClayCounty","changes":{"state":["Texas","Florida"]'*) ;;
  *) echo "this has changed"; exit 1 ;;
esac
case "$shorter" in
  *'"added":[],"removed":[],"changed":[]'*) echo "as described" ;;
  *) echo "this has changed"; exit 1 ;;
esac
