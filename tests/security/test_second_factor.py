"""The second factor on its page and at both doors: on by a code, asked for after the password, off by both."""

import re
import time
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest
import time_machine

from app.security import actions
from app.security.models import LoginAttempt, User, UserProfile
from app.security.rules import LoginOutcome
from tests.api.program import program, sign_in
from tests.factories.clinic import CAST, PASSWORD, Browser, Clinic
from tests.security.authenticator import Authenticator, code_at, enrol, give_password

PAGE = "/profile/second-factor"


def profile(clinic: Clinic, role: str) -> UserProfile:
    return clinic.session.get_one(UserProfile, clinic.user(role).id)


def seed_and_secret(page: str) -> tuple[str, str]:
    seed = re.search(r'name="seed"[^>]*value="([^"]+)"', page)
    key = re.search(r'class="key"[^>]*>([A-Z2-7 ]+)<', page)
    assert seed
    assert key
    return seed[1], key[1].replace(" ", "")


def turn_on(browser: Browser, **changed: str) -> Any:
    seed, secret = seed_and_secret(browser.get(PAGE).text)
    form = {"seed": seed, "password": PASSWORD, "code": code_at(secret, time.time()), **changed}
    return browser.submit(f"{PAGE}/on", form)


def need_second_factor(clinic: Clinic, *roles: str) -> None:
    clinic.unit(lambda s: actions.change_setting(s, "security.second_factor_roles", list(roles), None))


@pytest.mark.both
def test_it_is_on_once_a_code_has_shown_that_the_app_has_the_key(clinic: Clinic) -> None:
    desk = clinic.client("Receptionist")
    page = desk.get(PAGE).text
    assert "<svg" in page
    assert profile(clinic, "Receptionist").totp_secret is None, "looking at the picture is not enough"
    other = clinic.client("Receptionist")
    answer = turn_on(desk)
    codes = re.findall(r"<li>([2-9a-z]{5}-[2-9a-z]{5})</li>", answer.text)
    assert len(set(codes)) == 10
    kept = profile(clinic, "Receptionist")
    assert len(kept.recovery_codes or []) == 10
    assert not any(code.replace("-", "") in str(kept.recovery_codes) for code in codes)
    assert not any(code in desk.get(path).text for code in codes for path in (PAGE, "/profile"))
    assert other.get("/patients").status_code == 302, "what was signed in without it is out"
    assert desk.get("/patients").status_code == 200


def test_the_key_is_in_no_row_of_the_database(clinic: Clinic) -> None:
    desk = clinic.client("Receptionist")
    secret = seed_and_secret(desk.get(PAGE).text)[1]
    turn_on(desk)
    kept = profile(clinic, "Receptionist").totp_secret
    assert kept
    assert kept != secret
    assert secret not in kept.upper()


@pytest.mark.parametrize(
    ("changed", "field"),
    [({"code": "000000"}, "code"), ({"code": ""}, "code"), ({"password": "not this one"}, "password")],
)
def test_a_wrong_code_or_password_turns_nothing_on_and_keeps_the_picture(
    clinic: Clinic, changed: dict[str, str], field: str
) -> None:
    desk = clinic.client("Receptionist")
    seed, secret = seed_and_secret(desk.get(PAGE).text)
    form = {"seed": seed, "password": PASSWORD, "code": code_at(secret, time.time()), **changed}
    answer = desk.submit(f"{PAGE}/on", form)
    assert answer.status_code == 422
    assert f'id="{field}-error"' in answer.text
    assert seed_and_secret(answer.text)[1] == secret
    assert profile(clinic, "Receptionist").totp_secret is None


def test_another_persons_picture_and_an_old_one_turn_nothing_on(clinic: Clinic) -> None:
    desk, nurse = clinic.client("Receptionist"), clinic.client("Nurse")
    seed, secret = seed_and_secret(nurse.get(PAGE).text)
    assert turn_on(desk, seed=seed, code=code_at(secret, time.time())).status_code == 302
    assert turn_on(desk, seed="forged").status_code == 302
    seed, secret = seed_and_secret(desk.get(PAGE).text)
    later = datetime.now(UTC) + timedelta(minutes=29)
    desk.get("/profile")
    with time_machine.travel(later, tick=True):
        desk.get("/profile")
    with time_machine.travel(later + timedelta(minutes=2), tick=True):
        form = {"seed": seed, "password": PASSWORD, "code": code_at(secret, time.time())}
        assert desk.submit(f"{PAGE}/on", form).status_code == 302
    assert profile(clinic, "Receptionist").totp_secret is None


def test_turning_it_on_twice_keeps_the_first(clinic: Clinic) -> None:
    desk = clinic.client("Receptionist")
    seed, secret = seed_and_secret(desk.get(PAGE).text)
    assert turn_on(desk).status_code == 200
    first = profile(clinic, "Receptionist").totp_secret
    form = {"seed": seed, "password": PASSWORD, "code": code_at(secret, time.time())}
    assert desk.submit(f"{PAGE}/on", form).status_code == 409
    assert profile(clinic, "Receptionist").totp_secret == first


@pytest.mark.both
def test_signing_in_takes_two_steps_then(clinic: Clinic) -> None:
    app = enrol(clinic, "Manager")
    browser = clinic.client()
    answer: Any = give_password(browser, "Manager", PASSWORD, "/login/?next=/expenses")
    assert answer.location == "/login/code?next=/expenses"
    assert browser.get("/expenses").status_code == 302, "the password alone opens nothing"
    assert PASSWORD not in str(browser.get_cookie("soyoo"))
    assert browser.get(answer.location).status_code == 200
    assert browser.submit(answer.location, {"code": app.wrong()}).status_code == 401
    assert browser.submit(answer.location, {"code": f"{app.code()[:3]} {app.code()[3:]}"}).location == "/expenses"
    assert browser.get("/expenses").status_code == 200


def test_a_wrong_password_is_answered_as_without_a_second_factor(clinic: Clinic) -> None:
    plain = clinic.client().submit("/login/", {"phone": CAST["Nurse"], "password": "not this one"})
    enrol(clinic, "Manager")
    asked: Any = give_password(clinic.client(), "Manager", "not this one")
    assert (plain.status_code, len(plain.text)) == (asked.status_code, len(asked.text)) == (401, len(plain.text))


def test_a_recovery_code_opens_once(clinic: Clinic) -> None:
    app = enrol(clinic, "Manager")
    for attempt, expected in enumerate((302, 401)):
        browser = clinic.client()
        give_password(browser, "Manager", PASSWORD)
        answer = browser.submit("/login/code", {"code": app.recovery[3].upper().replace("-", " ")})
        assert answer.status_code == expected, attempt
    assert sign_in(clinic, "Manager", otp=app.recovery[4]).status_code == 200
    assert sign_in(clinic, "Manager", otp=app.recovery[4]).status_code == 401
    assert len(profile(clinic, "Manager").recovery_codes or []) == 8


def test_the_step_between_lasts_five_minutes_and_ends_with_the_password(clinic: Clinic) -> None:
    app = enrol(clinic, "Manager")
    browser = clinic.client()
    give_password(browser, "Manager", PASSWORD)
    with time_machine.travel(datetime.now(UTC) + timedelta(minutes=6), tick=True):
        assert browser.submit("/login/code", {"code": app.code()}).location == "/login/"
    browser = clinic.client()
    give_password(browser, "Manager", PASSWORD)
    key = clinic.user("Manager").id

    def change(session: Any) -> None:
        user = session.get_one(User, key)
        actions.set_password(session, user, "шинэ нууц үг 7", least=10, now=datetime.now(UTC), temporary=False)

    clinic.unit(change)
    assert browser.submit("/login/code", {"code": app.code()}).status_code == 401


def test_turning_it_off_and_new_codes_need_password_and_code(clinic: Clinic) -> None:
    app = enrol(clinic, "Manager")
    manager = clinic.client("Manager")
    for form in ({}, {"password": PASSWORD}, {"code": app.code()}, {"password": PASSWORD, "code": app.wrong()}):
        assert manager.submit(f"{PAGE}/off", form).status_code == 422
        assert profile(clinic, "Manager").totp_secret
        unlock(clinic, "Manager")
    answer = manager.submit(f"{PAGE}/codes", {"password": PASSWORD, "code": app.recovery[0]})
    fresh = re.findall(r"<li>([2-9a-z]{5}-[2-9a-z]{5})</li>", answer.text)
    assert len(fresh) == 10
    assert not set(fresh) & set(app.recovery)
    assert manager.submit(f"{PAGE}/off", {"password": PASSWORD, "code": app.recovery[1]}).status_code == 422
    unlock(clinic, "Manager")
    assert manager.submit(f"{PAGE}/off", {"password": PASSWORD, "code": fresh[0]}).location == "/profile"
    kept = profile(clinic, "Manager")
    assert (kept.totp_secret, kept.recovery_codes, kept.totp_step) == (None, None, None)
    answer = give_password(clinic.client(), "Manager", PASSWORD)
    assert answer.location == "/"  # type: ignore[attr-defined]


def unlock(clinic: Clinic, role: str) -> None:
    key = clinic.user(role).id

    def write(session: Any) -> None:
        row = session.get_one(UserProfile, key)
        row.failed_count, row.locked_until = 0, None

    clinic.unit(write)


# --- required by the role


def test_whoever_must_have_one_is_led_there_and_nowhere_else(clinic: Clinic) -> None:
    manager, nurse, who = clinic.client("Manager"), clinic.client("Nurse"), program(clinic, "Manager")
    need_second_factor(clinic, "Admin", "Manager")
    for path in ("/", "/dashboard", "/expenses", "/profile", "/reports", "/search?q=a"):
        assert manager.get(path).location == PAGE, path
    assert manager.submit("/expenses/add").location == PAGE
    assert manager.get("/search?q=a", headers={"HX-Request": "true"}).headers["HX-Redirect"] == PAGE
    assert nurse.get("/patients").status_code == 200
    assert manager.get(PAGE).status_code == 200
    assert manager.get("/lang/mn").status_code == 302
    answer = who.get("/api/v1/patients/")
    assert answer.status_code == 403
    assert "second factor" in answer.json["message"]
    assert sign_in(clinic, "Manager").status_code == 403
    assert turn_on(manager).status_code == 200
    assert manager.get("/expenses").status_code == 200


def test_an_admin_says_who_needs_one(clinic: Clinic) -> None:
    from tests.security.test_settings import numbers

    admin = clinic.client("Admin")
    form: Any = numbers() | {"security__second_factor_roles": ["Manager", "Doctor"]}
    assert admin.submit("/settings/numbers", form).status_code == 302
    assert clinic.client("Doctor").get("/patients").location == PAGE
    assert (
        admin.submit("/settings/numbers", numbers() | {"security__second_factor_roles": ["System"]}).status_code == 422
    )
    assert "Doctor" in admin.get("/changed-settings").text
    assert admin.submit("/settings/numbers", numbers()).status_code == 302
    assert clinic.client("Doctor").get("/patients").status_code == 200


def test_first_the_password_then_the_second_factor(clinic: Clinic) -> None:
    need_second_factor(clinic, "Nurse")
    key = clinic.user("Nurse").id
    clinic.unit(lambda s: setattr(s.get_one(UserProfile, key), "must_change_password", True))
    nurse = clinic.client("Nurse")
    assert nurse.get("/patients").location == "/profile"
    form = {"old": PASSWORD, "password": "шинэ нууц үг 7", "again": "шинэ нууц үг 7"}
    assert nurse.submit("/profile/password", form).status_code == 302
    assert nurse.get("/patients").location == PAGE


# --- an Admin's reset


def reset(clinic: Clinic, role: str, **form: str) -> str:
    answer = clinic.client("Admin").submit(f"/users/{clinic.user(role).id}/reset", form)
    assert answer.status_code == 200
    found = re.search(r'class="one-time">([^<]+)<', answer.text)
    assert found
    return found[1]


def use(clinic: Clinic, role: str, code: str, password: str = "шинэ нууц үг 7", **changed: str) -> Any:
    form = {"phone": CAST[role], "code": code, "password": password, "again": password, **changed}
    return clinic.client().submit("/login/reset", form)


@pytest.mark.both
def test_a_one_time_code_gives_a_new_password_once(clinic: Clinic) -> None:
    code = reset(clinic, "Doctor")
    kept = profile(clinic, "Doctor").reset_code_hash or ""
    assert kept.startswith("$argon2id$")
    assert give_password(clinic.client(), "Doctor", PASSWORD).status_code == 401  # type: ignore[attr-defined]
    assert use(clinic, "Doctor", code.upper().replace("-", " ")).location == "/login/"
    assert give_password(clinic.client(), "Doctor", "шинэ нууц үг 7").status_code == 302  # type: ignore[attr-defined]
    assert use(clinic, "Doctor", code, "өөр нууц үг 88").status_code == 401


@pytest.mark.parametrize(
    ("changed", "status"),
    [({"code": "aaaaa-aaaaa"}, 401), ({"phone": "99009900"}, 401), ({"phone": "x"}, 401), ({"again": "something else"}, 422), ({"password": "short", "again": "short"}, 422),
     ({"password": "password123", "again": "password123"}, 422)],
)  # fmt: skip
def test_what_is_wrong_with_it_is_said_and_nothing_changes(
    clinic: Clinic, changed: dict[str, str], status: int
) -> None:
    code = reset(clinic, "Doctor")
    assert use(clinic, "Doctor", changed.pop("code", code), **changed).status_code == status
    assert profile(clinic, "Doctor").reset_code_hash
    assert use(clinic, "Doctor", code).status_code == 302


def test_it_lasts_a_day_and_the_next_one_replaces_it(clinic: Clinic) -> None:
    first = reset(clinic, "Doctor")
    second = reset(clinic, "Doctor")
    assert use(clinic, "Doctor", first).status_code == 401
    with time_machine.travel(datetime.now(UTC) + timedelta(hours=24, minutes=1), tick=True):
        assert use(clinic, "Doctor", second).status_code == 401
    assert use(clinic, "Doctor", second).status_code == 302


def test_the_second_factor_goes_only_if_asked(clinic: Clinic) -> None:
    enrol(clinic, "Doctor")
    reset(clinic, "Doctor")
    assert profile(clinic, "Doctor").totp_secret
    code = reset(clinic, "Doctor", drops_factor="y")
    assert profile(clinic, "Doctor").totp_secret is None
    assert use(clinic, "Doctor", code).status_code == 302


def test_nobody_resets_themselves_or_without_the_right(clinic: Clinic) -> None:
    admin = clinic.user("Admin").id
    before = clinic.user("Admin").password
    assert clinic.client("Admin").submit(f"/users/{admin}/reset").status_code == 302
    assert clinic.client("Manager").submit(f"/users/{admin}/reset").status_code == 403
    assert clinic.client("Admin").submit("/users/987654321/reset").status_code == 404
    assert clinic.user("Admin").password == before


def test_failures_with_the_code_lock_as_at_the_door(clinic: Clinic) -> None:
    code = reset(clinic, "Doctor")
    for _ in range(5):
        assert use(clinic, "Doctor", "aaaaa-aaaaa").status_code == 401
    assert use(clinic, "Doctor", code).status_code == 401
    assert clinic.count(LoginAttempt, LoginAttempt.outcome == LoginOutcome.LOCKED) == 1


def test_every_page_speaks_mongolian_and_english(clinic: Clinic) -> None:
    for locale in ("mn", "en"):
        nurse = clinic.client("Nurse", locale=locale)
        for path in ("/profile", PAGE):
            assert f'lang="{locale}"' in nurse.get(path).text
        assert nurse.get("/login/reset").status_code == 200


def test_an_authenticator_is_never_in_the_log(clinic: Clinic) -> None:
    import sqlalchemy as sa

    from app.audit.models import AuditLog

    app: Authenticator = enrol(clinic, "Manager")
    kept = profile(clinic, "Manager")
    told = " ".join(str(row) for row in clinic.session.scalars(sa.select(AuditLog.changes)))
    assert kept.totp_secret
    assert kept.totp_secret not in told
    assert not any(code in told for code in (*app.recovery, *(kept.recovery_codes or [])))
