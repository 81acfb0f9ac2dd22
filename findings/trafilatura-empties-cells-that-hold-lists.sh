#!/bin/sh
# Finding: `trafilatura.extract`, with which newsrooms and archives take the text out of pages, gives an empty cell where
# a cell of a table holds a list. A page that names a state in each row and its counties in a list beside it comes as a
# table of states without counties; a row whose counties stand in one line is kept. So it is with the text, with
# Markdown and with XML. It hangs on the rest of the page: with fewer than some 250 letters around the table the
# counties are there, below each other and without a table. Counties that join or leave a list change nothing in what a
# watcher compares. `favor_recall=True` keeps them, in one line.
#
# Seen with trafilatura 2.3.1. Expected: the words of the cell, as with `favor_recall`.
# Exits with 1 where this has changed.
set -eu
folder=$(mktemp -d)
trap 'rm -rf "$folder"' EXIT
python3 -m venv "$folder/venv"
"$folder/venv/bin/pip" install --quiet --disable-pip-version-check trafilatura==2.3.1 lxml==6.1.3 \
  lxml_html_clean==0.4.6
"$folder/venv/bin/python" - <<'PY'
import sys

import trafilatura

INTRODUCTION = (
    "The agencies in the counties below take part in the program. The list is brought up to date each week. An "
    "agency that has left the program stands in the list of former agencies until the end of the year in which it "
    "left. Questions about the list are answered by the office of public affairs, on working days."
)
PAGE = (
    "<html><head><title>Participating agencies</title></head><body><main><h1>Participating agencies</h1><p>{}</p><table>"
    "<tr><th>State</th><th>Counties</th></tr>"
    "<tr><td>Florida</td><td><ul><li>Baker</li><li>Clay</li></ul></td></tr>"
    "<tr><td>Iowa</td><td>Clay</td></tr>"
    "<tr><td>Texas</td><td><ul><li>Bell</li><li>{}</li></ul></td></tr></table></main></body></html>"
)


def rows(introduction, last, **more):
    text = trafilatura.extract(PAGE.format(introduction, last), **more)
    return [line.strip() for line in text.splitlines() if line.startswith("|") and "--" not in line][1:]


usual, joined = rows(INTRODUCTION, "Frio"), rows(INTRODUCTION, "Frio</li><li>Hays")
recall = rows(INTRODUCTION, "Frio", favor_recall=True)
short = trafilatura.extract(PAGE.format("", "Frio")).split("\n")[-3:]
print(f"as it is:         {usual}")
print(f"one county more:  {joined}")
print(f"favor_recall:     {recall}")
print(f"little else on the page, the end: {short}")
empty = ["| Florida |  |", "| Iowa | Clay |", "| Texas |  |"]
whole = ["| Florida | Baker Clay |", "| Iowa | Clay |", "| Texas | Bell Frio |"]
if usual != empty or joined != empty or recall != whole or short != ["Texas", "Bell", "Frio"]:
    sys.exit("this has changed")
print("as described")
PY
