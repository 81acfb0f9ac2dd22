#!/bin/sh
# Finding: the filter `html2text` of urlwatch, as it is by default, takes the tags out of a page and puts nothing in
# their place: no line ends where an item of a list or a paragraph ends, but only where the source has a line end. Of a
# page whose HTML is written in one line, as most systems write it, one line of text is left: "Bell County, TXClay
# County, TX". A county that is added is told as this whole line removed and added again; a filter `grep` for a county
# gives all of them, and `sort` does nothing. With `method: pyhtml2text`, which needs a further package, each item has a
# line, as it has with the filter of the same name of webchanges; with `method: bs4` it has none either.
#
# Seen with urlwatch 2.29 and webchanges 3.37.0. Expected: an end of line after an item, a heading, a paragraph.
# Exits with 1 where this has changed.
set -eu
folder=$(mktemp -d)
trap 'rm -rf "$folder"' EXIT
for program in urlwatch==2.29 webchanges==3.37.0; do
  python3 -m venv "$folder/${program%%=*}"
  "$folder/${program%%=*}/bin/pip" install --quiet --disable-pip-version-check "$program" \
    "standard-imghdr; python_version >= '3.13'"
done
cd "$folder"
touch hooks.py
printf 'display: {new: false}\n' > settings.yaml
printf 'command: cat page.html\nfilter: [html2text]\n' > urlwatch.yaml
printf 'command: cat page.html\nfilters: [html2text]\n' > webchanges.yaml
look() {
  urlwatch/bin/urlwatch --urls=urlwatch.yaml --cache=urlwatch.db --config=settings.yaml --hooks=hooks.py
  webchanges/bin/webchanges --jobs=webchanges.yaml --database=webchanges.db --config=settings.yaml --hooks=hooks.py
}
printf '<h2>Counties</h2><ul><li>Baker County, FL</li><li>Bell County, TX</li></ul>' > page.html
look > /dev/null 2>&1
sleep 2 # urlwatch counts time in whole seconds
printf '<h2>Counties</h2><ul><li>Baker County, FL</li><li>Bell County, TX</li><li>Clay County, TX</li></ul>' > page.html
look 2> /dev/null | grep '^[-+].*County' > seen
cat seen
cat > expected <<'END'
-CountiesBaker County, FLBell County, TX
+CountiesBaker County, FLBell County, TXClay County, TX
+  * Clay County, TX
END
if ! cmp -s seen expected; then
  echo "this has changed" >&2
  exit 1
fi
echo "as described"
