#!/bin/sh
# Finding: urlwatch and webchanges ask for a page with the ETag of their last look also after the filter of the job was
# changed. A server that knows the ETag answers 304, so that the new filter is not used: nothing is said, and what is
# kept is still the text of the old one. At the next change of the page the two texts are compared, as if they were of
# one filter. Here a job is changed from the counties of a page to its cities; then one city is added. Both programs
# tell that the counties are gone and that all cities are new. `ignore_cached: true`, set as the filter is changed,
# avoids it.
#
# Seen with urlwatch 2.29 and webchanges 3.37.0. Expected: an unconditional request where the filter is another, and a
# new beginning or the stored page filtered again: one city is new.
# Exits with 1 where this has changed.
set -eu
folder=$(mktemp -d)
server=
trap 'test -z "$server" || kill "$server"; rm -rf "$folder"' EXIT
for program in urlwatch==2.29 webchanges==3.37.0; do
  python3 -m venv "$folder/${program%%=*}"
  "$folder/${program%%=*}/bin/pip" install --quiet --disable-pip-version-check "$program" cssselect==1.4.0 \
    "standard-imghdr; python_version >= '3.13'"
done
cd "$folder"
cat > server.py <<'PY'
import hashlib
from http.server import BaseHTTPRequestHandler, HTTPServer
from pathlib import Path


class Page(BaseHTTPRequestHandler):
    def do_GET(self):
        content = Path("page.html").read_bytes()
        tag = f'"{hashlib.sha256(content).hexdigest()}"'
        known = self.headers.get("If-None-Match") == tag
        self.send_response(304 if known else 200)
        self.send_header("ETag", tag)
        self.send_header("Content-Type", "text/html")
        self.end_headers()
        if not known:
            self.wfile.write(content)

    def log_message(self, *arguments):
        pass


with HTTPServer(("127.0.0.1", 0), Page) as server:
    Path("port.new").write_text(str(server.server_port))
    Path("port.new").rename("port")
    server.serve_forever()
PY
python3 server.py &
server=$!
while [ ! -e port ]; do sleep 0.1; done
touch hooks.py
printf 'display: {new: false}\n' > settings.yaml
filter_by() {
  printf 'url: http://127.0.0.1:%s/\nfilter: [{css: "#%s li"}, html2text]\n' "$(cat port)" "$1" > urlwatch.yaml
  sed 's/^filter:/filters:/' urlwatch.yaml > webchanges.yaml
}
look() {
  urlwatch/bin/urlwatch --urls=urlwatch.yaml --cache=urlwatch.db --config=settings.yaml --hooks=hooks.py
  webchanges/bin/webchanges --jobs=webchanges.yaml --database=webchanges.db --config=settings.yaml --hooks=hooks.py
  sleep 2 # urlwatch counts time in whole seconds
}
counties='<ul id="counties"><li>Baker</li><li>Bell</li></ul>'
printf '%s<ul id="cities"><li>Austin</li><li>Boise</li></ul>' "$counties" > page.html
filter_by counties
look > /dev/null 2>&1
filter_by cities
look 2> /dev/null | grep '^[-+].*[A-Z][a-z]*$' > seen || true
echo "told after the filter was changed: $(wc -l < seen) lines"
printf '%s<ul id="cities"><li>Austin</li><li>Boise</li><li>Chico</li></ul>' "$counties" > page.html
look 2> /dev/null | grep '^[-+][ *]*[A-Z][a-z]*$' > told
cat told
printf -- '-Baker\n-Bell\n+Austin\n+Boise\n+Chico\n' > expected
sed 's/^\([-+]\)/\1* /' expected > starred
cat starred >> expected
if [ -s seen ] || ! cmp -s told expected; then
  echo "this has changed" >&2
  exit 1
fi
echo "as described"
