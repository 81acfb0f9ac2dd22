#!/bin/sh
# Finding: `decode_timestamp_response` of rfc3161-client refuses a time stamp that `openssl ts` made and verifies, if
# the certificates in it are not sorted as DER sorts a set. OpenSSL writes them in the order in which it got them, the
# signer's first; whether that is the sorted order depends on their lengths, thus on how long the names in them are. An
# authority whose own certificate is longer than that of its issuer can't be read with this library, one with a shorter
# certificate can. CMS allows BER for these parts; the signature does not cover them. For whoever has packets of
# evidence checked by others: the stamp is sound, the reader says "ASN.1 parse error".
#
# Seen with rfc3161-client 1.0.9 and OpenSSL 3.0.19 (that of the system is used). Expected: that the order does not
# matter.
# Exits with 1 where this has changed.
set -eu
folder=$(mktemp -d)
trap 'rm -rf "$folder"' EXIT
python3 -m venv "$folder/venv"
"$folder/venv/bin/pip" install --quiet --disable-pip-version-check rfc3161-client==1.0.9
cd "$folder"
cat > made.cnf <<'CNF'
[tsa]
default_tsa = here
[here]
serial = serial
signer_digest = sha256
default_policy = 1.2.3
digests = sha256
ess_cert_id_alg = sha256
[req]
distinguished_name = none
[none]
[issuer]
basicConstraints = critical,CA:true
[signer]
extendedKeyUsage = critical,timeStamping
CNF
request() { # NAME SUBJECT
  openssl req -newkey rsa:2048 -nodes -keyout "$1.key" -out "$1.csr" -subj "$2" -config made.cnf 2> /dev/null
}
long=$(printf "A time stamping authority with a long name %021d" 1)
request root "/CN=A root that issues issuers"
openssl x509 -req -in root.csr -signkey root.key -extfile made.cnf -extensions issuer -days 30 -out root.pem 2> /dev/null
request issuer /CN=Issuer
openssl x509 -req -in issuer.csr -CA root.pem -CAkey root.key -set_serial 2 -extfile made.cnf -extensions issuer \
  -days 30 -out issuer.pem 2> /dev/null
echo "a list" > data.txt
openssl ts -query -data data.txt -sha256 -cert -out query.tsq 2> /dev/null
echo 01 > serial
for kind in long short; do
  if [ "$kind" = long ]; then subject="/O=$long/OU=$long/CN=$long"; else subject=/CN=T; fi
  request "$kind" "$subject"
  openssl x509 -req -in "$kind.csr" -CA issuer.pem -CAkey issuer.key -set_serial 3 -extfile made.cnf -extensions signer \
    -days 30 -out "$kind.pem" 2> /dev/null
  openssl ts -reply -config made.cnf -queryfile query.tsq -signer "$kind.pem" -inkey "$kind.key" -chain issuer.pem \
    -out "$kind.tsr" 2> /dev/null
  echo "$kind, by OpenSSL: $(openssl ts -verify -data data.txt -in "$kind.tsr" -CAfile root.pem 2>&1 | grep Verification)"
done
"$folder/venv/bin/python" - <<'PY'
import sys

from rfc3161_client import decode_timestamp_response

seen = {}
for kind in ("long", "short"):
    with open(f"{kind}.tsr", "rb") as file:
        try:
            seen[kind] = str(decode_timestamp_response(file.read()).status)
        except ValueError as fault:
            seen[kind] = str(fault)[:70]
    print(f"{kind}, by rfc3161-client: {seen[kind]}")
if "InvalidSetOrdering" not in seen["long"] or seen["short"] != "0":
    sys.exit("this has changed")
PY
for kind in long short; do
  openssl ts -verify -data data.txt -in "$kind.tsr" -CAfile root.pem 2>&1 | grep -q "Verification: OK" ||
    { echo "this has changed: OpenSSL does not verify it"; exit 1; }
done
echo "as described"
