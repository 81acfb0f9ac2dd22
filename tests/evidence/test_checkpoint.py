"""Checkpoints are written in the form that others read, and read back strictly."""

from __future__ import annotations

from base64 import b64encode

import pytest
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey
from hypothesis import given
from hypothesis import strategies as st

from monitor.errors import CheckpointError
from monitor.evidence.checkpoint import Checkpoint, check_checkpoint, checkpoint, parse_checkpoint
from monitor.evidence.keys import SigningKey

ORIGIN = "monitor.example.org/log"
ROOT = bytes(range(32))
KEY = SigningKey(Ed25519PrivateKey.from_private_bytes(b"k" * 32))


def test_an_unsigned_checkpoint_has_three_lines() -> None:
    """The name, the size, the root in base64; no more."""
    text = checkpoint(ORIGIN, 17, ROOT, key=None)
    assert text == f"{ORIGIN}\n17\nAAECAwQFBgcICQoLDA0ODxAREhMUFRYXGBkaGxwdHh8=\n"
    assert parse_checkpoint(text) == Checkpoint(origin=ORIGIN, size=17, root=ROOT, signed=False)


@given(size=st.integers(0, 10**12), root=st.binary(min_size=32, max_size=32))
def test_a_signed_checkpoint_reads_back(size: int, root: bytes) -> None:
    """What was written is read, and the key that signed it says so."""
    text = checkpoint(ORIGIN, size, root, key=KEY)
    expected = Checkpoint(origin=ORIGIN, size=size, root=root, signed=True)
    assert parse_checkpoint(text) == check_checkpoint(text, KEY.verifier_key(ORIGIN)) == expected


def test_the_same_tree_gives_the_same_bytes() -> None:
    """A checkpoint can be made again from the size and the root that were stamped."""
    assert checkpoint(ORIGIN, 5, ROOT, key=KEY) == checkpoint(ORIGIN, 5, ROOT, key=KEY)


def test_lines_that_others_added_are_taken() -> None:
    """Further lines, and signatures of witnesses, are allowed by the form."""
    text = f"{ORIGIN}\n5\n{b64encode(ROOT).decode()}\nmore\n"
    signed = f"{text}\n{KEY.note_signature('witness.example', text)}{KEY.note_signature(ORIGIN, text)}"
    assert check_checkpoint(signed, KEY.verifier_key(ORIGIN)).size == 5


@pytest.mark.parametrize(
    "text",
    [
        "",
        "\n",
        "\n\n\n\n",
        f"{ORIGIN}\n5\n",
        f"{ORIGIN}\n5\n{b64encode(ROOT).decode()}",
        f"{ORIGIN}\n05\n{b64encode(ROOT).decode()}\n",
        f"{ORIGIN}\n-5\n{b64encode(ROOT).decode()}\n",
        f"{ORIGIN}\n\u0665\n{b64encode(ROOT).decode()}\n",
        f"{ORIGIN}\n{'9' * 5000}\n{b64encode(ROOT).decode()}\n",
        f"{ORIGIN}\n5\n{b64encode(ROOT[:31]).decode()}\n",
        f"{ORIGIN}\n5\n{ROOT.hex()}\n",
        f"{ORIGIN}\r\n5\r\n{b64encode(ROOT).decode()}\r\n",
        f"{ORIGIN}\n5\n{b64encode(ROOT).decode()}\n" + "x\n" * 10_000,
        "<html><title>503</title></html>\n",
    ],
)
def test_texts_that_are_no_checkpoints(text: str) -> None:
    """They are refused, and nothing else goes wrong."""
    with pytest.raises(CheckpointError, match="no checkpoint"):
        parse_checkpoint(text)


def test_a_checkpoint_of_another_log_or_key_is_refused() -> None:
    """The log's name, the key and every byte of the text count."""
    other = SigningKey(Ed25519PrivateKey.from_private_bytes(b"o" * 32))
    signed = checkpoint(ORIGIN, 5, ROOT, key=KEY)
    for text, verifier in (
        (signed, other.verifier_key(ORIGIN)),
        (signed, KEY.verifier_key("other.example/log")),
        (signed.replace("\n5\n", "\n6\n"), KEY.verifier_key(ORIGIN)),
        (checkpoint(ORIGIN, 5, ROOT, key=None), KEY.verifier_key(ORIGIN)),
    ):
        with pytest.raises(CheckpointError):
            check_checkpoint(text, verifier)
