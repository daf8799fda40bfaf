"""What lists are asked: filters, order, pages; garbage is told, hidden columns stay hidden, nobody gets another's rows."""

import json
import threading
from typing import Any

import pytest

from app.web.api import fields
from app.web.api.rest import ClinicApi
from tests.api.program import RESOURCES, Program, program
from tests.factories import billing, people, scheduling
from tests.factories.clinic import Clinic

ROUTE = "/api/v1/patients/"


@pytest.fixture
def desk(clinic: Clinic) -> Program:
    return program(clinic, "Receptionist")


def flt(col: str, opr: str, value: Any) -> dict[str, Any]:
    return {"filters": [{"col": col, "opr": opr, "value": value}]}


GARBAGE = [
    "(", "!(", "a:b:c", "{", "[]", "5", "null", "(page:a)", "(page_size:!t)", "(filters:x)", "(filters:!((col:a)))", "\x00", "%", "(" * 3000,
    "[" * 5000, "(q:'", "'", "!", "(columns:!(1))", "(order_direction:sideways)", "(page:1e400)", '{"page": 1e400}', "a" * 9000, '{"filters": {}}',
]  # fmt: skip


@pytest.mark.parametrize("q", GARBAGE)
def test_garbage_is_told_and_no_error(desk: Program, q: str) -> None:
    for path in (ROUTE, f"{ROUTE}_info", f"{ROUTE}1"):
        answer = desk.open("GET", path, query_string={"q": q})
        assert answer.status_code in (200, 400), answer.text
        assert answer.is_json
    assert desk.open("GET", ROUTE, query_string={"q": "(filters:!((col:a)))"}).status_code == 400


SAMPLES = (
    (fields.WordField, None), (fields.YesField, True), (fields.NumberField, 1), (fields.DayField, "2026-01-05"),
    (fields.MomentField, "2026-01-05T10:00"), (fields.TextField, "a"),
)  # fmt: skip
REFUSED: list[dict[str, Any]] = [
    flt("note", "ct", "а"), flt("address", "ct", "а"), flt("user_id", "eq", 1), flt("sort_name", "sw", "a"), flt("balance", "gt", 0),
    flt("assigned_doctor.user_id", "eq", 1), flt("phones", "ct", "9"), flt("__class__", "eq", "x"), flt("first_name", "gt", "а"), flt("first_name", "eq", 5),
    flt("status", "eq", 0), flt("status", "eq", "ACTIVE"), flt("birthday", "eq", "2026-02-30"), flt("birthday", "gt", "x"), flt("gender", "nonsense", "male"),
    flt("is_provisional", "eq", "yes"), flt("assigned_doctor_id", "eq", "1 OR 1=1"), flt("assigned_doctor_id", "eq", 10**30), flt("last_seen_at", "gt", "soon"),
    flt("card_number", "eq", "дугаар"), flt("first_name", "eq", "\ud800"),
    {"order_column": "note"}, {"order_column": "user_id"}, {"order_column": "password"}, {"columns": ["first_name"], "select_columns": ["first_name"]},
    {"filters": [{"col": "first_name", "opr": "ct", "value": "а"}] * 31},
]  # fmt: skip


@pytest.mark.both
def test_what_is_hidden_can_not_be_asked_for(clinic: Clinic) -> None:
    """Trap 2: hidden fields are not read letter by letter through filters, nor through the order."""
    desk = program(clinic, "Receptionist")
    for asked in REFUSED:
        answer = desk.open("GET", ROUTE, query_string={"q": json.dumps(asked)})
        assert answer.status_code == 400, f"{asked}: {answer.status_code}"
        assert answer.json["message"]


@pytest.mark.both
def test_every_filter_of_every_table_answers(clinic: Clinic) -> None:
    """Each operator with a value of its column's kind."""
    admin = program(clinic, "Admin")
    clinic.make(billing.pay)
    clinic.make(scheduling.appointment)
    apis = [view for view in clinic.app.extensions["appbuilder"].baseviews if isinstance(view, ClinicApi)]
    for api in apis:
        for column, field in api.filter_fields.items():
            value = next(value for kind, value in SAMPLES if isinstance(field, kind))
            value = next(iter(field.words)) if value is None else value
            every = [
                {"col": column, "opr": opr, "value": [value] if opr == "in" else value} for opr in api.operators(column)
            ]
            answer = admin.get(f"{api.route_base}/", {"filters": every})
            assert answer.status_code == 200, (api.resource_name, column, answer.text)


def test_filters_find_exactly_what_they_say(clinic: Clinic, desk: Program) -> None:
    one = clinic.make(people.patient, first_name="Алимаа", occupation=None).patient_id
    two = clinic.make(people.patient, first_name="Болормаа").patient_id
    clinic.make(people.patient, first_name="100%")

    def keys(**asked: Any) -> set[int]:
        return {row["patient_id"] for row in desk.rows("patients", **asked)}

    assert keys(**flt("first_name", "eq", "Алимаа")) == {one}
    assert keys(**flt("first_name", "ct", "МАА")) == {one, two}
    assert keys(**flt("first_name", "sw", "бол")) == {two}
    assert len(keys(**flt("first_name", "ct", "%"))) == 1
    assert one not in keys(**flt("first_name", "neq", "Алимаа"))
    assert keys(**flt("gender", "in", ["female", "other"])).isdisjoint({one, two})
    assert keys(**flt("status", "eq", "active")) >= {one, two}
    assert keys(**flt("birthday", "lt", "1985-04-03")).isdisjoint({one, two})
    assert keys(**flt("birthday", "lte", "1985-04-03")) >= {one, two}
    assert keys(**flt("assigned_doctor_id", "rel_o_m", 987654)) == set()


def test_pages_never_overlap_and_are_never_larger_than_a_hundred(clinic: Clinic, desk: Program) -> None:
    """Trap 3."""
    for _ in range(12):
        clinic.make(people.patient)
    whole = desk.get(ROUTE, {"page_size": 100_000}).json
    assert whole["count"] == len(whole["ids"]) == 13
    seen: list[int] = []
    for page in range(4):
        seen += desk.get(ROUTE, {"page": page, "page_size": 5}).json["ids"]
    assert seen == whole["ids"]
    api = next(v for v in clinic.app.extensions["appbuilder"].baseviews if type(v).__name__ == "PatientApi")
    assert api.max_page_size == 100
    for size in (-1, 0, 10**9, -(10**30), 10**30):
        answer = desk.get(ROUTE, {"page_size": size})
        assert answer.status_code == 200
    for page in (-1, 10**6, 10**30):
        assert desk.get(ROUTE, {"page": page}).status_code == 200


def test_a_hundred_rows_are_the_most(clinic: Clinic) -> None:
    admin = program(clinic, "Admin")
    services = admin.get("/api/v1/services/", {"page_size": 500}).json
    assert len(services["result"]) == min(100, services["count"])


def test_order_and_columns(clinic: Clinic, desk: Program) -> None:
    for name in ("Өлзий", "Ариун", "Үүрээ"):
        clinic.make(people.patient, first_name=name, last_name=None)
    asked = {"order_column": "full_name", "order_direction": "desc", "columns": ["first_name", "note", "user_id"]}
    answer = desk.get(ROUTE, asked).json
    assert all(set(row) == {"first_name"} for row in answer["result"])
    names = [row["first_name"] for row in answer["result"] if row["first_name"] in ("Өлзий", "Ариун", "Үүрээ")]
    assert names == ["Үүрээ", "Өлзий", "Ариун"]
    assert answer["list_columns"] == ["first_name"]
    assert set(answer["label_columns"]) == {"first_name"}


def test_facts_about_a_table_hold_no_row_of_another(clinic: Clinic) -> None:
    """FAB's `_info` lists every row that a reference may point at."""
    clinic.make(people.doctor, first_name="Нууцдоктор")
    admin = program(clinic, "Admin")
    for resource in RESOURCES:
        answer = admin.get(f"/api/v1/{resource}/_info")
        assert "Нууцдоктор" not in json.dumps(answer.json, ensure_ascii=False)
        assert "values" not in answer.text
        every = admin.get(f"/api/v1/{resource}/_info", {"add_columns": {"doctor_id": {"page": 0, "page_size": 100}}})
        assert "values" not in every.text
        assert answer.json["permissions"]


def test_simultaneous_lists_never_show_anothers_search(clinic: Clinic) -> None:
    """Trap 20: FAB keeps the filters of a list on the view, which serves all threads."""
    names = ("Алимаа", "Болормаа", "Ванчиг", "Гэрэлмаа")
    for name in names:
        clinic.make(people.patient, first_name=name)
    wrong: list[str] = []

    def search(desk: Program, name: str) -> None:
        for _ in range(15):
            found = {row["first_name"] for row in desk.rows("patients", **flt("first_name", "eq", name))}
            if found != {name}:
                wrong.append(f"{name}: {found}")

    desks = {name: program(clinic, "Receptionist") for name in names}
    threads = [threading.Thread(target=search, args=(desks[name], name)) for name in names]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert not wrong


@pytest.mark.parametrize(
    ("asked", "expected"),
    [("mn", "mn"), ("en", "en"), ("mn-MN,en;q=0.5", "mn"), ("en-GB,en;q=0.9", "en"), ("fr", "user"), ("", "user")],
)
def test_texts_are_in_the_language_that_is_asked_for_else_of_the_user(
    clinic: Clinic, asked: str, expected: str
) -> None:
    from app.security.models import UserProfile
    from app.security.rules import Locale

    key = clinic.user("Receptionist").id
    desk = program(clinic, "Receptionist")
    said = {}
    for locale in ("mn", "en"):
        answer = desk.open("POST", ROUTE, json={}, headers={"Accept-Language": locale})
        said[locale] = answer.json["errors"]["first_name"]
    assert said["mn"] != said["en"]
    for own in ("mn", "en"):
        clinic.unit(lambda s, own=own: setattr(s.get_one(UserProfile, key), "locale", Locale(own)))
        answer = desk.open("POST", ROUTE, json={}, headers={"Accept-Language": asked})
        assert answer.json["errors"]["first_name"] == said[own if expected == "user" else expected]
