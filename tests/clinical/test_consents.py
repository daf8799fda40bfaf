"""Consents: given with their text, withdrawn, and what follows for offers."""

from datetime import UTC, datetime, timedelta

import pytest

from app.clinical.actions.consents import give_consent, withdraw_consent
from app.clinical.models import Consent
from app.clinical.rules import ConsentWay
from app.kernel.errors import Conflict, RuleError
from app.people.models import Patient
from tests.factories import catalogue, clinical, people


@pytest.fixture
def patient(clinic):
    return clinic.make(people.patient, first_name="Болор").patient_id


def give(clinic, patient, code="marketing", **values):
    def write(session):
        base = {"patient_id": patient, "signed_by": "Дорж Болор", "way": ConsentWay.PAPER,
                "consent_template_id": catalogue.consent_template(session, code).consent_template_id}  # fmt: skip
        return give_consent(session, {**base, **values}, by=None, now=datetime.now(UTC)).consent_id

    return clinic.unit(write)


@pytest.mark.both
def test_offers_are_sent_while_the_consent_holds(clinic, patient):
    key = give(clinic, patient)
    assert clinic.session.get(Patient, patient).marketing_opt_in
    with pytest.raises(Conflict, match="given already"):
        give(clinic, patient)
    clinic.unit(lambda s: withdraw_consent(s, key, "Хүсэхгүй", by=None, now=datetime.now(UTC)))
    row = clinic.session.get(Consent, key)
    assert (row.withdraw_reason, row.text.startswith("Мэдээлэл")) == ("Хүсэхгүй", True)
    assert not clinic.session.get(Patient, patient).marketing_opt_in
    with pytest.raises(Conflict, match="withdrawn already"):
        clinic.unit(lambda s: withdraw_consent(s, key, None, by=None, now=datetime.now(UTC)))
    give(clinic, patient)


def test_a_changed_text_leaves_what_was_agreed_to(clinic, patient):
    key = give(clinic, patient, "personal-data")

    def change(session):
        catalogue.consent_template(session, "personal-data").body_mn = "Шинэ бичвэр"

    clinic.unit(change)
    assert "Шинэ бичвэр" not in clinic.session.get(Consent, key).text
    other = give(clinic, patient, "personal-data")  # asked again with the new text
    assert clinic.session.get(Consent, other).text.endswith("Шинэ бичвэр")


def test_what_is_no_consent_is_refused(clinic, patient):
    for values, said in (
        ({"signed_by": " "}, "who gave"),
        ({"way": ConsentWay.SPOKEN}, "witness"),
        ({"signed_at": datetime.now(UTC) + timedelta(days=1)}, "future"),
    ):
        with pytest.raises(RuleError, match=said):
            give(clinic, patient, **values)
    visit = clinic.make(clinical.treatment).treatment_id
    with pytest.raises(RuleError, match="another patient"):
        give(clinic, patient, treatment_id=visit)


def test_at_the_desk_it_is_given_shown_and_withdrawn(clinic, patient):
    desk = clinic.client("Receptionist")
    template = catalogue.consent_template(clinic.session, "photos").consent_template_id
    answer = desk.submit("/consents/add", {
        "patient_id": patient, "consent_template_id": template, "signed_by": "Болор", "way": "paper", "locale": "en",
    })  # fmt: skip
    assert answer.headers["Location"] == f"/patients/{patient}"
    assert "Photos of the teeth" in desk.get(f"/patients/{patient}").text
    key = clinic.session.query(Consent).one().consent_id
    assert "to document the treatment" in desk.get(f"/consents/{key}").text
    assert desk.submit(f"/consents/{key}/withdraw", {"withdraw_reason": "Үгүй"}).status_code == 303
    assert "Withdrawn on" in desk.get(f"/patients/{patient}").text
    assert desk.submit("/consents/999/withdraw", {}).status_code == 404
    for role in ("Assistant", "Patient"):
        browser = clinic.client(role)
        assert browser.submit(f"/consents/{key}/withdraw", {}).status_code == 403, role
        assert browser.get(f"/consents/{key}").status_code in (403, 404), role
