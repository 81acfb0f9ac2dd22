"""A time-stamp authority on this machine: real certificates, a real server, and replies that `openssl` signs.

with Authority(folder) as authority:
    post(authority.address, request)
"""

from __future__ import annotations

import shutil
import subprocess
import threading
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from typing import TYPE_CHECKING, Self

import pytest
from cryptography import x509
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.x509.oid import ExtendedKeyUsageOID, NameOID

from tests.support.slack_endpoint import Answer, Endpoint

if TYPE_CHECKING:
    import ssl
    from pathlib import Path

    from tests.support.slack_endpoint import Posted

SECONDS = 30
POLICY = "1.2.3.4.1"
DAY = timedelta(days=1)

needs_openssl = pytest.mark.skipif(shutil.which("openssl") is None, reason="no openssl on this machine")

CONFIG = f"""
oid_section = oids
[oids]
[tsa]
default_tsa = own
[own]
serial = serial
signer_cert = authority.pem
signer_key = authority.key
signer_digest = sha256
default_policy = {POLICY}
digests = sha256
clock_precision_digits = 3
ess_cert_id_alg = sha256
"""


@dataclass
class Authority:
    """An authority whose files lie in a folder; `expired` is whether its certificate has run out.

    `tls` is its server's side of TLS, if it is asked over https. `replies` are what it has sent.
    """

    folder: Path
    expired: bool = False
    name: str = "authority"
    tls: ssl.SSLContext | None = None
    replies: list[bytes] = field(default_factory=list)

    def __post_init__(self) -> None:
        self.folder.mkdir(parents=True, exist_ok=True)
        self._signing = threading.Lock()
        (self.folder / "openssl.cnf").write_text(CONFIG, encoding="ascii")
        (self.folder / "serial").write_text("01\n", encoding="ascii")
        _certificates(self.folder, self.name, expired=self.expired)

    @property
    def roots(self) -> Path:
        """The file with its root certificate."""
        return self.folder / "root.pem"

    @property
    def address(self) -> str:
        """Where it takes requests."""
        return self.endpoint.address("/tsa")

    def __enter__(self) -> Self:
        self.endpoint = Endpoint(reply=self._reply, tls=self.tls).__enter__()
        return self

    def __exit__(self, *_: object) -> None:
        self.endpoint.__exit__()

    def sign(self, request: bytes) -> bytes:
        """Make the reply to a request."""
        with self._signing:
            (self.folder / "request.tsq").write_bytes(request)
            command = ["openssl", "ts", "-reply", "-config", "openssl.cnf", "-queryfile", "request.tsq"]
            subprocess.run(
                [*command, "-out", "reply.tsr"], cwd=self.folder, capture_output=True, timeout=SECONDS, check=True
            )
            return (self.folder / "reply.tsr").read_bytes()

    def _reply(self, posted: Posted) -> Answer:
        assert posted.headers["content-type"] == "application/timestamp-query"
        reply = self.sign(posted.content)
        self.replies.append(reply)
        return stamped(reply)


def stamped(reply: bytes) -> Answer:
    """The answer of an authority with a reply in it."""
    return Answer(body=reply, headers=(("Content-Type", "application/timestamp-reply"),))


def _certificates(folder: Path, name: str, *, expired: bool) -> None:
    """Make a root, and the certificate of an authority that it has signed."""
    now = datetime.now(UTC)
    root_key, key = ec.generate_private_key(ec.SECP256R1()), ec.generate_private_key(ec.SECP256R1())
    root_name = x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, f"Root of {name}")])
    begun, ends = now - 400 * DAY, now + 400 * DAY
    root = (
        x509.CertificateBuilder(root_name, root_name, root_key.public_key(), x509.random_serial_number(), begun, ends)
        .add_extension(x509.BasicConstraints(ca=True, path_length=None), critical=True)
        .add_extension(x509.SubjectKeyIdentifier.from_public_key(root_key.public_key()), critical=False)
        .sign(root_key, hashes.SHA256())
    )
    own_name = x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, name)])
    ends = now - DAY if expired else ends
    own = (
        x509.CertificateBuilder(root_name, own_name, key.public_key(), x509.random_serial_number(), begun, ends)
        .add_extension(x509.BasicConstraints(ca=False, path_length=None), critical=True)
        .add_extension(x509.ExtendedKeyUsage([ExtendedKeyUsageOID.TIME_STAMPING]), critical=True)
        .sign(root_key, hashes.SHA256())
    )
    pem = serialization.Encoding.PEM
    (folder / "root.pem").write_bytes(root.public_bytes(pem))
    (folder / "authority.pem").write_bytes(own.public_bytes(pem))
    (folder / "authority.key").write_bytes(
        key.private_bytes(pem, serialization.PrivateFormat.PKCS8, serialization.NoEncryption())
    )
