"""What somebody on the waitlist wishes, in the reader's words."""

from app.kernel.text import T, Text
from app.scheduling.models import WaitlistEntry
from app.scheduling.rules.waiting import weekdays_of
from app.web.text import WEEKDAYS, clock, day, say


def days_in_words(entry: WaitlistEntry) -> str:
    """From which day to which: `2026-11-23 – 2026-12-01`."""
    if entry.latest is None:
        return say(T("from %(day)s on", day=day(entry.earliest)))
    return day(entry.earliest) if entry.latest == entry.earliest else f"{day(entry.earliest)} – {day(entry.latest)}"


def hours_in_words(entry: WaitlistEntry) -> str:
    """Between which hours; empty for any."""
    text: Text | None = None
    if entry.time_from and entry.time_until:
        return f"{clock(entry.time_from)}–{clock(entry.time_until)}"
    if entry.time_from:
        text = T("from %(clock)s", clock=clock(entry.time_from))
    elif entry.time_until:
        text = T("until %(clock)s", clock=clock(entry.time_until))
    return say(text) if text else ""


def weekdays_in_words(entry: WaitlistEntry) -> str:
    """Which weekdays suit; empty for all."""
    return ", ".join(say(WEEKDAYS[number]) for number in sorted(weekdays_of(entry.weekdays)))
