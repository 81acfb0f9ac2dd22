#!/bin/sh
# Finding: markdown-to-mrkdwn, which turns Markdown into what Slack shows, ends the address of a link at the first
# closing bracket. In Markdown an address may have brackets in pairs, and files on 287(g) are named so:
# `[List](https://www.example.gov/287(g)_list.xlsx)` becomes `<https://www.example.gov/287(g|List>_list.xlsx)`: a link
# to another address, with the rest of the name behind it as text. "&" and "<" in text are not escaped either, as Slack
# asks for. slackify-markdown, its neighbour, gets both right. An alert that tells of a new file leads to a page that
# isn't there.
#
# Seen with markdown-to-mrkdwn 0.3.3 and slackify-markdown 0.2.4. Expected: the address as it stands in the Markdown.
# Exits with 1 where this has changed.
set -eu
folder=$(mktemp -d)
trap 'rm -rf "$folder"' EXIT
python3 -m venv "$folder/venv"
"$folder/venv/bin/pip" install --quiet --disable-pip-version-check markdown-to-mrkdwn==0.3.3 \
  slackify-markdown==0.2.4
"$folder/venv/bin/python" - <<'PY'
import sys

from markdown_to_mrkdwn import SlackMarkdownConverter
from slackify_markdown import slackify_markdown

LINK = "[List](https://www.example.gov/287(g)_list.xlsx)"
NAMES = "Bell & Clay"
converter = SlackMarkdownConverter()
link, names = converter.convert(LINK), converter.convert(NAMES)
right = [slackify_markdown(text).strip() for text in (LINK, NAMES)]
print(f"markdown-to-mrkdwn: {link} and {names}\nslackify-markdown: {right[0]} and {right[1]}")
if right != ["<https://www.example.gov/287(g)_list.xlsx|List>", "Bell &amp; Clay"]:
    sys.exit("this has changed: slackify-markdown writes otherwise")
if (link, names) != ("<https://www.example.gov/287(g|List>_list.xlsx)", NAMES):
    sys.exit("this has changed")
print("as described")
PY
