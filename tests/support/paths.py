"""Where the project lies, and where its modules do."""

from __future__ import annotations

from pathlib import Path

ROOT = Path(__file__).parents[2]


def code_of(*modules: str) -> frozenset[str]:
    """Return the paths of modules of monitor, named like `store/archive`; each must exist."""
    paths = [ROOT / "monitor" / f"{module}.py" for module in modules]
    assert all(path.is_file() for path in paths), [path for path in paths if not path.is_file()]
    return frozenset(map(str, paths))
