"""Eight people at their desks at once: all their work is kept, and nobody reads "database is locked" (trap 9)."""

import sqlite3
import threading
from contextlib import closing
from datetime import timedelta
from typing import Any

import pytest

from app.billing.models import Payment
from app.db import engine, sqla
from app.people.models import Patient
from app.scheduling.models import Appointment
from tests.factories import billing, people, scheduling
from tests.factories.clinic import Browser, Clinic
from tests.web.test_forms import GOOD, edit_form

HANDS, TURNS = 8, 3


class Hand:
    """One person at the desk, with what they are told."""

    def __init__(self, clinic: Clinic, number: int) -> None:
        self.number, self.browser = number, clinic.client("Receptionist")
        self.answers: list[tuple[int, str]] = []
        self.patient = clinic.make(people.patient, first_name=f"Хүн{number}").patient_id
        self.doctor = clinic.make(people.doctor).employee_id

    def keep(self, answer: Any) -> None:
        self.answers.append((answer.status_code, answer.text))

    def work(self, turn: int, start: str) -> None:
        """A patient, a visit, a payment and a correction, with looks at lists between."""
        phones = {f"phones-{i}-phone_number_val": f"9{i}{self.number}{turn}0000" for i in range(2)}
        name = {"first_name": f"Шинэ{self.number}ба{turn}", "knows_likely_duplicates": "y"}
        send = self.browser.submit
        self.keep(send("/patients/add", {**GOOD, **name, **phones}))
        self.keep(self.browser.get("/patients?q=шинэ"))
        visit = {"patient_id": self.patient, "doctor_id": self.doctor, "start_at": start, "source": "phone"}
        self.keep(send("/appointments/add", {**visit, "override_reason": "x"}))
        money = {"patient_id": self.patient, "tenders-0-amount": "1,000", "tenders-0-method": "cash"}
        self.keep(send("/payments/take", {**money, "key": f"{self.number}{turn}".rjust(32, "0")}))
        self.keep(self.browser.get("/appointments"))
        form = edit_form(self.browser, self.patient, first_name=f"Хүн{self.number}", address=f"{turn}-р хороо")
        numbers = {f"phones-{i}-phone_number_val": f"8{i}{self.number}{turn}0000" for i in range(2)}
        self.keep(send(f"/patients/{self.patient}/edit", {**form, **numbers}))


@pytest.mark.both
def test_what_eight_people_write_at_once_is_all_kept(clinic: Clinic) -> None:
    hands = [Hand(clinic, number) for number in range(HANDS)]
    before = clinic.count(Patient)
    day = scheduling.open_day(clinic.session)
    first = scheduling.at(day, "09:00")
    starts = [f"{first + timedelta(hours=turn):%H:%M}" for turn in range(TURNS)]
    gate = threading.Barrier(HANDS)

    def work(hand: Hand) -> None:
        gate.wait(20)
        for turn, start in enumerate(starts):
            hand.work(turn, f"{day} {start}")

    threads = [threading.Thread(target=work, args=(hand,)) for hand in hands]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    answers = [answer for hand in hands for answer in hand.answers]
    assert {status for status, _ in answers} == {200, 302}
    assert not [text for _, text in answers if "locked" in text]
    assert clinic.count(Patient) == before + HANDS * TURNS
    assert clinic.count(Appointment) == clinic.count(Payment) == HANDS * TURNS
    assert {clinic.session.get_one(Patient, hand.patient).address for hand in hands} == {f"{TURNS - 1}-р хороо"}


@pytest.mark.both
def test_one_payment_form_sent_ten_times_at_once_is_one_payment(clinic: Clinic) -> None:
    invoice = clinic.make(billing.invoice, amount=100_000)
    browsers = [clinic.client("Receptionist") for _ in range(10)]
    form = {"key": "0" * 32, "tenders-0-amount": "40,000", "tenders-0-method": "cash"}
    answers: list[tuple[int, str]] = []
    gate = threading.Barrier(len(browsers))

    def send(browser: Browser) -> None:
        gate.wait(20)
        answer = browser.submit(f"/invoices/{invoice.invoice_id}/pay", form)
        answers.append((answer.status_code, answer.location or answer.text))

    threads = [threading.Thread(target=send, args=(browser,)) for browser in browsers]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert len(set(answers)) == 1, "everybody is shown the same receipt"
    assert answers[0][0] == 302
    assert clinic.count(Payment) == 1
    assert clinic.session.get_one(billing.Invoice, invoice.invoice_id).balance == 60_000


@pytest.fixture
def impatient(clinic: Clinic, monkeypatch: pytest.MonkeyPatch) -> Any:
    """The clinic on SQLite when nobody waits longer than an instant."""
    monkeypatch.setattr(engine, "BUSY_TIMEOUT_MS", 1)
    monkeypatch.setattr(engine.time, "sleep", lambda _seconds: None)
    sqla.session.remove()
    sqla.engine.dispose()
    yield clinic
    sqla.session.remove()
    sqla.engine.dispose()


def add(browser: Browser) -> Any:
    return browser.submit("/patients/add", {**GOOD, "address": "Баянгол 5-р хороо"})


@pytest.mark.parametrize(("locale", "words"), [("en", "is busy"), ("mn", "ачаалалтай")])
def test_a_lock_that_is_never_given_back_is_told_plainly(impatient: Clinic, locale: str, words: str) -> None:
    browser = impatient.client("Receptionist", locale=locale)
    browser.get("/patients")
    before = impatient.count(Patient)
    path = sqla.engine.url.database
    assert path
    with closing(sqlite3.connect(path, isolation_level=None)) as other:
        other.execute("BEGIN IMMEDIATE")
        answer = add(browser)
        reading = browser.get("/services")  # who looks at patients leaves a line, and waits
        other.execute("ROLLBACK")
    assert reading.status_code == 200, "who reads never waits"
    assert answer.status_code == 503
    assert "locked" not in answer.text
    assert words in answer.text
    assert "Баянгол 5-р хороо" in answer.text, "nothing typed is lost"
    assert impatient.count(Patient) == before
    assert add(browser).status_code == 302
