"""Sterilisation where it touches visits: what lacks before one is closed, who is told that a cycle failed after all."""

from datetime import datetime, tzinfo

from sqlalchemy.orm import Session

from app.clinical import queries
from app.clinical.models import Treatment
from app.clinical.rules.packages import what_lacks
from app.communication.actions import notify
from app.kernel.dates import clinic_date
from app.kernel.errors import RuleError
from app.kernel.text import T, Text
from app.security.queries import changed_settings
from app.security.rules import Role
from app.security.settings import SETTINGS
from app.stock import actions as stock
from app.stock.models import SterilisationCycle
from app.stock.rules import CycleResult, why_not_sterile

TOLD = (Role.MANAGER.role_name, Role.NURSE.role_name)
KEY = "stock.packages_required"


def _is_required(session: Session) -> bool:
    return bool(changed_settings(session).get(KEY, SETTINGS[KEY].default))


def lacking(session: Session, treatment: Treatment, zone: tzinfo) -> Text | None:
    """What doesn't fit about the packages of a visit, or None."""
    on = clinic_date(treatment.treatment_date, zone)
    links = queries.packages_of(session, treatment.treatment_id)
    opened = [
        (link.package.number, why_not_sterile(link.package.cycle.result, link.package.expires_on, on)) for link in links
    ]
    return what_lacks(bool(opened) or queries.has_items(session, treatment.treatment_id), opened)


def lacking_at(session: Session, appointment_id: int, zone: tzinfo) -> Text | None:
    """The same of the visit that an appointment became."""
    treatment = queries.treatment_of_appointment(session, appointment_id)
    return None if treatment is None else lacking(session, treatment, zone)


def check_packages(session: Session, treatment: Treatment, zone: tzinfo) -> None:
    """Where the clinic asks for packages, refuse to close a visit that lacks them. Raises RuleError."""
    if _is_required(session):
        warn(session, treatment, zone, may_close=False)


def warn(session: Session, treatment: Treatment, zone: tzinfo, *, may_close: bool = True) -> None:
    """Say what doesn't fit before a visit is closed; `may_close`: it can be, all the same. Raises RuleError."""
    found = lacking(session, treatment, zone)
    if found is not None:
        raise RuleError(found, data={"may_close": may_close and not _is_required(session)})


def judge(session: Session, cycle_id: int, result: CycleResult, *, now: datetime) -> SterilisationCycle:
    """What the indicator of a cycle said; where packages of a failed one were used, that is told once."""
    cycle = stock.judge_cycle(session, cycle_id, result)
    used = queries.visits_of_cycle(session, cycle_id) if result is CycleResult.FAIL else []
    if used:
        visits = len({link.treatment_id for link in used})
        text = T("Sterilisation %(cycle)s failed. Visits at which its packages were used: %(count)s.",
                 cycle=cycle.title, count=visits)  # fmt: skip
        notify(session, text=text, link=f"/sterilisation/{cycle_id}", roles=TOLD,
               dedupe_key=f"cycle-failed:{cycle_id}", now=now)  # fmt: skip
    return cycle
