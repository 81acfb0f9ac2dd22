#!/bin/sh
# Finding: with `pytest-xdist --dist loadfile`, of several tests that have the same node id only one is run, and nothing
# says so; `schemathesis` gives the cases of all operations of an API the same node id under a recent pytest. A suite that
# is fine with `--dist load` then tests one operation of the API and reports success.
#
# Seen with pytest 9.2.0, pytest-xdist 3.8.0, schemathesis 4.32.5: "3 tests collected", then "1 passed" with two workers.
# Expected: three passed, or a warning that the names are not unique.
# Exits with 1 where this has changed.
set -eu
folder=$(mktemp -d)
trap 'rm -rf "$folder"' EXIT
python3 -m venv "$folder/venv"
"$folder/venv/bin/pip" install --quiet --disable-pip-version-check pytest==9.2.0 pytest-xdist==3.8.0 schemathesis==4.32.5
cat > "$folder/test_api.py" <<'PY'
import schemathesis

OK = {"get": {"responses": {"200": {"description": "fine"}}}}
DESCRIPTION = {"openapi": "3.1.0", "info": {"title": "t", "version": "1"}, "paths": {"/a": OK, "/b": OK, "/c": OK}}
schema = schemathesis.openapi.from_dict(DESCRIPTION)


@schema.parametrize()
def test_each_operation(case):
    assert case.path in {"/a", "/b", "/c"}
PY
cd "$folder"
names=$("$folder/venv/bin/pytest" --collect-only -q test_api.py | grep -c '::') || true
kinds=$("$folder/venv/bin/pytest" --collect-only -q test_api.py | grep '::' | sort -u | wc -l)
alone=$("$folder/venv/bin/pytest" -q test_api.py | tail -1)
spread=$("$folder/venv/bin/pytest" -q -n 2 --dist load test_api.py | tail -1)
by_file=$("$folder/venv/bin/pytest" -q -n 2 --dist loadfile test_api.py | tail -1)
echo "collected: $names, with different names: $kinds"
echo "one process:       $alone"
echo "--dist load:       $spread"
echo "--dist loadfile:   $by_file"
case "$kinds/$alone/$spread/$by_file" in
  1/*"3 passed"*/*"3 passed"*/*"1 passed"*) echo "as described" ;;
  *) echo "this has changed"; exit 1 ;;
esac
