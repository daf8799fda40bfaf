"""The numbers of the first pages, each in one statement over whole tables or an index; nothing is grouped here."""

from dataclasses import dataclass
from datetime import date, datetime, timedelta, tzinfo

import sqlalchemy as sa
from flask_appbuilder.security.sqla.models import User
from sqlalchemy.orm import Session, contains_eager, joinedload

from app.audit.models import AuditLog
from app.audit.rules import AuditAction
from app.clinical.models import TreatmentPlan
from app.clinical.rules import PlanStatus
from app.communication.models import Message
from app.communication.rules import MessageStatus
from app.jobs.models import Job
from app.lab.models import LabRequest, LabResult
from app.lab.queries import unreviewed_alarms, waits_for_fitting
from app.lab.rules import AT_LAB
from app.reporting import queries as reporting
from app.reporting.rules import Metric, Period, Preset, before, period_of, share_bp
from app.scheduling.models import Appointment
from app.scheduling.rules import AppointmentStatus
from app.security.models import LoginAttempt, SessionToken, UserProfile
from app.security.queries import is_live
from app.security.rules import Limits, LoginOutcome


def visits_by_status(session: Session, start: datetime, end: datetime) -> dict[AppointmentStatus, int]:
    """How many visits of [start, end) stand in each status."""
    statement = sa.select(Appointment.status, sa.func.count()).where(
        Appointment.start_at >= start, Appointment.start_at < end
    )
    return {status: int(count) for status, count in session.execute(statement.group_by(Appointment.status))}


@dataclass(frozen=True, slots=True)
class Compared:
    """A figure of this month so far, and of as many days of the month before."""

    now: int
    before: int


@dataclass(frozen=True, slots=True)
class Numbers:
    """The clinic in figures, from the kept sums."""

    invoiced: Compared
    collected: Compared
    new_patients: Compared
    no_show_bp: int | None  # over the days that the measures look back
    used_bp: int | None  # booked minutes of the minutes of shifts, this month
    used_before_bp: int | None


KEPT = (
    Metric.INVOICED, Metric.ADJUSTED, Metric.PAID, Metric.REFUNDED, Metric.NEW_PATIENTS, Metric.NO_SHOWS,
    Metric.VISITS, Metric.BOOKED_MINUTES, Metric.SHIFT_MINUTES,
)  # fmt: skip


def measured(day: date, days: int) -> Period:
    """What the measures look back on: so many days, the last of them `day`."""
    return Period(day - timedelta(days=days - 1), day)


def numbers(session: Session, day: date, zone: tzinfo, closed: date | None, lately: Period) -> Numbers:
    """This month and the month before from kept sums, and the no-shows of `lately`, in one statement."""
    month = period_of(Preset.MONTH, day)
    periods = {"now": month, "before": before(Preset.MONTH, month), "lately": lately}
    sums = reporting.totals(session, periods, KEPT, closed, zone)

    def compared(more: Metric, less: Metric | None = None) -> Compared:
        now, earlier = (sums[name][more] - (sums[name][less] if less else 0) for name in ("now", "before"))
        return Compared(now, earlier)

    missed = sums["lately"][Metric.NO_SHOWS]
    used, earlier = (
        share_bp(sums[name][Metric.BOOKED_MINUTES], sums[name][Metric.SHIFT_MINUTES]) for name in ("now", "before")
    )
    return Numbers(
        invoiced=compared(Metric.INVOICED, Metric.ADJUSTED),
        collected=compared(Metric.PAID, Metric.REFUNDED),
        new_patients=compared(Metric.NEW_PATIENTS),
        no_show_bp=share_bp(missed, missed + sums["lately"][Metric.VISITS]),
        used_bp=used,
        used_before_bp=earlier,
    )


def lab_work(session: Session, doctor_id: int, today: date, days: int = 3, limit: int = 20) -> list[LabRequest]:
    """A doctor's work that should be back within `days`, is late, or came back and is not fitted yet."""
    due = sa.and_(LabRequest.status.in_(AT_LAB), LabRequest.due_on <= today + timedelta(days=days))
    statement = (
        sa.select(LabRequest)
        .where(LabRequest.doctor_id == doctor_id, sa.or_(due, waits_for_fitting()))
        .options(joinedload(LabRequest.patient), joinedload(LabRequest.lab))
        .order_by(LabRequest.due_on)
        .limit(limit)
    )
    return list(session.scalars(statement))


def alarms(session: Session, doctor_id: int, limit: int = 20) -> list[LabResult]:
    """Critical results of a doctor's requests that nobody has reviewed."""
    statement = (
        sa.select(LabResult)
        .join(LabRequest, LabRequest.lab_request_id == LabResult.lab_request_id)
        .where(unreviewed_alarms(), LabRequest.doctor_id == doctor_id)
        .options(contains_eager(LabResult.request).joinedload(LabRequest.patient))
        .order_by(LabResult.reported_at.desc())
        .limit(limit)
    )
    return list(session.scalars(statement))


def plans_in(session: Session, status: PlanStatus, limit: int = 30) -> list[TreatmentPlan]:
    """Plans that wait in a status, the oldest first."""
    statement = (
        sa.select(TreatmentPlan)
        .where(TreatmentPlan.status == status)
        .options(joinedload(TreatmentPlan.patient))
        .order_by(TreatmentPlan.created_at)
        .limit(limit)
    )
    return list(session.scalars(statement))


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
    messages_failed: int
    changes: int
    denied: int


def doors(session: Session, now: datetime, limits: Limits) -> Doors:
    """Users, locked accounts, devices in use, failed sign-ins of a day, work in the background, messages that did not
    go out, what was changed and refused in a day; one statement."""

    def count(column: object, *where: object) -> object:
        return sa.select(sa.func.count(column)).where(*where).scalar_subquery()  # type: ignore[arg-type]  # columns

    day = now - timedelta(days=1)
    row = session.execute(
        sa.select(
            count(User.id, User.active.is_(True)),
            count(UserProfile.user_id, UserProfile.locked_until > now),
            count(SessionToken.session_token_id, is_live(now, limits)),
            count(
                LoginAttempt.login_attempt_id, LoginAttempt.created_at > day, LoginAttempt.outcome != LoginOutcome.OK
            ),
            count(Job.job_id, Job.done_at.is_(None)),
            count(Job.job_id, Job.last_error.is_not(None), Job.created_at > day),
            count(Message.message_id, Message.status == MessageStatus.FAILED),
            count(AuditLog.audit_log_id, AuditLog.created_at > day),
            count(AuditLog.audit_log_id, AuditLog.created_at > day, AuditLog.action == AuditAction.DENIED),
        )
    ).one()
    return Doors(*(int(value) for value in row))
