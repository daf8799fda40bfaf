"""Reads about notes, files and what a patient's record says."""

from collections.abc import Iterable
from dataclasses import dataclass

import sqlalchemy as sa
from sqlalchemy.orm import Session

from app.catalogue.models import DiagnosisCode
from app.clinical.models import SoapNote
from app.clinical.rules.notes import PARTS
from app.kernel.text import Names
from app.security.models import UserProfile


@dataclass(frozen=True, slots=True)
class Written:
    """A note and the name of who wrote it."""

    note: SoapNote
    author: str | None


def notes_of_treatment(session: Session, treatment_id: int) -> list[Written]:
    """The notes of a visit in the order they were written, addenda too; one statement."""
    statement = (
        sa.select(SoapNote, UserProfile.display_name)
        .outerjoin(UserProfile, UserProfile.user_id == SoapNote.author)
        .where(SoapNote.treatment_id == treatment_id)
        .order_by(SoapNote.soap_note_id)
    )
    return [Written(note, name) for note, name in session.execute(statement)]


def same_note(session: Session, note: SoapNote) -> SoapNote | None:
    """An unsigned note of the same author that says the same in the same visit: the form was sent twice."""
    same = (getattr(SoapNote, part).is_not_distinct_from(getattr(note, part)) for part in PARTS)
    statement = sa.select(SoapNote).where(
        SoapNote.treatment_id == note.treatment_id,
        SoapNote.author == note.author,
        SoapNote.addendum_to.is_not_distinct_from(note.addendum_to),
        *same,
    )
    return session.scalar(statement.limit(1))


def diagnosis_names(session: Session, codes: Iterable[str]) -> dict[str, Names]:
    """Code of ICD-10 → code and name; one statement."""
    statement = sa.select(DiagnosisCode).where(DiagnosisCode.code.in_(set(codes)))
    return {row.code: row.title for row in session.scalars(statement)}
