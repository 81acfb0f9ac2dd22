"""What `--help` says: every command in its group, in a whole sentence, with an example; and what it loads for that."""

from __future__ import annotations

import os
import re
import shlex
import subprocess
import sys
from importlib import import_module
from pkgutil import iter_modules
from typing import TYPE_CHECKING

import click
import pytest

import monitor.cli
from monitor.cli.app import cli
from monitor.cli.commands import COMMANDS, GROUPS
from tests.support.paths import ROOT

if TYPE_CHECKING:
    from pathlib import Path

    from tests.conftest import Commands

VERBS = {
    *(
        "Accept",
        "Add",
        "Ask",
        "Check",
        "Copy",
        "Draw",
        "Fetch",
        "Find",
        "Look",
        "Make",
        "Read",
        "Refuse",
        "Replay",
        "Send",
        "Serve",
    ),
    *("Show", "Try", "Watch", "Write", "Draft"),
}
HEAVY = ("apscheduler", "httpx", "lap", "numpy", "pdfplumber", "pypdfium2", "starlette")


def command(name: str) -> click.Command:
    """Return one of the commands."""
    found = cli.get_command(click.Context(cli), name)
    assert found
    return found


def loaded_by(*arguments: str) -> set[str]:
    """Run `monitor` as a process of its own, and return the modules that it had loaded when it ended."""
    report = "import atexit, sys; atexit.register(lambda: print(*sys.modules, file=sys.stderr))"
    ran = subprocess.run(
        [sys.executable, "-c", f"{report}; from monitor.cli import main; main({list(arguments)!r})"],
        capture_output=True,
        text=True,
        timeout=600,
        check=True,
        cwd=ROOT,
        env=dict(os.environ),
    )
    return set(ran.stderr.split())


def test_every_command_is_in_the_table_and_says_there_what_its_help_says() -> None:
    """No module has a command that the table lacks; the table's sentence is the first of the command's own help."""
    defined = {
        value.name: (module.name, value)
        for module in iter_modules(monitor.cli.__path__)
        for value in vars(import_module(f"monitor.cli.{module.name}")).values()
        if isinstance(value, click.Command) and value is not cli
    }
    assert defined.keys() == COMMANDS.keys()
    for name, listing in COMMANDS.items():
        module, found = defined[name]
        assert found is command(name)
        assert module == listing.module
        assert found.help
        assert found.help.partition("\n\n")[0] == listing.help


def test_commands_are_listed_by_group_each_in_a_whole_sentence(monitor: Commands) -> None:
    """`monitor --help` has five groups with all commands, none twice and none cut, each on one line of 80 columns."""
    out = monitor("--help").out
    assert list(GROUPS) == re.findall(r"^(\w.*):$", out, re.MULTILINE)[1:]  # after the options
    assert sum(map(len, GROUPS.values())) == len(COMMANDS)
    for title, group in GROUPS.items():
        section = out.partition(f"\n{title}:\n")[2].partition("\n\n")[0]
        lines = [line.split(maxsplit=1) for line in section.splitlines()]
        assert lines == [[name, listing.help] for name, listing in group.items()]
    assert "..." not in out.partition("Options:")[2]
    assert max(map(len, out.splitlines())) <= 80


@pytest.mark.parametrize("name", COMMANDS)
def test_every_command_has_help_with_an_example(monitor: Commands, name: str) -> None:
    """It opens with a verb and says in a sentence what the command does; its example can be typed as it stands."""
    ran = monitor(name, "--help")
    assert (ran.status, ran.err) == (0, "")
    assert monitor(name, "-h").out == ran.out
    (example,) = re.findall(rf"^  Example: (monitor (?:--state \S+ )?{name}(?: .*)?)$", ran.out, re.MULTILINE)
    sentence = COMMANDS[name].help
    assert sentence.split()[0] in VERBS
    assert sentence.endswith(".")
    words = shlex.split(example)
    group = click.Context(cli, **cli.context_settings)
    command(name).make_context(name, words[words.index(name) + 1 :], parent=group)  # raises for wrong usage


@pytest.mark.parametrize("name", COMMANDS)
def test_every_option_is_explained_in_a_sentence(name: str) -> None:
    """Each option's help opens with a capital letter and ends with a full stop."""
    for parameter in command(name).params:
        if isinstance(parameter, click.Option):
            assert re.fullmatch(r"[A-Z].*\.", parameter.help or ""), parameter.name


def test_help_loads_no_command() -> None:
    """`monitor --help` knows the commands by the table: neither their modules nor the program are loaded."""
    loaded = loaded_by("--help")
    assert {name for name in loaded if name.startswith("monitor.cli.")} == {"monitor.cli.app", "monitor.cli.commands"}
    assert not loaded & {"monitor.program", "pydantic", "rich", *HEAVY}


def test_a_command_loads_its_own_module_and_no_other_commands() -> None:
    """`monitor log --help` loads neither the other commands' modules nor what only they need."""
    loaded = loaded_by("log", "--help")
    others = {f"monitor.cli.{listing.module}" for listing in COMMANDS.values()} - {"monitor.cli.log"}
    assert "monitor.cli.log" in loaded
    assert not loaded & (others | set(HEAVY))


def test_a_log_without_entries_is_shown_without_what_entries_need(tmp_path: Path) -> None:
    """Of a configuration that was checked before, no part is loaded again, and nothing that formats entries."""
    shown = ("--config", str(ROOT / "config.yaml"), "--state", str(tmp_path / "state"), "log")
    needed = {"monitor.config.sources", "monitor.jurisdictions", "monitor.store.entry", "pydantic", "rich", "yaml"}
    assert {"monitor.config.sources", "pydantic", "yaml"} <= loaded_by(*shown)  # the database is made
    loaded_by(*shown)
    assert not loaded_by(*shown) & needed


def test_a_hold_and_a_doubt_are_explained_where_they_stand(monitor: Commands) -> None:
    """The help of both commands says what it is, and what to do next."""
    holds, doubts = (" ".join(monitor(name, "--help").out.split()) for name in ("holds", "doubts"))
    assert "A version is held when" in holds
    assert "`monitor release` if the file is right, or `monitor reject` if it is not" in holds
    assert "A doubt is a value that" in doubts
    assert "ask the publisher before you quote it" in doubts


def test_a_mistyped_command_is_told_with_those_it_may_have_been(monitor: Commands) -> None:
    """Exit status 2, and the name that is near."""
    ran = monitor("verison")
    assert (ran.status, ran.out) == (2, "")
    assert "No such command 'verison'. Did you mean versions or verify?" in ran.err
