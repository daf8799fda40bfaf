"""The report on what was done in the chair, and how it turned out."""

from datetime import date
from typing import Any

import sqlalchemy as sa

from app.catalogue.models import ServiceCatalog, ServiceType
from app.clinical.models import TreatmentItem
from app.clinical.rules import Outcome
from app.kernel.text import T
from app.people.models import Employee
from app.reporting.queries import Span
from app.reporting.reports.asking import Ask
from app.reporting.reports.kinds import Group, Measure, Parts, Report, Rows, Unit, part
from app.reporting.rules import Period, ratio, share_bp

_ITEM, _SERVICE = TreatmentItem, ServiceCatalog


# the columns of the subquery below
_OF, _CUT, _DAY = (sa.literal_column(f"work.{name}", type_) for name, type_ in (
    ("service_id", sa.BigInteger()), ("cut", sa.BigInteger()), ("cut", sa.Date())
))  # fmt: skip
_OUTCOME = sa.literal_column("work.cut", _ITEM.outcome.type)


def _summed(name: str) -> Any:
    return sa.literal_column(f"work.{name}")


def _by_service(ask: Ask, span: Span, _closed: date | None) -> Any:
    """Items summed by service and what is asked for, from an index alone, then joined to the small catalogue."""
    cut: Any = {"doctor": _ITEM.performed_by, "outcome": _ITEM.outcome}.get(ask.by, sa.literal_column("NULL"))
    if ask.step is not None:
        cut = span.day(_ITEM.created_at)
    # + 0: grouped by the bare column, SQLite would walk the index of services and fetch every row
    service = (_ITEM.service_id + sa.literal_column("0")).label("service_id")
    statement = sa.select(
        service,
        cut.label("cut"),
        sa.func.sum(_ITEM.quantity).label("number"),
        sa.func.sum(_ITEM.quantity * _ITEM.unit_price - _ITEM.discount).label("worth"),
        sa.func.count(_ITEM.outcome).label("judged"),
        sa.func.count(sa.case((_ITEM.outcome == Outcome.GOOD, 1))).label("good"),
    ).where(span.within(_ITEM.created_at))
    if ask.doctor:
        statement = statement.where(_ITEM.performed_by == ask.doctor)
    if ask.service:
        statement = statement.where(_ITEM.service_id == ask.service)
    work = statement.group_by(_ITEM.service_id + sa.literal_column("0"), sa.text("cut")).subquery("work")
    return sa.join(work, _SERVICE, _SERVICE.service_id == work.c.service_id)


def _mean_complexity(parts: Parts, _period: Period) -> int | None:
    return ratio(parts["complexity"] * 10, parts["number"])


WORK = Report(
    "work",
    T("Treatments and outcomes"),
    T("What was done, what it was worth, how long it takes, how complex it is, and how it turned out."),
    _by_service,
    {
        "number": sa.func.sum(_summed("number")),
        "worth": sa.func.sum(_summed("worth")),
        "minutes": sa.func.sum(_summed("number") * _SERVICE.default_duration_time),
        "complexity": sa.func.sum(_summed("number") * _SERVICE.complexity),
        "judged": sa.func.sum(_summed("judged")),
        "good": sa.func.sum(_summed("good")),
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
        Group("service", T("Service"), _OF, _SERVICE, "service_id", narrows="service"),
        Group("type", T("Service type"), _SERVICE.service_type_id, ServiceType),
        Group("stage", T("Treatment stage"), _SERVICE.treatment_stage),
        Group("outcome", T("Outcome"), _OUTCOME, param="outcome"),
        Group("doctor", T("Doctor"), _CUT, Employee, "performed_by", narrows="doctor"),
    ),
    at=_DAY,
    is_bounded=True,
    filters={"doctor": None, "service": None},
    rows=Rows("TreatmentItemView", "created_at", doctor="performed_by", service="service_id"),
)  # fmt: skip
