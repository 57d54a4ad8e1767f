"""worktime.py: calendars of a city: is an instant inside, when is a limit used up, how much of it is used.

A calendar becomes a list of closed-open spans of UTC milliseconds, made day by day from its week, holidays and
make-up days with the system's zoneinfo; everything else is sums over that list.
"""
import datetime
import re
import zoneinfo

DAY_MS = 86400000
UNITS_MS = {"s": 1000, "m": 60000, "h": 3600000, "d": DAY_MS}
WEEK = ["mon", "tue", "wed", "thu", "fri", "sat", "sun"]
EPOCH = datetime.date(1970, 1, 1)
NEVER = None


class Limit:
    """A duration with the unit its clock runs in: plain (ms), work (ms of a calendar), work_days, days."""

    def __init__(self, unit, value):
        self.unit, self.value = unit, value

    @property
    def plain_ms(self):
        return self.value * DAY_MS if self.unit in ("work_days", "days") else self.value

    def __bool__(self):
        return self.value > 0


NO_LIMIT = Limit("plain", 0)


def read_limit(text, natural_days=False):
    """"30m", "4wh", "2wd", "1d"."""
    match = re.fullmatch(r"(\d+)(wh|wd|[smhd])", text)
    if match is None:
        raise ValueError(f"not a duration: {text}")
    count, unit = int(match[1]), match[2]
    if unit == "wh":
        return Limit("work", count * UNITS_MS["h"])
    if unit == "wd":
        return Limit("work_days", count)
    if unit == "d" and natural_days:
        return Limit("days", count)
    return Limit("plain", count * UNITS_MS[unit])


def read_ms(text):
    limit = read_limit(text)
    if limit.unit != "plain":
        raise ValueError(f"not a continuous duration: {text}")
    return limit.value


def _days_of(key):
    if "-" not in key:
        return [WEEK.index(key)]
    first, last = (WEEK.index(day) for day in key.split("-"))
    return list(range(first, last + 1)) if first <= last else [*range(first, 7), *range(0, last + 1)]


def _minutes(text):
    hours, minutes = text.split(":")
    return int(hours) * 60 + int(minutes)


def _date(text):
    return datetime.date.fromisoformat(text)


class Calendar:
    def __init__(self, spec, zone):
        self.zone = zone
        self.week = [[] for _ in range(7)]  # minutes of the local day
        for key, hours in (spec.get("week") or {}).items():
            for day in _days_of(key):
                for part in hours.split(","):
                    start, end = (_minutes(word) for word in part.strip().split("-"))
                    if end > start:
                        self.week[day].append((start, end))
                    else:  # over midnight
                        self.week[day].append((start, 1440))
                        self.week[(day + 1) % 7].append((0, end))
        for day in self.week:
            day.sort()
        self.exceptions = {_date(day): None for day in spec.get("holidays") or []}
        for day, like in (spec.get("makeup") or {}).items():
            self.exceptions[_date(day)] = WEEK.index(like)
        self.valid = tuple(_date(day) for day in spec["valid"])
        self.spans = {}  # local date -> [(from_ms, until_ms)]
        hours = [end - start for day in self.week for start, end in day]
        worked = sum(1 for day in self.week if day)
        self.average_day_ms = sum(hours) * 60000 // worked if worked else DAY_MS

    def _instant(self, date, minute):
        if minute == 1440:
            date, minute = date + datetime.timedelta(days=1), 0
        local = datetime.datetime(date.year, date.month, date.day, minute // 60, minute % 60, tzinfo=self.zone)
        return int(local.timestamp()) * 1000

    def local_date(self, at_ms):
        return datetime.datetime.fromtimestamp(at_ms / 1000, self.zone).date()

    def pattern(self, date):
        if not self.valid[0] <= date < self.valid[1]:
            return []
        weekday = self.exceptions.get(date, date.weekday())
        return [] if weekday is None else self.week[weekday]

    def day(self, date):
        if date not in self.spans:
            self.spans[date] = [(self._instant(date, start), self._instant(date, end))
                                for start, end in self.pattern(date)]
        return self.spans[date]

    def contains(self, at_ms):
        return any(start <= at_ms < end for start, end in self.day(self.local_date(at_ms)))

    def after(self, at_ms):
        """Spans from the instant on, the first one cut; ends with the calendar's validity."""
        date = self.local_date(at_ms)
        while date < self.valid[1]:
            for start, end in self.day(date):
                if end > at_ms:
                    yield max(start, at_ms), end
            date += datetime.timedelta(days=1)

    def used(self, from_ms, until_ms):
        total = 0
        for start, end in self.after(from_ms):
            if start >= until_ms:
                break
            total += min(end, until_ms) - start
        return total


def deadline(calendar, limit, used_ms, from_ms, zone):
    """When the limit is used up; NEVER when the calendar ends before. calendar None: always open."""
    if not limit:
        return NEVER
    if limit.unit == "work_days":
        return _work_days_end(calendar, limit.value, used_ms, from_ms, zone)
    left = max(0, limit.plain_ms - used_ms)
    if limit.unit != "work" or calendar is None or left == 0:
        return from_ms + left
    for start, end in calendar.after(from_ms):
        if left <= end - start:
            return start + left
        left -= end - start
    return NEVER


def _work_days_end(calendar, days, used_ms, from_ms, zone):
    """End of the n-th working day after the day it starts on; whole used days are taken off."""
    if calendar is None:
        date = datetime.datetime.fromtimestamp(from_ms / 1000, zone).date()
        days -= used_ms // DAY_MS
        if days < 0:
            return from_ms
        date += datetime.timedelta(days=days + 1)
        return int(datetime.datetime(date.year, date.month, date.day, tzinfo=zone).timestamp()) * 1000
    days -= used_ms // calendar.average_day_ms
    if days < 0:
        return from_ms
    date = max(calendar.local_date(from_ms), calendar.valid[0] - datetime.timedelta(days=1))
    if days == 0:  # resumed: what is left of this working day
        spans = calendar.day(date)
        if spans and from_ms < spans[-1][1]:
            return spans[-1][1]
        days = 1
    while days > 0:
        date += datetime.timedelta(days=1)
        if date >= calendar.valid[1]:
            return NEVER
        days -= 1 if calendar.pattern(date) else 0
    return calendar.day(date)[-1][1]


def used(calendar, limit, from_ms, until_ms):
    """Time used between two instants in the limit's own unit."""
    if until_ms <= from_ms:
        return 0
    if limit.unit in ("plain", "days") or calendar is None:
        return until_ms - from_ms
    return calendar.used(from_ms, until_ms)


def zone_of(name):
    return zoneinfo.ZoneInfo(name)
