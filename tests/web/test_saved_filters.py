"""Saved filters and chosen columns: everybody's own, within what they may see, on the list and in its export."""

import pytest

from app.security.actions.preferences import MOST_FILTERS
from app.security.models import UserProfile
from app.web.views import ClinicView
from tests.factories import people
from tests.factories.clinic import Clinic


def kept(clinic: Clinic, role: str, view: str) -> dict:
    profile = clinic.session.get_one(UserProfile, clinic.user(role).id)
    return (profile.preferences or {}).get("lists", {}).get(view, {})


def header(csv: str) -> list[str]:
    return csv.removeprefix("\ufeff").splitlines()[0].split(",")


@pytest.mark.both
def test_a_filter_is_kept_under_a_name_opened_and_deleted(clinic: Clinic) -> None:
    desk = clinic.client("Receptionist")
    answer = desk.submit(
        "/lists/InvoiceView/save", {"name": " Late  ones ", "query": "?is_overdue=yes&page=3&sort=total"}
    )
    assert answer.location == "/invoices/list/?is_overdue=yes&sort=total"
    page = desk.get("/invoices/list/").text
    assert "Late ones" in page
    assert "/invoices/list/?is_overdue=yes&amp;sort=total" in page
    assert "Late ones" not in clinic.client("Admin").get("/invoices/list/").text
    desk.submit("/lists/InvoiceView/drop", {"name": "Late ones"})
    assert "Late ones" not in desk.get("/invoices/list/?all=yes").text.split("</header>")[1].split("toasts")[0]
    assert kept(clinic, "Receptionist", "InvoiceView") == {}


def test_the_same_name_again_replaces_it(clinic: Clinic) -> None:
    desk = clinic.client("Receptionist")
    for status in ("draft", "issued"):
        desk.submit("/lists/InvoiceView/save", {"name": "Mine", "query": f"status={status}"})
    desk.submit("/lists/InvoiceView/save", {"name": "MINE", "query": "status=paid"})
    assert kept(clinic, "Receptionist", "InvoiceView")["saved"] == [{"name": "MINE", "query": {"status": "paid"}}]


def test_a_list_opens_with_the_chosen_filter_and_can_be_seen_whole(clinic: Clinic) -> None:
    desk = clinic.client("Receptionist")
    desk.submit("/lists/InvoiceView/save", {"name": "Open", "query": "status=issued", "is_start": "yes"})
    assert desk.get("/invoices/list/").location == "/invoices/list/?status=issued"
    page = desk.get("/invoices/list/?status=issued")
    assert page.status_code == 200
    assert "/invoices/list/?all=yes" in page.text
    assert desk.get("/invoices/list/?all=yes").status_code == 200
    desk.submit("/lists/InvoiceView/drop", {"name": "Open"})
    assert desk.get("/invoices/list/").status_code == 200


@pytest.mark.parametrize("name", ["", "   ", "x" * 41])
def test_a_name_must_be_one(clinic: Clinic, name: str) -> None:
    clinic.client("Receptionist").submit("/lists/InvoiceView/save", {"name": name, "query": "status=paid"})
    assert kept(clinic, "Receptionist", "InvoiceView") == {}


def test_there_is_an_end_to_it(clinic: Clinic) -> None:
    desk = clinic.client("Receptionist")
    for number in range(MOST_FILTERS + 2):
        desk.submit("/lists/InvoiceView/save", {"name": f"n{number}", "query": "status=paid"})
    desk.submit("/lists/InvoiceView/save", {"name": "long", "query": f"q={'x' * 101}"})
    assert len(kept(clinic, "Receptionist", "InvoiceView")["saved"]) == MOST_FILTERS


@pytest.mark.parametrize("query", ["_external=1&_scheme=ftp", "q=%3Cscript%3E&next=//evil.example", "status=%00&x=%ff"])
def test_an_odd_filter_leads_nowhere_else(clinic: Clinic, query: str) -> None:
    desk = clinic.client("Receptionist")
    answer = desk.submit("/lists/InvoiceView/save", {"name": "<script>alert(1)</script>", "query": query})
    assert answer.location.startswith("/invoices/list/")
    page = desk.get("/invoices/list/")
    assert page.status_code == 200
    assert "<script>alert" not in page.text


def test_only_lists_that_one_may_open(clinic: Clinic) -> None:
    nurse = clinic.client("Nurse")
    assert nurse.submit("/lists/InvoiceView/save", {"name": "x", "query": ""}).status_code == 403
    assert nurse.get("/lists/InvoiceView/columns").status_code == 403
    assert nurse.get("/lists/NoSuchView/columns").status_code == 404
    assert nurse.get("/lists/SettingsPage/columns").status_code == 404
    assert clinic.client().get("/lists/InvoiceView/columns").status_code == 302


def test_the_list_and_its_export_show_the_chosen_columns_in_their_order(clinic: Clinic) -> None:
    clinic.make(people.patient, first_name="Бат")
    desk = clinic.client("Receptionist")
    before = header(desk.get("/patients/export.csv").text)
    names = clinic.app.extensions["appbuilder"].baseviews
    view = next(v for v in names if v.endpoint == "PatientView")
    first, *others = view.list_columns
    wanted = [first, others[2], others[0], "birthday"]
    desk.submit("/lists/PatientView/columns", {"column": [*wanted, "register_number_hash", "user_id"]})
    assert kept(clinic, "Receptionist", "PatientView")["columns"][:3] == wanted[:3]
    after = header(desk.get("/patients/export.csv").text)
    assert after[:3] == [before[0], before[3], before[1]]
    assert len(after) == len(kept(clinic, "Receptionist", "PatientView")["columns"])
    assert header(clinic.client("Admin").get("/patients/export.csv").text) == before
    desk.submit("/lists/PatientView/columns", {"reset": "yes", "column": wanted})
    assert header(desk.get("/patients/export.csv").text) == before


def test_a_column_moves_and_the_first_stays(clinic: Clinic) -> None:
    desk = clinic.client("Receptionist")
    page = "/lists/InvoiceView/columns"
    columns = ["title", "issued_at", "patient", "total"]
    assert desk.submit(page, {"column": columns, "down": "issued_at"}).location == page
    assert kept(clinic, "Receptionist", "InvoiceView")["columns"] == ["title", "patient", "issued_at", "total"]
    desk.submit(page, {"column": columns, "up": "issued_at"})
    assert kept(clinic, "Receptionist", "InvoiceView")["columns"] == columns
    desk.submit(page, {"column": ["total"]})
    assert 'class=" first"' in desk.get("/invoices/list/").text or desk.get("/invoices/list/").status_code == 200


def test_no_column_brings_what_somebody_may_not_see(clinic: Clinic) -> None:
    views = [v for v in clinic.app.extensions["appbuilder"].baseviews if isinstance(v, ClinicView) and v.column_rights]
    assert views
    nurse = clinic.client("Nurse")
    for view in views:
        for name, right in view.column_rights.items():
            if right == "see_balance" and view.page == "/patients":
                nurse.submit(f"/lists/{view.endpoint}/columns", {"column": [*view.list_columns, name]})
                assert name not in kept(clinic, "Nurse", view.endpoint).get("columns", [])


def test_every_list_with_all_its_columns_keeps_its_statements(clinic: Clinic) -> None:
    from app.web import chosen

    admin = clinic.client("Admin")
    for view in clinic.app.extensions["appbuilder"].baseviews:
        if isinstance(view, ClinicView):
            with clinic.app.test_request_context():
                offered = [*view.list_columns, *view.show_columns]
            admin.submit(f"/lists/{view.endpoint}/columns", {"column": offered})
            admin.get(f"{view.route_base}/list/")
            with clinic.statements() as seen:
                assert admin.get(f"{view.route_base}/list/").status_code == 200, view.endpoint
            asked = [sql for sql in seen if not sql.startswith("INSERT INTO audit_log")]  # the look comes on top
            assert len(asked) <= 8, view.endpoint
            assert chosen.LISTS
