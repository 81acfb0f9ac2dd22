#!/bin/sh
# Finding: xmldiff, asked for what changed between two versions of a list from which one county went, tells that
# counties which stand in both were renamed, and that the last one was taken off. Of five counties without the second
# one, it says: Bee County is now Lee County, Lee County is now Polk County, and Polk County is gone. It takes for each
# element the most similar one that is left, one after the other, though an element with the very same text comes
# later. `fast_match` renames three counties. Only `best_match`, an option that its help calls slower and experimental,
# finds the one that went. A script that applies the answer ends with the right list, so that such a test passes.
#
# Seen with xmldiff 3.0 (lxml 6.1.3). Expected: one DeleteNode, as with `best_match`.
# Exits with 1 where this has changed.
set -eu
folder=$(mktemp -d)
trap 'rm -rf "$folder"' EXIT
python3 -m venv "$folder/venv"
"$folder/venv/bin/pip" install --quiet --disable-pip-version-check xmldiff==3.0 lxml==6.1.3
"$folder/venv/bin/python" - <<'PY'
import sys

from xmldiff import main
from xmldiff.actions import DeleteNode, UpdateTextIn

NAMES = ["Bay County", "Bee County", "Kay County", "Lee County", "Polk County"]


def page(names: list[str]) -> str:
    """A list of counties as a page has it."""
    return f"<html><body><ul>{''.join(f'<li>{name}</li>' for name in names)}</ul></body></html>"


before, after = page(NAMES), page([name for name in NAMES if name != "Bee County"])
usual = main.diff_texts(before, after)
best = main.diff_texts(before, after, diff_options={"best_match": True})
print(f"usual: {usual}\nbest_match: {best}")
renamed = [(each.oldtext, each.text) for each in usual if isinstance(each, UpdateTextIn)]
gone = [each.node for each in usual if isinstance(each, DeleteNode)]
if (
    renamed != [("Bee County", "Lee County"), ("Lee County", "Polk County")]
    or gone != ["/html/body/ul/li[5]"]
    or best != [DeleteNode(node="/html/body/ul/li[2]")]
):
    sys.exit("this has changed")
print("as described")
PY
