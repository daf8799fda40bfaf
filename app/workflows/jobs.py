"""Who runs which job. The server, the command and the tests make their workers from this table."""

from collections.abc import Mapping
from datetime import UTC, datetime

from flask import Flask

from app.audit import sealer
from app.jobs.rules import JobKind
from app.jobs.worker import Handler, Worker
from app.workflows import anonymise, imports

HANDLERS: Mapping[JobKind, Handler] = {
    JobKind.PATIENT_IMPORT: imports.run,
    JobKind.LIST_IMPORT: imports.run,
    JobKind.FILE_REMOVAL: anonymise.remove_files,
}


def make_worker(flask_app: Flask) -> Worker:
    """A worker for this application's jobs."""
    chores = (lambda: seal_log(flask_app),)
    return Worker(flask_app.app_context, HANDLERS, flask_app.config["INSTANCE"], clock, chores)


def clock() -> datetime:
    """This instant."""
    return datetime.now(UTC)


def seal_log(flask_app: Flask) -> int:
    """Seal what was written to the audit log since the last time. Returns how many rows."""
    return sealer.seal(sealer.keys_of(flask_app.config), flask_app.config["INSTANCE"], clock)
