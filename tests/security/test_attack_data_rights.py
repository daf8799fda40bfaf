"""Attacks on merges, exports and removals of patients' data: each that succeeds fails the build."""

import io
import zipfile

import pytest

from app.audit.models import AuditLog
from app.clinical.models import Consent
from app.people.models import Patient, PatientMerge
from tests.factories import billing, clinical, people
from tests.security.attacks import attack

NOT_ADMIN = ["Manager", "Doctor", "Nurse", "Assistant", "Receptionist", "Coordinator", "Patient"]


@pytest.fixture
def pair(clinic):
    """Two strangers, the first with a secret in every free text."""

    def build(session):
        one = people.patient(session, first_name="Нууц-нэр", note="Нууц-тэмдэглэл")
        other = people.patient(session, first_name="Өөр")
        billing.invoice(session, patient=one)
        clinical.consent(session, one, signed_by="Нууц-гарын-үсэг")
        return one.patient_id, other.patient_id

    return clinic.unit(build)


@attack("Handing out all data of a patient without the right, by page and by ZIP", "V8.2.1")
@pytest.mark.parametrize("role", NOT_ADMIN)
def test_no_export_without_the_right(clinic, pair, role):
    browser = clinic.client(role)
    for answer in (browser.submit(f"/patients/{pair[0]}/data.zip", {}), browser.get(f"/patients/{pair[0]}/data")):
        assert answer.status_code == 403
        assert "Нууц" not in answer.text
    assert clinic.count(AuditLog, AuditLog.action == "export") == 0


@attack("Removing a patient's data without the right", "V8.2.1")
@pytest.mark.parametrize("role", NOT_ADMIN)
def test_no_removal_without_the_right(clinic, pair, role):
    card = clinic.session.get(Patient, pair[1]).card_number
    answer = clinic.client(role).submit(f"/patients/{pair[1]}/anonymise", {"card_number": card})
    assert answer.status_code == 403
    assert clinic.session.get(Patient, pair[1]).first_name == "Өөр"


@attack("Merging, exporting, removing or withdrawing by a link (GET) or without the form's token", "V3.5.1")
def test_nothing_happens_by_a_link_or_without_the_token(clinic, pair):
    one, other = pair
    admin, key = clinic.client("Admin"), clinic.session.query(Consent).one().consent_id
    card = clinic.session.get(Patient, other).card_number
    for path, data in (
        (f"/patients/{one}/merge", {"other": other}),
        (f"/patients/{other}/anonymise", {"card_number": card}),
        (f"/patients/{one}/data.zip", {}),
        (f"/consents/{key}/withdraw", {}),
    ):
        assert admin.post(path, data=data).status_code == 400, path
        assert admin.get(path, query_string=data).status_code in (200, 404, 405), path
    assert clinic.count(PatientMerge) == 0
    assert clinic.session.get(Patient, other).anonymised_at is None
    assert clinic.session.get(Consent, key).withdrawn_at is None
    assert clinic.count(AuditLog, AuditLog.action == "export") == 0


@attack("Another patient's rows through one's own merge: a patient forges the numbers of their person", "V8.2.2")
def test_a_patient_reaches_no_strangers_row_through_merges(clinic, pair):
    one, other = pair
    clinic.unit(lambda s: people.merge(s, s.get(Patient, one), s.get(Patient, other)))
    patient = clinic.client("Patient")
    for path in (f"/patients/{one}", f"/patients/{other}", "/patient-merges/", "/consents/1",
                 f"/invoices?patient_id={one}", f"/consents?patient_id={one}"):  # fmt: skip
        answer = patient.get(path, follow_redirects=True)
        assert answer.status_code in (403, 404), path
        assert "Нууц" not in answer.text, path


@attack("Undoing somebody's merge, or a merge that is not there, without the right", "V8.2.2")
@pytest.mark.parametrize("role", ["Doctor", "Manager", "Patient"])
def test_a_merge_is_undone_by_those_who_may(clinic, pair, role):
    made = clinic.unit(lambda s: people.merge(s, *(s.get(Patient, key) for key in pair)).patient_merge_id)
    assert clinic.client(role).submit(f"/patient-merges/{made}/undo", {}).status_code == 403
    assert clinic.client("Receptionist").submit("/patient-merges/9999/undo", {}).status_code == 404
    assert clinic.session.get(PatientMerge, made).undone_at is None


@attack("Mass assignment: columns of the record slipped into the forms of a merge and of a patient", "V15.3.3")
def test_columns_can_not_be_slipped_in(clinic, pair):
    one, other = pair
    desk = clinic.client("Receptionist")
    desk.submit(f"/patients/{one}/merge", {
        "other": other, "pick-card_number": "merged", "pick-user_id": "merged", "pick-anonymised_at": "merged",
        "card_number": "X", "user_id": 1, "merged_into_id": other,
    })  # fmt: skip
    row = clinic.session.get(Patient, one)
    assert (row.user_id, row.merged_into_id, row.anonymised_at) == (None, None, None)
    assert row.card_number != "X"


@attack("A script in a name on the pages of a merge, in the readable export and in a file name of the ZIP", "V1.2.1")
def test_scripts_stay_text(clinic, pair):
    evil = "<script>alert(1)"

    def name(session):
        for key in pair:
            session.get(Patient, key).first_name = evil

    clinic.unit(name)
    one, other = pair
    admin = clinic.client("Admin")
    pages = [admin.get(path).text for path in (f"/patients/{one}/merge?other={other}", f"/patients/{one}/data")]
    archive = zipfile.ZipFile(io.BytesIO(admin.submit(f"/patients/{one}/data.zip", {}).data))
    pages.append(archive.read("index.html").decode())
    assert all(evil not in page for page in pages)
    assert all("&lt;script&gt;" in page for page in pages[1:])


@attack("Secrets in the export: hashes, tokens, keys of files, merge snapshots, the audit log", "V14.2.6")
def test_no_secret_is_handed_out(clinic, pair):
    user = clinic.user("Patient")
    own = clinic.session.query(Patient).filter_by(user_id=user.id).one().patient_id
    clinic.client("Patient").get("/profile")
    clinic.unit(lambda s: people.merge(s, s.get(Patient, own), s.get(Patient, pair[0])))
    answer = clinic.client("Admin").submit(f"/patients/{own}/data.zip", {})
    archive = zipfile.ZipFile(io.BytesIO(answer.data))
    whole = b"".join(archive.read(name) for name in archive.namelist() if not name.endswith(".pdf")).decode()
    for secret in ("argon2", "token_hash", "totp", "recovery", "idempotency", "snapshot", "selector", user.password):
        assert secret not in whole, secret
    assert not [name for name in archive.namelist() if "audit" in name or "session" in name or "share" in name]


@attack("What a removed patient was called, read from the history of their rows", "V8.2.3")
@pytest.mark.parametrize("role", ["Receptionist", "Doctor", "Manager"])
def test_the_history_of_a_removed_patient_is_an_admins(clinic, pair, role):
    _, other = pair
    from tests.people.test_anonymise import remove

    remove(clinic, other)
    answer = clinic.client(role).get(f"/patients/{other}/changes")
    assert answer.status_code == 403
    assert "Өөр" not in answer.text
