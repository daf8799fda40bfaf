"""When a job may run and what a number looks like."""

from datetime import datetime, timedelta

from app.kernel.enums import Word
from app.kernel.text import T

LEASE = timedelta(minutes=10)
_RETRY_MINUTES = (1, 5, 25, 125)


def retry_at(attempts: int, now: datetime) -> datetime | None:
    """When to try again after `attempts` failures: 1, 5, 25, 125 minutes later, then never (None)."""
    if attempts > len(_RETRY_MINUTES):
        return None
    return now + timedelta(minutes=_RETRY_MINUTES[attempts - 1])


def document_number(prefix: str, year: int, number: int) -> str:
    """`2026-000123`, with the clinic's prefix before it where it has one."""
    return f"{prefix}{year}-{number:06d}"


class CounterKind(Word):
    """What is counted: documents by year, the others for ever (year 0)."""

    INVOICE = "invoice", T("Invoice")
    PAYMENT = "payment", T("Payment")
    PRESCRIPTION = "prescription", T("Prescription")
    CARD = "card", T("Card number")
    EMPLOYEE = "employee", T("Employee")


class JobKind(Word):
    """What a job does; a handler for each is handed to the worker by the factory."""

    PATIENT_IMPORT = "patient-import", T("Import of a patient list")
    LIST_IMPORT = "list-import", T("Import of a list")
    FILE_REMOVAL = "file-removal", T("Removal of files")
