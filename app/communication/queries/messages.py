"""Reads about the outbox and its templates."""

from collections.abc import Sequence
from datetime import datetime

import sqlalchemy as sa
from sqlalchemy.orm import Session, joinedload

from app.communication.models import Message, MessageTemplate
from app.communication.rules import Channel, MessageStatus
from app.people.queries import is_of
from app.scheduling.models import Appointment
from app.scheduling.rules import AppointmentStatus


def message_with_key(session: Session, dedupe_key: str) -> Message | None:
    """The message that was made with this key."""
    return session.scalar(sa.select(Message).where(Message.dedupe_key == dedupe_key))


def counts(session: Session) -> dict[MessageStatus, int]:
    """How many messages wait, are under way, or need somebody: the states that are never many."""
    waiting = (MessageStatus.QUEUED, MessageStatus.SENDING, MessageStatus.FAILED)
    statement = sa.select(Message.status, sa.func.count()).where(Message.status.in_(waiting)).group_by(Message.status)
    return {row[0]: row[1] for row in session.execute(statement)}


def templates(session: Session, channel: Channel) -> Sequence[MessageTemplate]:
    """The wordings in use for a channel, by their code."""
    statement = sa.select(MessageTemplate).where(MessageTemplate.channel == channel, MessageTemplate.is_active)
    return session.scalars(statement.order_by(MessageTemplate.code, MessageTemplate.variant)).all()


def next_visit(session: Session, patient_id: int, now: datetime) -> Appointment | None:
    """The patient's next visit that stands, with its doctor."""
    stands = (AppointmentStatus.RESERVED, AppointmentStatus.CONFIRMED)
    statement = (
        sa.select(Appointment)
        .where(
            is_of(session, Appointment.patient_id, patient_id),
            Appointment.start_at > now,
            Appointment.status.in_(stands),
        )
        .options(joinedload(Appointment.doctor))
        .order_by(Appointment.start_at)
        .limit(1)
    )
    return session.scalar(statement)
