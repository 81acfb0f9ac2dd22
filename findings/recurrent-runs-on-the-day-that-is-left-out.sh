#!/bin/sh
# Finding: recurrent, which reads "every day except Sunday" and the like into rules for calendars, reads "every day but
# sunday" as every Sunday and no other day: the opposite. `format()`, which says a rule in words, calls it "daily", so
# that a reader who checks it is told what was meant and not what was read. "every day except sunday" leaves out the
# next Sunday alone and runs on all that follow, since the exception is kept as a date: it is right for a week. "every
# weekday but friday" runs on Fridays too. A digest, or a look at a list, that was to come each day comes once a week.
#
# Seen with recurrent 0.4.1 and python-dateutil 2.9.0.post0. Expected: BYDAY=MO,TU,WE,TH,FR,SA; or None, as for "twice
# a week" and other texts that the library doesn't understand.
# Exits with 1 where this has changed.
set -eu
folder=$(mktemp -d)
trap 'rm -rf "$folder"' EXIT
python3 -m venv "$folder/venv"
"$folder/venv/bin/pip" install --quiet --disable-pip-version-check recurrent==0.4.1 python-dateutil==2.9.0.post0 \
  parsedatetime==2.6
"$folder/venv/bin/python" - <<'PY'
import sys
from datetime import datetime, timedelta

from dateutil.rrule import rrulestr
from recurrent import RecurringEvent

FRIDAY = datetime(2025, 7, 18, 12)


def days(text):
    """The days of the two weeks from a Friday on, as the rule for a text has them, and how the library words it."""
    event = RecurringEvent(now_date=FRIDAY)
    rule = event.parse(text)
    if rule is None:
        return None, ""
    found = rrulestr(rule, dtstart=FRIDAY).between(FRIDAY, FRIDAY + timedelta(days=14, hours=1))
    return " ".join(each.strftime("%a")[:2] for each in found), event.format(rule)


seen = {}
for text in ("every day but sunday", "every day except sunday", "every weekday but friday", "twice a week"):
    seen[text], words = days(text)
    print(f"{text}: {seen[text]} ({words})")
    if text == "every day but sunday" and words != "daily":
        sys.exit("this has changed")
expected = {
    "every day but sunday": "Su Su",
    "every day except sunday": "Sa Mo Tu We Th Fr Sa Su Mo Tu We Th Fr",
    "every weekday but friday": "Mo Tu We Th Fr Mo Tu We Th Fr",
    "twice a week": None,
}
if seen != expected:
    sys.exit("this has changed")
print("as described")
PY
