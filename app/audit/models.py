"""`audit_log`: who did what to which row, written in the transaction it tells of."""

from typing import Any

from sqlalchemy import JSON, Index, Integer, String
from sqlalchemy.orm import Mapped, mapped_column

from app.audit.rules import AuditAction
from app.db import AppendOnly, BigKey, WordType, table_args


class AuditLog(AppendOnly):
    """One change, look, export, print, sign-in, permission change or refusal."""

    __table_args__ = table_args(
        Index(None, "table", "row"),
        Index(None, "patient_number", "created_at"),
        Index(None, "actor_number", "created_at"),
        Index(None, "created_at"),
    )

    audit_log_id: Mapped[int] = mapped_column(BigKey, primary_key=True)
    actor_number: Mapped[int | None] = mapped_column(Integer)
    action: Mapped[AuditAction] = mapped_column(WordType(AuditAction))
    table: Mapped[str] = mapped_column(String(64))
    row: Mapped[str] = mapped_column(String(64))
    patient_number: Mapped[int | None] = mapped_column(BigKey)
    changes: Mapped[dict[str, Any] | None] = mapped_column(JSON)
    request_id: Mapped[str] = mapped_column(String(36), default="")
    ip: Mapped[str] = mapped_column(String(45), default="")

    @property
    def title(self) -> AuditAction:
        """What was done."""
        return self.action
