"""Invoices and payments for programs: what is posted stays, a key records once, the ledger adds up."""

import threading
from typing import Any

import pytest

from app.billing.models import Invoice, Payment
from tests.api.program import Program, program
from tests.billing.books import differences
from tests.factories import billing, catalogue, clinical, people
from tests.factories.clinic import Clinic

PAYMENTS, INVOICES = "/api/v1/payments/", "/api/v1/invoices/"


@pytest.fixture
def desk(clinic: Clinic) -> Program:
    return program(clinic, "Receptionist")


def paying(invoice: Invoice, amount: int = 60_000, **more: Any) -> dict[str, Any]:
    base = {"patient_id": invoice.patient_id, "amount": amount, "method": "cash", "idempotency_key": "key-1"}
    return {**base, "invoice_id": invoice.invoice_id, **more}


@pytest.mark.both
def test_a_key_records_a_payment_once(clinic: Clinic, desk: Program) -> None:
    invoice = clinic.make(billing.invoice)
    first = desk.post(PAYMENTS, paying(invoice))
    assert first.status_code == 201, first.text
    made = first.json["result"]
    assert made["idempotency_key"] == "key-1"
    assert made["allocations"] == [{"invoice_id": invoice.invoice_id, "amount": 60_000}]
    assert (made["amount"], made["method"], made["status"]) == (60_000, "cash", "posted")
    again = desk.post(PAYMENTS, paying(invoice))
    assert again.status_code == 200
    assert again.json["id"] == first.json["id"]
    for other in ({"amount": 50_000}, {"method": "card"}, {"invoice_id": None}):
        refused = desk.post(PAYMENTS, paying(invoice, **other))
        assert refused.status_code == 409, other
        assert refused.json["payment_id"] == first.json["id"]
    left = desk.get(f"{INVOICES}{invoice.invoice_id}").json["result"]
    assert (left["paid"], left["balance"], left["status"]) == (60_000, 40_000, "partly_paid")
    assert clinic.count(Payment) == 1
    assert not differences(clinic)


def test_the_same_key_sent_by_eight_at_once_is_one_payment(clinic: Clinic) -> None:
    invoice = clinic.make(billing.invoice)
    desks = [program(clinic, "Receptionist") for _ in range(8)]
    answers: list[int] = []
    body = paying(invoice)
    threads = [threading.Thread(target=lambda d=d: answers.append(d.post(PAYMENTS, body).status_code)) for d in desks]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join(60)
    assert sorted(answers) == [200] * 7 + [201]
    assert not differences(clinic)


@pytest.mark.parametrize(
    ("change", "field"),
    [({"amount": 0}, "amount"), ({"amount": -1}, "amount"), ({"amount": 10**30}, "amount"), ({"amount": "60000"}, "amount"), ({"amount": 1.5}, "amount"),
     ({"method": "gold"}, "method"), ({"patient_id": 987654}, "patient_id"), ({"payer_id": 987654}, "payer_id"), ({"invoice_id": 987654}, "invoice_id"),
     ({"idempotency_key": ""}, "idempotency_key"), ({"idempotency_key": "k" * 81}, "idempotency_key"), ({"received_by_id": 1}, "received_by_id"),
     ({"received_at": "2020-01-01T00:00Z"}, "received_at"), ({"number": "2026-000001"}, "number")],
)  # fmt: skip
def test_an_impossible_payment_is_told_on_its_field(
    clinic: Clinic, desk: Program, change: dict[str, Any], field: str
) -> None:
    invoice = clinic.make(billing.invoice)
    answer = desk.post(PAYMENTS, paying(invoice, **change))
    assert answer.status_code == 422
    assert list(answer.json["errors"]) == [field]
    assert clinic.count(Payment) == 0


def test_a_payment_is_never_changed_or_deleted(clinic: Clinic, desk: Program) -> None:
    key = desk.post(PAYMENTS, paying(clinic.make(billing.invoice))).json["id"]
    assert desk.put(f"{PAYMENTS}{key}", {"amount": 1}).status_code == 405
    assert desk.delete(f"{PAYMENTS}{key}").status_code == 405


def test_another_patients_invoice_and_a_draft_are_not_paid(clinic: Clinic, desk: Program) -> None:
    invoice, other = clinic.make(billing.invoice), clinic.make(people.patient).patient_id
    assert desk.post(PAYMENTS, paying(invoice, patient_id=other)).status_code == 409
    assert desk.post(PAYMENTS, paying(clinic.make(billing.draft))).status_code == 409
    assert clinic.count(Payment) == 0


def test_money_needs_its_right(clinic: Clinic) -> None:
    invoice = clinic.make(billing.invoice)
    for role in ("Manager", "Coordinator", "Doctor"):
        assert program(clinic, role).post(PAYMENTS, paying(invoice)).status_code == 403


@pytest.mark.both
def test_an_invoice_from_draft_to_paid(clinic: Clinic, desk: Program) -> None:
    patient, service = clinic.make(people.patient).patient_id, clinic.make(catalogue.service)
    items = [{"service_id": service.service_id, "quantity": 2}, {"text": "Бусад", "unit_price": 5_000}]
    answer = desk.post(INVOICES, {"patient_id": patient, "items": items})
    assert answer.status_code == 201, answer.text
    made, key = answer.json["result"], answer.json["id"]
    assert (made["status"], made["number"], made["total"]) == ("draft", None, 2 * service.price + 5_000)
    one = made["items"][0]
    kept = [{"invoice_item_id": one["invoice_item_id"], "quantity": 1}]
    changed = desk.put(f"{INVOICES}{key}", {"items": kept, "updated_at": made["updated_at"]})
    assert changed.status_code == 200, changed.text
    assert changed.json["result"]["total"] == service.price
    assert desk.put(f"{INVOICES}{key}", {"items": kept, "updated_at": made["updated_at"]}).status_code == 409
    issued = desk.post(f"{INVOICES}{key}/issue")
    assert issued.status_code == 200, issued.text
    assert issued.json["result"]["number"]
    assert desk.post(f"{INVOICES}{key}/issue").status_code == 409
    assert desk.put(f"{INVOICES}{key}", {"items": kept}).status_code == 409
    assert desk.delete(f"{INVOICES}{key}").status_code == 409
    body = {"patient_id": patient, "amount": service.price, "method": "QPay", "idempotency_key": "a", "invoice_id": key}
    assert desk.post(PAYMENTS, body).status_code == 201
    assert desk.get(f"{INVOICES}{key}").json["result"]["status"] == "paid"
    assert not differences(clinic)


def test_a_draft_is_thrown_away(clinic: Clinic, desk: Program) -> None:
    key = clinic.make(billing.draft).invoice_id
    assert desk.delete(f"{INVOICES}{key}").status_code == 200
    assert desk.get(f"{INVOICES}{key}").status_code == 404
    assert desk.delete(f"{INVOICES}{key}").status_code == 404


def test_discounts_need_their_right_here_too(clinic: Clinic, desk: Program) -> None:
    patient = clinic.make(people.patient).patient_id
    items = [{"text": "Ажил", "unit_price": 100_000, "discount": 50_000}]
    assert desk.post(INVOICES, {"patient_id": patient, "items": items}).status_code in (403, 422)
    assert program(clinic, "Admin").post(INVOICES, {"patient_id": patient, "items": items}).status_code == 201
    items[0]["discount"] = 100_001
    answer = program(clinic, "Admin").post(INVOICES, {"patient_id": patient, "items": items})
    assert answer.status_code == 422
    assert next(iter(answer.json["errors"])).startswith("items-0")


def test_a_visits_invoice_is_of_its_work(clinic: Clinic, desk: Program) -> None:
    visit = clinic.unit(lambda s: clinical.item(s).treatment_id)
    answer = desk.post(INVOICES, {"treatment_id": visit})
    assert answer.status_code == 201, answer.text
    assert answer.json["result"]["treatment_id"] == visit
    assert len(answer.json["result"]["items"]) == 1
    assert desk.post(INVOICES, {"treatment_id": visit}).json["id"] == answer.json["id"]
    other = clinic.make(people.patient).patient_id
    assert desk.post(INVOICES, {"treatment_id": visit, "patient_id": other}).status_code == 422
    assert desk.post(INVOICES, {}).status_code == 422
    assert desk.post(INVOICES, {"patient_id": other, "total": 5}).status_code == 422


def test_a_visit_is_recorded_and_described(clinic: Clinic) -> None:
    doctor, patient = program(clinic, "Doctor"), clinic.make(people.patient).patient_id
    who = clinic.make(people.doctor).employee_id
    body = {"patient_id": patient, "doctor_id": who, "treatment_date": "2026-01-05T10:00", "visit_type": "emergency"}
    answer = doctor.post("/api/v1/treatments/", body)
    assert answer.status_code == 201, answer.text
    made, key = answer.json["result"], answer.json["id"]
    assert (made["status"], made["visit_type"], made["items"]) == ("in progress", "emergency", [])
    changed = doctor.put(f"/api/v1/treatments/{key}", {"chief_complaint": "Өвдөлт"}).json["result"]
    assert (changed["chief_complaint"], changed["visit_type"]) == ("Өвдөлт", "emergency")
    assert doctor.put(f"/api/v1/treatments/{key}", {"patient_id": patient}).status_code == 422
    assert doctor.put(f"/api/v1/treatments/{key}", {"status": "completed"}).status_code == 422
    assert doctor.post("/api/v1/treatments/", {**body, "treatment_date": "2199-01-01T10:00"}).status_code == 422
