"""Global search: whatever one may open, by number or by name, and nothing else."""

from tests.factories import billing, people
from tests.factories.clinic import Clinic


def test_an_invoice_is_found_by_its_number_by_those_who_may_open_invoices(clinic: Clinic) -> None:
    invoice = clinic.make(billing.invoice)
    link = f"/invoices/{invoice.invoice_id}"
    for typed in (invoice.number, invoice.number.partition("-")[2], invoice.number[-2:]):
        assert link in clinic.client("Receptionist").get(f"/search?q={typed}").text
    assert link not in clinic.client("Nurse").get(f"/search?q={invoice.number}").text


def test_services_medicines_and_colleagues_are_found_where_their_page_opens(clinic: Clinic) -> None:
    clinic.make(people.doctor, first_name="Хонгорзул")
    manager, doctor = clinic.client("Manager", locale="mn"), clinic.client("Doctor", locale="mn")
    assert "THE-01" in doctor.get("/search?q=THE-01").text
    assert "Хонгорзул" in manager.get("/search?q=Хонгорзул").text
    assert "Б.Хонгорзул" not in doctor.get("/search?q=Хонгорзул").text
    assert "Амоксициллин" in doctor.get("/search?q=Амоксициллин").text


def test_odd_searches_are_answered(clinic: Clinic) -> None:
    desk = clinic.client("Receptionist")
    for typed in ("%", "__", "' OR 1=1", "\x00", "9" * 300, "-1", "1e400", "<script>alert(1)</script>", "  "):
        answer = desk.get("/search", query_string={"q": typed})
        assert answer.status_code == 200
        assert "<script>alert(1)" not in answer.text
