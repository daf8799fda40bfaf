"""Reads about weekly patterns: whose hold when, and what a change of them would come to."""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field
from datetime import date, tzinfo

import sqlalchemy as sa
from sqlalchemy import ColumnElement
from sqlalchemy.orm import Session

from app.kernel.dates import clinic_date, day_bounds
from app.people import queries as people
from app.people.models import Employee
from app.people.rules import EmployeeStatus
from app.scheduling.models import Appointment, Shift, ShiftPattern, TimeOff
from app.scheduling.queries.shifts import holidays_between, shift_span, shifts_between, time_off_between
from app.scheduling.queries.visits import WITH_NAMES
from app.scheduling.rules import LIVE, ShiftKind, Span
from app.scheduling.rules.shifts import Hours, WeekChange, change_week, days_by_hand, is_untouched
from app.scheduling.rules.times import merge


def patterns_of(session: Session, employee_id: int, first: date | None = None) -> Sequence[ShiftPattern]:
    """The patterns of somebody that hold on `first` or later, in the order of the week; all of them without it."""
    where: list[ColumnElement[bool]] = [ShiftPattern.employee_id == employee_id]
    if first is not None:
        where.append(_goes_on(first))
    order = (ShiftPattern.weekday, ShiftPattern.start_time, ShiftPattern.valid_from)
    return session.scalars(sa.select(ShiftPattern).where(*where).order_by(*order)).all()


def _goes_on(day: date) -> ColumnElement[bool]:
    return sa.or_(ShiftPattern.valid_until.is_(None), ShiftPattern.valid_until >= day)


def patterns_due(session: Session, today: date, last: date) -> Sequence[ShiftPattern]:
    """The patterns of which shifts are still to be made up to `last`, of people who work here."""
    statement = (
        sa.select(ShiftPattern)
        .join(Employee, Employee.employee_id == ShiftPattern.employee_id)
        .where(
            _goes_on(today),
            ShiftPattern.valid_from <= last,
            sa.or_(ShiftPattern.generated_until.is_(None), ShiftPattern.generated_until < last),
            Employee.status != EmployeeStatus.NOT_WORKING,
        )
    )
    return session.scalars(statement.order_by(ShiftPattern.employee_id, ShiftPattern.shift_pattern_id)).all()


def have_patterns(session: Session, first: date, last: date) -> set[int]:
    """Who has a pattern that holds in these days."""
    statement = sa.select(ShiftPattern.employee_id).where(_goes_on(first), ShiftPattern.valid_from <= last)
    return set(session.scalars(statement.distinct()))


def made_of(session: Session, patterns: Iterable[ShiftPattern], first: date) -> Sequence[Shift]:
    """The shifts from `first` on that were made of these patterns."""
    keys = [pattern.shift_pattern_id for pattern in patterns]
    statement = sa.select(Shift).where(Shift.shift_pattern_id.in_(keys), Shift.shift_date >= first)
    return session.scalars(statement.order_by(Shift.shift_date, Shift.start_time)).all()


@dataclass(slots=True)
class WeekPlan:
    """What becomes of patterns, shifts and visits where somebody's hours change from a day on."""

    first: date
    until: date | None
    change: WeekChange[ShiftPattern]
    leave: list[Shift] = field(default_factory=list)  # made of patterns that end, and not touched since
    by_hand: set[date] = field(default_factory=set)  # days that stay as people made them
    outside: list[Appointment] = field(default_factory=list)  # live visits that would stand outside of shifts

    @property
    def is_quiet(self) -> bool:
        """Whether nothing that is there goes."""
        return not (self.change.gone or self.outside)


def plan_week(
    session: Session, employee_id: int, wanted: Sequence[Hours], first: date, until: date | None, zone: tzinfo
) -> WeekPlan:
    """What `change_week` of the actions would do; nothing is written."""
    change = change_week(patterns_of(session, employee_id, first), wanted, first, until)
    plan = WeekPlan(first, until, change)
    made = [shift for shift in made_of(session, change.gone, first) if until is None or shift.shift_date <= until]
    furthest = max((pattern.generated_until or first for pattern in change.gone), default=first)
    closed = {row.date for row in holidays_between(session, first, furthest) if row.is_closed}
    plan.by_hand = days_by_hand(change.gone, made, first, until, closed)
    known = {pattern.shift_pattern_id: pattern for pattern in change.gone}
    plan.leave = [
        shift
        for shift in made
        if shift.shift_date not in plan.by_hand and is_untouched(shift, known[shift.shift_pattern_id or 0])
    ]
    plan.outside = _left_outside(session, employee_id, plan, zone)
    return plan


def _left_outside(session: Session, employee_id: int, plan: WeekPlan, zone: tzinfo) -> list[Appointment]:
    """The live visits that stand in the shifts which leave, and in none that stays or comes."""
    if not plan.leave:
        return []
    first, last = plan.leave[0].shift_date, plan.leave[-1].shift_date
    mine = (Shift.employee_id == employee_id, Shift.kind == ShiftKind.WORK)
    shifts = shifts_between(session, first, last, *mine)
    gone = {shift.shift_id for shift in plan.leave}
    days = {shift.shift_date for shift in plan.leave}
    come = [
        Shift(shift_date=day, start_time=hours.start_time, end_time=hours.end_time)
        for hours in plan.change.wanted
        for day in days
        if day.weekday() == hours.weekday
    ]
    before = merge(shift_span(shift, zone) for shift in shifts)
    after = merge(shift_span(shift, zone) for shift in [*(s for s in shifts if s.shift_id not in gone), *come])
    found = []
    for visit in live_visits(session, employee_id, first, last, zone):
        span = Span(visit.start_at, visit.end_at)
        if any(one.holds(span) for one in before) and not any(one.holds(span) for one in after):
            found.append(visit)
    return found


def live_visits(session: Session, doctor_id: int, first: date, last: date, zone: tzinfo) -> Sequence[Appointment]:
    """A doctor's live visits of these days, both included, with all their names."""
    start, end = day_bounds(first, zone)[0], day_bounds(last, zone)[1]
    statement = sa.select(Appointment).where(
        Appointment.doctor_id == doctor_id,
        Appointment.start_at >= start,
        Appointment.start_at < end,
        Appointment.status.in_(LIVE),
    )
    return session.scalars(statement.options(*WITH_NAMES).order_by(Appointment.start_at)).all()


def outside_shifts(
    session: Session, doctor_id: int, first: date, last: date, *, now: date, zone: tzinfo
) -> list[Appointment]:
    """A doctor's live visits from today on that stand in no shift or in a time off: those nobody decided to book there.

    A visit with a reason to stand outside of shifts counts where its whole day has none.
    """
    day = max(first, now)
    visits = live_visits(session, doctor_id, day, last, zone) if day <= last else []
    if not visits:
        return []
    mine = (Shift.employee_id == doctor_id, Shift.kind == ShiftKind.WORK)
    shifts = shifts_between(session, day, last, *mine)
    away = time_off_between(session, visits[0].start_at, visits[-1].end_at, TimeOff.employee_id == doctor_id)
    gone = [Span(row.from_, row.until) for row in away]
    spans, days = merge(shift_span(shift, zone) for shift in shifts), {shift.shift_date for shift in shifts}
    return [
        visit
        for visit in visits
        if (visit.override_reason is None or clinic_date(visit.start_at, zone) not in days)
        and not _is_covered(Span(visit.start_at, visit.end_at), spans, gone)
    ]


def _is_covered(visit: Span, works: Sequence[Span], away: Sequence[Span]) -> bool:
    return any(span.holds(visit) for span in works) and not any(span.overlaps(visit) for span in away)


def employee(session: Session, employee_id: int) -> Employee | None:
    """Somebody who works here, or did."""
    return session.get(Employee, employee_id)


def employees(session: Session, employee_ids: Iterable[int]) -> Sequence[Employee]:
    """These people, in one statement."""
    return session.scalars(sa.select(Employee).where(Employee.employee_id.in_(list(employee_ids)))).all()


def colleagues(session: Session, employee_id: int, day: date) -> Sequence[Employee]:
    """Who could take a shift of somebody: doctors that of a doctor, everybody else that of the others."""
    is_one = session.scalar(sa.select(people.is_doctor(day)).where(Employee.employee_id == employee_id))
    same = people.is_doctor(day) if is_one else ~people.is_doctor(day)
    statement = sa.select(Employee).where(
        same, Employee.employee_id != employee_id, Employee.status != EmployeeStatus.NOT_WORKING
    )
    return session.scalars(statement.order_by(Employee.sort_name, Employee.employee_id)).all()
