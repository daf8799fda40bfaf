"""Whose employee and patient rows a user has, and how much is unread: asked in the session's own statement."""

from typing import Any

import sqlalchemy as sa
from sqlalchemy.orm import aliased

from app.communication.queries import unread
from app.db import Actor
from app.people.models import Employee, Patient
from app.security.models import SessionToken
from app.web.who import Identity


def with_people(statement: "sa.Select[Any]") -> "sa.Select[Any]":
    """The session's statement, with the numbers of the user's employee and patient and of what they haven't read."""
    waiting = unread(SessionToken.__table__.c.user_id, Patient.__table__.c.patient_id).label("unread")
    kept = sa.func.coalesce(Patient.merged_into_id, Patient.patient_id)
    own = aliased(Patient)
    merged = sa.select(sa.func.group_concat(own.patient_id)).where(own.merged_into_id == kept).correlate(Patient)
    return (
        statement.add_columns(
            Employee.employee_id, kept.label("patient_id"), merged.scalar_subquery().label("merged_ids"), waiting
        )
        .outerjoin(Employee, Employee.user_id == SessionToken.user_id)
        .outerjoin(Patient, Patient.user_id == SessionToken.user_id)
    )


def actor_of(identity: Identity, request_id: str, ip: str) -> Actor:
    """The actor of a request: somebody who is only a patient is limited to their own rows."""
    only_patient = identity.roles == {"Patient"}
    return Actor(
        user_id=identity.user_id,
        request_id=request_id,
        ip=ip,
        own_patient_id=identity.patient_id if only_patient else None,
        merged_patient_ids=identity.merged_patient_ids if only_patient else (),
        is_limited=only_patient,
    )
