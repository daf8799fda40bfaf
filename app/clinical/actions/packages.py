"""Sterile packages of a visit, inside the caller's transaction. Whoever calls holds the visit's lock."""

from datetime import date

from sqlalchemy.exc import IntegrityError
from sqlalchemy.orm import Session

from app.clinical import queries
from app.clinical.models import Treatment
from app.clinical.models.packages import TreatmentSterilePackage
from app.db.unit import TryAgain
from app.kernel.errors import Conflict, NotFound, RuleError
from app.kernel.text import T
from app.stock.actions import locked_cycle
from app.stock.queries import package_of
from app.stock.rules import clean_number, why_not_sterile

FIELD = "number"


def use_package(session: Session, treatment: Treatment, typed: str | None, *, on: date) -> TreatmentSterilePackage:
    """A package is opened at a locked visit of the day `on`. Raises RuleError, Conflict (number).

    Its cycle is locked, so that nobody calls it failed without hearing of this visit.
    """
    number = clean_number(typed, FIELD)
    package = package_of(session, number)
    if package is None:
        raise RuleError(T("There is no package with the number %(number)s.", number=number), field=FIELD)
    why = why_not_sterile(locked_cycle(session, package.sterilisation_cycle_id).result, package.expires_on, on)
    if why is not None:
        raise RuleError(T("Package %(number)s can't be used: %(why)s.", number=number, why=why), field=FIELD)
    _refuse_used(session, treatment, package.sterile_package_id, number)
    row = TreatmentSterilePackage(treatment_id=treatment.treatment_id, sterile_package_id=package.sterile_package_id)
    session.add(row)
    try:
        session.flush()
    except IntegrityError as error:
        raise TryAgain from error  # somebody opened it at this very moment: the next time it is seen
    return row


def _refuse_used(session: Session, treatment: Treatment, package_id: int, number: str) -> None:
    used = queries.use_of(session, package_id)
    if used is None:
        return
    if used.treatment_id == treatment.treatment_id:
        raise Conflict(T("Package %(number)s stands on this visit already.", number=number), field=FIELD)
    when = used.treatment.treatment_date
    text = T("Package %(number)s was used already, on %(moment)s at another visit.", number=number, moment=when)
    raise Conflict(text, field=FIELD)


def take_back_package(session: Session, treatment: Treatment, link_id: int) -> None:
    """A package was not opened at a locked visit after all. Raises NotFound."""
    row = session.get(TreatmentSterilePackage, link_id, with_for_update=True)
    if row is None or row.treatment_id != treatment.treatment_id:
        raise NotFound(T("This record no longer exists."))
    session.delete(row)
    session.flush()
