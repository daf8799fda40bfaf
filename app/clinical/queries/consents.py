"""Reads about what patients agreed to."""

from collections.abc import Sequence

import sqlalchemy as sa
from sqlalchemy.orm import Session, joinedload

from app.clinical.models import Consent
from app.people.queries import is_of


def consents_of_patient(session: Session, patient_id: int, limit: int = 30) -> Sequence[Consent]:
    """The consents of a patient, those that hold before those taken back, the newest first."""
    statement = sa.select(Consent).where(is_of(session, Consent.patient_id, patient_id))
    order = (Consent.withdrawn_at.is_not(None), Consent.signed_at.desc(), Consent.consent_id.desc())
    return session.scalars(statement.options(joinedload(Consent.recorder)).order_by(*order).limit(limit)).all()
