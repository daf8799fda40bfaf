"""`stored_file`: one row for each file that lies in the instance's folder."""

from collections.abc import Callable
from typing import Any, ClassVar

from sqlalchemy import BigInteger, CheckConstraint, ColumnElement, ForeignKey, Integer, String, false, or_
from sqlalchemy.orm import Mapped, foreign, mapped_column, relationship

from app.db import AppendOnly, BigKey, ascii_string, table_args
from app.security.models import UserProfile


class StoredFile(AppendOnly):
    """A file that was taken in: told by content, kept under a random name, never changed."""

    __table_args__ = table_args(CheckConstraint("bytes >= 0", name="bytes_not_negative"))
    # What rooms above show a patient: each gives a select of the numbers of the files that are theirs.
    shown_to: ClassVar[list[Callable[[int], Any]]] = []

    stored_file_id: Mapped[int] = mapped_column(BigKey, primary_key=True)
    key: Mapped[str] = mapped_column(ascii_string(64), unique=True, info={"secret": True})
    original_name: Mapped[str] = mapped_column(String(255))
    media_type: Mapped[str] = mapped_column(ascii_string(120))
    bytes: Mapped[int] = mapped_column(BigInteger)
    sha256: Mapped[str] = mapped_column(ascii_string(64))
    uploaded_by: Mapped[int | None] = mapped_column(Integer, ForeignKey("ab_user.id"))

    uploader: Mapped[UserProfile | None] = relationship(
        UserProfile, primaryjoin=lambda: foreign(StoredFile.uploaded_by) == UserProfile.user_id, viewonly=True
    )

    @classmethod
    def owned_by(cls, patient_id: int | None) -> "ColumnElement[bool]":
        """The files that some row of the patient's own points at."""
        if patient_id is None:
            return false()
        return or_(false(), *(cls.stored_file_id.in_(found(patient_id)) for found in cls.shown_to))

    @property
    def title(self) -> str:
        """The name it came with."""
        return self.original_name
