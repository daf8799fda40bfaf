"""The screens of the waitlist's table; offers and answers are made on `/scheduling/waitlist`."""

from collections.abc import Callable, Sequence
from typing import Any, TypeVar

from flask import request, url_for
from flask_appbuilder import aggregate_count
from flask_appbuilder.models.sqla.interface import SQLAInterface
from sqlalchemy import ColumnElement
from sqlalchemy.orm import Session

from app.kernel.dates import parse_date
from app.kernel.errors import RuleError
from app.kernel.keys import parse_key
from app.kernel.text import T
from app.people.queries import matching_condition
from app.scheduling.actions import waiting as actions
from app.scheduling.models import WaitlistEntry
from app.scheduling.rules import LONGEST, SLOT_MINUTES
from app.scheduling.rules.waiting import OPEN, Weekday
from app.scheduling.views import lookups
from app.scheduling.views.shifts import WeekdaysField
from app.scheduling.wishes import weekdays_in_words
from app.web import fields
from app.web.text import lazy, moment, say, today
from app.web.views import BulkAction, ClinicView

W = TypeVar("W")
WISHES = (
    "service_id", "minutes", "doctor_id", "earliest", "latest", "weekdays", "time_from", "time_until", "priority",
    "note",
)  # fmt: skip


class SuitingDaysField(WeekdaysField):
    """Weekdays that are kept, so that a stale form can tell what stands there now."""

    enum_class = Weekday


def _drop(view: Any, session: Session, row: WaitlistEntry) -> WaitlistEntry:
    return actions.drop(session, row)


def _wished(parse: Callable[[str], W], name: str, longest: int = 40) -> W | None:
    """What the address says; None for nothing and for garbage."""
    try:
        return parse(request.args.get(name, "")[:longest]) or None
    except RuleError:
        return None


class WaitlistEntryView(ClinicView):
    """Everybody who waits or waited for a time."""

    datamodel = SQLAInterface(WaitlistEntry)
    page, route_base = "/scheduling", "/waitlist"
    title_one, title_many = T("Waitlist entry"), T("Waitlist entries")
    list_columns = (
        "patient",
        "created_at",
        "priority",
        "status",
        "service",
        "doctor",
        "earliest",
        "latest",
        "weekdays",
    )
    show_columns = (
        "patient", "status", "priority", "created_at", "service", "minutes", "doctor", "earliest", "latest", "weekdays",
        "time_from", "time_until", "note", "offered_start_at", "offered_doctor", "offered_chair", "offered_at",
        "declined", "appointment_id",
    )  # fmt: skip
    add_columns = ("patient_id", *WISHES)
    edit_columns = WISHES
    extra_types = {"weekdays": None, "declined": None}
    search_columns = (
        "status", "priority", "patient_id", "doctor_id", "service_id", "earliest", "latest", "created_at",
        "appointment_id",
    )  # fmt: skip
    order_columns = ("created_at", "priority", "status", "earliest")
    default_order = ("created_at", "desc")
    lookups = {"doctor_id": lookups.DOCTORS}
    made_fields = {"weekdays": SuitingDaysField(lazy(T("Weekdays that suit")))}
    add_template = edit_template = "scheduling/waitlist_form.html"
    bulk = {"drop": BulkAction(T("Take off the waitlist"), _drop)}
    sections = (
        (T("Who waits"), ("patient_id", "service_id", "minutes", "doctor_id", "priority")),
        (T("What suits"), ("earliest", "latest", "time_from", "time_until", "weekdays", "note")),
    )
    definitions = [
        {"label": T("Waitlist entries by month"), "group": "created_at", "series": [(aggregate_count, "")]},
        {"label": T("Waitlist entries by status"), "group": "status", "series": [(aggregate_count, "")]},
        {"label": T("Waitlist entries by priority"), "group": "priority", "series": [(aggregate_count, "")]},
        {"label": T("Waitlist entries by doctor"), "group": "doctor_id", "series": [(aggregate_count, "")]},
    ]

    def search_condition(self, session: Session, typed: str) -> ColumnElement[bool]:
        """By patient."""
        return matching_condition(WaitlistEntry.patient_id, typed)

    def extras(self, session: Session, rows: Sequence[Any]) -> dict[Any, dict[str, Any]]:
        """Weekdays by name, and the times declined."""
        return {
            row.waitlist_entry_id: {
                "weekdays": weekdays_in_words(row) or say(T("all")),
                "declined": ", ".join(moment(start) for start in row.declined_starts),
            }
            for row in rows
        }

    def preset(self) -> dict[str, Any]:
        """From today on, with what a search for free times wished in vain."""
        minutes = parse_key(request.args.get("minutes"))
        wished = {
            "minutes": minutes if minutes and minutes <= LONGEST and minutes % SLOT_MINUTES == 0 else None,
            "time_from": _wished(fields.parse_clock, "time_from"),
            "time_until": _wished(fields.parse_clock, "time_until"),
            "note": _wished(fields.clean, "note", longest=255),
        }
        earliest = max(_wished(parse_date, "earliest") or today(), today())
        return {**super().preset(), **wished, "earliest": earliest}

    def is_open(self, row: Any) -> bool:
        """Who waits no more keeps what was wished."""
        return row.status in OPEN

    def create(self, session: Session, values: dict[str, Any]) -> WaitlistEntry:
        """With the rules of the waitlist."""
        return actions.add_entry(session, values, today=today())

    def change(self, session: Session, row: WaitlistEntry, values: dict[str, Any]) -> WaitlistEntry:
        """Other wishes."""
        return actions.change_entry(session, row, values)

    def after_save(self, key: Any) -> str:
        """The page on which times are offered."""
        return url_for("WaitlistPage.index", _anchor=f"entry-{key}")
