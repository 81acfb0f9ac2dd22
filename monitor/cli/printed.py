"""Prints values as JSON, one object on a line, and makes lines safe to print."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING

import click

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping


def print_json(value: Mapping[str, object]) -> None:
    """Print one JSON object on a line of its own."""
    print_all_json((value,))


def print_all_json(values: Iterable[Mapping[str, object]]) -> None:
    """Print JSON objects, each on a line of its own, and write them all at once."""
    click.echo("".join(json.dumps(value, ensure_ascii=False) + "\n" for value in values), nl=False)


def plain(line: str) -> str:
    """Replace each unprintable character of a line by "?", because such characters could control the terminal."""
    return "".join(letter if letter.isprintable() else "?" for letter in line)


def counted(number: int, thing: str) -> str:
    """Return a number with the name of what it counts, as `1 channel` or `2,000 channels`."""
    return f"{number:,} {thing}{'' if number == 1 else 's'}"
