"""The numbers of the first pages, each in one statement over whole tables or an index; nothing is grouped here."""

from dataclasses import dataclass
from datetime import date, datetime, timedelta, tzinfo

import sqlalchemy as sa
from flask_appbuilder.security.sqla.models import User
from sqlalchemy.orm import Session, joinedload

from app.billing.models import Invoice
from app.billing.rules import InvoiceStatus
from app.jobs.models import Job
from app.kernel.dates import add_months, day_bounds
from app.people.models import Patient
from app.scheduling.models import Appointment
from app.scheduling.rules import AppointmentStatus
from app.security.models import LoginAttempt, SessionToken, UserProfile
from app.security.rules import LoginOutcome


def visits_by_status(session: Session, start: datetime, end: datetime) -> dict[AppointmentStatus, int]:
    """How many visits of [start, end) stand in each status."""
    statement = sa.select(Appointment.status, sa.func.count()).where(
        Appointment.start_at >= start, Appointment.start_at < end
    )
    return {status: int(count) for status, count in session.execute(statement.group_by(Appointment.status))}


def no_show_bp(counts: dict[AppointmentStatus, int]) -> int | None:
    """Share of visits to which nobody came, in basis points: status 3 ÷ (3 + 4 + 5 + 6 + 7). None without visits."""
    s = AppointmentStatus
    came = sum(counts.get(status, 0) for status in (s.CAME, s.FINISHED, s.IN_TREATMENT, s.TREATED))
    missed = counts.get(s.NO_SHOW, 0)
    return missed * 10_000 // (missed + came) if missed + came else None


@dataclass(frozen=True, slots=True)
class Period:
    """A figure, and the same of the period before."""

    now: int
    before: int


def months(day: date, zone: tzinfo) -> tuple[datetime, datetime, datetime]:
    """(start of last month, start of this month, end of `day`) as instants."""
    first = day.replace(day=1)
    return day_bounds(add_months(first, -1), zone)[0], day_bounds(first, zone)[0], day_bounds(day, zone)[1]


def charged(session: Session, day: date, zone: tzinfo) -> Period:
    """What was invoiced this month and in the whole month before, voided invoices left out."""
    before, start, end = months(day, zone)
    live = sa.select(
        sa.func.coalesce(sa.func.sum(sa.case((Invoice.issued_at >= start, Invoice.total), else_=0)), 0),
        sa.func.coalesce(sa.func.sum(sa.case((Invoice.issued_at < start, Invoice.total), else_=0)), 0),
    ).where(Invoice.issued_at >= before, Invoice.issued_at < end, Invoice.status != InvoiceStatus.VOID)
    now, earlier = session.execute(live).one()
    return Period(int(now), int(earlier))


def new_patients(session: Session, day: date, zone: tzinfo) -> Period:
    """Who was registered this month and in the month before."""
    before, start, end = months(day, zone)
    statement = sa.select(
        sa.func.count(sa.case((Patient.created_at >= start, 1))),
        sa.func.count(sa.case((Patient.created_at < start, 1))),
    ).where(Patient.created_at >= before, Patient.created_at < end)
    now, earlier = session.execute(statement).one()
    return Period(int(now), int(earlier))


def to_confirm(session: Session, start: datetime, end: datetime, limit: int = 40) -> list[Appointment]:
    """Visits of [start, end) that nobody has confirmed yet."""
    statement = (
        sa.select(Appointment)
        .where(
            Appointment.start_at >= start, Appointment.start_at < end, Appointment.status == AppointmentStatus.RESERVED
        )
        .options(joinedload(Appointment.patient), joinedload(Appointment.doctor))
        .order_by(Appointment.start_at)
        .limit(limit)
    )
    return list(session.scalars(statement))


def without_next_visit(session: Session, now: datetime, days: int = 14, limit: int = 40) -> list[Appointment]:
    """The last visits of patients who were treated in the last `days` and have no visit ahead."""
    other = sa.orm.aliased(Appointment)
    ahead = sa.exists().where(
        other.patient_id == Appointment.patient_id,
        other.start_at > Appointment.start_at,
        other.status.notin_([AppointmentStatus.CANCELLED, AppointmentStatus.NO_SHOW]),
    )
    done = (AppointmentStatus.TREATED, AppointmentStatus.FINISHED)
    statement = (
        sa.select(Appointment)
        .where(Appointment.start_at >= now - timedelta(days=days), Appointment.start_at < now)
        .where(Appointment.status.in_(done), ~ahead)
        .options(joinedload(Appointment.patient), joinedload(Appointment.doctor), joinedload(Appointment.service))
        .order_by(Appointment.start_at.desc())
        .limit(limit)
    )
    return list(session.scalars(statement))


@dataclass(frozen=True, slots=True)
class Doors:
    """The state of the system that an Admin looks at first."""

    users: int
    locked: int
    devices: int
    failures: int
    jobs_waiting: int
    jobs_failed: int


def doors(session: Session, now: datetime, idle: timedelta) -> Doors:
    """Users, locked accounts, devices in use, failed sign-ins of a day, work in the background; one statement."""

    def count(column: object, *where: object) -> object:
        return sa.select(sa.func.count(column)).where(*where).scalar_subquery()  # type: ignore[arg-type]  # columns

    day = now - timedelta(days=1)
    row = session.execute(
        sa.select(
            count(User.id, User.active.is_(True)),
            count(UserProfile.user_id, UserProfile.locked_until > now),
            count(
                SessionToken.session_token_id,
                SessionToken.revoked_at.is_(None),
                SessionToken.expires_at > now,
                SessionToken.last_seen_at > now - idle,
            ),
            count(
                LoginAttempt.login_attempt_id, LoginAttempt.created_at > day, LoginAttempt.outcome != LoginOutcome.OK
            ),
            count(Job.job_id, Job.done_at.is_(None)),
            count(Job.job_id, Job.last_error.is_not(None), Job.created_at > day),
        )
    ).one()
    return Doors(*(int(value) for value in row))
