"""A few months of a clinic's money and visits, and the same sums computed the long way round."""

from collections import Counter
from datetime import UTC, date, datetime, timedelta
from typing import Any

from sqlalchemy.orm import Session

from app.billing import actions as billing_actions
from app.billing.actions import Posting, Tender
from app.billing.models import Invoice, InvoiceAdjustment, Payment, PaymentAllocation, Refund
from app.billing.rules import AdjustmentKind, PaymentMethod
from app.clinical.models import Treatment, TreatmentItem
from app.kernel.dates import clinic_date
from app.people.models import Patient
from app.reporting import actions, queries
from app.reporting.models import MetricDaily
from app.reporting.rules import CLINIC, Metric, Period
from app.scheduling.models import Appointment
from app.scheduling.rules import AppointmentStatus
from app.stock.models import Expense, ExpenseCategory
from tests.factories import billing, clinical
from tests.factories.clinic import Clinic
from tests.factories.scheduling import ZONE

M = Metric
S = AppointmentStatus


def moment(day: date, minutes: int) -> datetime:
    """So many minutes after the clinic's midnight."""
    return datetime(day.year, day.month, day.day, tzinfo=ZONE).astimezone(UTC) + timedelta(minutes=minutes)


def posting(day: date, minutes: int = 600) -> Posting:
    """A posting at a minute of the clinic's day."""
    return Posting(now=moment(day, minutes), today=day)


def visit(session: Session, doctor: Any, patient: Any, at: datetime) -> Treatment:
    """A visit with one piece of work, written down when it was done."""
    row = clinical.treatment(session, doctor=doctor, patient=patient, treatment_date=at)
    item = clinical.item(session, row, {}, of=clinical.service(session, clinical.Scope.NONE))
    item.created_at = at
    session.flush()
    return row


def expense(session: Session, day: date, amount: int, category: ExpenseCategory | None = None) -> Expense:
    """Money spent on a day."""
    kind = category or ExpenseCategory(name_mn=f"Түрээс {day} {amount}", name_en="Rent")
    session.add(kind)
    session.flush()
    row = Expense(expense_category_id=kind.expense_category_id, amount=amount, spent_on=day)
    session.add(row)
    session.flush()
    return row


def invoice(session: Session, patient: Any, amount: int, at: Posting, treatment: Treatment | None = None) -> Invoice:
    """An invoice issued then."""
    owner = {"treatment_id": treatment.treatment_id} if treatment else {}
    made = billing.draft(session, patient=patient, amount=amount, **owner)
    return billing_actions.issue_invoice(session, made.invoice_id, at, due_days=14, vat_bp=0)


def pay(session: Session, patient: Any, amount: int, at: Posting, made: Invoice | None = None) -> Payment:
    """A payment taken then."""
    return billing_actions.record_payment(
        session,
        patient_id=patient.patient_id,
        tender=Tender(amount, PaymentMethod.CASH),
        key=billing.key(),
        posting=at,
        invoice_id=made.invoice_id if made else None,
    )


def write_off(session: Session, made: Invoice, amount: int, at: Posting) -> InvoiceAdjustment:
    """A write-off then."""
    return billing_actions.adjust_invoice(session, made.invoice_id, AdjustmentKind.WRITE_OFF, amount, "x", at)


def close(clinic: Clinic, first: date, last: date) -> int:
    """Keep the measures of these days."""
    return clinic.unit(lambda s: actions.close_days(s, Period(first, last), ZONE, datetime.now(UTC)))


def kept(clinic: Clinic, metric: Metric, doctor: int = CLINIC) -> dict[date, int]:
    """What is kept of a measure: day → value."""
    rows = clinic.session.query(MetricDaily).filter_by(metric=metric, doctor_number=doctor)
    return {row.day: row.value for row in rows if row.value}


def difference(clinic: Clinic) -> str | None:
    """What `reports verify` would say."""
    session = clinic.session
    closed = queries.closed_days(session)
    assert closed is not None
    found = queries.first_difference(session, closed, ZONE) or queries.differing_month(session, closed)
    return str(found) if found else None


class _ByHand:
    """Sums of a measure by day and doctor, row by row."""

    def __init__(self, session: Session) -> None:
        self.session = session
        self.sums: Counter[tuple[Metric, date, int]] = Counter()
        doctors = {row.treatment_id: row.doctor_id for row in session.query(Treatment)}
        self.of_invoice = {row.invoice_id: doctors.get(row.treatment_id) for row in session.query(Invoice)}

    def add(self, metric: Metric, at: datetime | date | None, doctor: int | None, value: int) -> None:
        if at is None:
            return
        day = clinic_date(at, ZONE) if isinstance(at, datetime) else at
        for number in {CLINIC, doctor or CLINIC}:
            self.sums[metric, day, number] += value

    def money(self) -> None:
        for row in self.session.query(Invoice):
            self.add(M.INVOICED, row.issued_at, self.of_invoice[row.invoice_id], row.total)
            self.add(M.ADJUSTED, row.voided_at, self.of_invoice[row.invoice_id], row.total)
        for row in self.session.query(InvoiceAdjustment):
            self.add(M.ADJUSTED, row.created_at, self.of_invoice[row.invoice_id], row.amount)
        received = {row.payment_id: clinic_date(row.received_at, ZONE) for row in self.session.query(Payment)}
        for row in self.session.query(Payment):
            self.add(M.PAID, row.received_at, None, row.amount)
        for row in self.session.query(PaymentAllocation):
            if self.of_invoice[row.invoice_id]:
                self.sums[M.PAID, received[row.payment_id], self.of_invoice[row.invoice_id]] += row.amount
        for row in self.session.query(Refund):
            self.add(M.REFUNDED, row.created_at, None, row.amount)
        for row in self.session.query(Expense):
            self.add(M.SPENT, row.spent_on, None, row.amount)

    def work(self) -> None:
        for row in self.session.query(TreatmentItem):
            self.add(M.PRODUCTION, row.created_at, row.performed_by, row.quantity * row.unit_price - row.discount)
        for row in self.session.query(Patient):
            self.add(M.NEW_PATIENTS, row.created_at, row.assigned_doctor_id, 1)
        for row in self.session.query(Appointment):
            came = row.status in (S.CAME, S.IN_TREATMENT, S.TREATED, S.FINISHED)
            self.add(M.BOOKED, row.start_at, row.doctor_id, 1)
            self.add(M.VISITS, row.start_at, row.doctor_id, came)
            self.add(M.NO_SHOWS, row.start_at, row.doctor_id, row.status is S.NO_SHOW)
            self.add(M.CANCELLED, row.start_at, row.doctor_id, row.status is S.CANCELLED)
            self.add(M.BOOKED_MINUTES, row.start_at, row.doctor_id, 0 if row.status is S.CANCELLED else row.minutes)


def by_hand(session: Session) -> Counter[tuple[Metric, date, int]]:
    """Every measure of money, work and visits, row by row in Python."""
    hand = _ByHand(session)
    hand.money()
    hand.work()
    return Counter({key: value for key, value in hand.sums.items() if value})
