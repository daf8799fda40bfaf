"""The record of a patient: its head, its tabs, and who sees what of it."""

import re
from datetime import date, timedelta
from types import SimpleNamespace
from typing import Any

import pytest

from app.desk.patient_profile import TABS
from app.people.rules import Severity
from app.security.actions import rights
from tests.factories import billing, clinical, people, scheduling
from tests.factories.clinic import CAST, Clinic

READERS = {"Admin", "Manager", "Doctor", "Nurse", "Receptionist", "Coordinator"}
SEE_BALANCE = READERS - {"Nurse"}
OPENS = {  # which record each role may open from the tabs
    "treatment": {"Admin", "Doctor", "Nurse"},
    "invoice": {"Admin", "Manager", "Receptionist", "Coordinator"},
    "payment": {"Admin", "Manager", "Receptionist"},
    "prescription": {"Admin", "Doctor"},
}


@pytest.fixture
def known(clinic: Clinic) -> SimpleNamespace:
    """A patient with a row in every tab, and somebody else with the same."""

    def build(session: Any) -> SimpleNamespace:
        rows = [(0, {"phone_number_val": "+97699112233"}), (1, {"phone_number_val": "+97688112233", "label": "mother"})]
        patient = people.patient(
            session, first_name="Мөнхбат", last_name="Дорж", own_phones=rows, birthday=date(1985, 4, 3)
        )
        people.allergy(session, patient, name="Новокаин")
        people.allergy(session, patient, name="Хуучин", until=scheduling.today() - timedelta(days=1))
        people.allergy(session, patient, name="Тоос", severity=Severity.CAUTION)
        people.relation(session, child=patient, parent=people.patient(session, first_name="Сарнай"))
        doctor = people.doctor(session)
        visit = scheduling.appointment(session, patient=patient, doctor=doctor)
        item = clinical.item(session, clinical.treatment(session, patient=patient, doctor=doctor))
        written = clinical.prescription(session, session.get_one(clinical.Treatment, item.treatment_id))
        invoice = billing.invoice(session, patient=patient, amount=100_000)
        payment = billing.pay(session, invoice, 60_000)
        billing.invoice(session, amount=987_654)  # somebody else's
        return SimpleNamespace(
            key=patient.patient_id, appointment=visit.appointment_id, treatment=item.treatment_id,
            prescription=written.prescription_id, invoice=invoice.invoice_id, payment=payment.payment_id,
            number=invoice.number,
        )  # fmt: skip

    return clinic.unit(build)


def head_of(page: str) -> str:
    return page.split('class="record-head"')[1].split("</header>")[0]


def test_the_head_says_who_it_is_how_old_and_what_to_beware_of(clinic: Clinic, known: SimpleNamespace) -> None:
    head = head_of(clinic.client("Receptionist").get(f"/patients/{known.key}").text)
    today = clinic.today
    age = today.year - 1985 - ((today.month, today.day) < (4, 3))
    assert "Дорж Мөнхбат" in head
    assert f"<b>{age}</b>" in head
    assert 'href="tel:+97699112233">9911 2233</a>' in head
    assert "Mother" in head
    assert re.findall(r'alert-strip">.*?: (\w+)</span>', head) == ["Новокаин"], "neither a past one nor a lesser one"
    assert "40,000 ₮" in head
    assert "Next visit" in head
    assert "New patient" in head


@pytest.mark.parametrize("tab", TABS, ids=lambda tab: tab.key)
@pytest.mark.parametrize("role", sorted(READERS))
def test_every_reader_reads_every_tab_and_finds_links_only_to_what_they_may_open(
    clinic: Clinic, known: SimpleNamespace, tab: Any, role: str
) -> None:
    page = clinic.client(role).get(f"/patients/{known.key}?tab={tab.key}")
    assert page.status_code == 200
    body = page.text.split('class="nav-tabs"')[1]
    shown = {
        "overview": ("Новокаин", "Сарнай"), "appointments": ("Reserved",), "treatments": ("36",),
        "prescriptions": ("Эмүү",), "invoices": (known.number, "60,000 ₮"),
    }.get(tab.key, ())  # fmt: skip
    for text in shown:
        assert text in body
    assert "987,654" not in body, "nothing of somebody else"
    for kind, openers in OPENS.items():
        link = f'href="/{kind}s/{getattr(known, kind)}"'
        stands = tab.key == {"payment": "invoices"}.get(kind, f"{kind}s")
        assert (link in body) is (stands and role in openers), link


@pytest.mark.parametrize("role", sorted(READERS))
def test_the_balance_is_for_who_may_see_it(clinic: Clinic, known: SimpleNamespace, role: str) -> None:
    head = head_of(clinic.client(role).get(f"/patients/{known.key}").text)
    assert ("40,000 ₮" in head) is (role in SEE_BALANCE)


@pytest.mark.parametrize("role", [*sorted({*CAST} - READERS), None])
def test_nobody_else_opens_it(clinic: Clinic, known: SimpleNamespace, role: str | None) -> None:
    for tab in TABS:
        answer = clinic.client(role).get(f"/patients/{known.key}?tab={tab.key}")
        assert answer.status_code == (302 if role is None else 403)
        assert "Мөнхбат" not in answer.text


@pytest.mark.parametrize("path", ["/patients/987654", "/patients/{}?tab=secrets", "/patients/-1", "/patients/x"])
def test_what_is_not_there_is_404(clinic: Clinic, known: SimpleNamespace, path: str) -> None:
    assert clinic.client("Receptionist").get(path.format(known.key)).status_code == 404


def test_buttons_stand_only_where_they_work(clinic: Clinic, known: SimpleNamespace) -> None:
    edit, book = f'href="/patients/{known.key}/edit"', "/appointments/add?patient_id="
    desk, nurse = (clinic.client(role).get(f"/patients/{known.key}").text for role in ("Receptionist", "Nurse"))
    assert edit in desk
    assert book in desk
    assert edit not in nurse
    assert book not in nurse
    take = {("can_write", "/patients")}
    clinic.unit(lambda s: rights.change_grants(s, "Receptionist", set(), take, ["Admin"]))
    assert edit not in clinic.client("Receptionist").get(f"/patients/{known.key}").text


def test_a_patient_without_anything_is_told_what_to_do(clinic: Clinic) -> None:
    key = clinic.make(people.patient).patient_id
    desk = clinic.client("Receptionist")
    for tab in TABS:
        page = desk.get(f"/patients/{key}?tab={tab.key}").text
        assert "None" not in page.split("<main")[1]
    assert "Ask about allergies" in desk.get(f"/patients/{key}").text


def test_it_speaks_both_languages(clinic: Clinic, known: SimpleNamespace) -> None:
    for tab in TABS:
        page = clinic.client("Receptionist", locale="mn").get(f"/patients/{known.key}?tab={tab.key}").text
        main = re.sub(r"<[^>]+>|[\w.-]+@[\w.-]+", " ", page.split("<main")[1].split("</main")[0])
        assert not re.findall(r"\b(?:Balance|Invoices?|Paid|Doctor|Reserved|Card|Number|When)\b", main)
