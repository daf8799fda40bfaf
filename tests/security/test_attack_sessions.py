"""Attacks on sessions: planted, stolen, kept beyond their end, prolonged, used against their owner. Each must fail."""

import base64
import json
import re
import zlib
from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from typing import Any

import jwt
import pytest
import sqlalchemy as sa
import time_machine
from itsdangerous import URLSafeTimedSerializer

from app.security import actions
from app.security.models import SessionToken, UserProfile
from tests.api.program import program
from tests.factories import people
from tests.factories.clinic import CAST, CSRF, PASSWORD, Browser, Clinic
from tests.security.attacks import attack

PAGE = "/patients"


def token_of(browser: Browser) -> str:
    with browser.session_transaction() as cookie:
        return str(cookie.get("token", ""))


def thief_with(clinic: Clinic, token: str) -> Browser:
    """Another browser with a copied session."""
    thief = clinic.client()
    with thief.session_transaction() as cookie:
        cookie["token"] = token
    return thief


def is_in(browser: Browser, path: str = PAGE) -> bool:
    return bool(browser.get(path).status_code == 200)


def sign_in(browser: Browser, role: str, password: str = PASSWORD) -> Any:
    return browser.submit("/login/", {"phone": CAST[role], "password": password})


def user_id(clinic: Clinic, role: str) -> int:
    return int(clinic.user(role).id)


# --- fixation


@attack("Plant a session in the victim's browser before they sign in", "V7.2.4")
def test_a_planted_session_is_replaced_and_ends(clinic: Clinic) -> None:
    attacker = clinic.client("Nurse")
    planted = token_of(attacker)
    victim = thief_with(clinic, planted)
    with victim.session_transaction() as cookie:
        cookie["planted"], cookie["csrf_token"] = "more", CSRF
    assert sign_in(victim, "Receptionist").status_code == 302
    assert token_of(victim) != planted
    assert not is_in(attacker), "the planted one is no way back"
    with victim.session_transaction() as cookie:
        assert "planted" not in cookie
        assert cookie.get("csrf_token") != CSRF


@attack("Keep the session that was there before a new sign-in in the same browser", "V7.2.4")
@pytest.mark.both
def test_signing_in_again_ends_the_session_before(clinic: Clinic) -> None:
    browser = clinic.client()
    sign_in(browser, "Receptionist")
    before = token_of(browser)
    assert is_in(thief_with(clinic, before))
    with browser.session_transaction() as cookie:
        cookie["csrf_token"] = CSRF
    sign_in(browser, "Nurse")
    assert token_of(browser) != before
    assert not is_in(thief_with(clinic, before))


@attack("Bring a session of one's own making", "V7.2.1")
def test_a_session_that_nobody_opened_opens_nothing(clinic: Clinic) -> None:
    desk = clinic.client("Receptionist")
    selector, _, secret = token_of(desk).partition(".")
    for token in ("", ".", selector, f"{selector}.", f".{secret}", f"{selector}.{secret[:-1]}", f"{selector}.{secret}x", f"{selector}.{secret}.x", f"{selector.swapcase()}.{secret}",
                  f"{selector}.$argon2id$v=19$", "%.%", "' OR '1'='1.x", f"{selector}\x00.{secret}", "x" * 9_000 + ".y"):  # fmt: skip
        assert not is_in(thief_with(clinic, token)), token
    key = clinic.session.scalars(sa.select(SessionToken.session_token_hash)).first()
    assert not is_in(thief_with(clinic, f"{selector}.{key}")), "what the database keeps is no key"


@attack("Forge the cookie: unsigned, another key, another salt, an old library's", "V7.2.1")
def test_a_forged_cookie_opens_nothing(clinic: Clinic) -> None:
    token = token_of(clinic.client("Admin"))
    for key, salt in (
        ("guess", "cookie-session"),
        ("", "cookie-session"),
        (str(clinic.app.secret_key), "wtf-csrf-token"),
    ):
        forged = URLSafeTimedSerializer(key, salt=salt).dumps({"token": token})
        browser = clinic.client()
        browser.set_cookie("soyoo", forged)
        assert not is_in(browser)
    plain = base64.urlsafe_b64encode(json.dumps({"token": token}).encode()).decode()
    for cookie in (
        plain,
        f"{plain}..",
        "." + base64.urlsafe_b64encode(zlib.compress(b'{"token": "a.b"}')).decode() + ".x.y",
    ):
        browser = clinic.client()
        browser.set_cookie("soyoo", cookie)
        assert browser.get(PAGE).status_code == 302


# --- replay after its end

Ending = Callable[[Clinic, Browser], Any]


def by_sign_out(clinic: Clinic, browser: Browser) -> Any:
    browser.submit("/logout/")


def by_new_password(clinic: Clinic, browser: Browser) -> Any:
    form = {"old": PASSWORD, "password": "шинэ нууц үг 7", "again": "шинэ нууц үг 7"}
    assert browser.submit("/profile/password", form).status_code == 302


def by_reset(clinic: Clinic, browser: Browser) -> Any:
    key = user_id(clinic, "Receptionist")
    assert clinic.client("Admin").submit(f"/users/{key}/reset").status_code == 200


def edit(clinic: Clinic, **changed: Any) -> None:
    admin, key = clinic.client("Admin"), user_id(clinic, "Receptionist")
    lock = re.search(r'name="lock_token"[^>]*value="([^"]*)"', admin.get(f"/users/{key}/edit").text)
    assert lock
    form = {"display_name": "Номин", "phone": CAST["Receptionist"], "roles": ["Receptionist"], "active": "y"}
    form |= {"lock_token": lock[1], **changed}
    assert admin.submit(f"/users/{key}/edit", {k: v for k, v in form.items() if v}).status_code == 302


def by_other_role(clinic: Clinic, browser: Browser) -> Any:
    edit(clinic, roles=["Nurse", "Receptionist"])


def by_deactivation(clinic: Clinic, browser: Browser) -> Any:
    edit(clinic, active="")


def by_admins_revoke(clinic: Clinic, browser: Browser) -> Any:
    key = clinic.session.scalar(
        sa.select(SessionToken.session_token_id).where(SessionToken.selector == token_of(browser).partition(".")[0])
    )
    assert clinic.client("Admin").submit(f"/sessions/{key}/end").status_code == 302


def by_admins_revoke_of_all(clinic: Clinic, browser: Browser) -> Any:
    key = clinic.session.scalar(
        sa.select(SessionToken.session_token_id).where(SessionToken.user_id == user_id(clinic, "Receptionist"))
    )
    assert clinic.client("Admin").submit(f"/sessions/{key}/end-all").status_code == 302


def by_bulk_revoke(clinic: Clinic, browser: Browser) -> Any:
    keys = clinic.session.scalars(
        sa.select(SessionToken.session_token_id).where(SessionToken.user_id == user_id(clinic, "Receptionist"))
    ).all()
    assert (
        clinic.client("Admin").submit("/sessions/bulk/end", {"row": [str(k) for k in keys], "sure": "yes"}).status_code
        == 302
    )


def by_own_revoke(clinic: Clinic, browser: Browser) -> Any:
    assert clinic.client("Receptionist").submit("/profile/devices/end-others").status_code == 302


ENDINGS: dict[str, Ending] = {
    "sign-out": by_sign_out, "new password": by_new_password, "reset": by_reset, "role change": by_other_role, "deactivation": by_deactivation,
    "Admin's revoke": by_admins_revoke, "Admin's revoke of all": by_admins_revoke_of_all, "bulk revoke": by_bulk_revoke, "own revoke of others": by_own_revoke,
}  # fmt: skip


@attack(
    "Go on with a copied cookie, in every tab, after sign-out, password change, reset, role change, deactivation, revoke",
    "V7.4.1",
)
@pytest.mark.parametrize("how", [*ENDINGS])
def test_a_copied_cookie_ends_with_its_session(clinic: Clinic, how: str) -> None:
    desk = clinic.client()
    sign_in(desk, "Receptionist")
    with desk.session_transaction() as cookie:
        cookie["csrf_token"], cookie["locale"] = CSRF, "en"
    tabs = [thief_with(clinic, token_of(desk)) for _ in range(3)]
    assert all(is_in(tab) for tab in tabs)
    ENDINGS[how](clinic, desk)
    for tab in tabs:
        assert tab.get(PAGE).status_code == 302
        assert tab.submit("/patients/add", {"first_name": "Бат"}).location.startswith("/login/")
        assert tab.get("/api/v1/patients/").status_code == 401
        part = tab.get(PAGE, headers={"HX-Request": "true", "HX-Current-URL": f"http://localhost{PAGE}?q=a"})
        assert part.status_code == 401
        assert part.headers["HX-Redirect"] == "/login/?next=/patients?q%3Da"
        assert not part.data
    kept = clinic.count(
        SessionToken, SessionToken.user_id == user_id(clinic, "Receptionist"), SessionToken.revoked_at.is_(None)
    )
    assert kept <= 1, "but for the device that did it"


@attack("Lead the page of an ended session to another site by its own address", "V1.2.2")
@pytest.mark.parametrize(
    "own",
    [
        "https://evil.example/x",
        "http://localhost.evil.example/",
        "http://localhost//evil.example",
        "javascript:alert(1)",
        "",
        "http://localhost/\\evil.example",
    ],
)
def test_a_part_leads_to_our_own_door_only(clinic: Clinic, own: str) -> None:
    answer = clinic.client().get(PAGE, headers={"HX-Request": "true", "HX-Current-URL": own})
    assert answer.headers["HX-Redirect"] == "/login/?next=/"


@attack("Ask at the moment at which a session is being ended", "V7.4.1")
def test_nothing_that_a_process_remembers_outlives_the_row(clinic: Clinic) -> None:
    desk = clinic.client("Receptionist")
    for _ in range(3):
        assert is_in(desk)
    selector = token_of(desk).partition(".")[0]
    clinic.unit(lambda s: actions.close_session(s, selector, datetime.now(UTC)))
    assert not is_in(desk)


# --- how long


def age_of(clinic: Clinic, token: str) -> SessionToken:
    return clinic.session.scalars(sa.select(SessionToken).where(SessionToken.selector == token.partition(".")[0])).one()


@attack("Keep a session alive by what a page asks by itself, and by parameters", "V7.3.1")
def test_polling_and_parameters_prolong_nothing(clinic: Clinic) -> None:
    desk = clinic.client("Receptionist")
    token, now = token_of(desk), datetime.now(UTC)
    before = age_of(clinic, token).expires_at
    quiet = [
        rule.rule
        for rule in clinic.app.url_map.iter_rules()
        if getattr(clinic.app.view_functions[rule.endpoint], "is_quiet", False)
    ]
    assert quiet
    for minute in range(2, 30, 3):
        with time_machine.travel(now + timedelta(minutes=minute), tick=True):
            for path in (*(p for p in quiet if "<" not in p), "/static/css/soyoo.css"):
                desk.get(
                    path, query_string={"idle_minutes": "9999", "session_hours": "999", "remember": "1", "quiet": "0"}
                )
    with time_machine.travel(now + timedelta(minutes=31), tick=True):
        assert not is_in(desk)
    assert age_of(clinic, token).expires_at == before


@attack("Stay signed in for longer than the absolute limit by using the session all day", "V7.3.2")
def test_use_does_not_move_the_absolute_end(clinic: Clinic) -> None:
    desk, now = clinic.client("Receptionist"), datetime.now(UTC)
    for minutes in range(0, 12 * 60, 29):
        with time_machine.travel(now + timedelta(minutes=minutes), tick=True):
            assert is_in(desk, "/profile?session_hours=999")
    with time_machine.travel(now + timedelta(hours=12, seconds=5), tick=True):
        assert not is_in(desk)


@attack("Go on with a session that was opened under a longer setting", "V7.3.2")
def test_a_shorter_setting_counts_for_running_sessions(clinic: Clinic) -> None:
    desk, other, now = clinic.client("Receptionist"), clinic.client("Receptionist"), datetime.now(UTC)
    for hours in range(5, 125, 25):
        with time_machine.travel(now + timedelta(minutes=hours), tick=True):
            assert is_in(desk)
    later = now + timedelta(minutes=125)
    with time_machine.travel(later, tick=True):
        assert is_in(desk)
        clinic.unit(lambda s: actions.change_setting(s, "security.session_hours", 2, None))
        assert not is_in(desk)
        clinic.unit(lambda s: actions.change_setting(s, "security.session_hours", 24, None))
        assert is_in(desk)
    clinic.unit(lambda s: actions.change_setting(s, "security.idle_minutes", 5, None))
    with time_machine.travel(now + timedelta(minutes=6), tick=True):
        assert not is_in(other)
    with time_machine.travel(now + timedelta(hours=13), tick=True):
        assert not is_in(desk), "a longer setting doesn't prolong what was granted"


@attack("Set the clock back, or lie about the time", "V7.3.2")
def test_a_clock_that_jumps_back_revives_nothing_that_was_ended(clinic: Clinic) -> None:
    desk = clinic.client("Receptionist")
    token = token_of(desk)
    desk.submit("/logout/")
    with time_machine.travel(datetime.now(UTC) - timedelta(hours=3), tick=True):
        assert not is_in(thief_with(clinic, token))
    nurse = clinic.client("Nurse")
    answer = nurse.get(
        PAGE, headers={"Date": "Thu, 01 Jan 2099 00:00:00 GMT", "If-Modified-Since": "Thu, 01 Jan 2099 00:00:00 GMT"}
    )
    assert answer.status_code == 200


# --- one's own devices, and others'


@attack("End or look at somebody else's session by its number", "V8.2.2")
@pytest.mark.parametrize("role", ["Receptionist", "Patient", "Manager"])
def test_nobody_ends_anothers_session_by_its_number(clinic: Clinic, role: str) -> None:
    victim, thief = clinic.client("Admin"), clinic.client(role)
    key = age_of(clinic, token_of(victim)).session_token_id
    assert thief.submit(f"/profile/devices/{key}/end").status_code == 404
    for path in (f"/sessions/{key}", "/sessions", f"/sessions/{key}/changes"):
        assert thief.get(path).status_code in (403, 404), path
    for path in (f"/sessions/{key}/end", f"/sessions/{key}/end-all", "/sessions/bulk/end"):
        assert thief.submit(path, {"row": str(key), "sure": "yes"}).status_code == 403, path
    assert is_in(victim)
    assert "99000001" not in thief.get("/profile").text


@attack("Sign out somebody above one's own role with a right that was given", "V8.2.1")
def test_nobody_signs_out_or_resets_somebody_above(clinic: Clinic) -> None:
    given = {
        ("can_read", "/sessions"),
        ("can_write", "/sessions"),
        ("can_read", "/users/list/"),
        ("can_write", "/users/list/"),
        ("can_use", "right:manage_users"),
    }
    clinic.unit(lambda s: actions.change_grants(s, "Manager", given, set(), ["Admin"]))
    admin, manager, nurse = clinic.client("Admin"), clinic.client("Manager"), clinic.client("Nurse")
    key = age_of(clinic, token_of(admin)).session_token_id
    for path in (f"/sessions/{key}/end", f"/sessions/{key}/end-all"):
        assert manager.submit(path).status_code == 302
    manager.submit("/sessions/bulk/end_all", {"row": str(key), "sure": "yes"})
    assert manager.submit(f"/users/{user_id(clinic, 'Admin')}/reset").status_code == 302
    assert is_in(admin)
    assert clinic.session.get_one(UserProfile, user_id(clinic, "Admin")).reset_code_hash is None
    manager.submit(f"/sessions/{age_of(clinic, token_of(nurse)).session_token_id}/end")
    assert not is_in(nurse)


# --- forged requests


def posts(clinic: Clinic) -> list[str]:
    """An address of every route that takes a POST, PUT or DELETE from a browser."""
    found = set()
    for rule in clinic.app.url_map.iter_rules():
        if (rule.methods or set()) & {"POST", "PUT", "PATCH", "DELETE"}:
            found.add(re.sub(r"<(\w+:)?(\w+)>", lambda m: "1" if m[1] == "int:" else "x", rule.rule))
    return sorted(found)


@attack(
    "Have the victim's browser send any change from another site: no token, a wrong one, another session's", "V3.5.1"
)
def test_no_change_is_made_without_the_token_of_this_session(clinic: Clinic) -> None:
    admin = clinic.client("Admin")
    foreign = URLSafeTimedSerializer(clinic.app.secret_key, salt="wtf-csrf-token").dumps("y" * 40)
    other_key = URLSafeTimedSerializer("guess", salt="wtf-csrf-token").dumps(CSRF)
    passed, tried = [], 0
    before = clinic.count(SessionToken)
    for path in posts(clinic):
        for method in ("POST", "PUT", "DELETE"):
            sent = ({}, {"csrf_token": foreign}, {"csrf_token": other_key}) if method == "POST" else ({},)
            for form in sent:
                answer = admin.open(path, method=method, data=form, headers={"Origin": "https://evil.example"})
                tried += 1
                if answer.status_code not in (400, 404, 405):
                    passed.append(f"{method} {path} {answer.status_code}")
    assert not passed
    assert tried > 500
    assert is_in(admin), "it was not even signed out"
    assert clinic.count(SessionToken) == before


@attack("Send a change as JSON, as text or with the method in a header, so that no token is asked for", "V3.5.1")
def test_no_kind_of_body_goes_round_the_token(clinic: Clinic) -> None:
    desk = clinic.client("Receptionist")
    for kwargs in ({"json": {"first_name": "Бат"}}, {"data": '{"first_name": "Бат"}', "content_type": "text/plain"}, {"data": "x=1", "content_type": "application/x-www-form-urlencoded; charset=utf-7"},
                   {"data": {}, "headers": {"X-HTTP-Method-Override": "GET"}}, {"query_string": {"csrf_token": "x", "_method": "GET"}}, {"data": {}, "headers": {"Authorization": "Basic x"}}):  # fmt: skip
        for path in (
            "/patients/add",
            "/profile/password",
            "/profile/devices/end-others",
            "/logout/",
            "/api/v1/patients/",
        ):
            assert desk.post(path, **kwargs).status_code == 400, (path, kwargs)  # type: ignore[arg-type]  # as Flask takes them


# --- what the cookie tells


def decoded(browser: Browser) -> str:
    """The cookie as anybody who has it can read it."""
    found = browser.get_cookie("soyoo")
    assert found
    payload = found.value.lstrip(".").split(".")[0]
    raw = base64.urlsafe_b64decode(payload + "=" * (-len(payload) % 4))
    return (zlib.decompress(raw) if found.value.startswith(".") else raw).decode()


@attack("Read a patient's name out of the cookie of a shared computer", "V14.2.1")
def test_the_cookie_holds_no_personal_data_whatever_was_done(clinic: Clinic) -> None:
    patient = clinic.make(people.patient, first_name="Нууцбат", last_name="Далдмаа")
    desk = clinic.client("Admin", locale="mn")
    name = {"first_name": "Нууцбат", "last_name": "Далдмаа"}
    seen = []
    for go in (
        lambda: desk.get("/patients?q=Нууцбат"),
        lambda: desk.get(f"/patients/{patient.patient_id}"),
        lambda: desk.submit("/patients/add", {**name, "phones-0-phone_number_val": "1"}),
        lambda: desk.submit("/profile/name", {"display_name": "Нууцбат Далдмаа", "locale": "mn"}),
        lambda: desk.submit("/patients/bulk/off", {"row": str(patient.patient_id), "sure": "yes"}),
        lambda: desk.submit("/lists/PatientView/save", {"name": "Нууцбат", "query": "?q=Нууцбат"}),
        lambda: desk.submit("/lists/PatientView/save", {"name": "Нууцбат" * 20, "query": "?q=Нууцбат"}),
        lambda: desk.submit(f"/patients/{patient.patient_id}/delete"),
        lambda: desk.submit(f"/users/{user_id(clinic, 'Nurse')}/reset"),
        lambda: desk.get("/nothing?q=Нууцбат"),
    ):
        go()
        seen.append(json.dumps(json.loads(decoded(desk)), ensure_ascii=False))
    for told in seen:
        assert "Нууцбат" not in told
        assert "Далдмаа" not in told
        assert not re.search(r"\b99\d{6}\b", told)


@attack("Take the session through a script, over plain HTTP, from a neighbouring site", "V3.3.1")
def test_the_cookie_is_closed_to_scripts_and_other_sites(clinic: Clinic) -> None:
    answer = sign_in(clinic.client(), "Nurse")
    header = answer.headers["Set-Cookie"]
    assert "HttpOnly" in header
    assert "SameSite=Lax" in header
    assert "Domain" not in header
    assert "Expires" not in header
    assert "Access-Control-Allow-Origin" not in answer.headers


@attack("Use a program's session in a browser, and a browser's at the API's token door", "V7.2.2")
def test_sessions_are_of_one_kind(clinic: Clinic) -> None:
    who = program(clinic, "Admin")
    assert who.get("/patients").status_code == 302
    claims = jwt.decode(who.headers["Authorization"].partition(" ")[2], options={"verify_signature": False})
    assert not is_in(thief_with(clinic, claims["sid"]))
    assert thief_with(clinic, claims["sid"]).get("/api/v1/patients/").status_code == 401
