#!/bin/sh
# Finding: the DER encoder of pyasn1 leaves out zeros that count. DER forbids zeros at the end of a fraction of a second;
# pyasn1 drops all zeros behind the point: 14:30:00.05 is written as 14:30:00.5, and 14:30:00.105 as 14:30:00.15. Of the
# 999 milliseconds of a second, 180 come out as others. The content of an RFC 3161 time stamp that is read and written
# again, nothing changed, tells another time, and has another hash than the one that the authority signed. The time that
# is kept in Python is right, and so is the BER encoder; no error, no warning.
#
# Seen with pyasn1 0.6.5, rfc3161ng 2.1.3 (for its description of the content), asn1crypto 1.5.1, which writes the same
# bytes as it read. Expected: only zeros at the end left out (X.690, 11.7.3).
# Exits with 1 where this has changed.
set -eu
folder=$(mktemp -d)
trap 'rm -rf "$folder"' EXIT
python3 -m venv "$folder/venv"
"$folder/venv/bin/pip" install --quiet --disable-pip-version-check pyasn1==0.6.5 rfc3161ng==2.1.3 asn1crypto==1.5.1
"$folder/venv/bin/python" - <<'PY'
import hashlib
import sys
from datetime import datetime, timezone

import rfc3161ng
from asn1crypto.tsp import TSTInfo
from pyasn1.codec.ber import encoder as ber
from pyasn1.codec.der import decoder, encoder
from pyasn1.type.useful import GeneralizedTime


def content(milliseconds):
    """The content of a time stamp, in DER, of 18 July 2025, 14:30:00 and so many milliseconds."""
    at = datetime(2025, 7, 18, 14, 30, 0, milliseconds * 1000, tzinfo=timezone.utc)
    imprint = {"hash_algorithm": {"algorithm": "sha256"}, "hashed_message": hashlib.sha256(b"a list").digest()}
    parts = {"version": "v1", "policy": "1.2.3", "message_imprint": imprint, "serial_number": 7, "gen_time": at}
    return TSTInfo(parts).dump(force=True)


def time_of(encoded):
    return TSTInfo.load(encoded)["gen_time"].native.strftime("%H:%M:%S.%f")[:-3]


seen = {}
for milliseconds in (50, 105, 120, 500):
    read = content(milliseconds)
    parsed, _ = decoder.decode(read, asn1Spec=rfc3161ng.TSTInfo())
    written = encoder.encode(parsed)
    same = hashlib.sha256(written).digest() == hashlib.sha256(read).digest()
    seen[time_of(read)] = (time_of(written), same)
    print(f"{time_of(read)} is written as {time_of(written)}; the same hash: {same}")
    if TSTInfo.load(read).dump(force=True) != read:
        sys.exit("this has changed: asn1crypto writes other bytes")
moved = 0
for milliseconds in range(1, 1000):
    text = f"20250718143000.{milliseconds:03}".rstrip("0") + "Z"
    value, right = GeneralizedTime(text), b"\x18" + bytes([len(text)]) + text.encode()
    moved += encoder.encode(value) != right
    if ber.encode(value) != right:
        sys.exit("this has changed: BER too")
print(f"of 999 milliseconds {moved} are written as others")
expected = {
    "14:30:00.050": ("14:30:00.500", False),
    "14:30:00.105": ("14:30:00.150", False),
    "14:30:00.120": ("14:30:00.120", True),
    "14:30:00.500": ("14:30:00.500", True),
}
if seen != expected or moved != 180:
    sys.exit("this has changed")
print("as described")
PY
