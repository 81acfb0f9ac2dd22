"""The rooms of `monitor/` and the imports between them, counted from the code's own imports.

    python tools/rooms.py

prints the figures, then each room with its level and the rooms that it imports, then the public names that two modules
define. A room is a package or a module at the
top of `monitor/`. An arrow stands for all imports of one room by another, inside functions and for types too. A room
that imports none has level 1; every other room is one level above the highest that it imports. A circle is a group of
modules that all import each other, directly or through others. `tests/test_layers.py` holds the code to these figures.
"""

from __future__ import annotations

import ast
import sys
from graphlib import TopologicalSorter
from pathlib import Path
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator, Mapping

PACKAGE = Path(__file__).parent.parent / "monitor"

Graph = dict[str, set[str]]  # a name -> the names that it imports


def module_name(path: Path) -> str:
    """Return the dotted name of a module's file, without `monitor.`: `steps.poll`, and `steps` for its `__init__`."""
    return ".".join(path.relative_to(PACKAGE).with_suffix("").parts).removesuffix(".__init__")


def imported(path: Path, modules: Mapping[str, Path]) -> Iterator[str]:
    """Yield the modules of monitor that a file imports, each by the deepest name that is a module."""
    for node in ast.walk(ast.parse(path.read_text(encoding="utf-8"))):
        if isinstance(node, ast.Import):
            names = [alias.name for alias in node.names]
        elif isinstance(node, ast.ImportFrom) and node.module:
            names = [f"{node.module}.{alias.name}" for alias in node.names]
        else:
            continue
        for name in names:
            own = name.removeprefix("monitor.")
            if own != name:
                yield from [each for each in (own, own.rpartition(".")[0]) if each in modules][:1]


def top_names(path: Path) -> Iterator[str]:
    """Yield the first part of each name that a file imports from: `monitor`, `json`, `httpx`."""
    for node in ast.walk(ast.parse(path.read_text(encoding="utf-8"))):
        if isinstance(node, ast.Import):
            yield from (alias.name.partition(".")[0] for alias in node.names)
        elif isinstance(node, ast.ImportFrom) and node.module:
            yield node.module.partition(".")[0]


def module_graph() -> Graph:
    """Return which module imports which; `monitor/__init__.py` itself is no module of any room."""
    modules = {module_name(path): path for path in PACKAGE.rglob("*.py") if path != PACKAGE / "__init__.py"}
    return {name: set(imported(path, modules)) - {name} for name, path in sorted(modules.items())}


def room_graph(modules: Graph) -> Graph:
    """Return which room imports which, from which module imports which."""
    rooms: Graph = {}
    for name, others in modules.items():
        room = name.partition(".")[0]
        rooms.setdefault(room, set()).update({other.partition(".")[0] for other in others} - {room})
    return rooms


def public_names(path: Path) -> Iterator[str]:
    """Yield the names without a leading underscore that a module defines at its top: functions, classes, constants."""
    for node in ast.parse(path.read_text(encoding="utf-8")).body:
        if isinstance(node, ast.FunctionDef | ast.AsyncFunctionDef | ast.ClassDef):
            names = [node.name]
        elif isinstance(node, ast.Assign):
            names = [target.id for target in node.targets if isinstance(target, ast.Name)]
        elif isinstance(node, ast.AnnAssign) and isinstance(node.target, ast.Name):
            names = [node.target.id]
        else:
            continue
        yield from (name for name in names if not name.startswith("_"))


def defined_twice(paths: Iterable[Path]) -> dict[str, list[str]]:
    """Return each public name that two or more modules define, with those modules; faces of packages do not count."""
    modules: dict[str, list[str]] = {}
    for path in sorted(paths):
        if path.name != "__init__.py":
            for name in sorted(set(public_names(path))):
                modules.setdefault(name, []).append(module_name(path))
    return {name: places for name, places in sorted(modules.items()) if len(places) > 1}


def circles(graph: Graph) -> list[list[str]]:
    """Return each group of two or more names that can reach each other, in alphabetical order."""

    def reach(name: str) -> set[str]:
        reached: set[str] = set()
        waiting = [name]
        while waiting:
            new = graph[waiting.pop()] - reached
            reached |= new
            waiting += new
        return reached

    reached = {name: reach(name) for name in graph}
    groups = {frozenset(other for other in reached[name] if name in reached[other]) for name in graph}
    return sorted(sorted(group) for group in groups if len(group) > 1)


def levels(rooms: Graph) -> dict[str, int]:
    """Return the level of each room. Raises CycleError where rooms import each other in a circle."""
    found: dict[str, int] = {}
    for room in TopologicalSorter(rooms).static_order():
        found[room] = 1 + max((found[other] for other in rooms[room]), default=0)
    return found


def main() -> None:
    """Print the figures and the rooms."""
    modules = module_graph()
    rooms = room_graph(modules)
    groups = circles(modules)
    level_of = levels(rooms) if not circles(rooms) else {}
    arrows = sum(map(len, rooms.values()))
    lines = [f"{len(rooms)} rooms, {max(level_of.values(), default=0)} levels, {arrows} arrows, {len(groups)} circles"]
    lines += [f"circle: {', '.join(group)}" for group in groups]
    for room in sorted(rooms, key=lambda room: (level_of.get(room, 0), room)):
        lines.append(f"{level_of.get(room, 0):3}  {room:14} {' '.join(sorted(rooms[room]))}".rstrip())
    lines += [
        f"{name}: defined in {', '.join(places)}" for name, places in defined_twice(PACKAGE.rglob("*.py")).items()
    ]
    sys.stdout.write("\n".join(lines) + "\n")


if __name__ == "__main__":
    main()
