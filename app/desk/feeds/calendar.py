"""Visits as an iCalendar (RFC 5545). Moments are in UTC, so that every calendar shows them at the right time.

The file goes to whatever service keeps a phone's calendar. It therefore says when and where, and nothing of why: no
service, no note, no phone, no patient's name; a doctor's names the card, which opens in the program alone.
"""

import hashlib
import hmac
from collections.abc import Callable, Iterable
from dataclasses import dataclass
from datetime import timedelta

from icalendar import Calendar, Event

from app.scheduling.queries.feeds import Shown
from app.scheduling.rules import AppointmentStatus

S = AppointmentStatus
STATUS = {S.RESERVED: "TENTATIVE", S.CANCELLED: "CANCELLED", S.NO_SHOW: "CANCELLED"}  # any other is confirmed
ASK_AGAIN = timedelta(hours=1)


@dataclass(frozen=True, slots=True)
class Words:
    """What a feed says of its visits, in its reader's language."""

    name: str
    time_zone: str
    summary: Callable[[Shown], str]
    place: Callable[[Shown], str]
    about: Callable[[Shown], str]
    url: Callable[[Shown], str]


def uid_of(secret: str, appointment_id: int) -> str:
    """Always the same for a visit, in each of its feeds, and tells nobody its number."""
    digest = hmac.new(secret.encode(), f"ical:{appointment_id}".encode(), hashlib.sha256).hexdigest()
    return f"{digest[:32]}@soyoo"


def calendar_of(visits: Iterable[Shown], words: Words, secret: str) -> bytes:
    """The calendar; the same bytes as long as nothing changes."""
    made = Calendar()
    made.add("prodid", "-//Soyoo//Calendar feed//MN")
    made.add("version", "2.0")
    made.add("calscale", "GREGORIAN")
    made.add("method", "PUBLISH")
    made.add("x-wr-calname", words.name)
    made.add("x-wr-timezone", words.time_zone)
    made.add("refresh-interval", ASK_AGAIN, parameters={"VALUE": "DURATION"})
    made.add("x-published-ttl", "PT1H")
    for visit in visits:
        made.add_component(_event(visit, words, secret))
    return made.to_ical()


def _event(visit: Shown, words: Words, secret: str) -> Event:
    event = Event()
    event.add("uid", uid_of(secret, visit.appointment_id))
    event.add("sequence", visit.version)
    event.add("dtstamp", visit.changed)
    event.add("last-modified", visit.changed)
    event.add("dtstart", visit.start)
    event.add("dtend", visit.end)
    event.add("status", STATUS.get(visit.status, "CONFIRMED"))
    for name, value in (
        ("summary", words.summary(visit)),
        ("location", words.place(visit)),
        ("description", words.about(visit)),
        ("url", words.url(visit)),
    ):
        if value:
            event.add(name, value)
    return event
