"""Which days are closed tonight. See docs/decisions/0006-kept-sums.md."""

from datetime import date, timedelta

from app.reporting.rules.periods import Period

REOPENED_DAYS = 45  # a visit's status, a treatment's work and an invoice's payments may be put right for so long


def days_to_close(first: date | None, closed_until: date | None, today: date) -> Period | None:
    """The days that the night before `today` closes: those never closed, and the latest again.

    On the first of a month all from `first` on, the clinic's first day with any row. None where there is nothing.
    """
    yesterday = today - timedelta(days=1)
    if first is None or first > yesterday:
        return None
    if closed_until is None or today.day == 1:
        return Period(first, yesterday)
    start = min(closed_until + timedelta(days=1), today - timedelta(days=REOPENED_DAYS))
    return Period(max(first, start), yesterday)
