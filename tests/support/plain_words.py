"""Finds in a text for readers what is no word for them: names from the configuration, paths, codes of the program."""

from __future__ import annotations

import re

from lxml import etree

NO_WORDS = re.compile(
    r"""
    ice-ddor | ice-287g | d[ho][sj]-sanctuary | section-\d | \bparticipating\b  # sources and lists in config.yaml
    | \b20\d\d_\d\d-\d\d | \b[a-z]+_[a-z]+\b  # reports of a series, fields
    | (?:^|[\s"'(])/(?:tmp|var|home|root|work|opt|etc)/  # folders of a server
    | (?<!\w)\#\d+  # rows of the database
    | no-such-\w+ | contradicts-agency | wrong-level  # codes of doubts
    """,
    re.VERBOSE,
)
SAID_IN = ("title", "aria-label", "alt", "placeholder", "data-label", "label", "aria-valuetext")  # attributes


def text_of_page(page: str) -> str:
    """Return what a page says to a reader, on one line: its text and labels, without code and addresses."""
    tree = etree.HTML(page)
    for hidden in tree.xpath("//script | //style | //code | //*[@class='permanent']"):
        hidden.clear(keep_tail=True)
    for link in tree.xpath("//a[@class='outside']"):
        link.text, link.attrib["title"] = "", ""
    labels = tree.xpath("|".join(f"//@{name}" for name in SAID_IN))
    return " ".join(" ".join((*tree.itertext(), *labels)).split())


def no_words_in(text: str) -> list[str]:
    """Return all that is no word for readers in a text; commands in quotes, which one types, are allowed."""
    said = re.sub(r"`[^`]*`|https?://\S+|monitor log --source \S+", "", text)
    return [said[max(0, found.start() - 40) : found.end() + 40] for found in NO_WORDS.finditer(said)]
