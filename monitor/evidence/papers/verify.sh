#!/bin/sh
# Checks that each statement in log/*.leaf is a leaf of the evidence log whose size and root log/checkpoint.txt names,
# as RFC 6962 (section 2.1.1) says. It needs a POSIX shell, awk, sed, base64, and sha256sum or shasum.
# Run it in the folder of the packet: sh verify.sh
set -u
LC_ALL=C
export LC_ALL
folder=$(mktemp -d) || exit 1
trap 'rm -rf "$folder"' EXIT

if command -v sha256sum >/dev/null 2>&1; then sum() { sha256sum; }; else sum() { shasum -a 256; }; fi

# hash < BYTES: the SHA-256 of what is read, as 32 bytes.
hash() {
  octal=$(sum | awk '{
    text = substr($1, 1, 64)
    for (at = 1; at < 64; at += 2)
      printf "\\%03o", (index("0123456789abcdef", substr(text, at, 1)) - 1) * 16 \
        + index("0123456789abcdef", substr(text, at + 1, 1)) - 1
  }')
  printf "$octal"
}

size=$(sed -n 2p log/checkpoint.txt)
root=$(sed -n 3p log/checkpoint.txt)
checked=0
bad=0
for leaf in log/*.leaf; do
  proof=${leaf%.leaf}.tlog-proof
  number=$(sed -n 's/^index //p' "$proof")
  { printf '\000'; cat "$leaf"; } | hash > "$folder/node"
  at=$number
  last=$((size - 1))
  # The hashes of a proof stand between the line with the index and the first empty line.
  for line in $(sed -n '/^index /,/^$/{/^index /d;/^$/d;p;}' "$proof"); do
    printf '%s' "$line" | base64 -d > "$folder/other"
    if [ $((at % 2)) -eq 1 ] || [ "$at" -eq "$last" ]; then
      { printf '\001'; cat "$folder/other" "$folder/node"; } | hash > "$folder/parent"
      while [ $((at % 2)) -eq 0 ] && [ "$at" -ne 0 ]; do at=$((at / 2)); last=$((last / 2)); done
    else
      { printf '\001'; cat "$folder/node" "$folder/other"; } | hash > "$folder/parent"
    fi
    mv "$folder/parent" "$folder/node"
    at=$((at / 2))
    last=$((last / 2))
  done
  checked=$((checked + 1))
  if [ "$last" -eq 0 ] && [ "$(base64 < "$folder/node" | tr -d '\n')" = "$root" ]; then
    echo "statement $number is in the log"
  else
    bad=$((bad + 1))
    echo "statement $number is NOT in the log"
  fi
done
echo "$((checked - bad)) of $checked statements are in the log of size $size"
[ "$bad" -eq 0 ]
