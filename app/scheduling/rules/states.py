"""What may follow what: the moves of an appointment and how they are taken back; how a room stands.

Source: rules.md, Scheduling, "Status moves".
"""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime, timedelta, tzinfo
from typing import Protocol

from app.kernel.dates import clinic_date
from app.kernel.enums import Code, Word
from app.kernel.errors import Conflict, RuleError
from app.kernel.moves import Moves
from app.kernel.text import TC, T, Text


class AppointmentStatus(Code):
    """The seed's codes 0–5, and two between "came" and "finished"."""

    RESERVED = 0, T("Reserved")
    CANCELLED = 1, T("Cancelled")
    CONFIRMED = 2, T("Confirmed")
    NO_SHOW = 3, T("Did not show up")
    CAME = 4, T("Checked in")
    FINISHED = 5, T("Finished")
    IN_TREATMENT = 6, T("In treatment")
    TREATED = 7, T("Treated")


S = AppointmentStatus
LIVE = frozenset({S.RESERVED, S.CONFIRMED, S.CAME, S.IN_TREATMENT, S.TREATED})
# From so many missed visits on somebody stands out to the desk: the same on the list of no-shows and in the booking.
MISSED_OFTEN = 2
# Who isn't in the chair yet can get another time, doctor or chair; who did not come can get a new one.
MOVABLE = frozenset({S.RESERVED, S.CONFIRMED, S.CAME, S.NO_SHOW, S.CANCELLED})
MOVES: Moves[AppointmentStatus] = Moves(
    {
        S.RESERVED: {S.CONFIRMED, S.CAME, S.CANCELLED, S.NO_SHOW},
        S.CONFIRMED: {S.CAME, S.CANCELLED, S.NO_SHOW, S.RESERVED},
        S.CAME: {S.IN_TREATMENT, S.CANCELLED, S.RESERVED, S.CONFIRMED},  # the last two: back to what it was
        S.IN_TREATMENT: {S.TREATED, S.CAME},  # back on the same day, with a reason
        S.TREATED: {S.FINISHED},
        S.NO_SHOW: {S.RESERVED},
        S.CANCELLED: {S.RESERVED},
        S.FINISHED: set(),
    }
)
UNDO = "undo"  # the reason of a change that takes one back
# What somebody does who moves an appointment there: the words of buttons.
MOVE_WORDS: Mapping[AppointmentStatus, Text] = {
    S.RESERVED: T("Back to reserved"),
    S.CONFIRMED: T("Confirm"),
    S.CAME: T("Check in"),
    S.IN_TREATMENT: T("Into treatment"),
    S.TREATED: T("Treatment done"),
    S.FINISHED: T("Finish"),
    S.NO_SHOW: T("Did not show up"),
    S.CANCELLED: T("Cancel the appointment"),
}


@dataclass(frozen=True, slots=True)
class Standing:
    """How an appointment stands when somebody wants to move it."""

    status: AppointmentStatus
    start_at: datetime
    came_from: AppointmentStatus | None = None  # the state it had before the patient was checked in
    began_at: datetime | None = None  # when the patient went into treatment

    @property
    def before_came(self) -> AppointmentStatus:
        """The one state that "back" leads to from "came"."""
        return self.came_from or S.RESERVED


def check_move(at: Standing, to: AppointmentStatus, *, now: datetime, zone: tzinfo, reason: str | None) -> None:
    """Refuse a move that the table or the day doesn't allow. Raises RuleError (status, reason, start_at)."""
    MOVES.check(at.status, to)
    if at.status is S.CAME and to in (S.RESERVED, S.CONFIRMED) and to is not at.before_came:
        text = T("“%(before)s” can't become “%(after)s”.", before=at.status.label, after=to.label)
        raise RuleError(text, field="status")
    if at.status is S.IN_TREATMENT and to is S.CAME:
        _check_back_to_came(at, now, zone, reason)
    if to is S.RESERVED and at.status in (S.NO_SHOW, S.CANCELLED) and at.start_at <= now:
        raise RuleError(T("This time has passed. Choose a new one."), field="start_at")


def _check_back_to_came(at: Standing, now: datetime, zone: tzinfo, reason: str | None) -> None:
    if clinic_date(at.began_at or at.start_at, zone) != clinic_date(now, zone):
        raise RuleError(T("A treatment goes back to “checked in” only on its own day."), field="status")
    if not (reason or "").strip():
        raise RuleError(T("Write why the treatment goes back to “checked in”."), field="reason")


def check_settled(is_settled: bool) -> None:
    """A visit is finished only when it is paid, claimed, covered or waived. Raises RuleError."""
    if not is_settled:
        raise RuleError(T("This visit isn't paid for yet. Take the payment first."), field="status")


def check_undo(
    *, to: AppointmentStatus, reason: str | None, at: datetime, status: AppointmentStatus, now: datetime, seconds: int
) -> None:
    """Refuse to take back a move that is older than `seconds`, or isn't the last one. Raises RuleError, Conflict."""
    if to is not status:
        raise Conflict(T("This appointment was moved again meanwhile."), field="status")
    if reason == UNDO or now - at > timedelta(seconds=seconds):
        raise RuleError(T("It is too late to undo this."), field="status")


class Change(Protocol):
    """What is asked of a kept move here."""

    from_: AppointmentStatus | None
    to: AppointmentStatus
    at: datetime
    reason: str | None


def may_undo(change: Change, status: AppointmentStatus, now: datetime, seconds: int) -> bool:
    """Whether a move is worth a button that takes it back."""
    fresh = timedelta() <= now - change.at <= timedelta(seconds=seconds)
    return fresh and change.from_ is not None and change.to is status and change.reason != UNDO


@dataclass(frozen=True, slots=True)
class Offer:
    """A move that is worth a button: where it leads, what the button says, and whether it asks why."""

    to: AppointmentStatus
    words: Text
    asks: str = ""  # "may" and "must" give a reason


def offers(at: Standing, *, now: datetime, zone: tzinfo) -> list[Offer]:
    """The moves that are worth a button now, the likeliest first."""
    return [Offer(to, _words(at, to), _asks(at, to)) for to in offered(at, now=now, zone=zone)]


def _words(at: Standing, to: AppointmentStatus) -> Text:
    if to is S.CAME and at.status is S.IN_TREATMENT:
        return T("Back to waiting")
    if at.status is S.CAME and to in (S.RESERVED, S.CONFIRMED):
        return T("Is not here yet")
    if to is S.RESERVED and at.status in (S.NO_SHOW, S.CANCELLED):
        return T("Reserve again")
    return MOVE_WORDS[to]


def _asks(at: Standing, to: AppointmentStatus) -> str:
    if at.status is S.IN_TREATMENT and to is S.CAME:
        return "must"
    return "may" if to is S.CANCELLED else ""


def offered(at: Standing, *, now: datetime, zone: tzinfo) -> list[AppointmentStatus]:
    """Where an appointment may well go now, the likeliest first; all of it is allowed by `check_move`."""
    is_due = clinic_date(at.start_at, zone) <= clinic_date(now, zone)
    has_started = at.start_at <= now
    same_day = clinic_date(at.began_at or at.start_at, zone) == clinic_date(now, zone)
    choices: dict[AppointmentStatus, list[tuple[AppointmentStatus, bool]]] = {
        S.RESERVED: [(S.CAME, is_due), (S.CONFIRMED, not has_started), (S.NO_SHOW, has_started), (S.CANCELLED, True)],
        S.CONFIRMED: [(S.CAME, is_due), (S.NO_SHOW, has_started), (S.CANCELLED, True), (S.RESERVED, not has_started)],
        S.CAME: [(S.IN_TREATMENT, True), (at.before_came, True), (S.CANCELLED, True)],
        S.IN_TREATMENT: [(S.TREATED, True), (S.CAME, same_day)],
        S.TREATED: [(S.FINISHED, True)],
        S.NO_SHOW: [(S.RESERVED, not has_started)],
        S.CANCELLED: [(S.RESERVED, not has_started)],
    }
    return [to for to, is_offered in choices.get(at.status, []) if is_offered]


class AppointmentSource(Word):
    """How a visit was booked."""

    PHONE = "phone", T("By phone")
    WALK_IN = "walk-in", T("Walk-in")
    PORTAL = "portal", T("Patient portal")
    RECALL = "recall", T("Recall")
    PLAN = "plan", T("Treatment plan")
    WAITLIST = "waitlist", T("Waitlist")


class WaitPriority(Word):
    """How much somebody on the waitlist needs a time, the most first."""

    HIGH = "high", T("High")
    MEDIUM = "medium", T("Medium")
    LOW = "low", T("Low")


class WaitStatus(Word):
    """How an entry of the waitlist stands."""

    WAITING = "waiting", T("Waiting")
    OFFERED = "offered", T("Offered")
    BOOKED = "booked", TC("recall", "Booked")
    DROPPED = "dropped", T("Dropped")


class RoomType(Word):
    """What a room is for."""

    SURGERY = "surgery", T("Treatment room")
    X_RAY = "x-ray", T("X-ray room")
    STERILISATION = "sterilisation", T("Sterilisation room")
    CONSULTATION = "consultation", T("Consulting room")
    WARD = "ward", T("Recovery room")


class RoomStatus(Code):
    """How a room is now."""

    FREE = 0, T("Free")
    OCCUPIED = 1, T("Occupied")
    CLEANING = 2, T("Being cleaned")
    OUT_OF_SERVICE = 3, T("Out of service")


class ShiftKind(Word):
    """What somebody does in a shift. Visits are booked in `work` only."""

    WORK = "work", T("Work")
    ON_CALL = "on call", T("On call")
    TRAINING = "training", T("Training")
