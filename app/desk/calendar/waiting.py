"""Who waits for a time, as the calendar's drawer shows them."""

from collections.abc import Sequence

import sqlalchemy as sa
from sqlalchemy.orm import Session, joinedload

from app.scheduling.models import WaitlistEntry
from app.scheduling.rules import WaitPriority, WaitStatus

WAITLIST = "/scheduling"  # the page whose right the waitlist asks
MOST = 100


def waiting(session: Session) -> Sequence[WaitlistEntry]:
    """Those who wait or were offered a time: by priority, then by who waited longest."""
    order = sa.case({one.value: place for place, one in enumerate(WaitPriority)}, value=WaitlistEntry.priority)
    statement = sa.select(WaitlistEntry).where(WaitlistEntry.status.in_([WaitStatus.WAITING, WaitStatus.OFFERED]))
    people = (joinedload(WaitlistEntry.patient), joinedload(WaitlistEntry.doctor), joinedload(WaitlistEntry.service))
    found = statement.options(*people).order_by(order, WaitlistEntry.created_at, WaitlistEntry.waitlist_entry_id)
    return session.scalars(found.limit(MOST)).all()
