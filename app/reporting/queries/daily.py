"""The measures of days, computed from the rows themselves: what the nightly job keeps, what `reports verify` compares,
and what stands for the days that are not closed yet.

Each select answers (metric, day, doctor_number, value), without the zeros.
"""

from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import sqlalchemy as sa

from app.billing.models import Invoice, InvoiceAdjustment, Payment, PaymentAllocation, Refund
from app.clinical.models import Treatment, TreatmentItem
from app.people.models import EmployeePosition, Patient, Position
from app.people.rules import PositionType
from app.reporting.queries.sql import Span, clock_minutes, minutes_between
from app.reporting.rules import CLINIC, CLINIC_ONLY, Metric, Scope
from app.scheduling.models import Appointment, Shift
from app.scheduling.rules import AppointmentStatus, ShiftKind
from app.stock.models import Expense

S = AppointmentStatus
CAME = (S.CAME, S.IN_TREATMENT, S.TREATED, S.FINISHED)


@dataclass(frozen=True, slots=True)
class Rows:
    """Where a measure comes from: rows, the column of their day, whose they are, and what is summed."""

    source: Any
    at: Any
    doctor: Any
    values: Mapping[Metric, Any]
    where: Sequence[Any] = ()


def _count(*conditions: Any) -> Any:
    return sa.func.count(sa.case((sa.and_(*conditions), 1))) if conditions else sa.func.count()


def _appointments(_span: Span, _scope: Scope) -> Rows:
    row = Appointment
    length = sa.case((row.status != S.CANCELLED, minutes_between(row.start_at, row.end_at)), else_=0)
    values = {
        Metric.VISITS: _count(row.status.in_(CAME)),
        Metric.BOOKED: _count(),
        Metric.NO_SHOWS: _count(row.status == S.NO_SHOW),
        Metric.CANCELLED: _count(row.status == S.CANCELLED),
        Metric.BOOKED_MINUTES: sa.func.sum(length),
    }
    return Rows(row, row.start_at, row.doctor_id, values)


def _shifts(_span: Span, _scope: Scope) -> Rows:
    """Of doctors alone: an assistant's shift is no time that could be booked."""
    row, held = Shift, EmployeePosition
    as_doctor = (
        sa.select(held.employee_position_id)
        .join(Position, Position.position_id == held.position_id)
        .where(held.employee_id == row.employee_id, Position.position_type == PositionType.DOCTOR)
        .where(held.started_at <= row.shift_date, sa.or_(held.ended_at.is_(None), held.ended_at >= row.shift_date))
    )
    minutes = sa.func.sum(clock_minutes(row.start_time, row.end_time))
    where = (row.kind == ShiftKind.WORK, as_doctor.exists())
    return Rows(row, row.shift_date, row.employee_id, {Metric.SHIFT_MINUTES: minutes}, where)


def _patients(_span: Span, _scope: Scope) -> Rows:
    whole = (Patient.merged_into_id.is_(None),)  # one person, however many records were made of them
    return Rows(Patient, Patient.created_at, Patient.assigned_doctor_id, {Metric.NEW_PATIENTS: _count()}, whole)


def _work(_span: Span, _scope: Scope) -> Rows:
    row = TreatmentItem
    worth = sa.func.sum(row.quantity * row.unit_price - row.discount)
    return Rows(row, row.created_at, row.performed_by, {Metric.PRODUCTION: worth})


def _of_doctor(source: Any, invoice_id: Any, scope: Scope) -> Any:
    """The rows with the visit behind their invoice, where the doctor is asked for."""
    if scope is Scope.CLINIC:
        return source
    return sa.join(source, Invoice, Invoice.invoice_id == invoice_id).join(
        Treatment, Treatment.treatment_id == Invoice.treatment_id
    )


def _invoices(_span: Span, scope: Scope) -> Rows:
    joined = Invoice if scope is Scope.CLINIC else sa.join(
        Invoice, Treatment, Treatment.treatment_id == Invoice.treatment_id
    )  # fmt: skip
    return Rows(joined, Invoice.issued_at, Treatment.doctor_id, {Metric.INVOICED: sa.func.sum(Invoice.total)})


def _adjustments(span: Span, scope: Scope) -> Rows:
    """What was taken off without money: adjustments on their day, a void invoice whole on the day it became so."""
    row = InvoiceAdjustment
    taken = sa.select(row.created_at.label("at"), row.amount.label("amount"), row.invoice_id.label("invoice_id"))
    void = sa.select(Invoice.voided_at, Invoice.total, Invoice.invoice_id).where(span.within(Invoice.voided_at))
    off = taken.where(span.within(row.created_at)).union_all(void).subquery("taken_off")
    values = {Metric.ADJUSTED: sa.func.sum(off.c.amount)}
    return Rows(_of_doctor(off, off.c.invoice_id, scope), off.c.at, Treatment.doctor_id, values)


def _payments(_span: Span, scope: Scope) -> Rows:
    """The clinic's: what came in. A doctor's: what of it stays on invoices of the doctor's visits."""
    if scope is Scope.CLINIC:
        return Rows(Payment, Payment.received_at, None, {Metric.PAID: sa.func.sum(Payment.amount)})
    part = PaymentAllocation
    joined = _of_doctor(sa.join(Payment, part, part.payment_id == Payment.payment_id), part.invoice_id, scope)
    return Rows(joined, Payment.received_at, Treatment.doctor_id, {Metric.PAID: sa.func.sum(part.amount)})


def _refunds(_span: Span, _scope: Scope) -> Rows:
    return Rows(Refund, Refund.created_at, None, {Metric.REFUNDED: sa.func.sum(Refund.amount)})


def _expenses(_span: Span, _scope: Scope) -> Rows:
    return Rows(Expense, Expense.spent_on, None, {Metric.SPENT: sa.func.sum(Expense.amount)})


Source = Callable[[Span, Scope], Rows]
M = Metric
SOURCES: tuple[tuple[frozenset[Metric], Source], ...] = (
    (frozenset({M.VISITS, M.BOOKED, M.NO_SHOWS, M.CANCELLED, M.BOOKED_MINUTES}), _appointments),
    (frozenset({M.SHIFT_MINUTES}), _shifts),
    (frozenset({M.NEW_PATIENTS}), _patients),
    (frozenset({M.PRODUCTION}), _work),
    (frozenset({M.INVOICED}), _invoices),
    (frozenset({M.ADJUSTED}), _adjustments),
    (frozenset({M.PAID}), _payments),
    (frozenset({M.REFUNDED}), _refunds),
    (frozenset({M.SPENT}), _expenses),
)


def measured(span: Span, metrics: Iterable[Metric] = tuple(Metric), scopes: Iterable[Scope] = tuple(Scope)) -> Any:
    """UNION ALL of the measures of the span's days; None where nothing of it is kept for this scope."""
    wanted, found = frozenset(metrics), []
    for scope in scopes:
        for known, source in SOURCES:
            asked = known & (wanted if scope is Scope.CLINIC else wanted - CLINIC_ONLY)
            if asked:
                found.append(_long(_grouped(source(span, scope), span, scope, asked), asked))
    return sa.union_all(*found) if found else None


def _grouped(rows: Rows, span: Span, scope: Scope, asked: frozenset[Metric]) -> Any:
    """One row for each day (and doctor), a column for each metric."""
    day = span.day(rows.at)
    number = sa.literal_column(str(CLINIC)) if scope is Scope.CLINIC else rows.doctor
    values = [value.label(metric.name.lower()) for metric, value in rows.values.items() if metric in asked]
    statement = (
        sa.select(day.label("day"), number.label("doctor_number"), *values)
        .select_from(rows.source)
        .where(span.within(rows.at), *rows.where)
    )
    if scope is Scope.CLINIC:
        return statement.group_by(day).subquery()
    return statement.where(rows.doctor.is_not(None)).group_by(day, rows.doctor).subquery()


def _long(grouped: Any, asked: frozenset[Metric]) -> Any:
    """One row for each metric: (metric, day, doctor_number, value), without zeros."""
    ordered = [metric for metric in Metric if metric in asked]
    words: list[Any] = []
    for metric in ordered:
        word: Any = sa.literal_column(f"'{metric.value}'")
        words.append(sa.select(word.label("metric")))
    listed: Any = words[0]
    if len(words) > 1:
        listed = sa.union_all(*words)
    names: Any = listed.subquery("listed")
    whens: list[Any] = []
    for metric in ordered:
        whens.append((names.c.metric == sa.literal_column(f"'{metric.value}'"), grouped.c[metric.name.lower()]))
    value: Any = sa.case(*whens)
    columns = (names.c.metric, grouped.c.day, grouped.c.doctor_number, value.label("value"))
    return sa.select(*columns).select_from(sa.join(grouped, names, sa.true())).where(value != 0)
