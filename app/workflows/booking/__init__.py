"""Booking: one visit, one that repeats, those of a family, and where there is room for them.

`visits` books and moves one, `callers` makes a patient of a caller, `free` knows the nearest free times, `together`
books several at once, `repeating` and `family` say beforehand how that would go.
"""

from app.workflows.booking.callers import caller_names
from app.workflows.booking.free import free_times, wish_of
from app.workflows.booking.together import book_together
from app.workflows.booking.visits import book_visit, locked_appointment, reschedule_visit

__all__ = [
    "book_together",
    "book_visit",
    "caller_names",
    "free_times",
    "locked_appointment",
    "reschedule_visit",
    "wish_of",
]
