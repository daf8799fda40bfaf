"""`job` and `document_counter`."""

from datetime import datetime
from typing import Any

from sqlalchemy import JSON, CheckConstraint, ForeignKey, Index, Integer, SmallInteger, String, Text
from sqlalchemy.orm import Mapped, mapped_column

from app.db import Base, BigKey, Instant, Stamped, WordType, ascii_string, table_args
from app.jobs.rules import CounterKind, JobKind


class Job(Stamped):
    """Something that must happen after a commit, leased to one worker at a time."""

    __table_args__ = table_args(
        Index(None, "done_at", "run_after"), CheckConstraint("progress BETWEEN 0 AND 100", name="progress_range")
    )
    is_audited = False

    job_id: Mapped[int] = mapped_column(BigKey, primary_key=True)
    kind: Mapped[JobKind] = mapped_column(WordType(JobKind))
    payload: Mapped[dict[str, Any]] = mapped_column(JSON, default=dict)
    result: Mapped[dict[str, Any] | None] = mapped_column(JSON)
    made_by: Mapped[int | None] = mapped_column(Integer, ForeignKey("ab_user.id"))
    run_after: Mapped[datetime] = mapped_column(Instant, index=True)
    lease_until: Mapped[datetime | None] = mapped_column(Instant)
    lease_token: Mapped[str | None] = mapped_column(ascii_string(36))
    attempts: Mapped[int] = mapped_column(SmallInteger, default=0)
    last_error: Mapped[str | None] = mapped_column(Text)
    progress: Mapped[int] = mapped_column(SmallInteger, default=0)
    dedupe_key: Mapped[str | None] = mapped_column(String(120), unique=True)
    done_at: Mapped[datetime | None] = mapped_column(Instant)

    @property
    def title(self) -> str:
        """Its number."""
        return f"#{self.job_id}"


class DocumentCounter(Base):
    """The last number of a kind in a year, taken in the transaction that posts the document."""

    is_audited = False

    kind: Mapped[CounterKind] = mapped_column(WordType(CounterKind), primary_key=True)
    year: Mapped[int] = mapped_column(SmallInteger, primary_key=True, autoincrement=False)
    last_number: Mapped[int] = mapped_column(BigKey, default=0)

    @property
    def title(self) -> str:
        """Kind and year."""
        return f"{self.kind} {self.year}"
