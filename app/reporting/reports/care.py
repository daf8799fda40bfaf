"""The report on what was done in the chair, and how it turned out."""

import sqlalchemy as sa

from app.catalogue.models import ServiceCatalog, ServiceType
from app.clinical.models import TreatmentItem
from app.clinical.rules import Outcome
from app.kernel.text import T
from app.people.models import Employee
from app.reporting.reports.kinds import Group, Measure, Parts, Report, Rows, Unit, part
from app.reporting.rules import Period, ratio, share_bp

_ITEM, _SERVICE = TreatmentItem, ServiceCatalog


def _mean_complexity(parts: Parts, _period: Period) -> int | None:
    return ratio(parts["complexity"] * 10, parts["number"])


WORK = Report(
    "work",
    T("Treatments and outcomes"),
    T("What was done, what it was worth, how long it takes, how complex it is, and how it turned out."),
    lambda _ask, _span, _closed: sa.join(_ITEM, _SERVICE, _SERVICE.service_id == _ITEM.service_id),
    {
        "number": sa.func.sum(_ITEM.quantity),
        "worth": sa.func.sum(_ITEM.quantity * _ITEM.unit_price - _ITEM.discount),
        "minutes": sa.func.sum(_ITEM.quantity * _SERVICE.default_duration_time),
        "complexity": sa.func.sum(_ITEM.quantity * _SERVICE.complexity),
        "judged": sa.func.count(_ITEM.outcome),
        "good": sa.func.count(sa.case((_ITEM.outcome == Outcome.GOOD, 1))),
    },
    (
        Measure("number", T("Times done"), part("number")),
        Measure("worth", T("Value of the work done"), part("worth"), Unit.MONEY),
        Measure("minutes", T("Minutes by the catalogue"), part("minutes")),
        Measure("complexity", T("Complexity, mean"), _mean_complexity, Unit.TENTHS),
        Measure("judged", T("Outcome known"), part("judged")),
        Measure("good", T("Good outcomes"), lambda p, _: share_bp(p["good"], p["judged"]), Unit.SHARE),
    ),
    (
        Group("service", T("Service"), _ITEM.service_id, _SERVICE, "service_id", narrows="service"),
        Group("type", T("Service type"), _SERVICE.service_type_id, ServiceType),
        Group("stage", T("Treatment stage"), _SERVICE.treatment_stage),
        Group("outcome", T("Outcome"), _ITEM.outcome, param="outcome"),
        Group("doctor", T("Doctor"), _ITEM.performed_by, Employee, "performed_by", narrows="doctor"),
    ),
    at=_ITEM.created_at,
    filters={"doctor": _ITEM.performed_by, "service": _ITEM.service_id},
    rows=Rows("TreatmentItemView", "created_at", doctor="performed_by", service="service_id"),
)  # fmt: skip
