"""Keys are made and read with care, and what they sign is taken by OpenSSH's own program."""

from __future__ import annotations

import stat
from base64 import b64decode
from typing import TYPE_CHECKING

import pytest
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey

from monitor.config import secrets
from monitor.errors import CheckpointError, KeyFileError
from monitor.evidence.keys import SIGNATURE_NAMESPACE, SigningKey, check_note
from tests.support.ssh import accepted, needs_ssh_keygen, ssh_keygen

if TYPE_CHECKING:
    from pathlib import Path

ORIGIN = "monitor.example.org/log"
# The example in the documentation of Go's golang.org/x/mod/sumdb/note: the key's 32 bytes, its verifier key, the note.
GO_SEED = b64decode("AYEKFALVFGyNhPJEMzD1QIDr+Y7hfZx09iUvxdXHKDFz")[1:]
GO_VERIFIER = "PeterNeumann+c74f20a3+ARpc2QcUPDhMQegwxbzhKqiBfsVkmqq/LDE4izWy10TW"
GO_TEXT = "If you think cryptography is the answer to your problem,\nthen you don't know what your problem is.\n"
GO_SIGNATURE = "x08go/ZJkuBS9UG/SffcvIAQxVBtiFupLLr8pAcElZInNIuGUgYN1FFYC2pZSNXgKvqfqdngotpRZb6KE6RyyBwJnAM="


@pytest.fixture
def key(tmp_path: Path) -> SigningKey:
    """A new key in a file called `key`."""
    return SigningKey.make(tmp_path / "key")


def refusal(path: Path) -> str:
    """What is said of a file that can't be used, on one line and without what is in it."""
    with pytest.raises(KeyFileError) as refused:
        SigningKey.read(path)
    message = str(refused.value)
    assert message.startswith(f"{path}: ")
    assert "\n" not in message
    return message


def test_a_new_key_is_for_its_user_alone_and_reads_back(tmp_path: Path, key: SigningKey) -> None:
    """The file has mode 0600, nothing else is left beside it, and the key in it is the one that was made."""
    assert stat.S_IMODE((tmp_path / "key").stat().st_mode) == 0o600
    assert [path.name for path in tmp_path.iterdir()] == ["key"]
    assert SigningKey.read(tmp_path / "key").public_line == key.public_line


def test_no_key_is_ever_replaced(tmp_path: Path, key: SigningKey) -> None:
    """A second key under the same name is refused, and the first one is as it was."""
    before = (tmp_path / "key").read_bytes()
    with pytest.raises(KeyFileError, match="is there already"):
        SigningKey.make(tmp_path / "key")
    assert (tmp_path / "key").read_bytes() == before
    assert [path.name for path in tmp_path.iterdir()] == ["key"]
    assert SigningKey.read(tmp_path / "key").fingerprint == key.fingerprint


def test_a_key_is_not_shown(key: SigningKey) -> None:
    """Its representation has no part of it."""
    assert repr(key) == "SigningKey()"


@pytest.mark.parametrize("mode", [0o640, 0o604, 0o660, 0o610])
def test_a_key_that_others_can_read_is_refused(tmp_path: Path, key: SigningKey, mode: int) -> None:
    """Whatever others may do with the file, what it signs could be theirs."""
    (tmp_path / "key").chmod(mode)
    assert "others can read it" in refusal(tmp_path / "key")
    (tmp_path / "key").chmod(0o600)
    assert SigningKey.read(tmp_path / "key").fingerprint == key.fingerprint


def test_a_credential_of_systemd_is_safe(tmp_path: Path, key: SigningKey, monkeypatch: pytest.MonkeyPatch) -> None:
    """Its mode may show a group, but its folder keeps others out."""
    (tmp_path / "key").chmod(0o440)
    assert "others can read it" in refusal(tmp_path / "key")
    with monkeypatch.context() as as_service:
        as_service.setenv("CREDENTIALS_DIRECTORY", str(tmp_path))
        assert SigningKey.read(tmp_path / "key").fingerprint == key.fingerprint
    with monkeypatch.context() as as_root:
        as_root.setattr(secrets, "CREDENTIALS", str(tmp_path))
        assert SigningKey.read(tmp_path / "key").fingerprint == key.fingerprint


@needs_ssh_keygen
@pytest.mark.parametrize(
    ("options", "word"),
    [
        (("-t", "ed25519", "-N", "words"), "has a passphrase"),
        (("-t", "ecdsa", "-N", ""), "is no Ed25519 key"),
        (("-t", "rsa", "-b", "2048", "-N", ""), "is no Ed25519 key"),
        (("-t", "ecdsa", "-N", "", "-m", "PEM"), "is no private key in OpenSSH's form"),
    ],
)
def test_other_keys_are_refused_with_their_reason(tmp_path: Path, options: tuple[str, ...], word: str) -> None:
    """A passphrase, another kind of key, another form."""
    assert ssh_keygen("-q", *options, "-f", tmp_path / "other").returncode == 0
    assert word in refusal(tmp_path / "other")
    (tmp_path / "other.pub").chmod(0o600)
    assert "is no private key in OpenSSH's form" in refusal(tmp_path / "other.pub")


def test_files_that_are_no_keys_are_refused(tmp_path: Path, key: SigningKey) -> None:
    """Nothing, a folder, noise, and half of a key."""
    whole = (tmp_path / "key").read_bytes()
    for content in (b"", b"\x00\xff" * 500, whole[: len(whole) // 2], whole.replace(b"b3Bl", b"b3Bm", 1)):
        (tmp_path / "none").write_bytes(content)
        (tmp_path / "none").chmod(0o600)
        assert "no private key in OpenSSH's form" in refusal(tmp_path / "none")
    assert "No such file" in refusal(tmp_path / "missing")
    assert "directory" in refusal(tmp_path)
    assert key.fingerprint


@needs_ssh_keygen
def test_ssh_keygen_knows_the_key_and_its_fingerprint(tmp_path: Path, key: SigningKey) -> None:
    """`ssh-keygen -y` finds the same public key in the file, and `-l` prints the same fingerprint."""
    assert ssh_keygen("-y", "-f", tmp_path / "key").stdout.decode().strip() == key.public_line
    (tmp_path / "public").write_text(key.public_line, encoding="ascii")
    assert ssh_keygen("-l", "-f", tmp_path / "public").stdout.decode().split()[1] == key.fingerprint


@needs_ssh_keygen
def test_a_key_of_ssh_keygen_can_be_used(tmp_path: Path) -> None:
    """People may make the key with the program that they know."""
    assert ssh_keygen("-q", "-t", "ed25519", "-N", "", "-C", "evidence", "-f", tmp_path / "key").returncode == 0
    line = (tmp_path / "key.pub").read_text(encoding="ascii").strip()
    assert f"{SigningKey.read(tmp_path / 'key').public_line} evidence" == line


@needs_ssh_keygen
@pytest.mark.parametrize("content", [b"", b"a line\n", b"a\r\nb", bytes(range(256)) * 5000])
def test_ssh_keygen_takes_the_signature_and_no_other(tmp_path: Path, key: SigningKey, content: bytes) -> None:
    """The bytes that were signed pass, in the namespace that was meant; all else does not."""
    signature = key.ssh_signature(content)
    named = {"signers": key.allowed_signers_line(ORIGIN), "signer": ORIGIN, "namespace": SIGNATURE_NAMESPACE}
    assert accepted(tmp_path, content, signature, **named)
    assert not accepted(tmp_path, content + b"x", signature, **named)
    assert not accepted(tmp_path, content, signature, **named | {"namespace": "file"})
    assert not accepted(tmp_path, content, signature, **named | {"signer": "elsewhere.example/log"})
    other = SigningKey(Ed25519PrivateKey.generate())
    assert not accepted(tmp_path, content, signature, **named | {"signers": other.allowed_signers_line(ORIGIN)})


@needs_ssh_keygen
def test_the_signature_is_what_ssh_keygen_would_write(tmp_path: Path, key: SigningKey) -> None:
    """Byte for byte, line breaks included: Ed25519 signs the same bytes always in the same way."""
    (tmp_path / "text").write_bytes(b"a line\n")
    assert (
        ssh_keygen("-Y", "sign", "-f", tmp_path / "key", "-n", SIGNATURE_NAMESPACE, tmp_path / "text").returncode == 0
    )
    assert (tmp_path / "text.sig").read_text(encoding="ascii") == key.ssh_signature(b"a line\n")


def test_a_signed_note_is_checked(key: SigningKey) -> None:
    """The key that signed it says so, also where others have signed it too; another key or text does not."""
    text = "a line\nand another\n"
    other = SigningKey(Ed25519PrivateKey.generate())
    note = f"{text}\n{other.note_signature('other.example', text)}{key.note_signature(ORIGIN, text)}"
    check_note(note, key.verifier_key(ORIGIN))
    check_note(note, other.verifier_key("other.example"))
    stranger = SigningKey(Ed25519PrivateKey.generate())
    for wrong, verifier in (
        (note, stranger.verifier_key(ORIGIN)),
        (note, key.verifier_key("other.example")),
        (note.replace("another", "another one"), key.verifier_key(ORIGIN)),
        (text, key.verifier_key(ORIGIN)),
        (note, ORIGIN),
        (note, f"{ORIGIN}+00000000+AAAA"),
        (note, ""),
    ):
        with pytest.raises(CheckpointError):
            check_note(wrong, verifier)


def test_the_forms_are_those_of_signed_notes(key: SigningKey) -> None:
    """The verifier key has the name, eight digits, and 33 bytes; a signature has the same four bytes and 64 more."""
    name, digits, encoded = key.verifier_key(ORIGIN).split("+", 2)
    content = b64decode(encoded)
    assert (name, content[:1], content[1:]) == (ORIGIN, b"\x01", key.public_bytes)
    dash, signer, signature = key.note_signature(ORIGIN, "text\n").split(" ")
    assert (dash, signer) == ("\u2014", ORIGIN)
    assert b64decode(signature)[:4].hex() == digits
    assert len(b64decode(signature)) == 68


def test_the_example_of_go_is_reproduced() -> None:
    """The library that defined signed notes shows a key, a text and their signature; ours is the same to the byte."""
    key = SigningKey(Ed25519PrivateKey.from_private_bytes(GO_SEED))
    assert key.verifier_key("PeterNeumann") == GO_VERIFIER
    assert key.note_signature("PeterNeumann", GO_TEXT) == f"\u2014 PeterNeumann {GO_SIGNATURE}\n"
    check_note(f"{GO_TEXT}\n\u2014 PeterNeumann {GO_SIGNATURE}\n", GO_VERIFIER)
