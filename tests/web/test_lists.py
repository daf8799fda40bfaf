"""Lists: capped, bounded in statements, one person's filters never another's, exports harmless."""

import html
import io
import re
import threading
from datetime import UTC, date, datetime
from typing import Any

import openpyxl
import pytest

from app.db import sqla
from app.people.models import Patient
from app.web import listing
from tests.factories import people
from tests.factories.clinic import Clinic


def many(clinic: Clinic, count: int, **values: Any) -> None:
    def write(session: Any) -> None:
        for number in range(count):
            people.patient(session, first_name=f"Нэр{number:03d}", **values)

    clinic.unit(write)


@pytest.mark.parametrize("size", ["1000000", "101", "99999999"])
def test_no_page_is_larger_than_a_hundred_rows(clinic: Clinic, size: str) -> None:
    """Trap 3."""
    many(clinic, 130)
    page = clinic.client("Receptionist").get(f"/patients?size={size}").text
    assert page.count("<tr>") - 1 == listing.LARGEST_PAGE


@pytest.mark.both
def test_a_list_asks_no_more_for_more_rows(clinic: Clinic) -> None:
    """Trap 13."""
    desk = clinic.client("Receptionist")
    counts = []
    for _ in range(2):
        many(clinic, 12)
        desk.get("/patients")
        with clinic.statements() as seen:
            assert desk.get("/patients").status_code == 200
        counts.append(len(seen))
    assert counts[0] == counts[1] <= 8


def test_a_form_holds_no_row_of_the_tables_it_refers_to(clinic: Clinic) -> None:
    """Traps 13 and 23: no select is filled, and none has a first row chosen."""
    clinic.make(people.doctor, first_name="Алтанхуяг")
    many(clinic, 3)
    page = clinic.client("Receptionist").get("/patient-relations/add").text
    assert "Нэр000" not in page
    chosen = [part for part in page.split("<select")[1:] if "js-lookup" in part]
    assert chosen
    assert all("selected" not in part.split("</select>")[0] for part in chosen)


def test_an_enum_that_may_be_empty_starts_empty(clinic: Clinic) -> None:
    """Trap 23."""
    page = clinic.client("Receptionist").get("/patients/add").text
    gender = page.split('name="gender"')[1].split("</select>")[0]
    assert "selected" not in gender.replace('<option selected value=""></option>', "")


@pytest.mark.parametrize("role", ["Receptionist"])
def test_hidden_columns_can_not_be_asked_for(clinic: Clinic, role: str) -> None:
    """Trap 2: only the declared columns filter and sort."""
    many(clinic, 2)
    desk = clinic.client(role)
    everything = desk.get("/patients").text.count("Нэр00")
    for query in (
        "note=x",
        "email=x",
        "user_id=1",
        "sort=note",
        "sort=user_id&dir=desc",
        "_flt_0_note=x",
        "_oc_PatientView=note",
    ):
        assert desk.get(f"/patients?{query}").text.count("Нэр00") == everything, query


def test_simultaneous_lists_never_show_anothers_search(clinic: Clinic) -> None:
    """Trap 20: 156 of 160 did, with filters kept on the view."""
    for name in ("Алимаа", "Болормаа", "Ванчиг", "Гэрэлмаа"):
        clinic.make(people.patient, first_name=name)
    wrong: list[str] = []

    def search(name: str, others: list[str]) -> None:
        browser = browsers[name]
        for _ in range(15):
            page = browser.get("/patients", query_string={"q": name, "gender": "male"}).text
            table = page.split('id="table-area"')[1]
            wrong.extend(other for other in others if other in table)
            if name not in table:
                wrong.append(f"{name} missing")

    names = ["Алимаа", "Болормаа", "Ванчиг", "Гэрэлмаа"]
    browsers = {name: clinic.client("Receptionist") for name in names}
    threads = [threading.Thread(target=search, args=(n, [o for o in names if o != n])) for n in names]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert not wrong


def test_an_export_holds_exactly_what_is_filtered_and_runs_nothing(clinic: Clinic) -> None:
    clinic.make(people.patient, first_name='=HYPERLINK("x")', last_name="Аюул")
    clinic.make(people.patient, first_name="@cmd", last_name="Аюул")
    clinic.make(people.patient, first_name="Сайн", last_name="Хүн")
    desk = clinic.client("Receptionist")
    text = desk.get("/patients/export.csv?q=Аюул").data.decode("utf-8-sig")
    assert text.count("\r\n") == 3
    assert "Сайн" not in text
    rows = text.splitlines()[1:]
    assert all(not cell.strip('"').startswith(("=", "+", "@")) for row in rows for cell in row.split(","))
    book = openpyxl.load_workbook(io.BytesIO(desk.get("/patients/export.xlsx?q=Аюул").data))
    cells = [cell for row in book.active.iter_rows() for cell in row]
    assert all(cell.data_type != "f" for cell in cells)
    assert len(list(book.active.iter_rows())) == 3


def test_an_export_needs_its_right_and_is_recorded(clinic: Clinic) -> None:
    from app.audit.models import AuditLog
    from app.audit.rules import AuditAction

    assert clinic.client("Nurse").get("/patients/export.csv").status_code == 403
    assert clinic.client("Receptionist").get("/patients/export.csv").status_code == 200
    assert clinic.count(AuditLog, AuditLog.action == AuditAction.EXPORT) == 1


def test_a_long_export_comes_in_pieces(clinic: Clinic) -> None:
    many(clinic, 620)
    answer = clinic.client("Receptionist").get("/patients/export.csv")
    assert answer.data.decode("utf-8-sig").count("Нэр") == 620
    assert clinic.count(Patient) >= 620


def test_the_next_page_shows_the_next_rows_and_no_row_twice(clinic: Clinic) -> None:
    many(clinic, 60)
    desk = clinic.client("Receptionist")
    seen: list[str] = []
    for number in (1, 2, 3):
        page = desk.get(f"/patients?size=25&page={number}&q=Нэр").text
        seen += [part.split("<")[0] for part in page.split('">Дорж ')[1:]]
    assert len(seen) == len(set(seen)) == 60


@pytest.mark.both
@pytest.mark.both
@pytest.mark.parametrize("way", ["asc", "desc"])
@pytest.mark.parametrize("sort", ["full_name", "last_seen_at", "age"])
def test_walking_from_page_to_page_shows_each_row_once(clinic: Clinic, sort: str, way: str) -> None:
    """Also where many rows have the same value, or none, in the column that orders them."""
    for place, seen in enumerate((None, datetime(2026, 1, 1, tzinfo=UTC), datetime(2026, 2, 1, tzinfo=UTC), None)):
        many(clinic, 4, last_seen_at=seen, birthday=date(1990 + place // 2, 1, 1), last_name=f"О{place}")
    desk = clinic.client("Receptionist")
    path, found = f"/patients?size=3&sort={sort}&dir={way}", []
    while path:
        page = html.unescape(desk.get(path).text)
        found += re.findall(r'first"><a href="/patients/([0-9]+)"', page)
        link = re.search(r'rel="next" href="([^"]+)"', page)
        path = link[1] if link else ""
    whole = re.findall(
        r'first"><a href="/patients/([0-9]+)"', desk.get(f"/patients?size=100&sort={sort}&dir={way}").text
    )
    assert found == whole
    assert len(found) == clinic.count(Patient)


@pytest.mark.both
@pytest.mark.parametrize("sort", ["start_at", "last_seen_at"])
def test_an_export_in_many_pieces_holds_what_one_piece_holds(
    clinic: Clinic, monkeypatch: pytest.MonkeyPatch, sort: str
) -> None:
    for seen in (None, datetime(2026, 1, 1, tzinfo=UTC), None):
        many(clinic, 5, last_seen_at=seen)
    desk = clinic.client("Receptionist")
    for way in ("asc", "desc"):
        path = f"/patients/export.csv?sort={sort}&dir={way}"
        whole = desk.get(path).text
        with monkeypatch.context() as patch:
            patch.setattr(listing, "TASTED", 2)
            patch.setattr(listing.Listing.chunks, "__defaults__", (3,))
            assert desk.get(path).text == whole
    assert sqla.engine.pool.checkedout() == 0  # no stream keeps its connection


@pytest.mark.parametrize("after", ["0", "999999999", "x", "-1", "1' or 1=1", "9" * 40])
def test_an_anchor_that_is_none_is_passed_over(clinic: Clinic, after: str) -> None:
    many(clinic, 4)
    desk = clinic.client("Receptionist")
    answer = desk.get("/patients", query_string={"size": 2, "page": 2, "after": after})
    assert answer.status_code == 200
    assert answer.text.count('first"><a href="/patients/') == 2


@pytest.mark.parametrize("typed", ["САРАНГЭР", "сарангэр", "нгэрэл", "Үүрий", "ҮҮРИЙН"])
def test_a_list_finds_cyrillic_in_either_case(clinic: Clinic, typed: str) -> None:
    """Trap 16: SQLite's own LIKE and lower() know only ASCII."""
    clinic.make(people.employee, first_name="Сарангэрэл", last_name="Үүрийнтуяа")
    clinic.make(people.employee, first_name="Болд", last_name="Дорж")
    table = clinic.client("Admin").get("/employees", query_string={"q": typed}).text.split('id="table-area"')[1]
    assert "Сарангэрэл" in table
    assert "Дорж Болд" not in table


@pytest.mark.both
@pytest.mark.parametrize("typed", ["%", "_", "\\", "%а%"])
def test_signs_of_sql_mean_themselves(clinic: Clinic, typed: str) -> None:
    clinic.make(people.employee, first_name="Сарангэрэл")
    table = clinic.client("Admin").get("/employees", query_string={"q": typed}).text.split('id="table-area"')[1]
    assert "Сарангэрэл" not in table


@pytest.mark.both
def test_counting_stops_at_a_thousand(clinic: Clinic, monkeypatch: pytest.MonkeyPatch) -> None:
    """Trap 13: COUNT(*) over a million rows takes 74 ms, to the cap 0.3."""
    many(clinic, 12)
    desk = clinic.client("Receptionist")
    with clinic.statements() as seen:
        desk.get("/patients")
    counts = [statement for statement in seen if statement.startswith("SELECT count(*)")]
    assert counts
    assert all("LIMIT" in statement for statement in counts)
    monkeypatch.setattr(listing, "COUNT_CAP", 5)
    assert "Rows: 5" in desk.get("/patients").text


def test_an_export_names_what_its_rows_refer_to_also_where_the_first_are_named_in_another_way(clinic: Clinic) -> None:
    from tests.factories import billing

    for _ in range(25):
        clinic.make(billing.draft, amount=1_000)
    issued = clinic.make(billing.invoice, amount=1_000)
    for query in ("", "?sort=-invoice_item_id"):
        text = clinic.client("Receptionist").get(f"/invoice-items/export.csv{query}").text
        assert text.count(issued.number) == 1
        assert len(re.findall(r"#\d+", text)) == 25
