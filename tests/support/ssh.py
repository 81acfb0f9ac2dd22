"""OpenSSH's own programs, for tests that hold the project's keys and signatures to them."""

from __future__ import annotations

import shutil
import subprocess
from typing import TYPE_CHECKING

import pytest

if TYPE_CHECKING:
    from pathlib import Path

SECONDS = 30

needs_ssh_keygen = pytest.mark.skipif(shutil.which("ssh-keygen") is None, reason="no ssh-keygen on this machine")


def ssh_keygen(*arguments: object, stdin: bytes = b"") -> subprocess.CompletedProcess[bytes]:
    """Run `ssh-keygen`, and return how it ended."""
    command = ["ssh-keygen", *map(str, arguments)]
    return subprocess.run(command, input=stdin, capture_output=True, timeout=SECONDS, check=False)


def accepted(folder: Path, content: bytes, signature: str, *, signers: str, signer: str, namespace: str) -> bool:
    """Return whether `ssh-keygen -Y verify` takes a signature of these bytes."""
    (folder / "signature").write_text(signature, encoding="ascii")
    (folder / "signers").write_text(f"{signers}\n", encoding="ascii")
    paths = ("-f", folder / "signers", "-s", folder / "signature")
    return ssh_keygen("-Y", "verify", *paths, "-I", signer, "-n", namespace, stdin=content).returncode == 0
