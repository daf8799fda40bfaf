"""CSRF, headers and error pages of every answer (traps 1 and 8)."""

import re

import pytest

from app.people.models import Patient
from tests.factories import people
from tests.factories.clinic import Clinic
from tests.security.attacks import attack


@attack("A form of another site", "V3.5.1")
def test_a_change_without_the_token_is_refused(clinic: Clinic) -> None:
    desk = clinic.client("Receptionist")
    form = {"first_name": "Бат", "phones-0-phone_number_val": "99112233", "phones-1-phone_number_val": "99112234"}
    before = clinic.count(Patient)
    for kwargs in ({"data": form}, {"json": form}, {"data": "{}", "content_type": "application/json"}):
        assert desk.post("/patients/add", **kwargs).status_code == 400
    assert clinic.count(Patient) == before


@attack("Changing by a link", "V3.5.3")
def test_nothing_changes_by_getting_it(clinic: Clinic) -> None:
    key = clinic.make(people.relation).patient_relation_id
    admin = clinic.client("Admin")
    assert admin.get(f"/patient-relations/{key}/delete").status_code == 405
    assert admin.get("/logout/").status_code == 405
    assert admin.get("/patients").status_code == 200


def test_every_answer_carries_the_headers(clinic: Clinic) -> None:
    desk = clinic.client("Receptionist")
    for path in ("/patients", "/login/", "/nothing-here", "/healthz", "/static/css/soyoo.css"):
        headers = desk.get(path).headers
        policy = headers["Content-Security-Policy"]
        assert re.search(r"script-src 'self' 'nonce-[\w-]{16,}'", policy)
        assert "unsafe-inline" not in policy.split("style-src-attr")[0]
        assert "frame-ancestors 'none'" in policy
        assert headers["X-Content-Type-Options"] == "nosniff"
        assert headers["Referrer-Policy"] == "same-origin"


def test_pages_are_not_kept_by_the_browser_but_assets_are(clinic: Clinic) -> None:
    desk = clinic.client("Receptionist")
    assert "no-store" in desk.get("/patients").headers["Cache-Control"]
    assert "max-age=31536000" in desk.get("/static/css/soyoo.css").headers["Cache-Control"]


def test_every_inline_script_carries_the_nonce(clinic: Clinic) -> None:
    answer = clinic.client("Admin").get("/patients")
    nonce = re.search(r"'nonce-([\w-]+)'", answer.headers["Content-Security-Policy"])
    assert nonce
    inline = re.findall(r"<script(?![^>]*\bsrc=)([^>]*)>", answer.text)
    assert inline
    assert all(f'nonce="{nonce[1]}"' in tag or 'type="application/json"' in tag for tag in inline)
    assert " onclick=" not in answer.text


@pytest.mark.parametrize(("path", "status"), [("/patients/999999999", 404), ("/nothing", 404), ("/settings", 403)])
def test_a_refusal_is_a_page_in_the_readers_language(clinic: Clinic, path: str, status: int) -> None:
    answer = clinic.client("Doctor", locale="mn").get(path)
    assert answer.status_code == status
    assert 'lang="mn"' in answer.text
    assert "Traceback" not in answer.text


@attack("An error that tells about the inside", "V16.5.1")
def test_an_unexpected_error_says_so_and_tells_nothing(clinic: Clinic, monkeypatch: pytest.MonkeyPatch) -> None:
    from app.people import queries

    def broken(*_args: object, **_kwargs: object) -> None:
        raise ZeroDivisionError("secret detail")

    monkeypatch.setattr(queries, "phones_of_patients", broken)
    clinic.make(people.patient)
    clinic.app.config["PROPAGATE_EXCEPTIONS"] = False
    answer = clinic.client("Receptionist").get("/patients")
    assert answer.status_code == 500
    assert "secret detail" not in answer.text


@pytest.mark.parametrize(
    "query",
    ["page=abc", "page=-1", "page=0", "page=99999999999", "size=-5", "size=abc", "sort=password", "sort=__class__", "dir=sideways",
     "status=nonsense", "birthday_from=2026-02-30", "created_at_to=x", "assigned_doctor_id=1e9", "assigned_doctor_id=999999999999999999999",
     "q=%00", "q=%25%25", "q=%F0%9F%A6%B7", "q=" + "a" * 5000, "is_provisional=maybe", "_flt_0_first_name=x", "psize_PatientView=1000000"],
)  # fmt: skip
@pytest.mark.both
def test_a_bad_query_string_is_no_error(clinic: Clinic, query: str) -> None:
    assert clinic.client("Receptionist").get(f"/patients?{query}").status_code == 200
