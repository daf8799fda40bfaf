"""Reports on visits and on patients."""

from datetime import date
from typing import Any

import sqlalchemy as sa

from app.kernel.dates import add_months
from app.kernel.text import T
from app.people.models import Employee, Patient
from app.reporting.reports.kept import BY_DOCTOR, DAY, DOCTOR, kept_parts, kept_source
from app.reporting.reports.kinds import Group, Measure, Report, Rows, Unit, part
from app.reporting.rules import Metric, share_bp

_KEPT = (Metric.BOOKED, Metric.VISITS, Metric.NO_SHOWS, Metric.CANCELLED, Metric.BOOKED_MINUTES, Metric.SHIFT_MINUTES)


def _which(status: str) -> Rows:
    return Rows("AppointmentView", "start_at", doctor="doctor_id", fixed={"status": status})


APPOINTMENTS = Report(
    "appointments",
    T("Appointments"),
    T("How many were booked, kept, missed and cancelled, and how much of the doctors' time was booked."),
    kept_source(_KEPT),
    kept_parts(_KEPT),
    (
        Measure("booked", T("Booked"), part("booked")),
        Measure("kept", T("Kept"), part("visits")),
        Measure("missed", T("Did not show up"), part("no_shows"), rows=_which("no_show"), is_cost=True),
        Measure("cancelled", T("Cancelled"), part("cancelled"), rows=_which("cancelled"), is_cost=True),
        Measure(
            "missed_share",
            T("Share of no-shows"),
            lambda p, _: share_bp(p["no_shows"], p["no_shows"] + p["visits"]),
            Unit.SHARE,
            _which("no_show"),
            is_cost=True,
        ),
        Measure("minutes", T("Booked minutes"), part("booked_minutes")),
        Measure("shifts", T("Minutes of shifts"), part("shift_minutes"), rows=Rows("ShiftView", "shift_date")),
        Measure("used", T("Utilisation"), lambda p, _: share_bp(p["booked_minutes"], p["shift_minutes"]), Unit.SHARE),
    ),
    (BY_DOCTOR,),
    at=DAY,
    is_bounded=True,
    filters={"doctor": DOCTOR},
    rows=Rows("AppointmentView", "start_at", doctor="doctor_id"),
    is_kept=True,
)

AGES = (7, 18, 35, 55)  # where the next group of ages begins
UNKNOWN = len(AGES) + 1
AGE_NAMES = {
    **{n: T("%(first)s–%(last)s years", first=first, last=AGES[n] - 1) for n, first in enumerate((0, *AGES[:-1]))},
    len(AGES): T("%(first)s years and older", first=AGES[-1]),
    UNKNOWN: T("Not given"),
}


def _age_group(today: date) -> Any:
    """0 for the youngest; by the birthday on which one becomes that old."""
    younger: list[Any] = [
        (Patient.birthday > add_months(today, -12 * age), sa.literal_column(str(n))) for n, age in enumerate(AGES)
    ]
    unknown: Any = (Patient.birthday.is_(None), sa.literal_column(str(UNKNOWN)))
    return sa.case(unknown, *younger, else_=sa.literal_column(str(len(AGES))))


def _of_age(key: Any, today: date) -> dict[str, str]:
    group = int(key)
    if group == UNKNOWN:
        return {}
    found = {"birthday_to": f"{add_months(today, -12 * AGES[group - 1])}"} if group else {}
    if group < len(AGES):
        later = date.fromordinal(add_months(today, -12 * AGES[group]).toordinal() + 1)
        found["birthday_from"] = later.isoformat()
    return found


PATIENTS = Report(
    "patients",
    T("New patients"),
    T("Who was registered in the period, whether they came, and whether they came again."),
    lambda _ask, _span, _closed: Patient,
    {
        "registered": sa.func.count(),
        "came": sa.func.count(Patient.first_seen_at),
        "again": sa.func.count(sa.case((Patient.last_seen_at > Patient.first_seen_at, 1))),
    },
    (
        Measure("registered", T("Registered"), part("registered")),
        Measure("came", T("Came"), part("came")),
        Measure("again", T("Came again"), part("again")),
        Measure("share", T("Share that came again"), lambda p, _: share_bp(p["again"], p["came"]), Unit.SHARE),
    ),
    (
        Group("status", T("Last visit"), Patient.status, param="status"),
        Group("age", T("Age"), _age_group, names=AGE_NAMES, params=_of_age),
        Group("gender", T("Gender"), Patient.gender, param="gender"),
        Group("source", T("How they came"), Patient.source, param="source"),
        Group("doctor", T("Doctor"), Patient.assigned_doctor_id, Employee, "assigned_doctor_id", narrows="doctor"),
    ),
    at=Patient.created_at,
    where=(Patient.merged_into_id.is_(None),),
    filters={"doctor": Patient.assigned_doctor_id},
    rows=Rows("PatientView", "created_at", doctor="assigned_doctor_id"),
)
