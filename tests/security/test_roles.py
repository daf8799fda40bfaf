"""The matrix: as the user wrote it, synced without undoing an Admin, and nobody above themselves."""

import csv
import re
from datetime import UTC, datetime
from pathlib import Path

import pytest
import sqlalchemy as sa

from app.audit.models import AuditLog
from app.audit.rules import AuditAction
from app.cli.deploy import registered_pages, sync_permissions
from app.kernel.errors import NotAllowed, RuleError
from app.security import actions, matrix, queries
from app.security.models import User, UserProfile
from tests.factories.clinic import Clinic

DATA = Path(__file__).resolve().parents[1] / "data"


def rows(name: str) -> list[dict[str, str]]:
    with (DATA / name).open(encoding="utf-8") as file:
        return list(csv.DictReader(file))


def test_the_pages_are_those_that_were_agreed() -> None:
    agreed = {row["path"]: {role: row[role].replace("open", "o") for role in matrix.ROLES} for row in rows("pages.csv")}
    assert {row.name: row.marks for row in matrix.pages()} == agreed


def test_the_finer_rights_are_those_that_were_agreed() -> None:
    agreed = {
        row["right"]: {role: "y" if row[role] == "yes" else "-" for role in matrix.ROLES} for row in rows("rights.csv")
    }
    assert {row.name: row.marks for row in matrix.rights()} == agreed


@pytest.mark.both
def test_a_second_sync_changes_nothing_and_an_admins_changes_stay(clinic: Clinic) -> None:
    assert sync_permissions(clinic.app) == (0, 0)
    give, take = {("can_use", "right:refund")}, {("can_use", "right:export")}
    clinic.unit(lambda s: actions.change_grants(s, "Receptionist", give, take, ["Admin"]))
    assert sync_permissions(clinic.app) == (0, 0)
    have = {(p, v) for _, p, v in queries.all_grants(clinic.session, ["Receptionist"])}
    assert ("can_use", "right:refund") in have
    assert ("can_use", "right:export") not in have


def test_a_release_that_wants_more_or_less_changes_only_its_own(clinic: Clinic) -> None:
    wanted = matrix.wanted_grants(registered_pages(clinic.app))
    more = wanted | {("Nurse", "can_write", "/patients")}
    assert clinic.unit(lambda s: actions.sync_roles(s, more)) == (1, 0)
    assert clinic.unit(lambda s: actions.sync_roles(s, wanted)) == (0, 1)
    assert queries.all_grants(clinic.session, matrix.ROLES) == wanted


def test_a_grant_on_something_unknown_is_refused_and_nothing_changes(clinic: Clinic) -> None:
    wanted = matrix.wanted_grants(registered_pages(clinic.app)) | {("Nurse", "can_read", "/typo")}
    with pytest.raises(RuleError):
        clinic.unit(lambda s: actions.sync_roles(s, wanted))
    assert sync_permissions(clinic.app) == (0, 0)


def test_a_changed_right_counts_at_the_next_request(clinic: Clinic) -> None:
    nurse = clinic.client("Nurse")
    assert nurse.get("/employees").status_code == 403
    clinic.unit(lambda s: actions.change_grants(s, "Nurse", {("can_read", "/employees")}, set(), ["Admin"]))
    assert nurse.get("/employees").status_code == 200


def test_an_admin_changes_a_role_on_the_page(clinic: Clinic) -> None:
    admin = clinic.client("Admin")
    page = admin.get("/roles/list/?role=Nurse").text
    assert 'name="page:/patients"' in page
    answer = admin.submit("/roles/change", {"role": "Nurse", "page:/patients": "W"})
    assert answer.status_code == 302
    assert clinic.client("Nurse").get("/patients/add").status_code == 200


def test_nobody_gives_or_takes_rights_above_their_own(clinic: Clinic) -> None:
    manager = clinic.user("Manager").id
    open_pages = {
        ("can_read", "/roles/list/"),
        ("can_write", "/roles/list/"),
        ("can_read", "/users/list/"),
        ("can_write", "/users/list/"),
    }
    clinic.unit(lambda s: actions.change_grants(s, "Manager", open_pages, set(), ["Admin"]))
    with pytest.raises(NotAllowed):
        clinic.unit(
            lambda s: actions.change_roles(s, s.get_one(User, manager), ["Manager", "Admin"], ["Manager"], _now())
        )
    with pytest.raises(NotAllowed):
        clinic.unit(lambda s: actions.change_grants(s, "Admin", set(), {("can_read", "/patients")}, ["Manager"]))
    with pytest.raises(NotAllowed):  # a right that a Manager does not have
        clinic.unit(lambda s: actions.change_grants(s, "Nurse", {("can_use", "right:take_money")}, set(), ["Manager"]))
    admin = clinic.user("Admin").id
    with pytest.raises(NotAllowed):
        clinic.unit(
            lambda s: actions.give_reset_code(
                s, s.get_one(User, admin), by=None, by_roles=["Manager"], now=_now(), drops_factor=False
            )
        )
    browser = clinic.client("Manager")
    assert browser.submit("/roles/change", {"role": "Admin", "page:/patients": "-"}).status_code == 302
    assert ("Admin", "can_read", "/patients") in queries.all_grants(clinic.session, ["Admin"])


def _now() -> datetime:
    return datetime.now(UTC)


def test_the_system_role_can_not_be_given(clinic: Clinic) -> None:
    admin = clinic.user("Admin").id
    with pytest.raises(RuleError):
        clinic.unit(lambda s: actions.change_roles(s, s.get_one(User, admin), ["System"], ["Admin"], _now()))


def test_the_last_admin_stays(clinic: Clinic) -> None:
    admin = clinic.user("Admin").id
    with pytest.raises(RuleError):
        clinic.unit(lambda s: actions.change_roles(s, s.get_one(User, admin), ["Manager"], ["Admin"], _now()))
    with pytest.raises(RuleError):
        clinic.unit(lambda s: actions.switch_user(s, s.get_one(User, admin), False, ["Admin"], _now()))
    with pytest.raises(RuleError):
        clinic.unit(lambda s: actions.change_grants(s, "Admin", set(), {("can_write", "/roles/list/")}, ["Admin"]))


def test_rights_of_several_roles_add_up(clinic: Clinic) -> None:
    key = clinic.user("Nurse").id
    clinic.unit(lambda s: actions.change_roles(s, s.get_one(User, key), ["Nurse", "Receptionist"], ["Admin"], _now()))
    both = clinic.client(user_id=key)
    assert both.get("/patients/add").status_code == 200
    assert both.get("/insurance").status_code == 200


def test_an_admin_adds_a_user_who_must_choose_a_password(clinic: Clinic) -> None:
    admin = clinic.client("Admin")
    form = {
        "display_name": "Шинэ эмч",
        "phone": "9911 0000",
        "roles": ["Doctor"],
        "password": "first pass 1",
        "locale": "mn",
    }
    assert admin.submit("/users/add", form).status_code == 302
    again = admin.submit("/users/add", form)
    assert again.status_code == 409
    assert "phone-error" in again.text
    fresh = clinic.client()
    assert fresh.submit("/login/", {"phone": "99110000", "password": "first pass 1"}).status_code == 302
    assert fresh.get("/").location == "/profile"


@pytest.mark.parametrize(
    "password", ["short", "1234567890", "qwertyuiop", "99110000", "aaaaaaaaaaaa", "пароль", "password123"]
)
def test_a_weak_password_is_refused(clinic: Clinic, password: str) -> None:
    form = {"display_name": "Шинэ", "phone": "99110000", "roles": ["Nurse"], "password": password, "locale": "mn"}
    answer = clinic.client("Admin").submit("/users/add", form)
    assert answer.status_code == 422
    assert clinic.session.scalar(sa.select(User.id).where(User.username == "+97699110000")) is None


def permission_entries(clinic: Clinic) -> list[AuditLog]:
    where = AuditLog.action == AuditAction.PERMISSION, AuditLog.actor_number.is_not(None)  # not what `deploy` gave
    return list(clinic.session.scalars(sa.select(AuditLog).where(*where).order_by(AuditLog.audit_log_id)))


def test_a_changed_right_and_changed_roles_are_in_the_audit_log_with_old_and_new(clinic: Clinic) -> None:
    admin = clinic.client("Admin")
    rights = [row.name for row in matrix.rights() if row.marks["Receptionist"] == "y" and row.name != "export"]
    admin.submit("/roles/change", {"role": "Receptionist", "rights": "1", "right": [*rights, "refund"]})
    nurse = clinic.user("Nurse")
    profile = clinic.session.get_one(UserProfile, nurse.id)
    values = {
        "display_name": profile.display_name,
        "phone": nurse.username,
        "roles": ["Nurse", "Assistant"],
        "active": "y",
        "lock_token": re.findall(r'name="lock_token"[^>]*value="([^"]*)"', admin.get(f"/users/{nurse.id}/edit").text)[
            0
        ],
    }
    assert admin.submit(f"/users/{nurse.id}/edit", values).status_code == 302
    entries = permission_entries(clinic)
    assert [(entry.table, entry.row) for entry in entries] == [("ab_role", "Receptionist"), ("ab_user", str(nurse.id))]
    assert entries[0].changes == {"can_use right:refund": [False, True], "can_use right:export": [True, False]}
    assert entries[1].changes == {"roles": [["Nurse"], ["Assistant", "Nurse"]]}
    assert {entry.actor_number for entry in entries} == {clinic.user("Admin").id}
