"""Reads about the files of patients."""

from collections.abc import Sequence

import sqlalchemy as sa
from sqlalchemy.orm import Session, joinedload

from app.clinical.models import MedicalFile
from app.clinical.rules import FileCategory
from app.files.models import StoredFile

MOST_FILES = 60  # a page shows the newest; the list has them all


def files_of(
    session: Session, *, patient: int | None = None, treatment: int | None = None, category: FileCategory | None = None
) -> Sequence[MedicalFile]:
    """The newest files of a patient or of a visit, those marked invalid last."""
    statement = sa.select(MedicalFile).options(joinedload(MedicalFile.tooth))
    if patient is not None:
        statement = statement.where(MedicalFile.patient_id == patient)
    if treatment is not None:
        statement = statement.where(MedicalFile.treatment_id == treatment)
    if category is not None:
        statement = statement.where(MedicalFile.category == category)
    order = (MedicalFile.invalid_at.is_not(None), MedicalFile.taken_on.desc(), MedicalFile.medical_file_id.desc())
    return session.scalars(statement.order_by(*order).limit(MOST_FILES)).all()


def kinds_of_files(
    session: Session, *, patient: int | None = None, treatment: int | None = None
) -> dict[FileCategory, int]:
    """How many files of each kind there are."""
    statement = sa.select(MedicalFile.category, sa.func.count()).group_by(MedicalFile.category)
    if patient is not None:
        statement = statement.where(MedicalFile.patient_id == patient)
    if treatment is not None:
        statement = statement.where(MedicalFile.treatment_id == treatment)
    found = {category: count for category, count in session.execute(statement)}  # noqa: C416 - a result is no mapping
    return {category: found[category] for category in FileCategory if category in found}


def file_with_people(session: Session, key: int) -> MedicalFile | None:
    """A file with all that its page shows, in one statement. Whose row it is, the row rules ask."""
    statement = sa.select(MedicalFile).where(MedicalFile.medical_file_id == key)
    options = (
        joinedload(MedicalFile.patient),
        joinedload(MedicalFile.treatment),
        joinedload(MedicalFile.tooth),
    )
    return session.scalars(statement.options(*options)).first()


def neighbours(session: Session, row: MedicalFile) -> tuple[int | None, int | None]:
    """(the picture before, the picture after) of the same patient, in the order in which the list shows them."""
    place = (MedicalFile.taken_on, MedicalFile.medical_file_id)
    same = sa.select(MedicalFile.medical_file_id).where(
        MedicalFile.patient_id == row.patient_id, MedicalFile.preview_id.is_not(None), MedicalFile.invalid_at.is_(None)
    )
    here = sa.tuple_(sa.literal(row.taken_on), sa.literal(row.medical_file_id))
    newer = same.where(sa.tuple_(*place) > here).order_by(*place).limit(1)
    older = same.where(sa.tuple_(*place) < here).order_by(*(one.desc() for one in place)).limit(1)
    return session.scalar(newer), session.scalar(older)


def pictures_beside(session: Session, row: MedicalFile) -> Sequence[MedicalFile]:
    """The other pictures of the same patient, to lay one of them beside this."""
    statement = sa.select(MedicalFile).where(
        MedicalFile.patient_id == row.patient_id,
        MedicalFile.preview_id.is_not(None),
        MedicalFile.medical_file_id != row.medical_file_id,
        MedicalFile.invalid_at.is_(None),
    )
    order = (MedicalFile.taken_on.desc(), MedicalFile.medical_file_id.desc())
    return session.scalars(statement.order_by(*order).limit(MOST_FILES)).all()


def same_content(session: Session, patient_id: int, sha256: str) -> Sequence[MedicalFile]:
    """The files of the patient with this very content, the newest first."""
    statement = (
        sa.select(MedicalFile)
        .join(StoredFile, StoredFile.stored_file_id == MedicalFile.stored_file_id)
        .where(MedicalFile.patient_id == patient_id, StoredFile.sha256 == sha256, MedicalFile.invalid_at.is_(None))
    )
    return session.scalars(statement.order_by(MedicalFile.medical_file_id.desc())).all()


def stored_files(session: Session, keys: Sequence[int]) -> dict[int, StoredFile]:
    """The rows of stored files, by their key."""
    found = session.scalars(sa.select(StoredFile).where(StoredFile.stored_file_id.in_(keys)))
    return {row.stored_file_id: row for row in found}
