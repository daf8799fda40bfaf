"""Signed-in devices: one's own on the profile, everybody's for an Admin."""

from datetime import UTC, datetime, timedelta
from typing import Any

import pytest
import sqlalchemy as sa
import time_machine

from app.audit.models import AuditLog
from app.audit.rules import AuditAction
from app.security import actions, queries
from app.security.models import SessionToken
from app.security.rules import Limits, SessionType, is_session_alive
from tests.api.program import program
from tests.factories.clinic import Clinic
from tests.security.test_attack_sessions import token_of

LIMITS = Limits(timedelta(hours=12), timedelta(minutes=30))


def key_of(clinic: Clinic, browser: Any) -> int:
    selector = token_of(browser).partition(".")[0]
    return int(
        clinic.session.scalars(sa.select(SessionToken.session_token_id).where(SessionToken.selector == selector)).one()
    )


@pytest.mark.both
def test_ones_own_devices_stand_on_the_profile_and_one_ends_one_or_all_others(clinic: Clinic) -> None:
    desk, phone, home = (clinic.client("Receptionist") for _ in range(3))
    program(clinic, "Receptionist")
    clinic.client("Nurse")
    page = desk.get("/profile").text
    assert page.count("/profile/devices/") == 4, "two browsers, one program, and all others at once"
    assert page.count("This device") == 1
    assert f"/profile/devices/{key_of(clinic, desk)}/end" not in page
    assert desk.submit(f"/profile/devices/{key_of(clinic, phone)}/end").status_code == 302
    assert phone.get("/patients").status_code == 302
    assert home.get("/patients").status_code == 200
    assert desk.submit("/profile/devices/end-others").location == "/profile#devices"
    assert home.get("/patients").status_code == 302
    assert desk.get("/patients").status_code == 200
    assert "/profile/devices/" not in desk.get("/profile").text


def test_a_device_ended_twice_and_ones_own_are_no_trouble(clinic: Clinic) -> None:
    desk, other = clinic.client("Patient"), clinic.client("Patient")
    key = key_of(clinic, other)
    for _ in range(2):
        assert desk.submit(f"/profile/devices/{key}/end").status_code == 302
    assert desk.submit("/profile/devices/999999999/end").status_code == 404
    assert desk.submit(f"/profile/devices/{key_of(clinic, desk)}/end").status_code == 302
    assert desk.get("/profile").location == "/login/?next=/profile"


@pytest.mark.both
def test_what_the_list_shows_is_what_signs_in(clinic: Clinic) -> None:
    """The condition in SQL and the rule agree, at every edge."""
    now, key = datetime.now(UTC).replace(microsecond=0), clinic.user("Nurse").id
    edges = [
        timedelta(0),
        timedelta(minutes=29, seconds=59),
        timedelta(minutes=30),
        timedelta(hours=11, minutes=59),
        timedelta(hours=12),
    ]

    def make(session: Any) -> None:
        for opened in edges:
            for seen in edges:
                for ended in (None, now):
                    actions.open_session(
                        session, key, now=now - opened, hours=12, ip="", device="edge", session_type=SessionType.STAFF
                    )
                    session.flush()
                    row = session.scalars(
                        sa.select(SessionToken).order_by(SessionToken.session_token_id.desc()).limit(1)
                    ).one()
                    row.last_seen_at, row.revoked_at = now - min(seen, opened), ended

    clinic.unit(make)
    shown = {row.session_token_id for row in queries.live_sessions(clinic.session, key, now, LIMITS)}
    every = clinic.session.scalars(sa.select(SessionToken).where(SessionToken.user_id == key)).all()
    alive = {
        r.session_token_id
        for r in every
        if is_session_alive(now, r.created_at, r.expires_at, r.last_seen_at, r.revoked_at, LIMITS)
    }
    assert shown == alive
    assert 0 < len(alive) < len(every)


def test_an_admin_sees_who_is_signed_in_and_signs_them_out(clinic: Clinic) -> None:
    admin, nurse, other = clinic.client("Admin"), clinic.client("Nurse"), clinic.client("Nurse")
    page = admin.get("/sessions").text
    assert page.count("Nurse Туршилт") == 2
    assert "This device" in page
    key = key_of(clinic, nurse)
    record = admin.get(f"/sessions/{key}").text
    assert f"/sessions/{key}/end-all" in record
    assert admin.submit(f"/sessions/{key}/end").location == "/sessions/list/"
    assert nurse.get("/patients").status_code == 302
    assert other.get("/patients").status_code == 200
    assert admin.submit(f"/sessions/{key_of(clinic, other)}/end-all").status_code == 302
    assert other.get("/patients").status_code == 302
    assert "Nurse Туршилт" not in admin.get("/sessions").text
    ended = admin.get("/sessions?ended=yes").text
    assert ended.count("Nurse Туршилт") == 2
    assert "Signed out" in ended
    assert 'name="row"' not in ended
    told = clinic.session.scalars(sa.select(AuditLog).where(AuditLog.action == AuditAction.PERMISSION)).all()
    assert [row.table for row in told if row.actor_number is not None] == ["ab_user", "ab_user"]


def test_many_are_signed_out_at_once_and_nobody_without_the_right(clinic: Clinic) -> None:
    admin = clinic.client("Admin")
    browsers = [clinic.client("Nurse"), clinic.client("Doctor"), clinic.client("Doctor")]
    rows = {"row": [str(key_of(clinic, browser)) for browser in browsers[:2]]}
    assert "will happen to 2 rows" in admin.submit("/sessions/bulk/end_all", rows).text
    assert all(browser.get("/patients").status_code == 200 for browser in browsers)
    assert admin.submit("/sessions/bulk/end_all", {**rows, "sure": "yes"}).status_code == 302
    assert all(browser.get("/patients").status_code == 302 for browser in browsers)
    assert clinic.client("Manager").get("/sessions").status_code == 403


@pytest.mark.parametrize(
    "path",
    [
        "/sessions?q=nurse",
        "/sessions?q=127.",
        "/sessions?session_type=staff",
        "/sessions/chart/",
        "/sessions/export.csv",
        "/sessions?ended=yes&q=x&page=2",
        "/sessions?user_id=1",
    ],
)
def test_the_list_can_be_searched_charted_and_exported(clinic: Clinic, path: str) -> None:
    clinic.client("Nurse")
    assert clinic.client("Admin").get(path).status_code == 200


def test_a_users_record_shows_their_devices_and_attempts(clinic: Clinic) -> None:
    key = clinic.user("Nurse").id
    clinic.client("Nurse")
    admin = clinic.client("Admin")
    assert f"/sessions/by/user_profile/user_id/{key}" in admin.get(f"/users/{key}").text
    assert "test" in admin.get(f"/sessions/by/user_profile/user_id/{key}").text
    assert admin.get(f"/login-attempts/by/user_profile/user_id/{key}").status_code == 200


def test_pages_ask_little_however_many_devices(clinic: Clinic) -> None:
    admin = clinic.client("Admin")
    for _ in range(30):
        clinic.client("Nurse")
        clinic.client("Admin")
    for path, most in (("/sessions", 8), ("/profile", 15)):
        admin.get(path)
        with clinic.statements() as seen:
            admin.get(path)
        assert len(seen) <= most, seen


def test_an_idle_device_is_no_longer_listed(clinic: Clinic) -> None:
    nurse = clinic.client("Nurse")
    clinic.client("Nurse")
    with time_machine.travel(datetime.now(UTC) + timedelta(minutes=20), tick=True):
        nurse.get("/profile")
    with time_machine.travel(datetime.now(UTC) + timedelta(minutes=40), tick=True):
        assert nurse.get("/profile").text.count("/profile/devices/") == 0
