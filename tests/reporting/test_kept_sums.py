"""What is kept of a day is what its rows add up to, on the clinic's own calendar."""

import contextlib
from collections import Counter
from datetime import UTC, date, datetime, timedelta
from typing import Any

import pytest
import sqlalchemy as sa
from hypothesis import given, settings
from hypothesis import strategies as st

from app.billing import actions as billing_actions
from app.billing.models import Invoice, PatientAccount, Payment
from app.billing.rules import RefundKind
from app.kernel.errors import RuleError
from app.reporting import queries
from app.reporting.models import MetricDaily, MetricMonthly
from app.reporting.rules import CLINIC, REOPENED_DAYS, Metric, Scope, days_to_close
from app.scheduling.models import Appointment
from app.scheduling.rules import AppointmentStatus
from tests.factories import people, scheduling
from tests.factories.clinic import Clinic
from tests.factories.scheduling import ZONE
from tests.reporting import common
from tests.reporting.common import M, close, difference, kept, moment, posting

DAYS = (date(2023, 12, 31), date(2024, 1, 1), date(2024, 2, 28), date(2024, 2, 29), date(2024, 3, 1))
FIRST, LAST = DAYS[0] - timedelta(days=3), DAYS[-1] + timedelta(days=3)
DAY, MINUTE = st.sampled_from(DAYS), st.sampled_from((0, 30, 600, 1439))
STEPS = st.lists(
    st.tuples(
        st.sampled_from(("invoice", "free invoice", "pay", "on account", "write off", "void", "refund", "use credit")),
        st.integers(0, 5),
        st.integers(1, 90),
        DAY,
        MINUTE,
    ),
    min_size=3,
    max_size=14,
)


class Books:
    """Two doctors, two patients, and whatever is posted."""

    def __init__(self, clinic: Clinic) -> None:
        self.clinic = clinic
        self.doctors = [clinic.make(people.doctor) for _ in range(2)]
        self.patients = [clinic.make(people.patient) for _ in range(2)]
        at = moment(DAYS[0], 600)
        self.visits = [
            clinic.make(common.visit, doctor=doctor, patient=patient, at=at)
            for doctor, patient in zip(self.doctors, self.patients, strict=True)
        ]

    def step(self, what: str, at: int, amount: int, day: date, minutes: int) -> None:
        with contextlib.suppress(RuleError):
            self.clinic.unit(lambda s: self.do(s, what, at, amount * 1_000, posting(day, minutes)))

    def do(self, session: Any, what: str, at: int, amount: int, post: Any) -> None:
        whose = at % 2
        if what in ("invoice", "free invoice"):
            visit = self.visits[whose] if what == "invoice" else None
            common.invoice(session, self.patients[whose], amount, post, visit)
            return
        if what == "on account":
            common.pay(session, self.patients[whose], amount, post)
            return
        model = Payment if what in ("refund", "use credit") else Invoice
        rows = session.scalars(sa.select(model).order_by(sa.inspect(model).primary_key[0])).all()
        if not rows:
            return
        row = rows[at % len(rows)]
        if what == "pay":
            owner = next(p for p in self.patients if p.patient_id == row.patient_id)
            common.pay(session, owner, amount, post, row)
        elif what == "write off":
            common.write_off(session, row, amount, post)
        elif what == "void":
            billing_actions.void_invoice(session, row.invoice_id, "x", post)
        elif what == "use credit":
            billing_actions.allocate_credit(session, _first_invoice(session, row), None, post)
        else:
            key = f"refund-{datetime.now(UTC).timestamp()}"
            billing_actions.refund_payment(
                session, row.payment_id, kind=RefundKind.REFUND, amount=amount, method=None, reason="x", key=key,
                posting=post,
            )  # fmt: skip


def _first_invoice(session: Any, payment: Payment) -> int:
    of = sa.select(sa.func.min(Invoice.invoice_id)).where(Invoice.patient_id == payment.patient_id)
    return session.scalar(of) or 0


def all_kept(clinic: Clinic) -> Counter[tuple[Metric, date, int]]:
    rows = clinic.session.query(MetricDaily)
    return Counter({(row.metric, row.day, row.doctor_number): row.value for row in rows if row.value})


def whole(clinic: Clinic) -> Counter[tuple[Metric, date, int]]:
    """What every row adds up to, of the days that are closed."""
    return Counter({key: value for key, value in common.by_hand(clinic.session).items() if FIRST <= key[1] <= LAST})


@pytest.mark.both
def test_kept_sums_are_what_the_rows_add_up_to_whatever_is_posted(clinic: Clinic) -> None:
    books = Books(clinic)

    @settings(max_examples=6)
    @given(STEPS)
    def run(steps: Any) -> None:
        for step in steps:
            books.step(*step)
        close(clinic, FIRST, LAST)
        assert difference(clinic) is None
        sums = all_kept(clinic)
        assert sums == whole(clinic)
        for metric in (M.INVOICED, M.PAID, M.PRODUCTION):
            for day in DAYS:
                doctors = sum(v for (m, d, n), v in sums.items() if (m, d) == (metric, day) and n != CLINIC)
                assert 0 <= doctors <= sums[metric, day, CLINIC]
        total = {m: sum(kept(clinic, m).values()) for m in (M.INVOICED, M.ADJUSTED, M.PAID, M.REFUNDED)}
        owed = clinic.session.scalar(sa.select(sa.func.sum(PatientAccount.balance))) or 0
        assert total[M.INVOICED] - total[M.ADJUSTED] - total[M.PAID] + total[M.REFUNDED] == owed

    run()


def visits(clinic: Clinic, day: date, statuses: Any, doctor: Any) -> None:
    start = moment(day, 30)  # half past midnight: the day before in UTC
    for number, status in enumerate(statuses):
        at = start + timedelta(minutes=40 * number)
        clinic.make(scheduling.appointment, doctor=doctor, start_at=at, status=status, now=at)


@pytest.mark.both
def test_a_visit_at_half_past_midnight_belongs_to_the_clinics_day(clinic: Clinic) -> None:
    day, s = date(2024, 2, 29), AppointmentStatus
    doctor = clinic.make(people.doctor)
    visits(clinic, day, (s.FINISHED, s.NO_SHOW, s.CANCELLED, s.CAME, s.RESERVED), doctor)
    clinic.make(scheduling.shift, employee=doctor, day=day)
    clinic.make(scheduling.shift, employee=clinic.make(people.employee, kind=people.PositionType.NURSE), day=day)
    close(clinic, day - timedelta(days=1), day + timedelta(days=1))
    wanted = {
        M.BOOKED: 5, M.VISITS: 2, M.NO_SHOWS: 1, M.CANCELLED: 1, M.BOOKED_MINUTES: 4 * 30, M.SHIFT_MINUTES: 9 * 60,
    }  # fmt: skip
    for metric, value in wanted.items():
        assert kept(clinic, metric) == {day: value}
        assert kept(clinic, metric, doctor.employee_id) == {day: value}
    assert difference(clinic) is None


@pytest.mark.both
def test_a_day_of_summer_time_is_the_clinics_day_too(clinic: Clinic) -> None:
    from zoneinfo import ZoneInfo

    from app.reporting.queries import Span
    from app.reporting.rules import Period

    berlin, doctor = ZoneInfo("Europe/Berlin"), clinic.make(people.doctor)
    starts = [
        datetime(2028, 3, 25, 23, 30, tzinfo=berlin),  # the clocks go forward in the following night
        datetime(2028, 3, 26, 0, 30, tzinfo=berlin),
        datetime(2028, 3, 26, 23, 30, tzinfo=berlin),
        datetime(2028, 3, 27, 0, 30, tzinfo=berlin),
    ]
    for at in starts:
        clinic.make(scheduling.appointment, doctor=doctor, start_at=at.astimezone(UTC), now=at.astimezone(UTC))
    span = Span(Period(date(2028, 3, 1), date(2028, 3, 31)), berlin)
    found = clinic.session.execute(queries.measured(span, [M.BOOKED], [Scope.CLINIC])).all()
    counts = {row.day: row.value for row in found}
    assert counts == {date(2028, 3, 25): 1, date(2028, 3, 26): 2, date(2028, 3, 27): 1}


@pytest.mark.both
def test_verify_names_the_first_difference_and_close_puts_it_right(clinic: Clinic) -> None:
    run = clinic.app.test_cli_runner().invoke
    assert run(args=["reports", "verify"]).output == "no day is closed yet\n"
    patient = clinic.make(people.patient)
    day = clinic.today - timedelta(days=20)
    clinic.unit(lambda s: common.invoice(s, patient, 70_000, posting(day)))
    assert run(args=["reports", "close"]).exit_code == 0
    assert run(args=["reports", "verify"]).exit_code == 0
    clinic.unit(lambda s: setattr(s.query(MetricDaily).filter_by(metric=M.INVOICED, day=day).one(), "value", 1))
    answer = run(args=["reports", "verify"])
    assert answer.exit_code == 1
    assert f"on {day} is kept as 1, not 70000" in answer.output
    assert run(args=["jobs", "nightly"]).exit_code == 0
    assert run(args=["reports", "verify"]).exit_code == 0
    month = day.replace(day=1)
    clinic.unit(lambda s: setattr(s.query(MetricMonthly).filter_by(metric=M.INVOICED, month=month).one(), "value", 2))
    answer = run(args=["reports", "verify"])
    assert (answer.exit_code, f"on {month} is kept as 2, not 70000" in answer.output) == (1, True)
    assert run(args=["reports", "close"]).exit_code == 0
    assert run(args=["reports", "verify"]).exit_code == 0
    clinic.unit(lambda s: s.query(MetricDaily).filter_by(day=day).delete())
    answer = run(args=["reports", "verify"])
    assert (answer.exit_code, f"{day} is not closed" in answer.output) == (1, True)


@pytest.mark.both
def test_the_night_closes_yesterday_and_what_was_missed_and_today_stays_open(clinic: Clinic) -> None:
    patient = clinic.make(people.patient)
    for back in (70, 1, 0):
        clinic.unit(
            lambda s, back=back: common.invoice(s, patient, 1_000, posting(clinic.today - timedelta(days=back), 1))
        )
    for _ in range(2):
        assert clinic.app.test_cli_runner().invoke(args=["jobs", "nightly"]).exit_code == 0
        assert queries.closed_until(clinic.session) == clinic.today - timedelta(days=1)
        assert sum(kept(clinic, M.INVOICED).values()) == 2_000
    assert clinic.count(MetricDaily, MetricDaily.metric == M.BOOKED, MetricDaily.doctor_number == CLINIC) == 70


def test_a_status_put_right_is_counted_the_next_night(clinic: Clinic) -> None:
    doctor = clinic.make(people.doctor)
    day = clinic.today - timedelta(days=2)
    visits(clinic, day, (AppointmentStatus.CAME,), doctor)
    run = clinic.app.test_cli_runner().invoke
    run(args=["jobs", "nightly"])
    assert kept(clinic, M.VISITS) == {day: 1}
    clinic.unit(lambda s: setattr(s.query(Appointment).one(), "status", AppointmentStatus.NO_SHOW))
    run(args=["jobs", "nightly"])
    assert (kept(clinic, M.VISITS), kept(clinic, M.NO_SHOWS)) == ({}, {day: 1})


@pytest.mark.parametrize(
    ("first", "closed", "today", "wanted"),
    [
        (None, None, date(2028, 3, 9), None),
        (date(2028, 3, 9), None, date(2028, 3, 9), None),
        (date(2028, 2, 29), None, date(2028, 3, 9), (date(2028, 2, 29), date(2028, 3, 8))),
        (date(2020, 1, 1), date(2028, 3, 7), date(2028, 3, 9), (date(2028, 1, 24), date(2028, 3, 8))),
        (date(2020, 1, 1), date(2027, 12, 1), date(2028, 3, 9), (date(2027, 12, 2), date(2028, 3, 8))),
        (date(2020, 1, 1), date(2028, 2, 29), date(2028, 3, 1), (date(2020, 1, 1), date(2028, 2, 29))),
    ],
)
def test_which_days_a_night_closes(first: Any, closed: Any, today: date, wanted: Any) -> None:
    period = days_to_close(first, closed, today)
    assert (None if period is None else (period.first, period.last)) == wanted
    assert REOPENED_DAYS == 45


@pytest.mark.both
def test_an_empty_clinic_has_no_days_and_its_sums_are_nothing(clinic: Clinic) -> None:
    from app.reporting.rules import Period

    period = {"now": Period(clinic.today, clinic.today)}
    found = queries.totals(clinic.session, period, list(Metric), None, ZONE)["now"]
    assert {metric for metric, value in found.items() if value} <= {M.NEW_PATIENTS}
    close(clinic, clinic.today, clinic.today)
    assert difference(clinic) is None


@pytest.mark.both
def test_days_that_are_not_closed_yet_are_computed_from_their_rows(clinic: Clinic) -> None:
    from app.reporting.rules import Period

    patient, doctor = clinic.make(people.patient), clinic.make(people.doctor)
    seen = clinic.make(common.visit, doctor=doctor, patient=patient, at=moment(DAYS[0], 600))
    for day in DAYS:
        clinic.unit(lambda s, day=day: common.invoice(s, patient, 5_000, posting(day), seen))
    period = {"all": Period(DAYS[0], DAYS[-1]), "february": Period(DAYS[2], DAYS[3])}
    for until in (None, DAYS[1], DAYS[3], DAYS[4]):
        if until:
            close(clinic, DAYS[0], until)
        found = queries.totals(clinic.session, period, [M.INVOICED], until, ZONE)
        assert (found["all"][M.INVOICED], found["february"][M.INVOICED]) == (25_000, 10_000)
        own = queries.measures(period["all"], [M.INVOICED], Scope.DOCTORS, until, ZONE, doctor.employee_id)
        assert clinic.session.scalar(sa.select(sa.func.sum(own.c.value))) == 25_000


@pytest.mark.both
def test_months_are_what_their_days_add_up_to_wherever_a_period_begins_and_ends(clinic: Clinic) -> None:
    from app.reporting.rules import Period, Step

    patient, doctor = clinic.make(people.patient), clinic.make(people.doctor)
    start = date(2026, 1, 20)
    for back in (0, 11, 12, 28, 39, 40, 70, 71, 72, 100):
        day = start + timedelta(days=back)
        seen = clinic.make(common.visit, doctor=doctor, patient=patient, at=moment(day, 600))
        clinic.unit(lambda s, day=day, n=back, seen=seen: common.invoice(s, patient, 1_000 + n, posting(day), seen))
    close(clinic, start, start + timedelta(days=90))
    moments = [start + timedelta(days=n) for n in (-30, 0, 5, 12, 39, 40, 41, 69, 90, 91, 100, 130)]
    for first in moments:
        for last in (day for day in moments if day >= first):
            for scope in Scope:
                asked = (Period(first, last), [M.INVOICED], scope, start + timedelta(days=90), ZONE)
                days, months = queries.measures(*asked), queries.measures(*asked, by=Step.MONTH)
                sums = [clinic.session.scalar(sa.select(sa.func.sum(part.c.value))) for part in (days, months)]
                assert sums[0] == sums[1], (first, last, scope)


@given(st.dates(date(2020, 1, 1), date(2030, 1, 1)), st.integers(1, 900))
def test_the_months_within_a_period_are_whole_and_no_other_is(first: date, days: int) -> None:
    from app.reporting.rules import Period, months_around, months_within

    period = Period(first, first + timedelta(days=days - 1))
    found, whole = months_within(period), months_around(period)
    assert whole.first <= period.first
    assert whole.last >= period.last
    if found is None:
        assert days < 61
        return
    assert (found.first.day, (found.last + timedelta(days=1)).day) == (1, 1)
    assert period.first <= found.first < found.last <= period.last
    assert (found.first - period.first).days < 31
    assert (period.last - found.last).days < 31
