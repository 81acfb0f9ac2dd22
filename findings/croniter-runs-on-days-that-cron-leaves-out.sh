#!/bin/sh
# Finding: croniter by default reads `0 9 */2 * mon` as "every other day, and every Monday": 17 days of September 2025.
# For cron a field that begins with `*` does not restrict, also with a step (crontab(5): "fields that contain the *
# character"), so that both must fit: the Mondays with odd dates, three. The usual way to write the first Monday of a
# month for cron, `0 9 */100,1-7 * mon`, runs on eleven days. With `implement_cron_bug=True`, which the README names and
# which is false by default, croniter does what cron does. APScheduler joins days by "and" always: `0 9 1 * mon` is the
# first if it is a Monday, where cron and croniter take all Mondays and the first. One line of a crontab, moved to
# Python, is thus three schedules.
#
# Seen with croniter 7.0.0 and APScheduler 3.11.3. Expected: cron's days by default.
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

BEGIN = datetime(2025, 9, 1, tzinfo=timezone.utc)
END = datetime(2025, 10, 1, tzinfo=timezone.utc)


def by_croniter(expression, **options):
    times = croniter(expression, BEGIN - timedelta(seconds=1), **options)
    days, at = [], times.get_next(datetime)
    while at < END:
        days.append(at.day)
        at = times.get_next(datetime)
    return days


def by_apscheduler(expression):
    trigger = CronTrigger.from_crontab(expression, timezone="UTC")
    days, at = [], trigger.get_next_fire_time(None, BEGIN)
    while at and at < END:
        days.append(at.day)
        at = trigger.get_next_fire_time(at, at + timedelta(seconds=1))
    return days


stepped, first, plain = "0 9 */2 * mon", "0 9 */100,1-7 * mon", "0 9 1 * mon"
seen = {
    expression: (by_croniter(expression), by_croniter(expression, implement_cron_bug=True))
    for expression in (stepped, first, plain)
}
for expression, (by_default, as_cron) in seen.items():
    print(f"{expression}: croniter {by_default}, with implement_cron_bug {as_cron}")
mondays = [1, 8, 15, 22, 29]
by_and = by_apscheduler(plain)
print(f"{plain}: APScheduler {by_and}")
described = (
    seen[stepped] == (sorted({*range(1, 31, 2), *mondays}), [1, 15, 29])
    and seen[first] == ([*range(1, 9), 15, 22, 29], [1])
    and seen[plain] == (mondays, mondays)
    and by_and == [1]
)
if not described:
    sys.exit("this has changed")
print("as described")
PY
