"""The pages of a merge: compared, confirmed, undone; and who may not."""

import pytest

from app.people.models import Patient, PatientMerge
from tests.factories import billing, people


@pytest.fixture
def pair(clinic):
    def build(session):
        one = people.patient(session, first_name="Мөнхбат", note="Хурц өвдөлт")
        other = people.patient(session, first_name="Munkhbat", note="Айдаг", address="Сүхбаатар 3")
        people.allergy(session, other)
        billing.invoice(session, patient=other)
        return one.patient_id, other.patient_id

    return clinic.unit(build)


def test_a_clerk_compares_merges_and_undoes(clinic, pair):
    one, other = pair
    desk = clinic.client("Receptionist")
    assert f"/patients/{one}/merge" in desk.get(f"/patients/{one}").text
    assert "Search the other record" in desk.get(f"/patients/{one}/merge").text
    page = desk.get(f"/patients/{one}/merge?other={other}").text
    assert "Сүхбаатар 3" in page
    assert "Новокаин" in page
    assert "Invoice: 1" in page
    answer = desk.submit(f"/patients/{one}/merge", {"other": other, "pick-first_name": "merged", "pick-note": "both"})
    assert answer.status_code == 303
    row = clinic.session.get(Patient, one)
    assert (row.first_name, row.note, row.address) == ("Munkhbat", "Хурц өвдөлт\nАйдаг", "Сүхбаатар 3")
    again = desk.submit(f"/patients/{one}/merge", {"other": other})
    assert again.status_code == 302
    assert clinic.count(PatientMerge) == 1
    seen = desk.get(f"/patients/{other}", follow_redirects=True).text
    assert "was found to be the same person" in seen
    assert "Undo the merge" in seen
    assert desk.get(f"/invoices?patient_id={one}").text.count("2026-0000") >= 1
    key = clinic.session.query(PatientMerge).one().patient_merge_id
    assert desk.submit(f"/patient-merges/{key}/undo", {}).status_code == 303
    assert clinic.session.get(Patient, other).merged_into_id is None
    assert "undone already" in desk.submit(f"/patient-merges/{key}/undo", {}, follow_redirects=True).text


def test_who_may_be_the_same_is_offered(clinic):
    def build(session):
        rows = [people.patient(session, first_name="Болор", last_name="Дорж") for _ in range(2)]
        return [row.patient_id for row in rows]

    one, other = clinic.unit(build)
    page = clinic.client("Receptionist").get(f"/patients/{one}/merge").text
    assert f"/patients/{one}/merge?other={other}" in page


def test_what_is_refused_is_said_and_garbage_is_no_error(clinic, pair):
    one, other = pair
    desk = clinic.client("Receptionist")
    assert "same record" in desk.get(f"/patients/{one}/merge?other={one}").text
    for typed in ("x", "0", "99999", "-1", "9" * 30):
        assert desk.get(f"/patients/{one}/merge?other={typed}").status_code in (200, 404), typed
        assert desk.submit(f"/patients/{one}/merge", {"other": typed}).status_code == 404, typed
    assert desk.submit(f"/patients/{one}/merge", {"other": one}).status_code == 422
    desk.submit(f"/patients/{one}/merge", {"other": other, "pick-note": "nonsense", "primary_phone": "x"})
    assert clinic.session.get(Patient, other).merged_into_id == one


@pytest.mark.parametrize("role", ["Manager", "Doctor", "Nurse", "Assistant", "Coordinator", "Patient"])
def test_nobody_else_merges(clinic, pair, role):
    one, other = pair
    browser = clinic.client(role)
    assert browser.get(f"/patients/{one}/merge").status_code == 403
    assert browser.submit(f"/patients/{one}/merge", {"other": other}).status_code == 403
    assert clinic.count(PatientMerge) == 0


def test_a_patient_sees_their_rows_under_both_numbers(clinic, pair):
    _, other = pair
    user = clinic.user("Patient").id
    own = clinic.session.query(Patient).filter_by(user_id=user).one().patient_id
    clinic.unit(lambda s: people.merge(s, s.get(Patient, own), s.get(Patient, other)))
    from app.billing.models import Invoice
    from app.db import acting_as
    from app.web.who import Identity
    from app.workflows.identify import actor_of

    me = Identity(user_id=user, roles=frozenset({"Patient"}), patient_id=own, merged_patient_ids=(other,))
    with acting_as(actor_of(me, "", "")):
        assert [row.patient_id for row in clinic.session.query(Invoice)] == [other]
    assert "100,000" in clinic.client("Patient").get("/profile").text
