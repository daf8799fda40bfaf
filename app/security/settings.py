"""Every ⚙ of the clinic's rules, with its default, in one list. An Admin changes them on /settings."""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from app.kernel.text import T, Text
from app.security.matrix import ROLES


@dataclass(frozen=True, slots=True)
class Knob:
    """One setting: its default, what it means, its unit and bounds."""

    default: Any
    label: Text
    unit: Text | None = None
    least: int = 0
    most: int = 1_000_000_000
    words: tuple[str, ...] = ()  # what a list is chosen from, where it holds no numbers


MINUTES, DAYS, TUGRUG, CHARACTERS = T("minutes"), T("days"), T("₮"), T("characters")
HOURS, TIMES = T("hours"), T("times")
SHARE = T("percent")  # kept in basis points, typed and shown in percent
OCLOCK = T("o'clock")

# The rooms in the order in which /settings shows them.
ROOMS: Mapping[str, Text] = {
    "scheduling": T("Appointments"),
    "clinical": T("Treatment plans"),
    "billing": T("Money"),
    "people": T("Patients"),
    "messages": T("Messages"),
    "reporting": T("Reports"),
    "security": T("Security"),
    "stock": T("Supplies"),
    "files": T("Files"),
}

SETTINGS: Mapping[str, Knob] = {
    "scheduling.grid_minutes": Knob(15, T("Booking grid"), MINUTES, 5, 60),
    "scheduling.default_minutes": Knob(30, T("Length of a visit without a service"), MINUTES, 5, 480),
    "scheduling.visit_minutes": Knob(120, T("Longest visit that a plan is put into"), MINUTES, 30, 480),
    "scheduling.lab_days": Knob(7, T("Days the lab needs"), DAYS, 0, 90),
    "scheduling.shift_weeks": Knob(12, T("Shifts are made of weekly patterns ahead for"), T("weeks"), 1, 52),
    "scheduling.undo_seconds": Knob(10, T("Time to undo a move of an appointment"), T("seconds"), 5, 120),
    "scheduling.cleaning_minutes": Knob(10, T("A room is cleaned after a patient for"), MINUTES, 0, 120),
    "clinical.coordinator_total": Knob(5_000_000, T("Plans above this go to the coordinator"), TUGRUG),
    "clinical.coordinator_complexity": Knob(7, T("Plans more complex than this go to the coordinator"), None, 0, 10),
    "clinical.low_value": Knob(1_000_000, T("Plans below this are of low value"), TUGRUG),
    "clinical.high_value": Knob(5_000_000, T("Plans above this are of high value"), TUGRUG),
    "billing.vat_bp": Knob(0, T("VAT on taxed services"), SHARE, 0, 10_000),
    "billing.due_days": Knob(14, T("Days until an invoice is due"), DAYS, 0, 365),
    "billing.discount_bp": Knob(1_000, T("Discount that the desk may give"), SHARE, 0, 10_000),
    "billing.instalments": Knob([3, 6, 12], T("Numbers of instalments offered"), TIMES, 2, 60),
    "messages.reminder_hours": Knob([24, 1], T("Reminders before an appointment"), HOURS, 1, 168),
    "messages.doctor_list_hour": Knob(18, T("Doctors get tomorrow's list at"), OCLOCK, 0, 23),
    "messages.due_days_before": Knob(3, T("Reminder before an invoice is due"), DAYS, 0, 60),
    "messages.due_days_after": Knob(7, T("Reminder after an invoice was due"), DAYS, 0, 90),
    "reporting.measure_days": Knob(90, T("Days that the measures look back"), DAYS, 7, 730),
    "reporting.notified_minutes": Knob(15, T("A notification counts as read in time within"), MINUTES, 1, 1_440),
    "security.password_length": Knob(10, T("Shortest password"), CHARACTERS, 8, 64),
    "security.failures": Knob(5, T("Failed sign-ins that lock an account"), TIMES, 3, 50),
    "security.lock_minutes": Knob(15, T("How long an account stays locked"), MINUTES, 1, 1_440),
    "security.session_hours": Knob(12, T("Longest session"), HOURS, 1, 168),
    "security.idle_minutes": Knob(30, T("Session without activity"), MINUTES, 5, 720),
    "security.second_factor_roles": Knob([], T("Roles that need a second factor"), words=ROLES),
    "security.odd_looks": Knob(
        20, T("Patients without a visit looked at in a day that are worth a second look"), TIMES, 1, 10_000
    ),
    "security.odd_exports": Knob(5, T("Exports in a day that are worth a second look"), TIMES, 1, 10_000),
    "security.odd_refusals": Knob(10, T("Refusals in a day that are worth a second look"), TIMES, 1, 10_000),
    "messages.quiet_from": Knob(21, T("Messages wait for the morning from"), T("o'clock"), 0, 23),
    "messages.quiet_until": Knob(8, T("Messages go out again from"), T("o'clock"), 0, 23),
    "people.retention_years": Knob(10, T("Medical records are kept after the last visit for"), T("years"), 0, 75),
    "stock.sterile_days": Knob(180, T("A package stays sterile for"), DAYS, 1, 730),
    "stock.packages_required": Knob(False, T("A visit with work is closed only with a sterile package")),
    "files.largest_mb": Knob(25, T("Largest file"), T("MB"), 1, 200),
}
