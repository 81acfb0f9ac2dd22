"""Has the program `openssl` check a time stamp: its signature, and its certificates up to a root that is trusted."""

from __future__ import annotations

import os
import shutil
import subprocess
from pathlib import Path
from tempfile import TemporaryDirectory

from monitor.errors import UntrustedStampError

MAX_OPENSSL_SECONDS = 8.0
VERIFIED = "openssl"  # by what a time stamp was checked
NOT_HERE = "not verified: no openssl here"
MAX_REASON_LETTERS = 300


def binary() -> str | None:
    """Return the path of the program `openssl`; None if this machine has none."""
    return shutil.which("openssl")


def verify_stamp(request: bytes, reply: bytes, roots: Path) -> str:
    """Check that a reply answers a request, and was signed by an authority that a root certificate vouches for.

    request, reply: as they were sent and received. roots: a file with root certificates in PEM.

    Return how it was checked, or why it could not be: there may be no openssl on this machine. Raises
    UntrustedStampError if openssl does not accept it.
    """
    program = binary()
    if program is None:
        return NOT_HERE
    try:
        if not roots.read_bytes().strip():
            raise UntrustedStampError(f"can't be checked: {roots} is empty; put the root certificate there")
        with TemporaryDirectory(prefix="monitor-stamp-") as folder:
            query, answer = Path(folder, "request.tsq"), Path(folder, "reply.tsr")
            query.write_bytes(request)
            answer.write_bytes(reply)
            command = (program, "ts", "-verify", "-queryfile", query, "-in", answer, "-CAfile", roots.absolute())
            ended = subprocess.run(  # noqa: S603 - no shell, and nothing of the reply is in the command
                command,
                stdin=subprocess.DEVNULL,
                capture_output=True,
                timeout=MAX_OPENSSL_SECONDS,
                check=False,
                env={"PATH": os.environ.get("PATH", os.defpath), "LC_ALL": "C"},
            )
    except subprocess.TimeoutExpired as fault:
        raise UntrustedStampError(f"was not checked: openssl took more than {MAX_OPENSSL_SECONDS:g} seconds") from fault
    except OSError as fault:
        raise UntrustedStampError(f"can't be checked: {fault.filename or program}: {fault.strerror}") from fault
    if ended.returncode or b"Verification: OK" not in ended.stdout + ended.stderr:
        raise UntrustedStampError(f"is not accepted by openssl: {_reason(ended.stderr.decode('utf-8', 'replace'))}")
    return VERIFIED


def _reason(errors: str) -> str:
    """Return what openssl complains of, from its lines like `...:error:CODE:LIBRARY:FUNCTION:REASON:FILE:LINE:MORE`."""
    reasons = []
    for line in errors.splitlines():
        fields = line.split(":", 8)
        if len(fields) >= 6 and fields[1] == "error":
            more = fields[8].strip() if len(fields) > 8 else ""
            reasons.append(": ".join(filter(None, (fields[5], more))))
    text = reasons[-1] if reasons else " ".join(errors.split()) or "it gave no reason"
    return "".join(letter if letter.isprintable() else " " for letter in text)[:MAX_REASON_LETTERS]
