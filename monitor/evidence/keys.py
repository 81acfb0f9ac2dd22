"""Makes and reads the Ed25519 key that signs checkpoints, and signs in the forms that others can check.

- SSH signatures, which `ssh-keygen -Y verify` checks. The form: PROTOCOL.sshsig of OpenSSH.
- Signed notes, which the tools of transparency logs check. The form: https://c2sp.org/signed-note.
"""

from __future__ import annotations

import hashlib
from base64 import b64decode, b64encode
from binascii import Error as Base64Error
from dataclasses import dataclass, field
from functools import cached_property
from typing import TYPE_CHECKING, Self

from cryptography.exceptions import InvalidSignature, UnsupportedAlgorithm
from cryptography.hazmat.primitives import serialization
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey, Ed25519PublicKey

from monitor.config.secrets import others_can_read
from monitor.errors import CheckpointError, KeyFileError
from monitor.files import write_new

if TYPE_CHECKING:
    from pathlib import Path

SIGNATURE_NAMESPACE = (
    "monitor-evidence"  # of SSH signatures: one for another purpose is not taken for one of this program
)
KEY_MODE = 0o600
MAX_KEY_BYTES = 64_000
SSH_TYPE = b"ssh-ed25519"
SSH_LINE = 70  # characters of a line of an SSH signature, as ssh-keygen writes it
NOTE_ALGORITHM = b"\x01"  # Ed25519, in https://c2sp.org/signed-note
NOTE_DASH = "\u2014 "  # begins a line with a signature
KEY_ID_BYTES, PUBLIC_BYTES = 4, 32
PRIVATE_BEGIN = b"-----BEGIN OPENSSH PRIVATE KEY-----"


@dataclass(frozen=True, slots=True)
class PublicKey:
    """The public part of an Ed25519 key: 32 bytes."""

    content: bytes

    @classmethod
    def of_line(cls, line: str) -> Self:
        """Read a public key from a line of OpenSSH, like `ssh-ed25519 AAAA...`."""
        return cls(_decoded(line.split(" ")[1])[-PUBLIC_BYTES:])

    @property
    def line(self) -> str:
        """Return the public key as a line of OpenSSH, like `ssh-ed25519 AAAA...`."""
        return f"{SSH_TYPE.decode()} {b64encode(_ssh_public(self.content)).decode()}"

    @property
    def fingerprint(self) -> str:
        """Return the key's fingerprint as `ssh-keygen -l` prints it, like `SHA256:...`."""
        digest = hashlib.sha256(_ssh_public(self.content)).digest()
        return f"SHA256:{b64encode(digest).decode().rstrip('=')}"

    def allowed_signers_line(self, origin: str) -> str:
        """Return the line by which `ssh-keygen -Y verify` knows this key, for its file of allowed signers.

        `origin` is the name of the log; it serves as the name of the signer.
        """
        return f'{origin} namespaces="{SIGNATURE_NAMESPACE}" {self.line}'

    def verifier_key(self, origin: str) -> str:
        """Return the key in the form by which the tools of transparency logs know it, like `NAME+1234abcd+AQ...`."""
        encoded = b64encode(NOTE_ALGORITHM + self.content).decode()
        return f"{origin}+{_key_id(origin, self.content).hex()}+{encoded}"


@dataclass(frozen=True)
class SigningKey:
    """A private Ed25519 key. It is never shown, not even by `repr`."""

    private: Ed25519PrivateKey = field(repr=False)

    @classmethod
    def read(cls, path: Path) -> Self:
        """Read the private key in a file in OpenSSH's form, without a passphrase. Raises KeyFileError."""
        try:
            with path.open("rb") as file:
                content = file.read(MAX_KEY_BYTES)
            if others_can_read(path):
                message = f"{path}: others can read it, so anyone could have signed; `chmod 600 {path}`, or better"
                raise KeyFileError(f"{message}, make a new key with `monitor key new`")
        except OSError as fault:
            raise KeyFileError(f"{path}: {fault.strerror}; make a key with `monitor key new {path}`") from fault
        return cls(_private_key(content, path))

    @classmethod
    def make(cls, path: Path) -> Self:
        """Make a new private key, and write it to a file that only this user can read. Raises KeyFileError.

        A file that is already there is never replaced.
        """
        key = Ed25519PrivateKey.generate()
        form = serialization.PrivateFormat.OpenSSH
        content = key.private_bytes(serialization.Encoding.PEM, form, serialization.NoEncryption())
        try:
            write_new(path, content, mode=KEY_MODE)
        except FileExistsError as fault:
            raise KeyFileError(f"{path}: is there already, and no key is ever replaced; name another file") from fault
        except OSError as fault:
            raise KeyFileError(f"{path}: {fault.strerror}; name a file in a folder that you may write") from fault
        return cls(key)

    @cached_property
    def public_bytes(self) -> bytes:
        """Return the public key: 32 bytes."""
        return self.private.public_key().public_bytes_raw()

    @property
    def public(self) -> PublicKey:
        """Return the public part of the key."""
        return PublicKey(self.public_bytes)

    @property
    def public_line(self) -> str:
        """Return the public key as a line of OpenSSH, like `ssh-ed25519 AAAA...`."""
        return self.public.line

    @property
    def fingerprint(self) -> str:
        """Return the key's fingerprint as `ssh-keygen -l` prints it, like `SHA256:...`."""
        return self.public.fingerprint

    def allowed_signers_line(self, origin: str) -> str:
        """Return the line by which `ssh-keygen -Y verify` knows this key; see `PublicKey`."""
        return self.public.allowed_signers_line(origin)

    def verifier_key(self, origin: str) -> str:
        """Return the key in the form by which the tools of transparency logs know it; see `PublicKey`."""
        return self.public.verifier_key(origin)

    def ssh_signature(self, content: bytes) -> str:
        """Sign bytes, and return the signature as a file that `ssh-keygen -Y verify` takes."""
        shared = _ssh_string(SIGNATURE_NAMESPACE.encode()) + _ssh_string(b"") + _ssh_string(b"sha512")
        signed = self.private.sign(b"SSHSIG" + shared + _ssh_string(hashlib.sha512(content).digest()))
        whole = b"SSHSIG" + (1).to_bytes(4, "big") + _ssh_string(_ssh_public(self.public_bytes)) + shared
        whole += _ssh_string(_ssh_string(SSH_TYPE) + _ssh_string(signed))
        text = b64encode(whole).decode()
        lines = [text[at : at + SSH_LINE] for at in range(0, len(text), SSH_LINE)]
        return "\n".join(["-----BEGIN SSH SIGNATURE-----", *lines, "-----END SSH SIGNATURE-----", ""])

    def note_signature(self, origin: str, text: str) -> str:
        """Sign the text of a note, which ends with a line break, and return the line with the signature."""
        signature = _key_id(origin, self.public_bytes) + self.private.sign(text.encode())
        return f"{NOTE_DASH}{origin} {b64encode(signature).decode()}\n"


def check_note(note: str, verifier_key: str) -> None:
    """Check that a key has signed a note. Raises CheckpointError if it has not, or if the key is none.

    `verifier_key` is what `SigningKey.verifier_key` returned. The lines of other keys are passed over.
    """
    name, public = _verifier(verifier_key)
    text, found, lines = note.rpartition("\n\n")
    if not found:
        raise CheckpointError("nobody has signed it")
    for line in lines.splitlines():
        signer, _, encoded = line.removeprefix(NOTE_DASH).rpartition(" ")
        if not line.startswith(NOTE_DASH) or signer != name:
            continue
        signature = _decoded(encoded)
        if signature[:KEY_ID_BYTES] != _key_id(name, public):
            continue
        try:
            Ed25519PublicKey.from_public_bytes(public).verify(signature[KEY_ID_BYTES:], f"{text}\n".encode())
        except InvalidSignature as fault:
            raise CheckpointError(f"the signature of {name} is not that of this text") from fault
        return
    raise CheckpointError(f"{name} has not signed it with this key")


def _verifier(verifier_key: str) -> tuple[str, bytes]:
    """Return the name and the public key (32 bytes) in a verifier key. Raises CheckpointError."""
    name, _, rest = verifier_key.strip().partition("+")
    key_id, _, encoded = rest.partition("+")
    content = _decoded(encoded)
    public = content[1:]
    if content[:1] != NOTE_ALGORITHM or len(public) != PUBLIC_BYTES or key_id != _key_id(name, public).hex():
        raise CheckpointError(f"{verifier_key!r} is no verifier key; `monitor key show` prints it")
    return name, public


def _decoded(text: str) -> bytes:
    try:
        return b64decode(text, validate=True)
    except (Base64Error, ValueError):
        return b""


def _private_key(content: bytes, path: Path) -> Ed25519PrivateKey:
    """Read a private key in OpenSSH's form. Raises KeyFileError, whose message has nothing of the content in it."""
    advice = f"make one with `monitor key new FILE`, or with `ssh-keygen -t ed25519 -N '' -f {path}.new`"
    if not content.lstrip().startswith(PRIVATE_BEGIN):
        raise KeyFileError(f"{path}: is no private key in OpenSSH's form; {advice}")
    try:
        key = serialization.load_ssh_private_key(content, password=None)
    except TypeError:  # no `from`, here and below: an error of the library might hold bytes of the key
        message = f"{path}: has a passphrase, which nobody types into a service; {advice}"
        raise KeyFileError(f"{message}, and keep others from reading it") from None
    except (ValueError, UnsupportedAlgorithm):
        raise KeyFileError(f"{path}: is damaged, or no private key in OpenSSH's form; {advice}") from None
    if not isinstance(key, Ed25519PrivateKey):
        raise KeyFileError(f"{path}: is no Ed25519 key; {advice}")
    return key


def _key_id(origin: str, public: bytes) -> bytes:
    """Return the four bytes by which a signed note tells which key has signed it."""
    return hashlib.sha256(origin.encode() + b"\n" + NOTE_ALGORITHM + public).digest()[:KEY_ID_BYTES]


def _ssh_string(content: bytes) -> bytes:
    return len(content).to_bytes(4, "big") + content


def _ssh_public(public: bytes) -> bytes:
    return _ssh_string(SSH_TYPE) + _ssh_string(public)
