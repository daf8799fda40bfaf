"""Sessions live on the server: a copied cookie ends when the session ends (trap 4)."""

from datetime import UTC, datetime, timedelta

import pytest
import time_machine

from app.security import actions
from app.security.models import User
from tests.factories import people
from tests.factories.clinic import PASSWORD, Browser, Clinic
from tests.security.attacks import attack


def copy_of(clinic: Clinic, browser: Browser) -> Browser:
    thief = clinic.client()
    with browser.session_transaction() as cookie:
        token = cookie["token"]
    with thief.session_transaction() as cookie:
        cookie["token"] = token
    return thief


@attack("A copied cookie is played again after sign-out", "V7.4.1")
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


def test_an_admins_reset_ends_the_sessions_and_a_first_password_is_changed_at_once(clinic: Clinic) -> None:
    desk, key = clinic.client("Receptionist"), clinic.user("Receptionist").id
    assert clinic.client("Admin").submit(f"/users/{key}/reset").status_code == 200
    assert desk.get("/patients").status_code == 302
    form = {"display_name": "Шинэ", "phone": "99000066", "roles": ["Receptionist"], "password": "first pass 1"}
    assert clinic.client("Admin").submit("/users/add", {**form, "locale": "mn"}).status_code == 302
    fresh = clinic.client()
    fresh.submit("/login/", {"phone": "99000066", "password": "first pass 1"})
    assert fresh.get("/patients").location == "/profile"
    assert fresh.get("/profile").status_code == 200


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


@attack("A forged or broken cookie", "V7.2.1")
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
        assert set(cookie) <= {"csrf_token", "locale", "token", "_fresh"}


@attack("The session cookie is read: it names the patient of the last message", "V14.2.1")
def test_a_message_that_names_somebody_is_not_in_the_cookie_and_is_said_once(clinic: Clinic) -> None:
    path, data = (
        "/time-off/add",
        {
            "employee_id": clinic.make(people.doctor).employee_id,
            "from_": "2026-03-02 09:00",
            "until": "2026-03-03 18:00",
        },
    )
    desk = clinic.client("Admin")
    answer = desk.submit(path, data)
    assert answer.status_code == 302
    with desk.session_transaction() as cookie:
        assert "_flashes" not in cookie
    assert desk.get("/notifications/count").status_code == 200  # what asks by itself takes nothing away
    assert "Saved." in desk.get(answer.location).text
    assert "Saved." not in desk.get(answer.location).text


@pytest.mark.both
def test_what_two_tabs_leave_to_say_is_both_said(clinic: Clinic) -> None:
    desk = clinic.client("Receptionist")
    with desk.session_transaction() as cookie:
        selector = cookie["token"].partition(".")[0]
    clinic.unit(lambda s: actions.keep_told(s, selector, [["success", "Said in one tab"]], []))
    clinic.unit(
        lambda s: actions.keep_told(s, selector, [["success", "Said in the other"]], [])
    )  # began before the first was kept
    page = desk.get("/patients").text
    assert "Said in one tab" in page
    assert "Said in the other" in page
    assert "Said in the other" not in desk.get("/services").text
