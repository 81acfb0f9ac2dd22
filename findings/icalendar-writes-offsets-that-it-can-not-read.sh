#!/bin/sh
# Finding: icalendar writes a time with a fixed offset, as `datetime.fromisoformat` makes it, with a `TZID` of its own
# making and no `VTIMEZONE` that explains it: five in the morning at -05:00 becomes
# `DTSTART;TZID="UTC-05:00":20250718T050000`. Read again by icalendar itself it is a time without a zone; vobject reads
# it so too: where the reader is in Europe the event is six or seven hours off. `add_missing_timezones()`, made for
# this, adds nothing and only logs the name. Times with a `ZoneInfo` and those in UTC come back as they were. ISO times
# with offsets are what databases and APIs give, so this is what the first try of a calendar of changes writes.
#
# Seen with icalendar 7.3.2 and vobject 0.9.9. Expected: UTC on writing, or an error, since iCalendar has no offsets.
# Exits with 1 where this has changed.
set -eu
folder=$(mktemp -d)
trap 'rm -rf "$folder"' EXIT
python3 -m venv "$folder/venv"
"$folder/venv/bin/pip" install --quiet --disable-pip-version-check icalendar==7.3.2 vobject==0.9.9
"$folder/venv/bin/python" - <<'PY'
import logging
import sys
from datetime import datetime, timezone
from zoneinfo import ZoneInfo

import vobject
from icalendar import Calendar, Event

logging.disable(logging.CRITICAL)


def written(begin):
    calendar, event = Calendar(), Event()
    calendar.add("prodid", "-//example//example//EN")
    calendar.add("version", "2.0")
    event.add("uid", "1@example.org")
    event.add("dtstamp", datetime(2025, 7, 18, tzinfo=timezone.utc))
    event.add("dtstart", begin)
    event.add("summary", "Clay County was added")
    calendar.add_component(event)
    calendar.add_missing_timezones()
    return calendar.to_ical()


def read(content):
    return Calendar.from_ical(content).walk("VEVENT")[0]["DTSTART"].dt


offset = datetime.fromisoformat("2025-07-18T05:00:00-05:00")
content = written(offset)
(line,) = [line for line in content.decode().splitlines() if line.startswith("DTSTART")]
again, other = read(content), vobject.readOne(content.decode()).vevent.dtstart.value
zoned = read(written(offset.astimezone(ZoneInfo("America/Chicago"))))
utc = read(written(offset.astimezone(timezone.utc)))
print(f"written:              {line}; VTIMEZONE: {b'BEGIN:VTIMEZONE' in content}")
print(f"read by icalendar:    {again.isoformat()}; by vobject: {other.isoformat()}")
print(f"from a zone, and UTC: {zoned.isoformat()}, {utc.isoformat()}")
naive = datetime(2025, 7, 18, 5)
described = (
    line == 'DTSTART;TZID="UTC-05:00":20250718T050000'
    and b"BEGIN:VTIMEZONE" not in content
    and (again, other) == (naive, naive)
    and zoned == utc == offset
)
if not described:
    sys.exit("this has changed")
print("as described")
PY
