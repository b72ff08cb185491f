"""Times: UTC nanoseconds since 1970 as integers, read from text and written as ISO 8601."""

import datetime
import re
import zoneinfo

NS_PER_SECOND = 10**9
NS_PER_MINUTE = 60 * NS_PER_SECOND
NS_PER_DAY = 86400 * NS_PER_SECOND
GRID_NS = 250 * 10**6
EPOCH = datetime.date(1970, 1, 1)
# No time at or after this one is readable, so that the ends of windows fit 64 bits.
END_OF_TIME_NS = (datetime.date(2262, 4, 11) - EPOCH).days * NS_PER_DAY
SECONDS_OR_MS = 100_000_000_000

ISO = re.compile(r"([0-9]{4})-([0-9]{2})-([0-9]{2})[Tt ]([0-9]{2}):([0-9]{2})(?::([0-9]{2})(?:\.([0-9]+))?)?"
                 r"(?:([Zz])|([+-])([0-9]{2})(?::?([0-9]{2}))?)?")
DURATION = re.compile(r"([1-9][0-9]*|0)(ms|s|m|h|d)")
UNIT_NS = {"ms": 10**6, "s": NS_PER_SECOND, "m": NS_PER_MINUTE, "h": 60 * NS_PER_MINUTE, "d": NS_PER_DAY}


def readable(ns):
    """ns if it lies where times are readable, else None."""
    return ns if ns is not None and 0 <= ns < END_OF_TIME_NS else None


def parse_iso(text, zone=None):
    """The time that `text` says, or None. A text without offset is local time of `zone` (None = UTC)."""
    match = ISO.fullmatch(text)
    if match is None:
        return None
    year, month, day, hour, minute = (int(part) for part in match.groups()[:5])
    second = int(match.group(6) or 0)
    nanos = int((match.group(7) or "")[:9].ljust(9, "0"))
    try:
        date = datetime.date(year, month, day)
    except ValueError:
        return None
    if hour > 23 or minute > 59 or second > 59:
        return None
    if match.group(9):                                      # a numeric offset
        offset_hours, offset_minutes = int(match.group(10)), int(match.group(11) or 0)
        if offset_hours > 23 or offset_minutes > 59:
            return None
        offset = (offset_hours * 60 + offset_minutes) * 60
        seconds = _seconds(date, hour, minute, second) - (offset if match.group(9) == "+" else -offset)
    elif match.group(8) or zone is None:                    # Z, or UTC by default
        seconds = _seconds(date, hour, minute, second)
    else:
        seconds = local_to_utc_seconds(datetime.datetime(year, month, day, hour, minute, second), zone)
        if seconds is None:
            return None
    return readable(seconds * NS_PER_SECOND + nanos)


def _seconds(date, hour, minute, second):
    return (date - EPOCH).days * 86400 + hour * 3600 + minute * 60 + second


def local_to_utc_seconds(local, zone):
    """Unix seconds of a local time. Ambiguous: the first of the two. Skipped by the clock: None."""
    if not 1900 < local.year < 2300:
        return None
    aware = local.replace(tzinfo=zone, fold=0)
    utc = aware.astimezone(datetime.timezone.utc)
    if utc.astimezone(zone).replace(tzinfo=None) != local:
        return None
    return (utc.date() - EPOCH).days * 86400 + utc.hour * 3600 + utc.minute * 60 + utc.second


def from_number(number, unit):
    """A time given as a number of `unit` ("s", "ms", "us", "ns") since 1970; parts beyond nanoseconds are cut."""
    if number.is_negative:
        return None
    ns, _ = number.scaled({"s": 9, "ms": 6, "us": 3, "ns": 0}[unit], half_even=False)
    return readable(ns)


def from_timestamp_number(number):
    """`timestamp` as a number: below 1e11 seconds, else milliseconds."""
    if number.is_negative:
        return None
    as_seconds, _ = number.scaled(9, half_even=False)
    if as_seconds is None:
        return None
    return from_number(number, "s" if as_seconds < SECONDS_OR_MS * NS_PER_SECOND else "ms")


def from_seconds_of_day(number, date, zone):
    """`number` seconds on the wall clock of `zone` on `date`."""
    if number.is_negative:
        return None
    ns, _ = number.scaled(9, half_even=False)
    if ns is None or ns >= NS_PER_DAY:
        return None
    seconds, nanos = divmod(ns, NS_PER_SECOND)
    midnight = datetime.datetime(date.year, date.month, date.day)
    utc = local_to_utc_seconds(midnight + datetime.timedelta(seconds=seconds), zone or datetime.timezone.utc)
    return None if utc is None else readable(utc * NS_PER_SECOND + nanos)


def to_iso(ns):
    """ISO 8601 UTC; fractions without trailing zeros, no point when zero. None (unknown) is empty."""
    if ns is None:
        return ""
    days, rest = divmod(ns, NS_PER_DAY)
    seconds, nanos = divmod(rest, NS_PER_SECOND)
    text = f"{to_date(days)}T{seconds // 3600:02}:{seconds // 60 % 60:02}:{seconds % 60:02}"
    if nanos:
        text += "." + str(nanos).rjust(9, "0").rstrip("0")
    return text + "Z"


def to_date(days):
    return (EPOCH + datetime.timedelta(days=days)).isoformat()


def parse_duration(text):
    match = DURATION.fullmatch(text)
    if match is None:
        raise ValueError(f"no duration: {text!r}")
    return int(match.group(1)) * UNIT_NS[match.group(2)]


def duration_name(ns):
    """The shortest name: the largest unit that divides it (60m is 1h)."""
    for unit in ("d", "h", "m", "s", "ms"):
        if ns % UNIT_NS[unit] == 0:
            return f"{ns // UNIT_NS[unit]}{unit}"
    raise ValueError(f"no name for {ns} ns")


def zone_of(name):
    return zoneinfo.ZoneInfo(name)
