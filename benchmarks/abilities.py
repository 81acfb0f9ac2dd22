"""What each program can do at all, whatever time it takes: a table that is checked by reading, not by running.

A note says what a statement about another program rests on; it holds for the version that `rivals.py` names.
"""

from __future__ import annotations

from rivals import titled

PROGRAMS = ("webchanges", "urlwatch", "changedetection.io", "csv-diff", "camelot")
OPENING = """## What they can't do at all

webchanges, urlwatch and changedetection.io watch pages; csv-diff compares two files; pdfplumber and camelot read tables
out of one: a cell is empty where that is no work of theirs. The last two rows are what monitor can't do.
"""
ROWS = (
    ("says which record was added, removed or corrected", "yes", *("partly (1)",) * 3, "yes (2)", ""),
    ("tells a record under another name as one correction", "yes", "no (1)", "no (1)", "partly (1)", "no (2)", ""),
    ("says which jurisdiction that is, by FIPS code", "yes", "no", "no", "no", "no", ""),
    ("reads spreadsheets (XLSX) by itself", "yes", "no (3)", "no (3)", "no (3)", "no (2)", ""),
    ("reads the tables of PDF files", "yes", "no: text (4)", "no: text (4)", "no: text (4)", "no (2)", "yes"),
    ("shows each record on its page of the PDF, before and after", "yes", "no", "no", "no", "no", "partly (5)"),
    ("keeps each version's bytes, by SHA-256", "yes", "no: text (6)", "no: text (6)", "partly (6)", "", ""),
    ("looks into the new files that a page links", "yes", "no (14)", "no (14)", "no (14)", "", ""),
    ("says what a list held on a date", "yes", "partly (6)", "partly (6)", "partly (6)", "", ""),
    ("has a log that shows whether it was rewritten", "yes", "no", "no", "no", "", ""),
    ("takes a block page sent with status 200 for no change", "yes", *("partly (7)",) * 3, "", ""),
    ("holds back a file that lacks most of its rows", "yes", "no (15)", "no (15)", "no (15)", "", ""),
    ("tells that a file is gone, and that it is back", "yes", "yes (16)", "partly (16)", "no (16)", "", ""),
    ("killed while it tells, still tells", "yes (8)", "yes (9)", "no (10)", "no (11)", "", ""),
    ("refused by a receiver, tries again", "yes (8)", "yes (9)", "no (10)", "no (11)", "", ""),
    ("watches any page as it is, without a list described", "yes (12)", "yes", "yes", "yes", "", ""),
    ("watches pages that a script draws in a browser", "no", "yes (13)", "yes (13)", "yes (13)", "", ""),
)
NOTES = """
They compare lines of text, and show those that differ. With a script of one's own that prints the rows of the file, and
with the lines sorted, each of the three names every record that changed and no other, and tells nothing of rows that
are zipped again or come in another order (`steps.py`). webchanges also compares JSON, YAML and XML by their elements
(`deepdiff`), and then does the same. changedetection.io shows a line that was replaced in its place as one change. It
and webchanges can have a language model sum up the difference, which is not tried here.

csv-diff compares CSV, TSV and JSON by a key that is in both files: what has another key is a removal and an addition,
which `match.py` counts.

Among the filters that `webchanges --features` and `urlwatch --features` list none reads spreadsheets, and none that
runs a program gives it bytes; a command that fetches and prints them does, as in `told.py`. For changedetection.io it
is an open wish, its issue 2741.

By pypdf or pdftotext (webchanges), pdftotext (urlwatch), pdftohtml (changedetection.io): text without the cells that it
stands in.

They give the place of each cell on its page; comparing two files is not what they are for.

What is kept of each version is the text that is compared; webchanges and urlwatch print it with `--dump-history`,
changedetection.io shows it by time, and keeps the pages and PDF files themselves of the last two.

In place of a page it is told as a change, unless changedetection.io was given a text by which to know it
(`text_should_not_be_present`); neither webchanges nor urlwatch has such a directive. In place of a spreadsheet, a
script of one's own that prints the rows ends with an error: webchanges and urlwatch tell it, and no record
(`steps.py`).

At least once, under one id, for a week: [reliability.md](reliability.md) names the tests that show it, and `kept.py`
tries it.

What it saw is saved only when all reports are sent, so that its next look tells it again, on every channel and without
an id by which to know that (`storage/_sqlite3.py`; tried by `kept.py`).

What it saw is saved before it is reported, and what could not be sent is not kept (`worker.py`, `main.py`; tried by
`kept.py`).

What is to be sent waits in memory, and is tried once (`notification_runner` in `flask_app.py`).

By `monitor watch`: its text by paragraphs and headings, and the files that it links.

With a browser beside it: by its job `browser` (webchanges, urlwatch), by its fetchers for Playwright and Selenium
(changedetection.io).

They tell the new link, if the page is watched as well; what is in the file is not looked at (`steps.py`), unless a
script of one's own follows the link.

Each row that is not there is told as gone (`steps.py`).

webchanges tells both, if its `suppress_repeated_errors` is set; urlwatch tells at each look that the file is gone, and
not that it is back; changedetection.io shows the error in its list, and sends nothing (`steps.py`).
"""


def abilities() -> str:
    """Return the table, and the sources of its statements."""
    headers = ("", "monitor", *(titled(name) for name in PROGRAMS[:-1]), f"pdfplumber, {titled(PROGRAMS[-1])}")
    lines = [OPENING, f"| {' | '.join(headers)} |", f"|{'---|' * len(headers)}"]
    lines += [f"| {' | '.join(row)} |" for row in ROWS]
    notes = (" ".join(note.split()) for note in NOTES.strip().split("\n\n"))
    return "\n".join((*lines, "", *(f"{number}. {note}" for number, note in enumerate(notes, start=1)))) + "\n"
