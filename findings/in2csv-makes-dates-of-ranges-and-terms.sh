#!/bin/sh
# Finding: in2csv of csvkit writes dates in place of what an agency's list says, as it does by default for each column
# whose cells can all be read as dates. A range of counts, "3-9", becomes 9 March 2001; the term of an agreement, "36
# months", becomes 1 January of the year 4. So do counties and cities that are named like months and days. It hangs on
# the whole column: a "10-19" in one more row and all are dates still, a "20-49" and all are kept. A count that grows
# thus turns every row of its column back from a date, and a comparison finds all rows changed.
#
# Seen with csvkit 2.2.0 (agate 1.14.2, parsedatetime 2.6, pytimeparse 1.1.10). Expected: the text, where a cell has no
# year and no name of a month.
# Exits with 1 where this has changed.
set -eu
folder=$(mktemp -d)
trap 'rm -rf "$folder"' EXIT
python3 -m venv "$folder/venv"
"$folder/venv/bin/pip" install --quiet --disable-pip-version-check csvkit==2.2.0 agate==1.14.2 parsedatetime==2.6 \
  pytimeparse==1.1.10
cd "$folder"
cat > list.csv <<'CSV'
county,detainers,term
Baker,1-2,12 months
Clay,3-9,36 months
CSV
cp list.csv longer.csv
echo 'Bell,10-19,5 years' >> longer.csv
cp list.csv grown.csv
echo 'Bell,20-49,5 years' >> grown.csv
for name in list longer grown; do
  echo "$name:"
  venv/bin/in2csv $name.csv | tee $name.out
done
cat > expected <<'CSV'
county,detainers,term
Baker,2001-01-02,0002-01-01
Clay,2001-03-09,0004-01-01
county,detainers,term
Baker,2001-01-02,0002-01-01
Clay,2001-03-09,0004-01-01
Bell,2001-10-19,0006-01-01
county,detainers,term
Baker,1-2,0002-01-01
Clay,3-9,0004-01-01
Bell,20-49,0006-01-01
CSV
if ! cat list.out longer.out grown.out | cmp -s - expected; then
  echo "this has changed" >&2
  exit 1
fi
echo "as described"
