"""The bell and `/notifications`: everybody's own, read by opening."""

from datetime import UTC, datetime, timedelta
from typing import Any

import pytest

from app.communication.models import Notification
from app.kernel.text import T
from app.people.models import Patient
from app.security.models import SessionToken
from tests.communication.test_notify import tell
from tests.factories import communication
from tests.factories.clinic import CAST, Clinic


def ring(clinic: Clinic, role: str, link: str = "/profile") -> int:
    me = clinic.user(role).id
    return clinic.unit(lambda s: communication.notification(s, me, T("Nothing here yet."), link).notification_id)


@pytest.mark.both
@pytest.mark.parametrize("role", list(CAST))
def test_everybody_sees_their_own_and_nobody_elses(clinic: Clinic, role: str) -> None:
    mine = ring(clinic, role)
    others = ring(clinic, "Admin" if role != "Admin" else "Manager")
    browser = clinic.client(role)
    for path in ("/notifications", "/notifications/latest"):
        page = browser.get(path)
        assert page.status_code == 200
        assert f"/notifications/{mine}/open" in page.text
        assert f"/notifications/{others}/open" not in page.text
    assert browser.get(f"/notifications/{others}/open").status_code == 404
    assert clinic.session.get_one(Notification, others).read_at is None


def bell_of(browser: Any) -> str:
    """What stands in the frame of a page, above its own part."""
    return str(browser.get("/rooms").text.partition("<main")[0])


def test_opening_reads_it_once_and_leads_on(clinic: Clinic) -> None:
    key = ring(clinic, "Nurse")
    nurse = clinic.client("Nurse")
    assert 'class="count"' in bell_of(nurse)
    assert nurse.get(f"/notifications/{key}/open").location == "/profile"
    read_at = clinic.session.get_one(Notification, key).read_at
    assert read_at is not None
    nurse.get(f"/notifications/{key}/open")
    row = clinic.session.get_one(Notification, key)
    assert (row.read_at, row.read_by) == (read_at, clinic.user("Nurse").id)
    assert 'class="count"' not in bell_of(nurse)


@pytest.mark.parametrize("link", ["https://evil.example", "//evil.example", "/\\evil", "javascript:alert(1)", "", None])
def test_a_notification_leads_nowhere_else(clinic: Clinic, link: str | None) -> None:
    key = ring(clinic, "Nurse", link)  # type: ignore[arg-type]  # what a row could hold
    assert clinic.client("Nurse").get(f"/notifications/{key}/open").location == "/notifications"


def test_all_are_read_at_once_but_only_ones_own(clinic: Clinic) -> None:
    for _ in range(3):
        ring(clinic, "Doctor")
    other = ring(clinic, "Nurse")
    doctor = clinic.client("Doctor")
    assert doctor.post("/notifications/read").status_code == 400  # without the token
    assert doctor.submit("/notifications/read").status_code == 302
    unread = clinic.session.query(Notification).filter(Notification.read_at.is_(None)).all()
    assert [row.notification_id for row in unread] == [other]


def test_a_patient_is_told_also_where_nothing_but_the_patient_was_named(clinic: Clinic) -> None:
    mine = clinic.session.query(Patient).filter(Patient.user_id.is_not(None)).one().patient_id
    tell(clinic, patient_id=mine)
    key = clinic.session.query(Notification).one().notification_id
    patient = clinic.client("Patient")
    assert 'class="count"' in patient.get("/profile").text
    patient.get(f"/notifications/{key}/open")
    assert 'class="count"' not in patient.get("/profile").text


def test_each_reads_it_in_their_own_language(clinic: Clinic) -> None:
    ring(clinic, "Doctor")
    english = clinic.client("Doctor", locale="en").get("/notifications").text
    mongolian = clinic.client("Doctor", locale="mn").get("/notifications").text
    assert "Nothing here yet." in english
    assert "Nothing here yet." not in mongolian


def test_what_was_written_by_somebody_is_text_and_no_markup(clinic: Clinic) -> None:
    tell(
        clinic, roles=["Doctor"], text=T("%(name)s has this number already (card %(card)s).", name="<b>x", card="%s"),
        body="<script>alert(1)</script>",
    )  # fmt: skip
    page = clinic.client("Doctor").get("/notifications/latest").text
    assert "<script>" not in page
    assert "<b>x" not in page


def test_asking_again_by_itself_keeps_no_session_alive(clinic: Clinic) -> None:
    nurse = clinic.client("Nurse")
    long_ago = datetime.now(UTC) - timedelta(minutes=10)

    def seen() -> datetime:
        row = clinic.session.query(SessionToken).order_by(SessionToken.session_token_id.desc()).first()
        assert row is not None
        return row.last_seen_at

    def leave(session: object) -> None:
        for row in session.query(SessionToken):  # type: ignore[attr-defined]  # a session
            row.last_seen_at = long_ago

    clinic.unit(leave)
    assert nurse.get("/notifications/count").status_code == 200
    assert seen() == long_ago
    nurse.get("/notifications")
    assert seen() > long_ago


def test_the_bell_costs_no_statement_of_its_own(clinic: Clinic) -> None:
    desk = clinic.client("Receptionist")
    for path, count in (("/notifications/count", 1), ("/notifications/latest", 2)):
        desk.get(path)
        with clinic.statements() as seen:
            desk.get(path)
        assert len(seen) == count, path


def choose(clinic: Clinic, role: str, keys: list[int], sure: bool = True) -> object:
    data: dict[str, object] = {"row": [str(key) for key in keys], "next": "/notifications"}
    return clinic.client(role).submit("/notifications/bulk/read", {**data, "sure": "yes"} if sure else data)


@pytest.mark.both
@pytest.mark.parametrize("role", ["Nurse", "Manager", "Patient"])
def test_the_chosen_ones_are_read_and_no_other(clinic: Clinic, role: str) -> None:
    keys = [ring(clinic, role) for _ in range(3)]
    page = clinic.client(role).get("/notifications").text
    assert all(f'name="row" value="{key}"' in page for key in keys)
    choose(clinic, role, keys[:2], sure=False)
    assert [clinic.session.get_one(Notification, key).read_at for key in keys] == [None] * 3
    choose(clinic, role, keys[:2])
    rows = [clinic.session.get_one(Notification, key, populate_existing=True) for key in keys]
    assert [row.read_at is not None for row in rows] == [True, True, False]
    assert {row.read_by for row in rows[:2]} == {clinic.user(role).id}


def test_what_was_read_keeps_when_and_somebody_elses_stops_all(clinic: Clinic) -> None:
    first, second = ring(clinic, "Nurse"), ring(clinic, "Nurse")
    choose(clinic, "Nurse", [first])
    was = clinic.session.get_one(Notification, first, populate_existing=True).read_at
    other = ring(clinic, "Admin")
    choose(clinic, "Nurse", [first, second, other])
    assert clinic.session.get_one(Notification, other, populate_existing=True).read_at is None
    assert clinic.session.get_one(Notification, second, populate_existing=True).read_at is None
    choose(clinic, "Nurse", [first, second])
    assert clinic.session.get_one(Notification, first, populate_existing=True).read_at == was
    assert clinic.session.get_one(Notification, second, populate_existing=True).read_at is not None
