"""The measures that are kept for each day. Source: rules.md, Measures; tables.md, reporting."""

from app.kernel.enums import Word
from app.kernel.text import T

CLINIC = 0  # the doctor number of the clinic as a whole


class Metric(Word):
    """What is counted for a day; of a doctor, or (doctor number 0) of the whole clinic."""

    VISITS = "visits", T("Visits")
    BOOKED = "booked", T("Appointments")
    NO_SHOWS = "no shows", T("Did not show up")
    CANCELLED = "cancelled", T("Cancelled appointments")
    NEW_PATIENTS = "new patients", T("New patients")
    PRODUCTION = "production", T("Value of the work done")
    INVOICED = "invoiced", T("Invoiced")
    ADJUSTED = "adjusted", T("Adjustments")
    PAID = "paid", T("Paid")
    REFUNDED = "refunded", T("Given back")
    SPENT = "spent", T("Expenses")
    BOOKED_MINUTES = "booked minutes", T("Booked minutes")
    SHIFT_MINUTES = "shift minutes", T("Minutes of shifts")


# A doctor's "paid" is what stays on the invoices of the doctor's visits, so what was given back is out of it already;
# nobody knows for which doctor the rent was spent.
CLINIC_ONLY = frozenset({Metric.REFUNDED, Metric.SPENT})


class Scope(Word):
    """Whose days are asked for."""

    CLINIC = "clinic", T("The whole clinic")
    DOCTORS = "doctors", T("Doctors")
