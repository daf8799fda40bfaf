"""What the calendar's script says, in the reader's language: Chromium has no Mongolian of its own (trap 19)."""

from typing import Any

from app.kernel.text import T, Text
from app.scheduling.rules import AppointmentStatus
from app.web.text import WEEKDAYS, say
from app.web.theme import WEEKDAYS_SHORT

# `{name}` is filled by the script
TEXTS: dict[str, Text] = {
    "away": T("Away"),
    "book_at": T("Book at {clock}"),
    "busy": T("The calendar can't be reached just now. It tries again by itself."),
    "changed_elsewhere": T("{patient} was changed at another desk meanwhile. This is how it stands now."),
    "changed_moving": T("{patient} was changed at another desk while you were moving it. Nothing is moved."),
    "closed": T("Closed"),
    "gone": T("{patient} is no longer on these days."),
    "hold": T("Moving {patient}: arrows move, + and − change the length, Enter puts it down, Escape takes it back."),
    "minutes": T("{count} min"),
    "new": T("New"),
    "new_patient": T("New patient"),
    "no_visits": T("There is nothing booked on these days."),
    "no_chair": T("Without a chair"),
    "past": T("This day has passed."),
    "pin": T("Pin"),
    "pinned": T("{patient} is pinned. Go to another week and drop it there."),
    "pinned_empty": T("Drop a visit here, or press P on it, to carry it to another week."),
    "provisional": T("Provisional patient"),
    "put_here": T("Choose a time for {patient}: a free time of the calendar, or Escape."),
    "alert": T("Has an alert"),
    "taken": T("The nearest free times"),
    "undo": T("Undo"),
    "unpin": T("Take {patient} off the pinboard"),
}  # fmt: skip


def page_texts() -> dict[str, Any]:
    """All of it."""
    return {
        **{key: say(text).replace("%%", "%") for key, text in TEXTS.items()},
        "statuses": {status.word: say(status) for status in AppointmentStatus},
        "weekdays": [say(day) for day in WEEKDAYS],
        "weekdays_short": [say(day) for day in WEEKDAYS_SHORT],
    }
