#!/bin/sh
# Finding: a record that a publisher takes off a list leaves no trace in the database that git-history makes of the
# file's commits. Such files are kept in Git by those who follow public lists, and git-history is the usual tool to make
# their history a table. A county that left the list looks like one that still stands in it, in the table of items and
# in that of their versions; one that left and came back looks as if it had always been there.
#
# Seen with git-history 0.8: of three commits (Harris, Cook, Kings; Cook gone; Cook back and Kings gone) each county has
# one version, that of the first commit, and all three stand in `item`, none with a mark.
# Expected: a version, or a mark, for each time that a record goes.
# Exits with 1 where this has changed.
set -eu
folder=$(mktemp -d)
trap 'rm -rf "$folder"' EXIT
python3 -m venv "$folder/venv"
"$folder/venv/bin/pip" install --quiet --disable-pip-version-check git-history==0.8 sqlite-utils==4.2.1
mkdir "$folder/list"
cd "$folder/list"
git init --quiet --initial-branch=main .
publish() {
  printf '%s\n' "fips,county" "$@" > list.csv
  git add list.csv
  git -c user.name=Clerk -c user.email=clerk@example.org commit --quiet --message "The list as published"
}
publish 48201,Harris 17031,Cook 06031,Kings
publish 48201,Harris 06031,Kings
publish 48201,Harris 17031,Cook
"$folder/venv/bin/git-history" file "$folder/history.db" list.csv --csv --id fips --silent
"$folder/venv/bin/python" - "$folder/history.db" <<'PY'
import sqlite3
import sys

database = sqlite3.connect(sys.argv[1])
commits = database.execute("SELECT count(*) FROM commits").fetchone()[0]
items = [name for (name,) in database.execute("SELECT county FROM item ORDER BY county")]
versions = database.execute(
    "SELECT county, count(*) FROM item_version WHERE county IS NOT NULL GROUP BY county ORDER BY county"
).fetchall()
columns = [row[1] for row in database.execute("PRAGMA table_info(item)")]
print(f"{commits} commits; items: {items}, with the columns {columns}; versions of each: {versions}")
if (commits, items, versions) != (3, ["Cook", "Harris", "Kings"], [("Cook", 1), ("Harris", 1), ("Kings", 1)]):
    sys.exit("this has changed")
print("as described")
PY
