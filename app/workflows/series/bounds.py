"""What a visit of a series must keep to: the visits before and after it, and the days of the lab."""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import date, datetime, timedelta

import sqlalchemy as sa
from sqlalchemy.orm import Session, aliased

from app.catalogue.models import ServiceCatalog
from app.clinical.models import PlannedProcedure, PlannedStep
from app.kernel.dates import clinic_date, day_bounds
from app.kernel.errors import RuleError
from app.kernel.text import T
from app.scheduling.models import Appointment, AppointmentSeries
from app.scheduling.rules import LIVE, AppointmentStatus, Span, Terms
from app.security.queries import changed_settings
from app.security.settings import SETTINGS

COMING = (AppointmentStatus.RESERVED, AppointmentStatus.CONFIRMED)


@dataclass(frozen=True, slots=True)
class LabTime:
    """So many days from the visit of the preparation to that of the fitting."""

    preparation: int
    fitting: int
    days: int


def locked_series(session: Session, appointment_id: int) -> Sequence[Appointment]:
    """The visits of an appointment's series, all locked in one order, by their times; none without a series."""
    series_id = session.scalar(sa.select(Appointment.series_id).where(Appointment.appointment_id == appointment_id))
    if series_id is None or session.get(AppointmentSeries, series_id, with_for_update=True) is None:
        return []
    statement = sa.select(Appointment).where(Appointment.series_id == series_id).order_by(Appointment.appointment_id)
    rows = session.scalars(statement.with_for_update().execution_options(populate_existing=True)).all()
    return sorted(rows, key=lambda row: (row.start_at, row.appointment_id))


def lab_times(session: Session, visits: Iterable[Appointment]) -> list[LabTime]:
    """Between which of these visits a lab works."""
    first, second = aliased(PlannedStep), aliased(PlannedStep)
    keys = [visit.appointment_id for visit in visits]
    statement = (
        sa.select(first.appointment_id, second.appointment_id, ServiceCatalog.lab_days)
        .join(second, sa.and_(second.planned_procedure_id == first.planned_procedure_id, second.step == 2))
        .join(PlannedProcedure, PlannedProcedure.planned_procedure_id == first.planned_procedure_id)
        .join(ServiceCatalog, ServiceCatalog.service_id == PlannedProcedure.service_id)
        .where(first.step == 1, first.appointment_id.in_(keys), second.appointment_id.in_(keys))
    )
    usual = changed_settings(session).get("scheduling.lab_days", SETTINGS["scheduling.lab_days"].default)
    return [
        LabTime(one, two, usual if days is None else days)
        for one, two, days in session.execute(statement)
        if one is not None and two is not None
    ]


def counts(visit: Appointment) -> bool:
    """Whether a visit takes place or took place."""
    return visit.status in LIVE or visit.status is AppointmentStatus.FINISHED


def ready_on(visit: Appointment, others: Sequence[Appointment], labs: Sequence[LabTime], terms: Terms) -> date | None:
    """The first day on which what the lab makes for a visit is there."""
    starts = {other.appointment_id: other.start_at for other in others if counts(other)}
    days = [
        clinic_date(starts[lab.preparation], terms.zone) + timedelta(days=lab.days)
        for lab in labs
        if lab.fitting == visit.appointment_id and lab.preparation in starts
    ]
    return max(days, default=None)


def earliest(visit: Appointment, before: Sequence[Appointment], labs: Sequence[LabTime], terms: Terms) -> datetime:
    """Not before this a visit may stand: the one before it is over, and the lab is done."""
    moments = [other.end_at for other in before if counts(other)]
    day = ready_on(visit, before, labs, terms)
    if day is not None:
        moments.append(day_bounds(day, terms.zone)[0])
    return max(moments, default=visit.created_at)


def check_between(
    visit: Appointment, span: Span, others: Sequence[Appointment], labs: Sequence[LabTime], terms: Terms
) -> None:
    """Refuse a time before what comes before a visit, or after what comes after it. Raises RuleError (start_at).

    `others` are the visits of the series that stay, by their times; `visit` still stands where it stood.
    """
    place = (visit.start_at, visit.appointment_id)
    before = [one for one in others if counts(one) and (one.start_at, one.appointment_id) < place]
    after = [one for one in others if counts(one) and (one.start_at, one.appointment_id) > place]
    if before and span.start < before[-1].end_at:
        text = T("In its series this visit comes after the one at %(when)s.", when=before[-1].start_at)
        raise RuleError(text, field="start_at")
    if after and span.end > after[0].start_at:
        text = T("In its series the next visit is at %(when)s. Move that one first.", when=after[0].start_at)
        raise RuleError(text, field="start_at")
    _check_lab(visit, span, [*before, *after], labs, terms)


def _check_lab(
    visit: Appointment, span: Span, others: Sequence[Appointment], labs: Sequence[LabTime], terms: Terms
) -> None:
    day = clinic_date(span.start, terms.zone)
    ready = ready_on(visit, others, labs, terms)
    if ready is not None and day < ready:
        text = T("The lab isn't done before %(day)s.", day=ready)
        raise RuleError(text, field="start_at")
    fitted = {other.appointment_id: clinic_date(other.start_at, terms.zone) for other in others}
    for lab in labs:
        fitting = fitted.get(lab.fitting) if lab.preparation == visit.appointment_id else None
        if fitting is not None and day + timedelta(days=lab.days) > fitting:
            text = T("The lab needs %(days)s days, and the fitting is on %(day)s. Move that one first.",
                     days=lab.days, day=fitting)  # fmt: skip
            raise RuleError(text, field="start_at")
