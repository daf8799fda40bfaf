"""Sessions live on the server: a copied cookie ends when the session ends (trap 4)."""

from datetime import UTC, datetime, timedelta

import pytest
import time_machine

from app.security import actions
from app.security.models import User
from tests.factories.clinic import PASSWORD, Browser, Clinic


def copy_of(clinic: Clinic, browser: Browser) -> Browser:
    thief = clinic.client()
    with browser.session_transaction() as cookie:
        token = cookie["token"]
    with thief.session_transaction() as cookie:
        cookie["token"] = token
    return thief


@pytest.mark.both
def test_signing_out_ends_a_copied_cookie_too(clinic: Clinic) -> None:
    desk = clinic.client("Receptionist")
    thief = copy_of(clinic, desk)
    assert thief.get("/patients").status_code == 200
    assert desk.submit("/logout/").status_code == 302
    assert thief.get("/patients").status_code == 302


def test_a_new_password_ends_every_other_session(clinic: Clinic) -> None:
    desk, other = clinic.client("Receptionist"), clinic.client("Receptionist")
    form = {"old": PASSWORD, "password": "шинэ нууц үг 7", "again": "шинэ нууц үг 7"}
    assert desk.submit("/profile/password", form).status_code == 302
    assert desk.get("/patients").status_code == 200
    assert other.get("/patients").status_code == 302
    again = clinic.client().submit("/login/", {"phone": "99000006", "password": "шинэ нууц үг 7"})
    assert again.status_code == 302


def test_an_admins_reset_ends_the_sessions_and_asks_for_a_new_password(clinic: Clinic) -> None:
    desk = clinic.client("Receptionist")
    key = clinic.user("Receptionist").id
    admin = clinic.client("Admin")
    form = {
        "display_name": "Номин",
        "phone": "99000006",
        "roles": ["Receptionist"],
        "active": "y",
        "password": "first pass 1",
    }
    form["lock_token"] = lock_of(admin, f"/users/{key}/edit")
    assert admin.submit(f"/users/{key}/edit", form).status_code == 302
    assert desk.get("/patients").status_code == 302
    fresh = clinic.client()
    fresh.submit("/login/", {"phone": "99000006", "password": "first pass 1"})
    assert fresh.get("/patients").location == "/profile"
    assert fresh.get("/profile").status_code == 200


def lock_of(browser: Browser, path: str) -> str:
    import re

    found = re.search(r'name="lock_token"[^>]*value="([^"]*)"', browser.get(path).text)
    assert found
    return found[1]


def test_a_session_ends_when_idle_and_after_its_hours(clinic: Clinic) -> None:
    desk = clinic.client("Receptionist")
    now = datetime.now(UTC)
    with time_machine.travel(now + timedelta(minutes=29)):
        assert desk.get("/patients").status_code == 200
    with time_machine.travel(now + timedelta(minutes=29 + 29)):
        assert desk.get("/patients").status_code == 200  # it was used half an hour ago
    with time_machine.travel(now + timedelta(minutes=29 + 29 + 31)):
        assert desk.get("/patients").status_code == 302
    busy = clinic.client("Receptionist")
    for minutes in range(5, 12 * 60, 25):
        with time_machine.travel(now + timedelta(minutes=minutes)):
            assert busy.get("/profile").status_code == 200
    with time_machine.travel(now + timedelta(hours=12, minutes=1)):
        assert busy.get("/profile").status_code == 302


def test_switching_somebody_off_ends_their_sessions_at_once(clinic: Clinic) -> None:
    desk = clinic.client("Receptionist")
    key = clinic.user("Receptionist").id
    clinic.unit(lambda s: actions.switch_user(s, s.get_one(User, key), False, ["Admin"], datetime.now(UTC)))
    assert desk.get("/patients").status_code == 302


def test_a_forged_or_broken_cookie_signs_nobody_in(clinic: Clinic) -> None:
    for token in ("", ".", "a.b", "x" * 5_000, "\x00.\x00", "selector.", ".secret"):
        browser = clinic.client()
        with browser.session_transaction() as cookie:
            cookie["token"] = token
        assert browser.get("/patients").status_code == 302
    desk = clinic.client("Receptionist")
    with desk.session_transaction() as cookie:
        cookie["token"] = cookie["token"].partition(".")[0] + ".guessed"
    assert desk.get("/patients").status_code == 302


def test_the_cookie_holds_no_name_and_is_closed_to_scripts(clinic: Clinic) -> None:
    answer = clinic.client().submit("/login/", {"phone": "99000006", "password": PASSWORD})
    header = answer.headers["Set-Cookie"]
    assert "HttpOnly" in header
    assert "SameSite=Lax" in header
    desk = clinic.client("Receptionist")
    desk.get("/patients?q=Нууц")
    with desk.session_transaction() as cookie:
        assert set(cookie) <= {"csrf_token", "locale", "token", "_flashes", "_fresh"}
