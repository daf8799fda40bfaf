"""Reads about the moves of appointments."""

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import datetime

import sqlalchemy as sa
from sqlalchemy.orm import Session

from app.people.models import Patient
from app.scheduling.models import (
    Appointment,
    AppointmentStatusChange,
)
from app.scheduling.rules import UNDO, AppointmentStatus, Standing
from app.security.models import UserProfile


@dataclass(frozen=True, slots=True)
class CheckIn:
    """When a patient was checked in, and what the appointment was before."""

    came_from: AppointmentStatus | None
    at: datetime


def check_ins(session: Session, appointment_ids: Iterable[int]) -> dict[int, CheckIn]:
    """The last check-in of several appointments, in one statement."""
    moved = AppointmentStatusChange
    statement = (
        sa.select(moved.appointment_id, moved.from_, moved.at)
        .where(
            moved.appointment_id.in_(list(appointment_ids)),
            moved.to == AppointmentStatus.CAME,
            # back from the chair, or an undo, is no check-in
            moved.from_.in_([AppointmentStatus.RESERVED, AppointmentStatus.CONFIRMED]),
        )
        .order_by(moved.appointment_status_change_id)
    )
    return {key: CheckIn(came_from, at) for key, came_from, at in session.execute(statement)}


def standing(session: Session, appointment: Appointment) -> Standing:
    """How an appointment stands, for the rules."""
    came_from = None
    if appointment.status is AppointmentStatus.CAME:
        check_in = check_ins(session, [appointment.appointment_id]).get(appointment.appointment_id)
        came_from = check_in.came_from if check_in else None
    return Standing(appointment.status, appointment.start_at, came_from, appointment.actual_start_at)


def last_change(session: Session, appointment_id: int) -> AppointmentStatusChange | None:
    """The last move of an appointment."""
    statement = sa.select(AppointmentStatusChange).where(AppointmentStatusChange.appointment_id == appointment_id)
    return session.scalar(statement.order_by(AppointmentStatusChange.appointment_status_change_id.desc()).limit(1))


def reason_of_cancelling(session: Session, appointment_id: int) -> str | None:
    """Why an appointment was last cancelled."""
    moved = AppointmentStatusChange
    statement = sa.select(moved.reason).where(
        moved.appointment_id == appointment_id,
        moved.to == AppointmentStatus.CANCELLED,
        sa.func.coalesce(moved.reason, "") != UNDO,
    )
    return session.scalar(statement.order_by(moved.appointment_status_change_id.desc()).limit(1))


def history_of(session: Session, appointment_id: int) -> list[tuple[AppointmentStatusChange, str | None]]:
    """Every move of an appointment with the name of who made it, the latest first."""
    statement = (
        sa.select(AppointmentStatusChange, UserProfile.display_name)
        .outerjoin(UserProfile, UserProfile.user_id == AppointmentStatusChange.by)
        .where(AppointmentStatusChange.appointment_id == appointment_id)
        .order_by(AppointmentStatusChange.appointment_status_change_id.desc())
    )
    return [(change, name) for change, name in session.execute(statement)]


def names_of_changes(session: Session, change_ids: Iterable[int]) -> dict[int, tuple[Patient, str | None]]:
    """change → (whose appointment, who moved it), in one statement."""
    statement = (
        sa.select(AppointmentStatusChange.appointment_status_change_id, Patient, UserProfile.display_name)
        .join(Appointment, Appointment.appointment_id == AppointmentStatusChange.appointment_id)
        .join(Patient, Patient.patient_id == Appointment.patient_id)
        .outerjoin(UserProfile, UserProfile.user_id == AppointmentStatusChange.by)
        .where(AppointmentStatusChange.appointment_status_change_id.in_(list(change_ids)))
    )
    return {key: (patient, name) for key, patient, name in session.execute(statement)}
