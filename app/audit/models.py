"""`audit_log`: who did what to which row, written in the transaction it tells of; `audit_seal`: its chain."""

from typing import Any

from sqlalchemy import JSON, ForeignKey, Index, Integer, String
from sqlalchemy.orm import Mapped, mapped_column, relationship

from app.audit.rules import AuditAction
from app.db import AppendOnly, BigKey, WordType, ascii_string, table_args


class AuditLog(AppendOnly):
    """One change, look, export, print, sign-in, permission change or refusal."""

    __table_args__ = table_args(
        Index(None, "table", "row"),
        Index(None, "patient_number", "created_at"),
        Index(None, "actor_number", "created_at"),
        Index(None, "created_at"),
    )
    is_audited = False

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


class AuditSeal(AppendOnly):
    """The seal of one row of the log, in the order of sealing: see `app.audit.rules.seal`."""

    is_audited = False

    audit_log_id: Mapped[int] = mapped_column(
        BigKey, ForeignKey("audit_log.audit_log_id"), primary_key=True, autoincrement=False
    )
    sequence: Mapped[int] = mapped_column(BigKey, unique=True)
    previous_hash: Mapped[str] = mapped_column(ascii_string(64))
    hash: Mapped[str] = mapped_column(ascii_string(64))
    key_name: Mapped[str] = mapped_column(ascii_string(16))

    entry: Mapped[AuditLog] = relationship(AuditLog)

    @property
    def title(self) -> str:
        """Its place in the chain."""
        return f"#{self.sequence}"
