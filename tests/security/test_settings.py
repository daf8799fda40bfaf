"""The settings page: who may change what, and what is refused."""

import pytest
import sqlalchemy as sa

from app.audit.models import AuditLog
from app.security import identity
from app.security.settings import ROOMS, SETTINGS
from tests.factories.clinic import Clinic

FORM = {
    "name_mn": "Инээмсэглэл",
    "name_en": "Smile",
    "time_zone": "Asia/Ulaanbaatar",
    "document_prefix": "A",
    **{f"open_{day}": "09:00" for day in range(5)},
    **{f"close_{day}": "18:30" for day in range(5)},
}


def numbers(**changed: str) -> dict[str, str]:
    from app.security.settings import SETTINGS, SHARE, Knob

    def typed(knob: Knob) -> str:
        if isinstance(knob.default, list):
            return ", ".join(map(str, knob.default))
        if isinstance(knob.default, bool):
            return "y" if knob.default else ""
        return f"{knob.default / 100:g}" if knob.unit is SHARE else str(knob.default)

    return {**{key.replace(".", "__"): typed(knob) for key, knob in SETTINGS.items()}, **changed}


@pytest.mark.both
def test_an_admin_changes_the_clinic_and_every_page_shows_it(clinic: Clinic) -> None:
    admin = clinic.client("Admin")
    assert admin.submit("/settings/clinic", FORM).status_code == 302
    found = clinic.apart(identity.the_clinic)
    assert found.name_en == "Smile"
    assert found.opening_hours["0"] == ["09:00", "18:30"]
    assert found.opening_hours["6"] is None


@pytest.mark.parametrize(
    "wrong",
    [
        {"close_0": "08:00"},
        {"document_prefix": "Б"},  # the names of files have it too
        {"document_prefix": 'a"; x'},
        {"document_prefix": "a\r\nX"},
        {"close_0": ""},
        {"open_0": "25:00"},
        {"time_zone": "Mars/Olympus"},
        {"name_mn": ""},
        {"name_en": "x" * 500},
    ],
    ids=str,
)
def test_a_clinic_that_can_not_be_is_refused_and_what_was_typed_stays(clinic: Clinic, wrong: dict[str, str]) -> None:
    answer = clinic.client("Admin").submit("/settings/clinic", {**FORM, "address": "БЗД 3-р хороо", **wrong})
    assert answer.status_code == 422
    assert "БЗД 3-р хороо" in answer.text


def test_a_changed_threshold_counts_at_once(clinic: Clinic) -> None:
    assert clinic.client("Admin").submit("/settings/numbers", numbers(billing__due_days="30")).status_code == 302
    assert clinic.apart(lambda: identity.setting("billing.due_days")) == 30
    assert clinic.apart(lambda: identity.setting("security.failures")) == 5


def test_a_share_is_typed_and_shown_in_percent(clinic: Clinic) -> None:
    admin = clinic.client("Admin")
    assert 'value="10"' in admin.get("/settings").text, "the desk's discount: 1,000 basis points"
    assert admin.submit("/settings/numbers", numbers(billing__discount_bp="12.5")).status_code == 302
    assert clinic.apart(lambda: identity.setting("billing.discount_bp")) == 1_250
    changed = admin.get("/changed-settings?q=discount").text
    assert "Discount that the desk may give" in changed
    assert "12.5 %" in changed
    assert "epoch" not in admin.get("/changed-settings").text
    assert admin.submit("/settings/numbers", numbers(billing__discount_bp="101")).status_code == 422


def test_an_amount_is_typed_and_shown_as_an_amount(clinic: Clinic) -> None:
    admin = clinic.client("Admin")
    assert 'value="5,000,000"' in admin.get("/settings").text
    assert admin.submit("/settings/numbers", numbers(clinical__low_value="1,500,000 ₮")).status_code == 302
    assert "1,500,000 ₮" in admin.get("/changed-settings").text
    refused = admin.submit("/settings/numbers", numbers(clinical__low_value="2,000,000,000"))
    assert refused.status_code == 422
    assert "1,000,000,000" in refused.text


@pytest.mark.parametrize("value", ["-1", "366", "10000000000000000000000", "ten", "", "1.5"])
def test_a_threshold_outside_its_bounds_is_refused_on_its_field(clinic: Clinic, value: str) -> None:
    answer = clinic.client("Admin").submit("/settings/numbers", numbers(billing__due_days=value))
    assert answer.status_code == 422
    assert 'id="billing__due_days-error"' in answer.text


def test_a_manager_reads_the_settings_but_changes_nothing(clinic: Clinic) -> None:
    manager = clinic.client("Manager")
    assert manager.get("/settings").status_code == 200
    assert manager.submit("/settings/clinic", FORM).status_code == 403
    assert clinic.client("Doctor").get("/settings").status_code == 403


def test_several_numbers_are_kept_as_they_were_written(clinic: Clinic) -> None:
    admin = clinic.client("Admin")
    changed = numbers(billing__instalments="4; 8 , 24", messages__reminder_hours="48")
    assert admin.submit("/settings/numbers", changed).status_code == 302
    assert clinic.apart(lambda: identity.setting("billing.instalments")) == [4, 8, 24]
    assert clinic.apart(lambda: identity.setting("messages.reminder_hours")) == [48]
    assert "4, 8, 24" in admin.get("/settings").text


@pytest.mark.parametrize("typed", ["", "3, six", "1", "3,-6", "61", "9" * 30, "3.5", ", ,"])
def test_numbers_that_can_not_be_are_refused(clinic: Clinic, typed: str) -> None:
    answer = clinic.client("Admin").submit("/settings/numbers", numbers(billing__instalments=typed))
    assert answer.status_code == 422
    assert clinic.apart(lambda: identity.setting("billing.instalments")) == [3, 6, 12]


def test_too_many_numbers_are_refused(clinic: Clinic) -> None:
    many = ", ".join(map(str, range(2, 20)))
    assert clinic.client("Admin").submit("/settings/numbers", numbers(billing__instalments=many)).status_code == 422


@pytest.mark.both
def test_a_threshold_is_put_back_and_the_log_tells_it(clinic: Clinic) -> None:
    admin = clinic.client("Admin")
    admin.submit("/settings/numbers", numbers(billing__due_days="30"))
    assert "billing.due_days" in admin.get("/settings").text, "what was changed can be put back"
    assert admin.submit("/settings/reset", {"key": "billing.due_days"}).status_code == 302
    assert clinic.apart(lambda: identity.setting("billing.due_days")) == 14
    assert 'value="billing.due_days"' not in admin.get("/settings").text
    actions = clinic.session.scalars(sa.select(AuditLog.action).where(AuditLog.table == "setting")).all()
    assert {"Added", "Deleted"} <= {str(action.label.msgid) for action in actions}
    assert admin.submit("/settings/reset", {"key": "epoch.rights"}).status_code == 404


def test_a_manager_reads_only(clinic: Clinic) -> None:
    manager = clinic.client("Manager")
    assert manager.get("/settings").status_code == 200
    assert manager.submit("/settings/reset", {"key": "billing.due_days"}).status_code == 403
    assert manager.submit("/settings/numbers", numbers(billing__due_days="30")).status_code == 403


def test_every_threshold_stands_on_the_page_under_its_room() -> None:
    assert {key.partition(".")[0] for key in SETTINGS} <= set(ROOMS)
