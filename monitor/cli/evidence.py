"""The commands about keys, checkpoints and time stamps: what a stranger needs to check the history."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING

import click

from monitor.cli.options import pass_program
from monitor.errors import RefusedError
from monitor.evidence.keys import SigningKey

if TYPE_CHECKING:
    from monitor.program import Program


@click.command(name="key")
@click.argument("action", type=click.Choice(["new", "show"]))
@click.argument("file", required=False, type=click.Path(path_type=Path))
@pass_program
def key_command(program: Program, *, action: str, file: Path | None) -> None:
    """Make the key that signs checkpoints, or show its public part.

    `new` writes a new private key into FILE, which only you can read, and never replaces one. `show` prints the
    fingerprint and the public key of FILE. Without a FILE it is the configuration's `evidence.key_file`.

    Example: monitor key new evidence.key
    """
    evidence = program.config.evidence
    path = file or evidence.key_file
    if path is None:
        raise RefusedError("the configuration has no `evidence.key_file`; set it, or name a file")
    key = SigningKey.make(path) if action == "new" else SigningKey.read(path)
    click.echo(f"fingerprint: {key.fingerprint}")
    if action == "new":
        click.echo(f"{path} is private: keep it, and a copy at a safe place; name it in `evidence.key_file`")
    elif evidence.origin:
        click.echo(f"allowed_signers: {key.allowed_signers_line(evidence.origin)}")
        click.echo(f"verifier key: {key.verifier_key(evidence.origin)}")
    else:
        click.echo(f"public key: {key.public_line}")
        click.echo("set `evidence.origin`, and the lines are shown by which others check signatures", err=True)
