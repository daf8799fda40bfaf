"""Each role × each table × each method: exactly who the matrix lets in; patients have no API at all."""

from typing import Any

import pytest

from app.security import matrix
from app.security.rules import SessionType
from tests.api.program import RESOURCES, Program, program, sign_in
from tests.factories.clinic import CAST, Clinic

MARKS = {row.name: row.marks for row in matrix.pages()}
RIGHTS = {row.name: row.marks for row in matrix.rights()}
STAFF = [role for role in CAST if role != "Patient"]
NOBODY = 987654321
# (method, path behind the table's own, whether it writes)
ASKED = (
    ("GET", "/", False), ("GET", "/_info", False), ("GET", f"/{NOBODY}", False), ("POST", "/", True),
    ("PUT", f"/{NOBODY}", True), ("DELETE", f"/{NOBODY}", True),
)  # fmt: skip
MORE = (
    ("POST", f"/api/v1/appointments/{NOBODY}/move", "/appointments"),
    ("POST", f"/api/v1/invoices/{NOBODY}/issue", "/invoices"),
)


def may(role: str, resource: str, is_write: bool) -> bool:
    mark = MARKS[RESOURCES[resource]][role]
    if resource == "payments" and is_write:
        return mark in ("R", "W") and RIGHTS["take_money"][role] == "y"
    return mark == "W" or (mark == "R" and not is_write)


def ask(who: Program, method: str, path: str) -> Any:
    return who.open(method, path, json={} if method in ("POST", "PUT") else None)


@pytest.mark.parametrize("role", STAFF)
def test_exactly_who_may_is_answered(clinic: Clinic, role: str) -> None:
    who, wrong = program(clinic, role), []
    for resource in RESOURCES:
        for method, path, is_write in ASKED:
            status = ask(who, method, f"/api/v1/{resource}{path}").status_code
            if status == 405:
                assert (resource, method) not in {("invoices", "DELETE"), ("patients", "PUT"), ("payments", "POST")}
            elif (status != 403) != may(role, resource, is_write) or status >= 500:
                wrong.append(f"{method} {resource}{path}: {status}")
    for method, path, page in MORE:
        if (ask(who, method, path).status_code != 403) != (MARKS[page][role] == "W"):
            wrong.append(f"{method} {path}")
    assert not wrong


@pytest.mark.parametrize("method", ["GET", "POST", "PUT", "DELETE"])
def test_nobody_is_answered_nothing(clinic: Clinic, method: str) -> None:
    nobody = Program(clinic, None)
    for resource in RESOURCES:
        path = f"/api/v1/{resource}/" + ("" if method == "POST" else "1")
        answer = ask(nobody, method, path)
        assert answer.status_code in (401, 405), path
        assert answer.is_json
    assert nobody.get("/api/v1/patients/").headers["WWW-Authenticate"] == "Bearer"
    assert nobody.get("/api/v1/_openapi").status_code == 401


def test_a_patient_has_no_api(clinic: Clinic) -> None:
    assert sign_in(clinic, "Patient").status_code == 403
    browser = clinic.client("Patient")
    for resource in RESOURCES:
        assert browser.get(f"/api/v1/{resource}/").status_code == 403
        assert browser.get(f"/api/v1/{resource}/1").status_code == 403
    assert browser.get("/api/v1/_openapi").status_code == 403


@pytest.mark.parametrize("role", CAST)
def test_the_document_and_its_page_open_for_whom_the_matrix_says(clinic: Clinic, role: str) -> None:
    browser = clinic.client(role)
    expected = 200 if MARKS["/swagger/v1"][role] == "R" else 403
    assert browser.get("/swagger/v1").status_code == expected
    assert browser.get("/api/v1/_openapi").status_code == expected


def test_what_a_balance_needs_holds_here_too(clinic: Clinic) -> None:
    for role in STAFF:
        if not may(role, "patients", False):
            continue
        answer = program(clinic, role).get("/api/v1/patients/").json
        seen = RIGHTS["see_balance"][role] == "y"
        assert ("balance" in answer["list_columns"]) == seen, role
        assert all(("balance" in row) == seen for row in answer["result"]), role
        asked = program(clinic, role).get("/api/v1/patients/", {"columns": ["balance", "first_name"]}).json
        assert ("balance" in asked["result"][0]) == seen


def test_a_programs_session_is_one_like_any_other(clinic: Clinic) -> None:
    from app.security.models import SessionToken

    program(clinic, "Manager")
    rows = clinic.session.query(SessionToken).all()
    assert [row.session_type for row in rows] == [SessionType.PROGRAM]
