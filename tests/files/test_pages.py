"""Bringing, looking at and giving back files, as people do it."""

import io
import json
from typing import Any

import pytest
import sqlalchemy as sa
from PIL import Image

from app.audit.models import AuditLog
from app.audit.rules import AuditAction
from app.catalogue.models import ToothDefinition
from app.catalogue.rules import ToothSystem
from app.clinical.models import MedicalFile
from app.clinical.rules import FileCategory
from app.db import Actor, acting_as, sqla
from app.files.models import StoredFile
from app.security import actions as security
from tests.factories import clinical, files, people
from tests.factories.clinic import Browser, Clinic

JSON = {"Accept": "application/json"}


def send(browser: Browser, *brought: tuple[str, bytes], to: dict[str, Any], **kwargs: Any) -> Any:
    """Files sent with the form."""
    data = {**to, "file": [(io.BytesIO(content), name) for name, content in brought]}
    return browser.submit("/files/add", data, content_type="multipart/form-data", **kwargs)


def newest(clinic: Clinic) -> MedicalFile:
    statement = sa.select(MedicalFile).order_by(MedicalFile.medical_file_id.desc()).limit(1)
    return clinic.session.scalars(statement).one()


def looks(clinic: Clinic, *actions: AuditAction) -> list[tuple[str, str, int | None]]:
    """(action, row, patient) of the looks at files that are written down."""
    statement = sa.select(AuditLog).where(AuditLog.table == "medical_file", AuditLog.action.in_(actions))
    rows = clinic.session.scalars(statement.order_by(AuditLog.audit_log_id))
    return [(row.action.value, row.row, row.patient_number) for row in rows]


@pytest.mark.both
def test_files_are_brought_to_a_patient_and_to_a_visit(clinic: Clinic) -> None:
    visit, doctor = clinic.make(clinical.treatment), clinic.client("Doctor")
    fdi = sa.select(ToothDefinition.tooth_id).where(
        ToothDefinition.code == "36", ToothDefinition.system == ToothSystem.FDI
    )
    tooth = clinic.session.scalar(fdi)
    said = {
        "patient_id": visit.patient_id,
        "category": "x-ray",
        "tooth_id": tooth,
        "taken_on": "2026-03-01",
        "note": "Өмнө",
    }
    answer = send(doctor, ("36-р шүд.png", files.x_ray()), ("гэрээ.pdf", files.pdf()), to=said)
    assert (answer.status_code, answer.location) == (303, f"/patients/{visit.patient_id}?tab=files")
    first, second = clinic.session.scalars(sa.select(MedicalFile).order_by(MedicalFile.medical_file_id)).all()
    assert (first.name, first.category, first.note, first.tooth.code) == ("36-р шүд", FileCategory.X_RAY, "Өмнө", "36")
    assert (first.file.original_name, first.file.media_type) == ("36-р шүд.png", "image/png")
    assert first.preview.media_type == "image/jpeg"
    assert (second.file.media_type, second.preview_id) == ("application/pdf", None)
    answer = send(doctor, ("IMG1.dcm", files.dicom()), to={"treatment_id": visit.treatment_id})
    assert answer.location == f"/treatments/{visit.treatment_id}#files"
    third = newest(clinic)
    assert (third.treatment_id, third.patient_id, third.category) == (
        visit.treatment_id,
        visit.patient_id,
        FileCategory.X_RAY,
    )
    assert str(third.taken_on) == "2026-03-01", "as the machine says"
    assert third.dicom["Manufacturer"] == "Soyoo Imaging"


def test_the_page_sends_them_one_by_one_and_is_told_of_each(clinic: Clinic) -> None:
    patient, doctor = clinic.make(people.patient), clinic.client("Doctor")
    to = {"patient_id": patient.patient_id}
    good = send(doctor, ("a.png", files.x_ray()), to=to, headers=JSON)
    assert good.status_code == 200
    assert good.json["files"][0] == {
        "name": "a.png",
        "message": "Added.",
        "ok": True,
        "url": f"/medical-files/{newest(clinic).row_id}",
    }
    bad = send(doctor, ("a.svg", b"<svg xmlns='http://www.w3.org/2000/svg'/>"), to=to, headers=JSON)
    assert bad.status_code == 422
    assert "no picture" in bad.json["files"][0]["message"]
    nothing = send(doctor, to=to, headers=JSON)
    assert (nothing.status_code, nothing.json["message"]) == (422, "Choose a file first.")


def test_one_that_is_refused_keeps_none_of_the_others_out(clinic: Clinic) -> None:
    patient, doctor = clinic.make(people.patient), clinic.client("Doctor", locale="mn")
    brought = (("a.png", files.x_ray(1)), ("b.exe", b"MZ" + bytes(200)), ("c.jpg", files.picture("JPEG")))
    page = doctor.get(send(doctor, *brought, to={"patient_id": patient.patient_id}).location).text
    assert clinic.count(MedicalFile) == 2
    assert "b.exe: " in page


@pytest.mark.both
def test_the_same_content_again_is_said_and_kept(clinic: Clinic) -> None:
    patient, other, doctor = clinic.make(people.patient), clinic.make(people.patient), clinic.client("Doctor")
    to = {"patient_id": patient.patient_id}
    data = files.x_ray()
    assert send(doctor, ("a.png", data), to=to, headers=JSON).json["files"][0]["message"] == "Added."
    twice = send(doctor, ("a.png", data), to=to, headers=JSON).json["files"][0]
    assert twice["message"] == "This file was sent twice; it is kept once."
    assert clinic.count(MedicalFile) == 1, "a double click"
    again = send(clinic.client("Admin"), ("b.png", data), to=to, headers=JSON).json["files"][0]
    assert again["ok"]
    assert again["message"].startswith("Added. The patient has the same file already: a, ")
    assert (
        send(doctor, ("a.png", data), to={"patient_id": other.patient_id}, headers=JSON).json["files"][0]["message"]
        == "Added."
    )
    assert clinic.count(MedicalFile) == 3


def test_what_was_typed_stays_when_the_form_is_refused(clinic: Clinic) -> None:
    patient, doctor = clinic.make(people.patient), clinic.client("Doctor")
    to = {"patient_id": patient.patient_id, "note": "Сүүний шүд", "taken_on": "2026-02-30"}
    answer = send(doctor, ("a.png", files.x_ray()), to=to)
    assert answer.status_code == 422
    assert "Сүүний шүд" in answer.text
    assert clinic.count(MedicalFile) == 0
    tomorrow = send(doctor, ("a.png", files.x_ray()), to={**to, "taken_on": "2199-01-01"}, headers=JSON)
    assert "not come yet" in tomorrow.json["files"][0]["message"]


@pytest.mark.both
def test_the_original_is_given_back_as_it_came_and_only_as_a_download(clinic: Clinic) -> None:
    patient, doctor, data = clinic.make(people.patient), clinic.client("Doctor"), files.x_ray()
    send(doctor, ("36-р шүд.png", data), to={"patient_id": patient.patient_id})
    key = newest(clinic).medical_file_id
    answer = doctor.get(f"/files/{key}")
    assert answer.data == data
    assert answer.headers["Content-Type"] == "image/png"
    assert "filename*=UTF-8''36-%D1%80%20%D1%88%D2%AF%D0%B4.png" in answer.headers["Content-Disposition"]
    assert answer.headers["Content-Security-Policy"] == "sandbox; default-src 'none'"
    assert answer.headers["X-Content-Type-Options"] == "nosniff"
    assert answer.headers["Cache-Control"] == "private, no-store"
    part = doctor.get(f"/files/{key}", headers={"Range": "bytes=0-3"})
    assert (part.status_code, part.data, part.headers["Accept-Ranges"]) == (200, data, "none")
    head = doctor.head(f"/files/{key}")
    assert (head.status_code, head.data, head.headers["Content-Length"]) == (200, b"", str(len(data)))


def test_the_preview_and_the_small_one_are_pictures_made_here(clinic: Clinic) -> None:
    row, doctor = clinic.make(clinical.medical_file), clinic.client("Doctor")
    for what in ("preview", "thumb"):
        answer = doctor.get(f"/files/{row.medical_file_id}/{what}")
        assert answer.headers["Content-Type"] == "image/jpeg"
        assert Image.open(io.BytesIO(answer.data)).format == "JPEG"
        assert answer.headers["Content-Security-Policy"] == "sandbox; default-src 'none'"
        assert "attachment" not in answer.headers.get("Content-Disposition", "")
    clinic.unit(lambda s: setattr(s.get_one(MedicalFile, row.medical_file_id), "preview_id", None))
    assert doctor.get(f"/files/{row.medical_file_id}/preview").status_code == 404
    assert doctor.get(f"/files/{row.medical_file_id}/view").location == f"/medical-files/{row.medical_file_id}"


@pytest.mark.both
def test_each_look_is_written_down_with_the_patient(clinic: Clinic) -> None:
    row, doctor = clinic.make(clinical.medical_file), clinic.client("Doctor")
    key, patient = row.medical_file_id, row.patient_id
    for path in ("/view", "/preview", "/thumb", ""):
        assert doctor.get(f"/files/{key}{path}").status_code == 200
    one = (str(key), patient)
    assert looks(clinic, AuditAction.VIEW, AuditAction.EXPORT) == [("view", *one)] * 3 + [("export", *one)]
    doctor.get(f"/files/{key + 1000}")
    assert len(looks(clinic, AuditAction.VIEW, AuditAction.EXPORT)) == 4
    doctor.get(f"/medical-files/{key}")
    assert len(looks(clinic, AuditAction.VIEW)) == 4


def test_a_look_that_can_not_be_written_down_shows_nothing(clinic: Clinic, monkeypatch: pytest.MonkeyPatch) -> None:
    from app.clinical.views.files import looking

    def fail(*_args: Any, **_kwargs: Any) -> None:
        raise RuntimeError("no log")

    row, doctor = clinic.make(clinical.medical_file), clinic.client("Doctor")
    monkeypatch.setattr(looking, "record", fail)
    clinic.app.config["PROPAGATE_EXCEPTIONS"] = False
    answer = doctor.get(f"/files/{row.medical_file_id}")
    assert answer.status_code == 500
    assert b"PNG" not in answer.data[:8]


def test_a_file_that_is_gone_from_the_disk_is_said_so(clinic: Clinic) -> None:
    row, doctor = clinic.make(clinical.medical_file), clinic.client("Doctor")
    files.depot().path(clinic.session.get_one(StoredFile, row.stored_file_id).key).unlink()
    answer = doctor.get(f"/files/{row.medical_file_id}")
    assert answer.status_code == 404
    assert "backup" in answer.text


def test_the_viewer_leads_through_the_pictures_of_one_patient(clinic: Clinic) -> None:
    visit, other = clinic.make(clinical.treatment), clinic.make(clinical.medical_file)
    made = [clinic.make(clinical.medical_file, visit=visit).medical_file_id for _ in range(3)]
    doctor = clinic.client("Doctor")
    page = doctor.get(f"/files/{made[1]}/view").text
    assert f'rel="prev" href="/files/{made[2]}/view"' in page
    assert f'rel="next" href="/files/{made[0]}/view"' in page
    assert f"/files/{other.medical_file_id}" not in page
    beside = doctor.get(f"/files/{made[1]}/view?with={made[0]}").text
    assert f'src="/files/{made[0]}/preview"' in beside
    assert doctor.get(f"/files/{made[1]}/view?with={other.medical_file_id}").status_code == 404
    assert doctor.get(f"/files/{made[1]}/view?with=x").status_code == 404


@pytest.mark.both
def test_a_mistake_is_marked_with_a_reason_and_stays(clinic: Clinic) -> None:
    row, doctor = clinic.make(clinical.medical_file), clinic.client("Doctor")
    at, record = f"/files/{row.medical_file_id}", f"/medical-records/?patient_id={row.patient_id}"
    assert row.name in doctor.get(record).text
    assert doctor.submit(f"{at}/invalid", {"reason": " "}).status_code == 303
    assert clinic.session.get_one(MedicalFile, row.medical_file_id).is_valid
    doctor.submit(f"{at}/invalid", {"reason": "Өөр хүнийх"})
    marked = clinic.session.get_one(MedicalFile, row.medical_file_id)
    assert (marked.invalid_reason, marked.invalid_by) == ("Өөр хүнийх", clinic.user("Doctor").id)
    assert "Өөр хүнийх" in doctor.get(f"/medical-files/{row.medical_file_id}").text
    assert row.name not in doctor.get(record).text, "the medical record leaves it out"
    part = f"/files/of/patient/{row.patient_id}"
    assert "file-card invalid" in doctor.get(part, headers={"HX-Request": "true"}).text
    assert doctor.get(at).status_code == 200, "it is kept"
    for method in ("delete", "remove"):
        assert doctor.submit(f"/medical-files/{row.medical_file_id}/{method}").status_code == 404
    doctor.submit(f"{at}/valid")
    assert clinic.session.get_one(MedicalFile, row.medical_file_id).is_valid


def test_a_machine_that_knows_somebody_else_is_said_on_the_page(clinic: Clinic) -> None:
    patient, doctor = clinic.make(people.patient, first_name="Мөнхбат", last_name="Дорж"), clinic.client("Doctor")
    send(doctor, ("a.dcm", files.dicom(PatientName="Bat^Tsetseg")), to={"patient_id": patient.patient_id})
    key = newest(clinic).medical_file_id
    for page in (f"/medical-files/{key}", f"/files/{key}/view"):
        assert "another name: Bat Tsetseg" in doctor.get(page).text
    assert "Soyoo Imaging" in doctor.get(f"/medical-files/{key}").text


def test_the_list_shows_small_pictures_one_kind_at_a_time(clinic: Clinic) -> None:
    row, doctor = clinic.make(clinical.medical_file), clinic.client("Doctor")
    photo = clinic.make(clinical.medical_file, category=FileCategory.PHOTO)
    page = doctor.get("/medical-files/").text
    assert f'<img src="/files/{row.medical_file_id}/thumb" alt="View" loading="lazy"' in page
    page = doctor.get("/medical-files/?category=photo").text
    assert f"/files/{photo.medical_file_id}/thumb" in page
    assert f"/files/{row.medical_file_id}/thumb" not in page
    part = doctor.get(f"/files/of/patient/{row.patient_id}?form=1", headers={"HX-Request": "true"}).text
    assert f"/files/{row.medical_file_id}/thumb" in part
    assert 'type="file"' in part
    reads = (
        clinic.client("Nurse").get(f"/files/of/patient/{row.patient_id}?form=1", headers={"HX-Request": "true"}).text
    )
    assert f"/files/{row.medical_file_id}/thumb" in reads
    assert 'type="file"' not in reads


def test_kind_name_day_tooth_and_note_can_be_corrected_the_file_not(clinic: Clinic) -> None:
    row, doctor = clinic.make(clinical.medical_file), clinic.client("Doctor")
    form = {
        "name": "Шинэ нэр",
        "category": "scan",
        "taken_on": "2026-01-05",
        "note": "тэмдэглэл",
        "stored_file_id": 1,
        "patient_id": 1,
    }
    page = doctor.get(f"/medical-files/{row.medical_file_id}/edit").text
    token = page.split('name="lock_token"')[1].split('value="')[1].split('"')[0]
    answer = doctor.submit(f"/medical-files/{row.medical_file_id}/edit", {**form, "lock_token": token})
    assert answer.status_code == 302
    changed = clinic.session.get_one(MedicalFile, row.medical_file_id)
    assert (changed.name, changed.category, changed.note) == ("Шинэ нэр", FileCategory.SCAN, "тэмдэглэл")
    assert (changed.stored_file_id, changed.patient_id) == (row.stored_file_id, row.patient_id)


@pytest.mark.both
def test_a_patient_reaches_their_own_files_alone_below_every_page(clinic: Clinic) -> None:
    from app.clinical.views.files.looking import looked_at
    from app.kernel.errors import NotFound

    own, other = clinic.make(clinical.medical_file), clinic.make(clinical.medical_file)
    sqla.session.rollback()
    with acting_as(Actor(user_id=1, own_patient_id=own.patient_id, is_limited=True)):
        assert looked_at(own.medical_file_id).file.original_name
        with pytest.raises(NotFound):
            looked_at(other.medical_file_id)
        seen = set(sqla.session.scalars(sa.select(StoredFile.stored_file_id)))
        assert seen == {own.stored_file_id, own.preview_id}


def test_how_large_a_file_may_be_is_a_setting_and_said(clinic: Clinic) -> None:
    patient, doctor = clinic.make(people.patient), clinic.client("Doctor")
    clinic.unit(lambda s: security.change_setting(s, "files.largest_mb", 1, None))
    large = files.picture("BMP", "RGB", (1_200, 400))
    assert len(large) > 2**20
    answer = send(doctor, ("a.bmp", large), to={"patient_id": patient.patient_id}, headers=JSON)
    assert answer.json["files"][0]["message"] == "This file is larger than 1 MB (“Largest file” in the settings)."
    assert json.loads(answer.data)["files"][0]["ok"] is False
    assert clinic.count(MedicalFile) == 0
