"""The commands about keys, checkpoints and time stamps: what a stranger needs to check the history."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING

import click

from monitor.cli import render
from monitor.cli.options import as_json, pass_program
from monitor.cli.printed import plain, print_json
from monitor.errors import RefusedError
from monitor.evidence.checkpoint import log_name, parse_checkpoint
from monitor.evidence.keys import SigningKey
from monitor.evidence.openssl import VERIFIED
from monitor.evidence.stamp import checkpoint_now, signing_key, stamp_now
from monitor.store.statements import restores

if TYPE_CHECKING:
    from monitor.evidence.stamp import Stamped
    from monitor.program import Program


@click.command(name="key")
@click.argument("action", type=click.Choice(["new", "show"]))
@click.argument("file", required=False, type=click.Path(path_type=Path))
@pass_program
def key_command(program: Program, *, action: str, file: Path | None) -> None:
    """Make the key that signs checkpoints, or show it.

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
        name = log_name(evidence.origin, restores(program.store))
        click.echo(f"allowed_signers: {key.allowed_signers_line(name)}")
        click.echo(f"verifier key: {key.verifier_key(name)}")
    else:
        click.echo(f"public key: {key.public_line}")
        click.echo("set `evidence.origin`, and the lines are shown by which others check signatures", err=True)


@click.command(name="stamp")
@as_json
@pass_program
def stamp_command(program: Program, *, as_json: bool) -> None:
    """Ask the time-stamp authorities for time stamps, now.

    Each signs that the history as it is now was there at this time. The daemon asks them once a day. The exit status is
    1 if none gives a time stamp.

    Example: monitor stamp
    """
    context = program.stamp_context
    authorities = context.settings.stamp.authorities
    if not authorities:
        raise RefusedError("the configuration has no `evidence.stamp.authorities`; name two, and ask again")
    with render.console(stderr=True).status("asking ..."):
        done = stamp_now(context, authorities)
    for result in done.results:
        _print_stamped(result, as_json=as_json)
    if done.unpublished:
        click.echo(plain(f"monitor: {done.unpublished}"), err=True)
    if done.unpublished or not any(result.stamp for result in done.results):
        raise SystemExit(1)


def _print_stamped(result: Stamped, *, as_json: bool) -> None:
    """Print what came of one authority."""
    stamp = result.stamp
    if as_json:
        print_json(
            {
                "authority": result.authority,
                "gen_time": stamp.gen_time if stamp else None,
                "size": stamp.size if stamp else None,
                "reply": stamp.reply if stamp else None,
                "clock_difference_ms": stamp.clock_difference_ms if stamp else None,
                "verified": stamp.verified if stamp else None,
                "fault": result.fault,
            }
        )
    elif stamp:
        checked = "checked by openssl" if stamp.verified == VERIFIED else stamp.verified
        click.echo(plain(f"{result.authority}: {stamp.gen_time}, {stamp.size} leaves, {checked}"))
    else:
        click.echo(plain(f"monitor: {result.authority}: {result.fault}"), err=True)


@click.command(name="checkpoint")
@as_json
@pass_program
def checkpoint_command(program: Program, *, as_json: bool) -> None:
    """Show the signed checkpoint of the history as it is now.

    Give it to someone else: whoever holds it can tell later whether anything before it was altered or removed.

    Example: monitor checkpoint
    """
    context = program.stamp_context
    key = signing_key(context.settings)
    text, tree = checkpoint_now(context, key=key)
    if not as_json:
        click.echo(text, nl=False)
        return
    print_json(
        {
            "origin": parse_checkpoint(text).origin,
            "size": tree.size,
            "root": tree.root.hex(),
            "fingerprint": key.fingerprint if key else None,
            "checkpoint": text,
        }
    )
