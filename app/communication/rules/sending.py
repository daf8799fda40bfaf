"""When a call may be written down, when a message may go out, and how far it is."""

from datetime import datetime, time, timedelta, tzinfo

from app.communication.rules.kinds import Channel, MessageStatus
from app.kernel.dates import clinic_moment
from app.kernel.errors import RuleError
from app.kernel.moves import Moves
from app.kernel.text import T

S = MessageStatus
MOVES: Moves[MessageStatus] = Moves(
    {
        S.QUEUED: {S.SENDING, S.SENT, S.CANCELLED},
        S.SENDING: {S.SENT, S.FAILED, S.QUEUED},
        S.SENT: {S.DELIVERED, S.FAILED},
        S.FAILED: {S.QUEUED, S.CANCELLED},
    }
)
QUIET = (time(21), time(8))  # nothing goes out from … until …, as the settings come
LONGEST_CALL, SLACK = timedelta(hours=6), timedelta(minutes=5)


def check_call(begin: datetime, end: datetime | None, now: datetime) -> None:
    """Refuse a call of the future, one that ends before it begins, and one of a whole day. Raises RuleError."""
    if begin > now + SLACK:
        raise RuleError(T("This lies in the future."), field="begin_call")
    if end is not None and end < begin:
        raise RuleError(T("This is before the beginning."), field="end_call")
    if end is not None and (end > now + SLACK or end - begin > LONGEST_CALL):
        raise RuleError(T("No call lasts that long."), field="end_call")


def check_received(at: datetime, now: datetime) -> None:
    """Refuse a text that is yet to come. Raises RuleError."""
    if at > now + SLACK:
        raise RuleError(T("This lies in the future."), field="time")


def check_opt_in(channel: Channel, *, sms: bool, email: bool, marketing: bool, is_offer: bool) -> None:
    """Nobody gets what they said they don't want. Raises RuleError."""
    if channel is Channel.SMS and not sms:
        raise RuleError(T("This patient does not want text messages."), field="patient_id")
    if channel is Channel.EMAIL and not email:
        raise RuleError(T("This patient does not want emails."), field="patient_id")
    if is_offer and not marketing:
        raise RuleError(T("This patient does not want offers and advertisements."), field="patient_id")


def by_day(at: datetime, zone: tzinfo, quiet_from: time, quiet_until: time) -> datetime:
    """The same moment, or the morning after where it lies in the night, when nothing goes out."""
    clock = at.astimezone(zone)
    if quiet_from <= quiet_until:  # a quiet time within one day
        is_quiet, wakes = quiet_from <= clock.time() < quiet_until, clock.date()
    else:
        is_quiet = clock.time() >= quiet_from or clock.time() < quiet_until
        wakes = clock.date() + timedelta(days=clock.time() >= quiet_from)
    return clinic_moment(wakes, quiet_until, zone) if is_quiet else at
