"""When a patient is due again, and what an attempt to reach them changes.

Source: rules.md, Scheduling, "Recall"; lessons.md: due = latest qualifying work + interval; a person may override it.
"""

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import date

from app.clinical.rules.kinds import ContactOutcome, RecallStatus
from app.kernel.dates import add_months
from app.kernel.errors import Conflict, RuleError
from app.kernel.text import T

OPEN = frozenset({RecallStatus.DUE, RecallStatus.CONTACTED})
UNDER_WAY = OPEN | {RecallStatus.BOOKED}


@dataclass(frozen=True, slots=True)
class Work:
    """Work that was completed: which service, in which visit, on which day, and after how many months it is due."""

    service_id: int
    treatment_id: int
    done_on: date
    months: int


@dataclass(frozen=True, slots=True)
class Due:
    """That a service is due again, and after which visit."""

    service_id: int
    treatment_id: int
    due_on: date


def dues_of(work: Iterable[Work]) -> list[Due]:
    """One for each service: its latest work plus its months.

    >>> [due.due_on.isoformat() for due in dues_of([Work(7, 1, date(2026, 8, 31), 6), Work(7, 2, date(2026, 5, 1), 6)])]
    ['2027-02-28']
    """
    latest: dict[int, Work] = {}
    for one in sorted(work, key=lambda one: (one.done_on, one.treatment_id)):
        latest[one.service_id] = one
    return [
        Due(one.service_id, one.treatment_id, add_months(one.done_on, one.months))
        for _, one in sorted(latest.items())
        if one.months > 0
    ]


def moved_due(kept: date, found: date, *, is_by_hand: bool) -> date:
    """The due date of an open recall after further work. One that a person set stays, unless the new one is later:
    what was set was about the time before that work."""
    return max(kept, found) if is_by_hand else found


def after_contact(status: RecallStatus, outcome: ContactOutcome) -> RecallStatus:
    """How a recall stands after an attempt. Raises Conflict for one that is settled."""
    if status not in OPEN:
        raise Conflict(T("This recall is “%(status)s” already. Look at how it stands now.", status=status.label))
    return RecallStatus.DECLINED if outcome is ContactOutcome.DECLINED else RecallStatus.CONTACTED


def check_postponed(until: date | None, today: date) -> None:
    """Refuse to put a call off to a day that has passed. Raises RuleError."""
    if until is not None and until <= today:
        raise RuleError(T("Choose a day after today."), field="do_not_contact_until")


def is_reachable(do_not_contact_until: date | None, today: date) -> bool:
    """Whether the patient may be called today."""
    return do_not_contact_until is None or do_not_contact_until <= today
