"""Writes proofs that a statement is in the evidence log. The form is that of https://c2sp.org/tlog-proof. Pure."""

from __future__ import annotations

from base64 import b64encode
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Sequence

PROOF_HEADER = "c2sp.org/tlog-proof@v1"


def proof_text(number: int, proof: Sequence[bytes], checkpoint: str) -> str:
    """Write the proof that a leaf is in the log.

    - `number`: the number of the leaf, from 0.
    - `proof`: the hashes that lead from it to the root.
    - `checkpoint`: the text of the checkpoint that names the root.
    """
    hashes = "".join(f"{b64encode(each).decode()}\n" for each in proof)
    return f"{PROOF_HEADER}\nindex {number}\n{hashes}\n{checkpoint}"
