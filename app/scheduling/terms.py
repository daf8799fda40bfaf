"""What a page that books knows of the clinic, and how it reads a moment from an address."""

from datetime import datetime

from app.kernel.dates import clinic_moment, parse_date
from app.kernel.errors import RuleError
from app.scheduling.rules import Terms
from app.web import fields, who


def terms() -> Terms:
    """Zone, opening hours and settings of the clinic, and whether the person may override with a reason."""
    clinic = who.clinic()
    return Terms(
        zone=clinic.zone,
        opening_hours=clinic.opening_hours,
        default_minutes=who.setting("scheduling.default_minutes"),
        grid_minutes=who.setting("scheduling.grid_minutes"),
        may_override=who.has_right("override_booking"),
    )


def moment_of(typed: str) -> datetime | None:
    """A moment on the clinic's clock as addresses carry it: `2026-11-20 14:30`. None for anything else."""
    day, _, clock = typed[:40].replace("T", " ").partition(" ")
    try:
        return clinic_moment(parse_date(day), fields.parse_clock(clock.strip()), who.clinic().zone)
    except (RuleError, OverflowError):
        return None
