#!/bin/sh
# Finding: `CronTrigger.from_crontab` of APScheduler takes an expression that begins with the name of a day, and drops
# without a word what follows the name: `mon#1` (the first Monday of a month) runs every Monday, `mon-fri/2` (every
# other working day) runs on all five. With numbers in place of names the same is refused or obeyed: `1#1` raises,
# `1-5/2` steps. The patterns for numbers end with `$`, those for names do not. Who asks for one digest a month gets one
# a week.
#
# Seen with APScheduler 3.11.3 and, for what other readers of cron make of it, croniter 7.0.0. Expected: what croniter
# does, or a ValueError as for all else that the library doesn't know.
# Exits with 1 where this has changed.
set -eu
folder=$(mktemp -d)
trap 'rm -rf "$folder"' EXIT
python3 -m venv "$folder/venv"
"$folder/venv/bin/pip" install --quiet --disable-pip-version-check APScheduler==3.11.3 croniter==7.0.0
"$folder/venv/bin/python" - <<'PY'
import sys
from datetime import datetime, timedelta, timezone

from apscheduler.triggers.cron import CronTrigger
from croniter import croniter

BEGIN = datetime(2025, 8, 1, tzinfo=timezone.utc)
END = datetime(2025, 9, 1, tzinfo=timezone.utc)


def by_apscheduler(expression):
    try:
        trigger = CronTrigger.from_crontab(expression, timezone="UTC")
    except ValueError:
        return "refused"
    days, at = [], trigger.get_next_fire_time(None, BEGIN)
    while at < END:
        days.append(at.day)
        at = trigger.get_next_fire_time(at, at + timedelta(seconds=1))
    return days


def by_croniter(expression):
    times = croniter(expression, BEGIN - timedelta(seconds=1))
    days, at = [], times.get_next(datetime)
    while at < END:
        days.append(at.day)
        at = times.get_next(datetime)
    return days


seen = {}
for day in ("mon#1", "mon-fri/2", "1#1", "1-5/2", "mon"):
    seen[day] = (by_apscheduler(f"0 9 * * {day}"), by_croniter(f"0 9 * * {day}"))
    print(f"days of August 2025 for {day}: APScheduler {seen[day][0]}, croniter {seen[day][1]}")
mondays = [4, 11, 18, 25]
described = (
    seen["mon#1"] == (mondays, [4])
    and seen["1#1"] == ("refused", [4])
    and len(seen["1-5/2"][0]) == 13
    and len(seen["mon-fri/2"][0]) == 21 > len(seen["mon-fri/2"][1])
    and seen["mon"] == (mondays, mondays)
)
if not described:
    sys.exit("this has changed")
print("as described")
PY
