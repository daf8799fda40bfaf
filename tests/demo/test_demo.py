"""The demo clinic: every invariant holds, the day looks busy, and nobody's data is mixed with it."""

import atexit
import os
import shutil
import tempfile
import uuid
from collections import Counter
from collections.abc import Iterator
from datetime import UTC, date, datetime, time, timedelta
from functools import cache
from pathlib import Path
from typing import Any

import pytest
import sqlalchemy as sa
from flask import Flask
from flask_appbuilder.models.sqla import Model

from app.billing.models import Invoice, Payment, PaymentAllocation
from app.billing.queries import aging, balances, verify
from app.billing.rules import AgeBucket, InvoiceStatus, PaymentMethod
from app.catalogue.models import ServiceCatalog
from app.cli.deploy import deploy
from app.clinical import rules as clinical
from app.clinical.models import Prescription, Treatment, TreatmentItem, TreatmentPlan
from app.clinical.queries import procedures_of, teeth_of_items
from app.db import sqla
from app.db.base import Base
from app.kernel.dates import clinic_date, clinic_moment, day_bounds
from app.kernel.errors import RuleError
from app.kernel.phones import parse_phone
from app.kernel.register_number import parse_register_number
from app.lab.models import LabRequest, LabResult
from app.lab.rules import LabRequestStatus, ResultFlag
from app.people.models import Patient, PatientPhone
from app.people.queries import find_patients
from app.people.rules import Gender, patient_status
from app.reporting import queries as reporting
from app.scheduling import queries as scheduling
from app.scheduling.actions.placing import holding
from app.scheduling.models import Appointment, AppointmentStatusChange, BookingSlot
from app.scheduling.rules import LIVE, MOVES, AppointmentStatus, Span, Terms, broken_checks, slots_of
from app.stock import queries as stock
from app.stock.models import Expense, ExpenseCategory, InventoryItem, InventoryLog
from app.stock.rules import Level, Movement
from app.workflows.demo import PASSWORD, load_demo
from tests.factories import servers
from tests.factories.clinic import CSRF, build_app
from tests.factories.scheduling import ZONE

S = AppointmentStatus
CAST = [f"9900000{number}" for number in range(1, 9)] + ["99000013", "99000018"]
HOURS = {**{str(day): ["09:00", "19:00"] for day in range(5)}, "5": ["10:00", "16:00"], "6": None}


def weekday_at(clock: time) -> datetime:
    """The last Tuesday, Wednesday or Thursday before today, at this time of the clinic's clock."""
    day = clinic_date(datetime.now(UTC), ZONE) - timedelta(days=1)
    while day.weekday() not in (1, 2, 3):
        day -= timedelta(days=1)
    return clinic_moment(day, clock, ZONE)


@cache
def deployed() -> Path:
    """A clinic on SQLite in which nobody has been yet, to be copied."""
    folder = Path(tempfile.mkdtemp(prefix="soyoo-demo-"))
    atexit.register(shutil.rmtree, folder, ignore_errors=True)
    app = build_app(f"sqlite:///{folder / 'empty.db'}", folder)
    with app.app_context():
        deploy(app)
        sqla.session.remove()
        sqla.engine.dispose()
    return folder / "empty.db"


def demo_app(url: str, folder: Path, **options: Any) -> Flask:
    is_file = url.startswith("sqlite:///")
    if is_file:
        shutil.copy(deployed(), url.removeprefix("sqlite:///"))
    app = build_app(url, folder)
    with app.app_context():
        if not is_file:
            deploy(app)
        load_demo(**options)
        sqla.session.remove()
    return app


@pytest.fixture(
    scope="module",
    params=[pytest.param(name, marks=pytest.mark.xdist_group(f"demo-{name}")) for name in ("sqlite", "mariadb")],
)
def loaded(request: pytest.FixtureRequest, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Flask]:
    """A demo clinic on a weekday at 11 o'clock."""
    folder, databases = tmp_path_factory.mktemp("demo"), None
    url = f"sqlite:///{folder / 'demo.db'}"
    if request.param == "mariadb":
        address = servers.mariadb_url()
        if address is None:
            reason = "needs MariaDB: install mariadb-server or set SOYOO_TEST_MARIADB_URL"
            pytest.fail(reason) if os.environ.get("CI") == "true" else pytest.skip(reason)
        databases = servers.MariaDatabases(address, f"soyoo_demo_{uuid.uuid4().hex[:8]}")
        url = databases.url
    app = demo_app(url, folder, patients=120, now=weekday_at(time(11)))
    with app.app_context():
        yield app
        sqla.session.remove()
    if databases is not None:
        databases.drop()


@pytest.fixture
def now(loaded: Flask) -> datetime:
    return weekday_at(time(11))


def appointments(*where: Any) -> list[Appointment]:
    return list(sqla.session.scalars(sa.select(Appointment).where(*where).order_by(Appointment.appointment_id)))


def test_every_sum_adds_up(loaded: Flask) -> None:
    assert [str(difference) for difference in verify.differences(sqla.session())] == []


# Tables of a demo clinic that stay empty until somebody works in it.
EMPTY_AT_FIRST = {
    "AuditSeal": "the first worker seals what was written",
    "Job": "what is to be done in the background is done",
    "PatientMerge": "nobody was registered twice",
    "LoginAttempt": "nobody has tried to sign in yet",
    "SessionToken": "nobody has signed in yet",
    "ShareLink": "made when a paper is printed",
}


def test_every_table_has_rows_to_look_at(loaded: Flask) -> None:
    session = sqla.session()
    models = {m.class_ for m in Model.registry.mappers if issubclass(m.class_, Base)}
    empty = {model.__name__ for model in models if not session.scalar(sa.select(sa.func.count()).select_from(model))}
    assert empty <= {*EMPTY_AT_FIRST}, empty - {*EMPTY_AT_FIRST}


def test_every_closed_day_is_kept(loaded: Flask, now: datetime) -> None:
    session, closed = sqla.session(), reporting.closed_days(sqla.session())
    assert closed is not None
    assert closed.last == clinic_date(now, ZONE) - timedelta(days=1)
    assert reporting.missing_day(session, closed, ZONE) is None
    assert reporting.first_difference(session, closed, ZONE) is None


def test_invoices_are_in_every_state_and_receivables_of_every_age(loaded: Flask, now: datetime) -> None:
    states = Counter(sqla.session.scalars(sa.select(Invoice.status)))
    assert set(states) == set(InvoiceStatus)
    assert states[InvoiceStatus.PAID] > sum(states.values()) * 0.8
    assert all(aging(sqla.session(), clinic_date(now, ZONE))[bucket] > 0 for bucket in AgeBucket)
    methods = set(sqla.session.scalars(sa.select(Payment.method)))
    assert {PaymentMethod.CASH, PaymentMethod.CARD, PaymentMethod.QPAY} <= methods


def test_the_stock_is_what_its_log_says_and_some_of_it_runs_low(loaded: Flask, now: datetime) -> None:
    session = sqla.session()
    assert stock.first_difference(session) is None
    found = {row.sku: row for row in session.scalars(sa.select(InventoryItem))}
    levels = Counter(row.level for row in found.values())
    assert set(levels) == {Level.OUT, Level.LOW, Level.ENOUGH}
    assert levels[Level.ENOUGH] > len(found) / 2
    assert all((row.level is Level.ENOUGH) == (row.low_notified_at is None) for row in found.values())
    on_hand: Counter[int] = Counter()
    at = None
    for log in session.scalars(sa.select(InventoryLog).order_by(InventoryLog.inventory_log_id)):
        on_hand[log.inventory_item_id] += log.quantity
        assert on_hand[log.inventory_item_id] >= 0
        assert at is None or at <= log.created_at <= now
        at = log.created_at
    kinds = set(session.scalars(sa.select(InventoryLog.kind)))
    assert kinds == set(Movement) - {Movement.RETURNED}


def test_money_is_spent_in_every_category_and_the_last_of_it_waits(loaded: Flask, now: datetime) -> None:
    session, today = sqla.session(), clinic_date(now, ZONE)
    rows = session.scalars(sa.select(Expense)).all()
    assert {row.expense_category_id for row in rows} == set(
        session.scalars(sa.select(ExpenseCategory.expense_category_id))
    )
    assert all(row.category.monthly_budget for row in rows)
    assert all(row.spent_on <= today and row.recorded_by and row.created_at <= now for row in rows)
    assert {row.spent_on > today - timedelta(days=8) for row in rows if row.approved_by is None} <= {True}
    assert sum(row.amount for row in rows) > 100_000_000


def test_no_two_live_visits_share_anybody_and_each_holds_its_slots(loaded: Flask, now: datetime) -> None:
    session, (today, _) = sqla.session(), day_bounds(clinic_date(now, ZONE), ZONE)
    live = appointments(Appointment.status.in_(LIVE), Appointment.start_at >= today)
    wanted = {
        (visit.appointment_id, kind, key, at)
        for visit in live
        for (kind, key), starts in slots_of(holding(session, visit)).items()
        for at in starts
    }
    slots = session.scalars(sa.select(BookingSlot)).all()
    assert {(s.appointment_id, s.kind, s.resource_id, s.starts_at) for s in slots} == wanted
    assert len({(kind, key, at) for _, kind, key, at in wanted}) == len(wanted)


def test_visits_lie_in_shifts_and_opening_hours(loaded: Flask, now: datetime) -> None:
    session, terms = sqla.session(), Terms(ZONE, HOURS)
    for visit in appointments(Appointment.start_at >= now - timedelta(days=20)):
        span = Span(visit.start_at, visit.end_at)
        days = scheduling.days_of_doctor(session, visit.doctor_id, span, ZONE)
        assert broken_checks(span, days, terms) == []


def test_every_status_was_reached_by_allowed_moves_none_of_them_in_the_future(loaded: Flask, now: datetime) -> None:
    changes: dict[int, list[AppointmentStatusChange]] = {}
    order = (AppointmentStatusChange.appointment_id, AppointmentStatusChange.appointment_status_change_id)
    for change in sqla.session.scalars(sa.select(AppointmentStatusChange).order_by(*order)):
        changes.setdefault(change.appointment_id, []).append(change)
    for visit in appointments():
        moves = changes[visit.appointment_id]
        assert moves[0].from_ is None
        assert all(MOVES.allows(move.from_, move.to) for move in moves[1:])
        assert [move.to for move in moves[:-1]] == [move.from_ for move in moves[1:]]
        assert (moves[-1].to, len(moves)) == (visit.status, visit.version)
        assert [move.at for move in moves] == sorted(move.at for move in moves)
        assert moves[-1].at <= now


def test_a_finished_visit_owes_nothing_and_every_visit_in_the_chair_has_its_treatment(loaded: Flask) -> None:
    session = sqla.session()
    treated = {row.appointment_id: row.treatment_id for row in session.scalars(sa.select(Treatment))}
    begun = (S.IN_TREATMENT, S.TREATED, S.FINISHED)
    assert set(treated) == {visit.appointment_id for visit in appointments(Appointment.status.in_(begun))}
    finished = [treated[v.appointment_id] for v in appointments(Appointment.status == S.FINISHED)]
    owing = sa.select(sa.func.count()).select_from(Invoice).where(Invoice.treatment_id.in_(finished))
    assert session.scalar(owing.where(Invoice.balance > 0)) == 0
    assert session.scalar(owing.where(Invoice.status == InvoiceStatus.PAID)) == len(finished)


def test_work_is_on_teeth_that_exist_and_complete_when_it_is_done(loaded: Flask) -> None:
    session = sqla.session()
    items = session.scalars(sa.select(TreatmentItem).limit(2_000)).all()
    teeth = teeth_of_items(session, [item.treatment_item_id for item in items])
    for item in items:
        worked = {row.tooth.code: row.surfaces for row in teeth.get(item.treatment_item_id, [])}
        service = session.get_one(ServiceCatalog, item.service_id)
        assert clinical.still_needed(item.scope, worked, service.surfaces_required) is None
        assert clinical.check_teeth(item.scope, worked) == worked or clinical.fills_itself(item.scope)


def test_plans_and_lab_requests_are_in_every_state_and_plans_add_up(loaded: Flask) -> None:
    session = sqla.session()
    plans = session.scalars(sa.select(TreatmentPlan)).all()
    written = procedures_of(session, [plan.treatment_plan_id for plan in plans])
    assert {plan.status for plan in plans} == set(clinical.PlanStatus)
    for plan in plans:
        rows = written[plan.treatment_plan_id]
        assert plan.total == sum(row.fee for row in rows) == plan.insurance_share + plan.patient_share
        assert plan.urgency is clinical.highest(row.urgency for row in rows)
        assert clinical.plan_status(plan.status, [row.status for row in rows]) is plan.status
    assert set(session.scalars(sa.select(LabRequest.status))) == set(LabRequestStatus)
    alarms = sa.select(LabResult).where(LabResult.flag == ResultFlag.CRITICAL, LabResult.reviewed_at.is_(None))
    assert len(session.scalars(alarms).all()) == 1


def test_patients_are_whole(loaded: Flask, now: datetime) -> None:
    session, today = sqla.session(), clinic_date(now, ZONE)
    phones: dict[int, list[PatientPhone]] = {}
    for phone in session.scalars(sa.select(PatientPhone)):
        phones.setdefault(phone.patient_id, []).append(phone)
    people = session.scalars(sa.select(Patient)).all()
    assert len(people) == 120
    assert any(row.is_provisional for row in people)
    for row in people:
        own = phones[row.patient_id]
        assert [phone.is_primary for phone in own].count(True) == 1
        assert all(parse_phone(phone.phone_number_val) == phone.phone_number_val for phone in own)
        assert row.is_provisional or len(own) >= 2
        seen = row.last_seen_at
        assert row.status is patient_status(seen.date() if seen else None, today)
        if row.register_number:
            told = parse_register_number(row.register_number)
            assert (told.birthday, told.is_male) == (row.birthday, row.gender is Gender.MALE)
    somebody = people[50]
    assert somebody in find_patients(session, somebody.first_name, 100)
    assert find_patients(session, phones[somebody.patient_id][0].phone_number_val[-6:]) == [somebody]


def test_the_day_is_busy_and_the_patients_of_the_cast_come_again(loaded: Flask, now: datetime) -> None:
    start, end = day_bounds(clinic_date(now, ZONE), ZONE)
    today = appointments(Appointment.start_at >= start, Appointment.start_at < end)
    states = Counter(visit.status for visit in today)
    assert len(today) >= 30
    assert {S.IN_TREATMENT, S.TREATED, S.FINISHED, S.CONFIRMED, S.RESERVED} <= set(states)
    for phone in ("99000008", "99000018"):
        patient = next(iter(find_patients(sqla.session(), phone)))
        assert scheduling.next_appointment(sqla.session(), patient.patient_id, now) is not None
        assert patient.user_id
    owing = next(iter(find_patients(sqla.session(), "99000008"))).patient_id
    assert balances(sqla.session(), [owing])[owing] > 0


def test_prescriptions_are_numbered_without_a_gap_and_credit_is_there(loaded: Flask) -> None:
    session = sqla.session()
    numbers: dict[str, list[int]] = {}
    for number in session.scalars(sa.select(Prescription.number)):
        year, _, serial = str(number).partition("-")
        numbers.setdefault(year, []).append(int(serial))
    assert numbers
    assert all(sorted(serials) == list(range(1, len(serials) + 1)) for serials in numbers.values())
    allocated = sa.select(sa.func.sum(PaymentAllocation.amount)).scalar_subquery()
    assert session.scalar(sa.select(sa.func.sum(Payment.amount) - allocated)) > 0


def test_the_cast_signs_in(loaded: Flask) -> None:
    for phone in CAST:
        client = loaded.test_client()
        with client.session_transaction() as cookie:
            cookie["csrf_token"] = CSRF
        token = client.get("/login/").text.split('name="csrf_token"')[1].split('value="')[1].split('"')[0]
        answer = client.post("/login/", data={"phone": phone, "password": PASSWORD, "csrf_token": token})
        assert answer.status_code == 302
        assert "/login" not in answer.headers["Location"]


def test_a_clinic_that_has_patients_is_left_alone(loaded: Flask) -> None:
    before = sqla.session.scalar(sa.select(sa.func.count(Appointment.appointment_id)))
    with pytest.raises(RuleError):
        load_demo()
    answer = loaded.test_cli_runner().invoke(args=["demo", "load", "--patients", "30"])
    assert answer.exit_code == 1
    assert answer.output.strip()
    assert sqla.session.scalar(sa.select(sa.func.count(Appointment.appointment_id))) == before


def contents(app: Flask) -> dict[str, Any]:
    with app.app_context():
        session = sqla.session()
        found = {
            model.__tablename__: session.execute(sa.select(*columns).order_by(*columns)).all()
            for model, columns in {
                Patient: (Patient.patient_id, Patient.first_name, Patient.register_number, Patient.birthday),
                Appointment: (Appointment.appointment_id, Appointment.start_at, Appointment.status),
                Invoice: (Invoice.invoice_id, Invoice.number, Invoice.total, Invoice.balance),
                Payment: (Payment.number, Payment.amount, Payment.received_at),
            }.items()
        }
        sqla.session.remove()
    return found


def test_the_same_seed_makes_the_same_clinic_and_another_one_another(tmp_path: Path) -> None:
    now = weekday_at(time(15, 20))
    made = [
        contents(demo_app(f"sqlite:///{tmp_path / name}", tmp_path, patients=40, seed=seed, now=now))
        for name, seed in (("a.db", 7), ("b.db", 7), ("c.db", 8))
    ]
    assert made[0] == made[1]
    assert made[0] != made[2]


def coming_sunday() -> date:
    today = clinic_date(datetime.now(UTC), ZONE)
    return today - timedelta(days=today.weekday() + 1)


@pytest.mark.parametrize(
    "now",
    [weekday_at(time(7)), weekday_at(time(23, 30)), clinic_moment(coming_sunday(), time(12), ZONE)],
    ids=["before opening", "at night", "on a Sunday"],
)
def test_at_any_hour_the_books_are_right_and_a_day_is_full(tmp_path: Path, now: datetime) -> None:
    app = demo_app(f"sqlite:///{tmp_path / 'demo.db'}", tmp_path, patients=60, now=now)
    with app.app_context():
        assert list(verify.differences(sqla.session())) == []
        days = Counter(clinic_date(visit.start_at, ZONE) for visit in appointments())
        busiest, count = days.most_common(1)[0]
        assert busiest >= clinic_date(now, ZONE)
        assert (count >= 25, busiest - clinic_date(now, ZONE) <= timedelta(days=4)) == (True, True)
        latest = sqla.session.scalar(sa.select(sa.func.max(AppointmentStatusChange.at)))
        assert latest is not None
        assert latest <= now
        sqla.session.remove()


def test_it_is_not_loaded_in_production(tmp_path: Path) -> None:
    app = build_app(f"sqlite:///{tmp_path / 'real.db'}", tmp_path)
    with app.app_context():
        deploy(app)
    app.config["ENV_NAME"] = "production"
    answer = app.test_cli_runner().invoke(args=["demo", "load"])
    assert answer.exit_code == 1
    with app.app_context():
        assert sqla.session.scalar(sa.select(sa.func.count(Patient.patient_id))) == 0
        sqla.session.remove()
