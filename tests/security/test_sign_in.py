"""Signing in by phone number: how it may be typed, what is counted, what is never told."""

import threading
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest
import sqlalchemy as sa
import time_machine

from app.security.models import LoginAttempt, SessionToken, UserProfile
from app.security.rules import LoginOutcome
from tests.factories.clinic import PASSWORD, Clinic


def sign_in(clinic: Clinic, phone: str = "99000006", password: str = PASSWORD, path: str = "/login/") -> Any:
    return clinic.client().submit(path, {"phone": phone, "password": password})


@pytest.mark.parametrize(
    "typed", ["99000006", "9900 0006", "+97699000006", "+976 9900-0006", " 99000006 ", "97699000006"]
)
def test_the_number_may_be_typed_in_any_usual_way(clinic: Clinic, typed: str) -> None:
    assert sign_in(clinic, typed).status_code == 302


@pytest.mark.both
def test_signing_in_opens_the_page_one_came_for(clinic: Clinic) -> None:
    browser = clinic.client()
    answer = browser.get("/patients?q=бат")
    assert answer.status_code == 302
    assert answer.location.startswith("/login/?next=/patients")
    answer = browser.submit(answer.location, {"phone": "99000006", "password": PASSWORD})
    assert answer.location.startswith("/patients?q=")
    assert browser.get("/patients").status_code == 200


@pytest.mark.parametrize(
    "target", ["https://evil.example/", "//evil.example", "/\\evil.example", "\\\\evil", "javascript:alert(1)", "/a\nb"]
)
def test_one_is_never_sent_to_another_site(clinic: Clinic, target: str) -> None:
    answer = clinic.client().submit(
        "/login/", {"phone": "99000006", "password": PASSWORD}, query_string={"next": target}
    )
    assert answer.location == "/"


def test_the_session_is_new_after_signing_in(clinic: Clinic) -> None:
    browser = clinic.client()
    with browser.session_transaction() as cookie:
        cookie["planted"] = "by somebody else"
    browser.submit("/login/", {"phone": "99000006", "password": PASSWORD})
    with browser.session_transaction() as cookie:
        assert "planted" not in cookie


def test_wrong_password_and_unknown_number_get_the_same_answer(clinic: Clinic) -> None:
    wrong, unknown = (
        sign_in(clinic, password="not this one"),
        sign_in(clinic, phone="99009900", password="not this one"),
    )
    assert wrong.status_code == unknown.status_code == 401
    strip = [
        line for line in wrong.text.splitlines() if "value=" not in line and "nonce" not in line and "csrf" not in line
    ]
    same = [
        line
        for line in unknown.text.splitlines()
        if "value=" not in line and "nonce" not in line and "csrf" not in line
    ]
    assert strip == same


@pytest.mark.both
def test_five_failures_lock_the_account_for_a_quarter_of_an_hour(clinic: Clinic) -> None:
    """Trap 5: the lock is counted in the database, not by address or process."""
    for _ in range(5):
        assert sign_in(clinic, password="wrong").status_code == 401
    assert sign_in(clinic).status_code == 401
    with time_machine.travel(datetime.now(UTC) + timedelta(minutes=16), tick=True):
        assert sign_in(clinic).status_code == 302
    outcomes = clinic.session.scalars(sa.select(LoginAttempt.outcome).order_by(LoginAttempt.login_attempt_id)).all()
    assert outcomes == [LoginOutcome.WRONG_PASSWORD] * 5 + [LoginOutcome.LOCKED, LoginOutcome.OK]


def test_four_failures_and_a_success_start_the_count_again(clinic: Clinic) -> None:
    for _ in range(2):
        for _ in range(4):
            sign_in(clinic, password="wrong")
        assert sign_in(clinic).status_code == 302


@pytest.mark.both
def test_simultaneous_failures_are_all_counted(clinic: Clinic) -> None:
    def attempt() -> None:
        sign_in(clinic, password="wrong")

    threads = [threading.Thread(target=attempt) for _ in range(8)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    profile = clinic.session.get_one(UserProfile, clinic.user("Receptionist").id)
    assert profile.locked_until is not None
    assert sign_in(clinic).status_code == 401


def test_somebody_switched_off_can_not_sign_in(clinic: Clinic) -> None:
    from app.security import actions
    from app.security.models import User

    key = clinic.user("Receptionist").id
    clinic.unit(lambda s: actions.switch_user(s, s.get_one(User, key), False, ["Admin"], datetime.now(UTC)))
    assert sign_in(clinic).status_code == 401


@pytest.mark.parametrize("field", ["phone", "password"])
def test_nonsense_is_refused_and_not_a_crash(clinic: Clinic, field: str) -> None:
    for typed in ("", "\x00", "x" * 100_000, "' OR 1=1 --", "🦷", "+97699000006,99000001", "ä" * 500):
        data = {"phone": "99000006", "password": PASSWORD, field: typed}
        assert clinic.client().submit("/login/", data).status_code == 401


def test_only_the_hashes_of_password_and_session_are_kept(clinic: Clinic) -> None:
    sign_in(clinic)
    assert clinic.user("Receptionist").password.startswith("$argon2id$")
    token = clinic.session.scalars(sa.select(SessionToken).order_by(SessionToken.session_token_id.desc())).first()
    assert token is not None
    assert token.session_token_hash.startswith("$argon2id$")


def test_the_sign_in_form_speaks_both_languages(clinic: Clinic) -> None:
    assert 'lang="mn"' in clinic.client(locale="mn").get("/login/").text
    assert 'lang="en"' in clinic.client(locale="en").get("/login/").text
