"""Runs a scene of a test in a process of its own, in Linux namespaces of its own where it changes what the machine has.

A scene is a function of a module, of strings. What it returns comes back as JSON:

    apart(full_disk, "40", spaces=("--mount",))
"""

from __future__ import annotations

import importlib
import json
import os
import subprocess
import sys
from dataclasses import asdict
from functools import cache
from typing import TYPE_CHECKING, Any

import pytest

from tests.support.paths import ROOT

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence
    from pathlib import Path

DEADLINE = 300.0  # seconds that a scene may take on a busy machine


def apart(
    scene: Callable[..., Any], *arguments: object, spaces: Sequence[str] = (), preload: Path | None = None
) -> Any:
    """What a scene returns; `spaces` are the namespaces that it has to itself. Skips the test where there are none."""
    if spaces and (why := _refused(*spaces)):
        pytest.skip(f"no namespaces {' '.join(spaces)} here: {why}")
    enter = ("unshare", "--map-root-user", *spaces) if spaces else ()
    ran = subprocess.run(
        (*enter, sys.executable, "-m", "tests.support.apart", scene.__module__, scene.__name__, *map(str, arguments)),
        cwd=ROOT,
        env=os.environ | ({"LD_PRELOAD": str(preload)} if preload else {}),
        capture_output=True,
        text=True,
        check=False,
        timeout=DEADLINE,
    )
    assert ran.returncode == 0, ran.stderr
    return json.loads(ran.stdout)


@cache
def _refused(*spaces: str) -> str | None:
    """Why this machine gives us no namespaces of these kinds; None where it does."""
    try:
        tried = subprocess.run(
            ("unshare", "--map-root-user", *spaces, "true"), capture_output=True, text=True, check=False
        )
    except FileNotFoundError:
        return "there is no `unshare`"
    return (tried.stderr.strip() or "refused") if tried.returncode else None


if __name__ == "__main__":
    module, name, *arguments = sys.argv[1:]
    print(json.dumps(getattr(importlib.import_module(module), name)(*arguments), default=asdict))  # noqa: T201 - to whoever started it
