"""A look at a file: its row under the row rules, and the line in the audit log, in one transaction."""

from pathlib import Path
from typing import Any

from flask import current_app
from sqlalchemy.orm import Session

from app.audit.actions import record
from app.audit.rules import AuditAction
from app.clinical import queries
from app.clinical.models import MedicalFile
from app.db import unit
from app.files.depot import Depot
from app.files.models import StoredFile
from app.kernel.errors import NotFound
from app.kernel.text import T

PAGE = "/treatments"  # who may see files: tables.md


def depot() -> Depot:
    """Where this clinic's files lie."""
    return Depot(current_app.config["INSTANCE"])


def looked_at(key: int, action: AuditAction = AuditAction.VIEW, what: str = "") -> MedicalFile:
    """The file, after the look is written down. Raises NotFound, also for somebody else's."""
    changes: dict[str, Any] | None = {"what": what} if what else None

    def look(session: Session) -> MedicalFile:
        row = queries.file_with_people(session, key)
        if row is None:
            raise NotFound(T("This file is not here."))
        record(session, action, "medical_file", key, patient=row.patient_id, changes=changes)
        _ = row.file, row.preview  # read while the session is open
        return row

    return unit(look)


def path_of(stored: StoredFile | None) -> Path:
    """Where a file lies. Raises NotFound where there is none."""
    path = depot().path(stored.key) if stored is not None else None
    if path is None or not path.is_file():
        raise NotFound(T("The file itself is not on the disk any more. An Admin can look for it in the backup."))
    return path
