"""A clinic in which every table has rows, and one patient, visit and invoice that have many of everything.

`grow` can be called again: what is asked of the database for a page must not grow with it.
"""

import itertools
from dataclasses import dataclass
from datetime import UTC, date, datetime, timedelta

import sqlalchemy as sa
from sqlalchemy.orm import Session

from app.billing import actions as billing_actions
from app.clinical import actions as clinical_actions
from app.clinical.models import Prescription, Treatment
from app.communication.actions import mark_sent
from app.insurance.models import InsurancePlan, InsuranceProvider, PatientInsurance
from app.insurance.rules import ProviderKind
from app.jobs import actions as jobs
from app.jobs.rules import JobKind
from app.lab.models import LabRequest
from app.lab.rules import ResultFlag
from app.people.models import Employee, Patient, PatientRelation
from app.people.queries import phones_of_patients
from app.people.rules import PositionType, RelationKind
from app.scheduling.models import Appointment
from app.scheduling.rules import AppointmentStatus
from app.security import actions as security
from app.security.models import LoginAttempt, Setting, User
from app.security.rules import LoginOutcome, SessionType, ShareKind
from app.security.settings import SETTINGS
from app.workflows.register_patient import register_patient
from tests.factories import (
    billing,
    catalogue,
    clinical,
    communication,
    files,
    lab,
    machine,
    people,
    reporting,
    scheduling,
    stock,
    waiting,
)

S = AppointmentStatus
_numbers = itertools.count(1)
SECRET = "the key of the tests"
RECEIPT = "f" * 32  # the form whose payments one receipt shows


@dataclass(slots=True)
class Main:
    """Those whose pages are looked at: keys of their rows."""

    patient: int
    doctor: int
    appointment: int
    treatment: int
    draft: int  # an invoice that isn't posted
    invoice: int
    payment: int
    draft_prescription: int
    prescription: int
    plan: int
    accepted: int  # a treatment plan that the patient accepted
    lab_request: int
    item: int
    expense: int
    file: int
    token: str
    shift: int
    visits: int = 0  # so far; each has a time of its own


def begin(session: Session, doctor_user: int) -> Main:
    """The people and documents that `grow` adds to."""
    doctor = session.scalars(sa.select(Employee).where(Employee.user_id == doctor_user)).one()
    patient = people.patient(session, first_name="Мөнхбат", last_name="Дорж")
    appointment = _visit(session, patient, doctor, S.IN_TREATMENT, 0)
    treatment = session.scalars(
        sa.select(Treatment).where(Treatment.appointment_id == appointment.appointment_id)
    ).one()
    other = clinical.treatment(session, patient=patient, doctor=doctor)
    draft = clinical.draft(session, treatment)
    issued = clinical.prescription(session, other)
    invoice = billing.invoice(session, patient=patient, amount=50_000_000)
    payment = billing.pay(session, invoice, 1_000, key=f"{RECEIPT}:0")
    return Main(
        patient=patient.patient_id,
        doctor=doctor.employee_id,
        appointment=appointment.appointment_id,
        treatment=treatment.treatment_id,
        draft=billing.draft(session, patient=patient).invoice_id,
        invoice=invoice.invoice_id,
        payment=payment.payment_id,
        draft_prescription=draft.prescription_id,
        prescription=issued.prescription_id,
        plan=_plan(session, "Монгол даатгал").insurance_plan_id,
        accepted=_accepted(session, other),
        lab_request=lab.request(session, patient=patient, doctor=doctor, status=lab.S.SENT).lab_request_id,
        item=stock.item(session, on_hand=1_000).inventory_item_id,
        expense=stock.expense(session).expense_id,
        file=clinical.medical_file(session, treatment).medical_file_id,
        token=security.share(session, SECRET, ShareKind.VERIFY, "invoice", invoice.invoice_id, patient.patient_id),
        shift=scheduling.shift(session, doctor, scheduling.today()).shift_id,
    )


def _accepted(session: Session, visit: Treatment) -> int:
    """A plan of two visits whose doctor has shifts to come."""
    for day in scheduling.open_days(session, 5):
        scheduling.shift(session, visit.doctor, day)
    services = [clinical.service(session, default_duration_time=90) for _ in range(2)]
    return clinical.plan(session, visit, services=services, status=clinical.rules.PlanStatus.ACCEPTED).treatment_plan_id


def grow(session: Session, main: Main, count: int) -> None:
    """`count` more of everything, of the main patient and of others."""
    for _ in range(count):
        _people(session, main)
        _rooms(session, main)
        _waiting(session, main)
        _catalogue(session)
        _chair(session, main)
        _lab(session, main)
        _money(session, main)
        _talk(session, main)
        _supplies(session, main)
        _machine(session)
    session.flush()


def _visit(
    session: Session, patient: Patient, doctor: Employee, status: AppointmentStatus, number: int, days: int = 0
) -> Appointment:
    """The day's visit of this number, at a time of its own, moved to `status`."""
    day = scheduling.today() + timedelta(days=days)
    start = scheduling.at(day, "00:00") + timedelta(minutes=10 * number)
    return scheduling.appointment(
        session, patient=patient, doctor=doctor, chair=scheduling.chair(session), start_at=start, minutes=5,
        status=status, now=start,
    )  # fmt: skip


def _plan(session: Session, insurer: str) -> InsurancePlan:
    """A plan of an insurer of its own."""
    provider = InsuranceProvider(name=insurer, kind=ProviderKind.PRIVATE)
    session.add(provider)
    session.flush()
    plan = InsurancePlan(insurance_provider_id=provider.insurance_provider_id, name="Алтан")
    session.add(plan)
    session.flush()
    return plan


def _people(session: Session, main: Main) -> None:
    number = next(_numbers)
    patient = session.get_one(Patient, main.patient)
    other = people.patient(session, first_name=f"Мөнх{number}")
    session.add(
        PatientRelation(
            patient_id=main.patient, related_patient_id=other.patient_id, kind=RelationKind.SIBLING, is_payer=False
        )
    )
    people.allergy(session, patient, name=f"Эм {number}")
    people.allergy(session)
    people.relation(session)
    people.merge(session)
    clinical.consent(session)
    plan = _plan(session, f"Даатгал {number}")
    for owner in (patient, other):
        policy = {"insurance_plan_id": plan.insurance_plan_id, "policy_number": f"A-{number}-{owner.patient_id}"}
        session.add(PatientInsurance(patient_id=owner.patient_id, **policy))
    policies = [(0, {"insurance_plan_id": main.plan, "policy_number": f"B-{number}"})]
    register_patient(
        session, {"first_name": f"Шинэ{number}", "last_name": "Дорж", "birthday": date(1990, 1, 1), "gender": 1},
        phones=people.phones(), history=[], policies=policies, today=people.TODAY, by=None,
        knows_likely_duplicates=True,
    )  # fmt: skip
    for kind in (PositionType.DOCTOR, PositionType.NURSE):
        people.employee(session, kind=kind, first_name=f"Ажилтан{number}")


def _rooms(session: Session, main: Main) -> None:
    doctor = session.get_one(Employee, main.doctor)
    others = people.doctor(session)
    patient = session.get_one(Patient, main.patient)
    for status in (S.RESERVED, S.CONFIRMED, S.CAME, S.IN_TREATMENT, S.TREATED, S.FINISHED, S.CANCELLED, S.NO_SHOW):
        main.visits += 1
        _visit(session, people.patient(session), doctor, status, main.visits)
        _visit(session, people.patient(session), others, status, main.visits)
    _visit(session, patient, doctor, S.RESERVED, main.visits, days=1)
    _visit(session, patient, doctor, S.TREATED, main.visits, days=-3)
    scheduling.shift(session, others, scheduling.today())
    scheduling.shift_pattern(session, others)
    scheduling.time_off(session, others)
    scheduling.holiday(session)
    scheduling.stay(session)
    scheduling.series(session, 2)


def _waiting(session: Session, main: Main) -> None:
    """Two who wait, and two who are due: the main patient and another, each called once."""
    for patient in (main.patient, people.patient(session).patient_id):
        waiting.entry(session, patient_id=patient, doctor_id=main.doctor)
        waiting.contact(session, recall=waiting.recall(session, patient_id=patient))


def _catalogue(session: Session) -> None:
    catalogue.service_type(session)
    catalogue.price(session)
    catalogue.medicine(session)
    catalogue.diagnosis(session, f"K99.{next(_numbers)}")
    people.position(session)


def _chair(session: Session, main: Main) -> None:
    treatment = session.get_one(Treatment, main.treatment)
    patient = session.get_one(Patient, main.patient)
    doctor = session.get_one(Employee, main.doctor)
    _plans(session, treatment)
    clinical.item(session, treatment)
    clinical.item(
        session, treatment, {"16": "O", "26": "O"}, of=clinical.service(session, clinical.Scope.SEVERAL_TEETH)
    )
    clinical.diagnosis(session, treatment, code=_next_diagnosis(session), **{"36": "O"})
    clinical.finding(session, patient, teeth={_next_tooth(): "M"})
    clinical.draft(session, treatment)
    earlier = clinical.treatment(session, patient=patient, doctor=doctor)
    clinical.item(session, earlier)
    clinical.opened_package(session, earlier)
    clinical.opened_package(session, treatment)
    clinical.diagnosis(session, earlier)
    clinical.draft(session, earlier)
    written = clinical.draft(session, earlier)
    row = session.get_one(Prescription, written.prescription_id)
    now = datetime.now(UTC)
    clinical_actions.issue_prescription(session, row, doctor_id=main.doctor, by=None, now=now, today=clinical.today())


def _plans(session: Session, treatment: Treatment) -> None:
    plan = clinical.plan(session, treatment, status=clinical.rules.PlanStatus.PRESENTED)
    clinical.actions.move_plan(session, plan, clinical.rules.PlanStatus.ACCEPTED, by=None, now=datetime.now(UTC))
    clinical.plan(session, services=[clinical.service(session), clinical.service(session)])
    clinical.plan(session, services=[clinical.service(session)] * 2, status=clinical.rules.PlanStatus.ACCEPTED)
    for visit in (treatment, None):
        clinical.note(session, visit)
        clinical.snapshot(session, visit)
        clinical.medical_file(session, visit)


def _lab(session: Session, main: Main) -> None:
    patient = session.get_one(Patient, main.patient)
    doctor = session.get_one(Employee, main.doctor)
    asked = session.get_one(LabRequest, main.lab_request)
    lab.result(session, asked)
    lab.request(session, patient=patient, doctor=doctor, status=lab.S.SENT)
    lab.result(session, flag=ResultFlag.CRITICAL)


_teeth = itertools.cycle([f"{quadrant}{number}" for quadrant in (1, 2, 3, 4) for number in range(4, 9)])


def _next_tooth() -> str:
    return next(_teeth)


def _next_diagnosis(session: Session) -> str:
    return catalogue.diagnosis(session, f"K98.{next(_numbers)}").code


def _money(session: Session, main: Main) -> None:
    patient = session.get_one(Patient, main.patient)
    draft, invoice = (session.get_one(billing.Invoice, key) for key in (main.draft, main.invoice))
    service = billing.service(session)
    line = billing_actions.Line(service_id=service.service_id, unit_price=service.price)
    billing_actions.add_lines(session, draft, [line], vat_bp=0, now=datetime.now(UTC))
    billing.pay(session, invoice, 1_000)
    billing.pay(session, invoice, 1_000, key=f"{RECEIPT}:{next(_numbers)}")
    billing.adjustment(session, invoice, 1_000)
    billing.refund(session, session.get_one(billing.Payment, main.payment), 10)
    other = billing.invoice(session, patient=patient, amount=70_000)
    billing.pay(session, other, 30_000)
    billing.void(session, billing.invoice(session, patient=patient))
    for made in (billing.allocation, billing.adjustment, billing.refund):
        made(session)  # of somebody else
    for key in (main.invoice, other.invoice_id):
        security.share(session, f"{next(_numbers)}", ShareKind.VERIFY, "invoice", key, main.patient)


def _talk(session: Session, main: Main) -> None:
    for user_id in session.scalars(sa.select(User.id)):
        communication.notification(session, user_id)
    communication.template(session)
    phone = phones_of_patients(session, [main.patient])[main.patient][0].phone_number_val
    for number in (phone, f"+97680{next(_numbers):06d}"):
        communication.call(session, number, by=session.scalar(sa.select(sa.func.min(User.id))))
        communication.text(session, number)
        sent = communication.message(session, number, template=communication.template(session))
        communication.message(session, number)
        mark_sent(session, sent, datetime.now(UTC))
    files.stored_file(session)


def _supplies(session: Session, main: Main) -> None:
    seller, user = stock.supplier(session), session.scalar(sa.select(sa.func.min(User.id)))
    known = {"supplier_id": seller.supplier_id, "by": user}
    stock.move(session, main.item, stock.Movement.RECEIVED, 10, **known)
    stock.move(session, main.item, stock.Movement.USED, 1, by=user)
    stock.move(session, stock.item(session).inventory_item_id, stock.Movement.RECEIVED, 3, **known)
    stock.expense(session, by=user, supplier_id=seller.supplier_id)
    stock.category(session)
    stock.package(session, stock.cycle(session))


def _machine(session: Session) -> None:
    number, now = next(_numbers), datetime.now(UTC)
    reporting.metric_daily(session)
    reporting.metric_monthly(session)
    user = security.add_user(
        session, phone=f"8500{number:04d}", name=f"Хэрэглэгч {number}", roles=["Nurse"], password="soyoo-demo-1"
    )
    payload = {"is_check": False, "file": f"{number:032x}", "name": "list.csv", "rows": 3, "layout": {"headers": []}}
    known = {"made_by": user.id, "dedupe_key": f"patient-import:{number}"}
    jobs.enqueue(session, JobKind.PATIENT_IMPORT, payload, now=now + timedelta(days=1), **known)
    changed = set(session.scalars(sa.select(Setting.key)))
    key = next(key for key in SETTINGS if key not in changed)
    session.add(Setting(key=key, value=SETTINGS[key].default))
    machine.seal(session)
    outcome = LoginOutcome.WRONG_PASSWORD
    start = {"now": now, "hours": 12, "ip": "", "device": "test", "session_type": SessionType.STAFF}
    security.open_session(session, user.id, **start)
    session.add(LoginAttempt(phone=f"+9768500{number:04d}", user_id=user.id, outcome=outcome))
