"""README and docs are held to the program: commands, options, keys, words, links and examples are what they say."""

from __future__ import annotations

import re
import shlex
import tomllib
from functools import cache
from importlib.util import find_spec
from pathlib import Path
from typing import TYPE_CHECKING, get_args, get_origin

import click
import pytest
import yaml
from prometheus_client import CollectorRegistry, generate_latest

from monitor.alerts import subscriptions
from monitor.cli.app import cli
from monitor.config.file import parse
from monitor.config.sources import Config
from monitor.config.values import Model
from monitor.daemon.health import Figures
from monitor.jurisdictions.faults import Problem
from monitor.model import AmendmentKind, Reason, ReportKind, VersionStatus
from monitor.store.database import Store
from tests.test_layers import ORDER

if TYPE_CHECKING:
    from collections.abc import Iterator

ROOT = Path(__file__).parent.parent
README = ROOT / "README.md"
DOCS = ROOT / "docs"
PAGES = (README, ROOT / "CONTRIBUTING.md", ROOT / "CHANGELOG.md", *sorted(DOCS.glob("*.md")))
MAX_LINES = 120  # of the README
BLOCK = re.compile(r"^```(\w*)\n(.*?)^```", re.MULTILINE | re.DOTALL)
FIFTH = "example-agreements"  # the source that test_fifth_source.py runs


def text_of(page: Path) -> str:
    """Return the text of a page."""
    return page.read_text(encoding="utf-8")


def blocks(page: Path, language: str) -> list[str]:
    """Return the code blocks of a page in a language; the empty one is that of blocks without a name."""
    return [text for name, text in BLOCK.findall(text_of(page)) if name == language]


def prose(page: Path) -> str:
    """Return the text of a page without its code blocks."""
    return BLOCK.sub("", text_of(page))


@cache
def sections(page: Path) -> dict[str, str]:
    """Return what stands under each heading of a page, up to the next heading of any level."""
    _, *parts = re.split(r"^#+ (.*)$", prose(page), flags=re.MULTILINE)
    return dict(zip(parts[::2], parts[1::2], strict=True))


def first_cells(section: str) -> set[str]:
    """Return the words in backticks in the first column of a section's tables."""
    return {
        word for cell in re.findall(r"^\|([^|]*)\|", section, re.MULTILINE) for word in re.findall(r"`([^`]+)`", cell)
    }


def anchors(page: Path) -> set[str]:
    """Return the anchors that a forge gives the headings of a page."""
    heads = re.findall(r"^#+ (.*)$", prose(page), re.MULTILINE)
    return {re.sub(r"[^\w\- ]", "", head.lower()).strip().replace(" ", "-") for head in heads}


@cache
def commands() -> dict[str, click.Command]:
    """Return every command of the program by its name."""
    context = click.Context(cli)
    every = {name: cli.get_command(context, name) for name in cli.list_commands(context)}
    return {name: command for name, command in every.items() if command}


def options(command: click.Command) -> set[str]:
    """Return the long options of a command, without --help."""
    return {
        option
        for parameter in command.params
        for option in parameter.opts
        if option.startswith("--") and option != "--help"
    }


def test_readme_is_read_in_one_sitting() -> None:
    """It names the agencies before the first sample, shows both pictures, and is short."""
    text = text_of(README)
    assert len(text.splitlines()) <= MAX_LINES
    assert all(text.index(agency) < text.index("```") for agency in ("ICE", "DHS", "DOJ"))
    for picture in ("docs/web-front-desk.png", "docs/alert-mail.png"):
        assert re.search(rf"!\[[^\]]+\]\({re.escape(picture)}\)", text)


def test_every_command_has_a_section_and_no_other_has() -> None:
    """The headings of docs/commands.md that name a command name all of them."""
    named = {
        found[1] for head in sections(DOCS / "commands.md") if (found := re.fullmatch(r"`monitor ([\w-]+)`", head))
    }
    assert named == set(commands())


@pytest.mark.parametrize("name", sorted(commands()))
def test_every_option_stands_in_its_commands_section(name: str) -> None:
    """The section names the options that the command has, and none that it has not."""
    section = sections(DOCS / "commands.md")[f"`monitor {name}`"]
    documented = set(re.findall(r"`(--[\w-]+)", section))
    assert options(commands()[name]) <= documented
    assert documented <= options(commands()[name]) | options(cli)


def test_the_global_options_and_variables_are_told() -> None:
    """docs/commands.md names the options that stand before a command, and the variables that replace options."""
    section = sections(DOCS / "commands.md")["For all commands"]
    parameters = [parameter for command in (cli, *commands().values()) for parameter in command.params]
    variables = {parameter.envvar for parameter in parameters if parameter.envvar}
    assert [option for option in options(cli) if f"`{option}" not in section] == []
    assert [variable for variable in variables if f"`${variable}`" not in section] == []


def parts(model: type[Model], path: str = "") -> Iterator[tuple[str, type[Model]]]:
    """Yield each part of the configuration with its path, in which NAME stands for a name of the user's."""
    yield path, model
    for key, field in model.model_fields.items():
        for inner, named in models_in(field.annotation):
            yield from parts(inner, ".".join(filter(None, (path, key, "NAME" if named else ""))))


def models_in(annotation: object, *, named: bool = False) -> Iterator[tuple[type[Model], bool]]:
    """Yield the models that an annotation such as `dict[str, Source]` holds, and whether users name them."""
    if isinstance(annotation, type) and issubclass(annotation, Model):
        yield annotation, named
    for inner in get_args(annotation):
        yield from models_in(inner, named=named or get_origin(annotation) is dict)


def heading(path: str, model: type[Model]) -> str:
    """Return what the heading of a part of the configuration must end in."""
    kind = model.model_fields.get("kind")
    if path == "channels.NAME" and kind:
        return f"`{path}` with `kind: {get_args(kind.annotation)[0]}`"
    return f": `{path}`" if path else "The whole file"


@pytest.mark.parametrize(("path", "model"), [pytest.param(*part, id=heading(*part)) for part in parts(Config)])
def test_every_key_of_the_configuration_is_told(path: str, model: type[Model]) -> None:
    """The section about a part of the file has the keys that it takes, and none that it does not take."""
    (section,) = (
        text for head, text in sections(DOCS / "configuration.md").items() if head.endswith(heading(path, model))
    )
    assert first_cells(section) == {field.alias or name for name, field in model.model_fields.items()}


@pytest.mark.parametrize(
    ("page", "words"),
    [
        ("design.md", AmendmentKind),
        ("commands.md", Reason),
        ("commands.md", Problem),
        ("commands.md", VersionStatus),
        ("configuration.md", ReportKind),
    ],
)
def test_every_word_of_the_log_is_told(page: str, words: type[AmendmentKind]) -> None:
    """Kinds, reasons, problems and states that the program prints are explained."""
    text = text_of(DOCS / page)
    assert [word for word in words if f"`{word}`" not in text and f"`{word}:" not in text] == []


def test_every_metric_is_told(tmp_path: Path) -> None:
    """docs/operations.md has the figures that /metrics gives of the program itself, and no other."""
    registry = CollectorRegistry()
    with Store(tmp_path) as store:
        registry.register(Figures(lambda: store))
        metrics = set(re.findall(r"^# TYPE (\w+)", generate_latest(registry).decode(), re.MULTILINE))
    assert {
        cell for cell in first_cells(sections(DOCS / "operations.md")["Health and metrics"]) if "_" in cell
    } == metrics


def test_every_package_has_its_sentence() -> None:
    """The table of docs/data.md has the packages that the program asks for, and no other."""
    project = tomllib.loads(text_of(ROOT / "pyproject.toml"))["project"]
    extras = [
        package
        for extra in ("apprise", "web", "browser", "cluster", "demo")
        for package in project["optional-dependencies"][extra]
    ]
    packages = {re.split(r"[<>=\[]", package)[0] for package in (*project["dependencies"], *extras)}
    rows = re.findall(r"^\|([^|]*)\|", sections(DOCS / "data.md")["Dependencies"], re.MULTILINE)[2:]
    assert {name for row in rows for name in re.findall(r"[\w-]+", re.sub(r"\(.*\)", "", row))} == packages


def test_the_layout_is_the_order_of_the_rooms() -> None:
    """docs/design.md lists the rooms in the order that tests/test_layers.py holds the imports to."""
    rooms = re.findall(r"^- `(\w+)(?:\.py|/)`: ", sections(DOCS / "design.md")["Layout"], re.MULTILINE)
    assert rooms == [room for room in ORDER if room != "__main__"]


def links(page: Path) -> list[str]:
    """Return the targets of a page's links and pictures; what stands in code is none."""
    return re.findall(r"\]\(<?([^)>\s]+)>?\)", re.sub(r"`[^`\n]*`", "", prose(page)))


@pytest.mark.parametrize("page", PAGES, ids=lambda page: page.name)
def test_every_link_leads_somewhere(page: Path) -> None:
    """Files and folders exist in the repository, and headings on the pages."""
    for target in links(page):
        if re.match(r"(?:https?|mailto):", target):
            continue
        name, _, anchor = target.partition("#")
        file = (page.parent / name).resolve() if name else page
        assert file.exists(), target
        assert ROOT in file.parents, target
        assert not anchor or anchor in anchors(file), target


def test_every_page_is_reached_from_the_readme() -> None:
    """No page is forgotten: the README links each."""
    linked = {(ROOT / target.partition("#")[0]).resolve() for target in links(README)}
    assert set(PAGES) - {README} <= linked


@pytest.mark.parametrize("page", PAGES, ids=lambda page: page.name)
def test_every_path_that_is_named_exists(page: Path) -> None:
    """Files and folders of the repository that stand in backticks are there."""
    named = re.findall(r"`((?:monitor|tests|tools|benchmarks|docs|systemd)/[\w./-]*)`", prose(page))
    assert [path for path in named if not (ROOT / path).exists()] == []


def lines(page: Path) -> Iterator[list[str]]:
    """Yield the words of each command line in a page's code blocks and in its text."""
    for block in blocks(page, ""):
        for line in block.splitlines():
            if re.match(r"(?:\$ |sudo |\S*/)?(?:monitor|make|python) ", line):
                yield words_of(re.sub(r"^(?:\$ |sudo )", "", line))
    for line in re.findall(r"`((?:\S*/)?(?:monitor|make|python) [^`]*)`", prose(page)):
        yield words_of(line)


def words_of(line: str) -> list[str]:
    """Return the words of a command line, the program without its folder."""
    program, *words = shlex.split(line, comments=True)
    return [Path(program).name, *words]


@pytest.mark.parametrize("page", PAGES, ids=lambda page: page.name)
def test_every_command_line_could_be_typed(page: Path) -> None:
    """Commands, options and targets of make that a page shows exist, and so do programs that it has Python run."""
    for program, *words in lines(page):
        if program == "python":
            assert find_spec(words[1]) if words[0] == "-m" else (ROOT / words[0]).exists(), words
        elif program == "make":
            goals = [word for word in words if "=" not in word]
            assert all(re.search(rf"^{goal}:", text_of(ROOT / "Makefile"), re.MULTILINE) for goal in goals), words
        elif words[-1] not in {"COMMAND", "..."}:
            _parse(words)


def _parse(words: list[str]) -> None:
    """Read a command line of the program as it would be read; raises click.UsageError for what it does not have."""
    group = click.Context(cli, **cli.context_settings)
    _, rest, _ = cli.make_parser(group).parse_args(args=list(words))
    if rest:
        command = commands()[rest[0]]
        command.make_parser(click.Context(command, parent=group)).parse_args(
            args=[word.strip("[]") for word in rest[1:]]
        )


def test_there_are_command_lines_and_configurations() -> None:
    """The checks of examples found some to check."""
    assert sum(len(list(lines(page))) for page in PAGES) > 50
    assert sum(len(blocks(page, "yaml")) for page in PAGES) >= 5


@pytest.mark.parametrize("page", PAGES, ids=lambda page: page.name)
def test_every_example_of_configuration_is_valid(page: Path) -> None:
    """Each block of YAML, laid over the default configuration, is taken, and names nothing that is not there."""
    for block in blocks(page, "yaml"):
        example = yaml.safe_load(block)
        if FIFTH in example:
            example = {"sources": example}
        default = yaml.safe_load(text_of(ROOT / "config.yaml"))
        example["sources"] = default["sources"] | example.get("sources", {})
        assert list(subscriptions.subscription_faults(parse(yaml.safe_dump(default | example)))) == []


def test_the_example_of_ten_lines_stands_alone() -> None:
    """The README's configuration is a whole one, and has ten lines."""
    (block,) = blocks(README, "yaml")
    assert parse(block).subscriptions
    assert len(block.splitlines()) == 10
