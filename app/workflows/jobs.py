"""Who runs which job. The server, the command and the tests make their workers from this table."""

from collections.abc import Mapping
from datetime import UTC, datetime

from flask import Flask

from app.jobs.rules import JobKind
from app.jobs.worker import Handler, Worker
from app.workflows import imports

HANDLERS: Mapping[JobKind, Handler] = {
    JobKind.PATIENT_IMPORT: imports.run,
    JobKind.LIST_IMPORT: imports.run,
}


def make_worker(flask_app: Flask) -> Worker:
    """A worker for this application's jobs."""
    return Worker(flask_app.app_context, HANDLERS, flask_app.config["INSTANCE"], lambda: datetime.now(UTC))
