#!/bin/sh
# Finding: with `main_content=True`, Resiliparse's `extract_plain_text` drops a list (`ul`) with all of its items, however
# many and long they are, if fewer than three elements stand between it and the body of the page, as in `body > main >
# ul`. Its heading and the sentences around it stay, and so does a numbered list (`ol`) in the same place. A page of
# sanctuary jurisdictions is then read as one that has the heading "States" and no state; once the publisher puts the
# list into one more element or two, all states come at once. Without `main_content` the list is there.
#
# Seen with Resiliparse 2.0.1. Expected: a list in the content of a page is content, at whatever depth it stands.
# Exits with 1 where this has changed.
set -eu
folder=$(mktemp -d)
trap 'rm -rf "$folder"' EXIT
python3 -m venv "$folder/venv"
"$folder/venv/bin/pip" install --quiet --disable-pip-version-check resiliparse==2.0.1
"$folder/venv/bin/python" - <<'PY'
import sys

from resiliparse.extract.html2text import extract_plain_text

STATES = ("California", "Colorado", "Connecticut", "Delaware", "Illinois", "Minnesota", "Nevada", "New York", "Oregon")
ITEMS = "".join(f"<li>{state}</li>" for state in STATES)


def named(tag: str, around: str, *, main_content: bool) -> int:
    """How many of the states are in the text of a page that lists them."""
    content = (
        "<h1>Sanctuary jurisdictions</h1><p>The Department has identified these jurisdictions under the order.</p>"
        f"<h2>States</h2><{tag}>{ITEMS}</{tag}><p>The list is reviewed at least once a year, and may then change.</p>"
    )
    page = f"<!doctype html><html><head><title>List</title></head><body>{around.format(content)}</body></html>"
    text = extract_plain_text(page, main_content=main_content)
    assert "States" in text
    assert "may then change" in text
    return sum(state in text for state in STATES)


near, deep = "<main>{}</main>", "<main><article><section>{}</section></article></main>"
found = {
    "ul near the top": named("ul", near, main_content=True),
    "ol near the top": named("ol", near, main_content=True),
    "ul two elements deeper": named("ul", deep, main_content=True),
    "ul near the top, whole page": named("ul", near, main_content=False),
}
print(found)
if found != {
    "ul near the top": 0,
    "ol near the top": 9,
    "ul two elements deeper": 9,
    "ul near the top, whole page": 9,
}:
    sys.exit("this has changed")
print("as described")
PY
