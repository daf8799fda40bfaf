"""A patient list becomes patients: by command, by job and by page, on both databases."""

import csv
import io
import json
import re
import shutil
import threading
from datetime import UTC, date, datetime, timedelta
from pathlib import Path
from typing import Any

import pytest
import sqlalchemy as sa
import xlsxwriter

from app.db import unit
from app.files.lists.store import Store
from app.jobs.models import Job
from app.jobs.worker import Worker
from app.kernel.lists import Fate
from app.people import queries
from app.people.models import Patient, PatientPhone
from app.people.rules import PatientSource, PatientStatus
from app.people.rules.columns import HEADS
from app.people.rules.importing import Fault
from app.workflows.imports import PATIENTS, engine, patients
from app.workflows.imports.engine import Setting, add_all, check
from app.workflows.jobs import HANDLERS, make_worker
from tests.factories import people

LIST = Path(__file__).resolve().parents[1] / "data" / "patients-import.csv"
COUNTS = {"rows": 500, "added": 447, "duplicate": 10, "blank": 11, "refused": 32}
HEADER = ["Овог", "Нэр", "Регистр", "Төрсөн огноо", "Хүйс", "Утас", "Утас 2", "Тэмдэглэл"]


@pytest.fixture(autouse=True)
def _alone_and_in_a_hurry(clinic: Any, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(engine, "BREATH", 0)
    shutil.rmtree(kept_lists(clinic).folder, ignore_errors=True)


@pytest.fixture
def beginning(tmp_path: Path) -> str:
    """The first rows of the clinic's list as a file of their own."""
    path = tmp_path / "beginning.csv"
    path.write_bytes(b"".join(LIST.read_bytes().splitlines(keepends=True)[:12]))
    return str(path)


def kept_lists(clinic: Any) -> Store:
    return Store(clinic.app.config["INSTANCE"], "patients", HEADS)


def row(number: int, **changes: str) -> list[str]:
    """A good row that is nobody else's."""
    birthday = date(1950, 1, 1) + timedelta(days=number * 37)
    name = "Бат" + "абвгдежзик"[number % 10]
    cells = ["Дорж", name, "", birthday.isoformat(), "эр", f"99{number:06d}", f"88{number:06d}", ""]
    return [changes.get(name, cell) for name, cell in zip(HEADER, cells, strict=True)]


def as_file(rows: list[list[str]]) -> io.BytesIO:
    text = io.StringIO()
    csv.writer(text).writerows(rows)
    return io.BytesIO(text.getvalue().encode())


def setting(clinic: Any) -> Setting:
    from app.security import identity

    return Setting(HEADS.recognise([HEADER]), clinic.today, identity.the_clinic().zone)


def add(clinic: Any, rows: list[list[str]]) -> list[Any]:
    """Import rows as the command does."""
    parts = add_all(PATIENTS, list(enumerate(rows, start=2)), setting(clinic), unit)
    return [verdict for verdicts in parts for verdict in verdicts]


def command(clinic: Any, *arguments: str) -> Any:
    return clinic.app.test_cli_runner().invoke(args=["patients", "import", *arguments])


# --- the command


@pytest.mark.both
def test_the_list_is_imported_and_the_same_list_again_adds_nothing(clinic: Any) -> None:
    before = clinic.count(Patient)
    dry = command(clinic, str(LIST), "--dry-run")
    assert clinic.count(Patient) == before
    first = command(clinic, str(LIST))
    again = command(clinic, str(LIST))
    lines = first.output.strip().splitlines()
    assert json.loads(lines[-1]) == COUNTS
    assert lines[:-1] == dry.output.strip().splitlines()[:-1]
    assert len([line for line in lines if line.startswith("row ")]) == 32
    assert json.loads(again.output.strip().splitlines()[-1]) == {**COUNTS, "added": 0, "duplicate": 457}
    assert (dry.exit_code, first.exit_code, again.exit_code) == (0, 0, 0)
    assert clinic.count(Patient) == before + 447
    assert not list(kept_lists(clinic).folder.iterdir()), "nothing stays behind"


def test_the_same_list_as_a_workbook_becomes_the_same_patients(clinic: Any, tmp_path: Path) -> None:
    with LIST.open(encoding="utf-8-sig", newline="") as file:
        rows = list(csv.reader(file, delimiter=";"))
    path = tmp_path / "list.xlsx"
    with xlsxwriter.Workbook(path, {"strings_to_formulas": False}) as workbook:
        sheet = workbook.add_worksheet()
        for number, cells in enumerate(rows):
            sheet.write_row(number, 0, cells)
    assert json.loads(command(clinic, str(path)).output.strip().splitlines()[-1]) == COUNTS
    again = json.loads(command(clinic, str(LIST)).output.strip().splitlines()[-1])
    assert again == {**COUNTS, "added": 0, "duplicate": 457}, "and the text of it adds nobody"


def test_what_is_imported_is_a_whole_patient(clinic: Any, beginning: str) -> None:
    assert command(clinic, beginning).exit_code == 0
    session = clinic.session
    found = session.scalars(sa.select(Patient).where(Patient.register_number == "УУ95092490")).all()
    assert not found, "its birthday contradicts the number"
    patient = session.scalars(sa.select(Patient).where(Patient.register_number == "СБ78053083")).one()
    phones = session.scalars(sa.select(PatientPhone).where(PatientPhone.patient_id == patient.patient_id)).all()
    assert (patient.full_name, patient.birthday) == ("Ганзориг Номин", date(1978, 5, 30))
    assert patient.last_seen_at == datetime(2024, 10, 26, 4, tzinfo=UTC), "noon in the clinic"
    assert patient.status is PatientStatus.WITHIN_FIVE_YEARS
    assert patient.source is PatientSource.IMPORT
    assert {phone.phone_number_val for phone in phones} == {"+97691713451", "+97696448363"}
    assert [phone.is_primary for phone in phones].count(True) == 1
    for typed in ("номин", "nomin", "сб7805", "1713451", "3451", patient.card_number):
        assert patient.patient_id in queries.matching_ids(session, typed, 500), typed
    assert clinic.count(Patient, Patient.note == '=HYPERLINK("http://x")') > 0, "a formula stays text"


def test_a_file_that_is_no_list_ends_the_command_with_an_error(clinic: Any, tmp_path: Path) -> None:
    path = tmp_path / "list.csv"
    path.write_bytes(b"\x89PNG\r\n\x1a\n\x00\x00")
    assert command(clinic, str(path)).exit_code == 1
    path.write_text("one;two\n1;2\n")
    assert command(clinic, str(path)).exit_code == 1
    assert command(clinic, str(tmp_path / "nothing.csv")).exit_code == 2


# --- rows against the clinic


@pytest.mark.both
def test_somebody_whom_the_clinic_has_is_named(clinic: Any) -> None:
    known = clinic.make(people.patient, first_name="Мөнхбат", last_name="Дорж", birthday=date(1985, 4, 3))
    verdict = add(clinic, [row(1, **{"Нэр": "МӨНХБАТ", "Төрсөн огноо": "1985.04.03"})])[0]
    assert verdict.fate is Fate.DUPLICATE
    assert verdict.known[0].patient_id == known.patient_id


@pytest.mark.both
def test_somebody_with_a_phone_and_a_name_of_the_clinic_is_known(clinic: Any) -> None:
    phones = [(0, {"phone_number_val": "+97699776655"}), (1, {"phone_number_val": "+97699776644"})]
    clinic.make(people.patient, first_name="Мөнхбат", last_name="Дорж", own_phones=phones)
    rows = [row(1, Нэр="Мөнхбат", Утас="9977 6655"), row(2, Нэр="Бат", Утас="9977 6655")]
    assert [verdict.fate for verdict in add(clinic, rows)] == [Fate.DUPLICATE, Fate.OK]


@pytest.mark.both
def test_one_row_that_the_database_refuses_loses_no_other(clinic: Any, monkeypatch: pytest.MonkeyPatch) -> None:
    real = patients.actions.register_patient

    def refuse_one(session: Any, values: Any, phones: Any, **kwargs: Any) -> Any:
        if values["note"] == "!":
            values = {**values, "first_name": "Б" * 60 if clinic.backend == "mariadb" else None}
            session.add(Patient(first_name=values["first_name"], card_number="x"))
            session.flush()
        return real(session, values, phones, **kwargs)

    monkeypatch.setattr(patients.actions, "register_patient", refuse_one)
    before = clinic.count(Patient)
    verdicts = add(clinic, [row(n, Тэмдэглэл="!" if n == 5 else "") for n in range(1, 12)])
    assert [v.fate for v in verdicts].count(Fate.OK) == 10
    assert [refusal.fault for refusal in verdicts[4].refusals] == [Fault.STORAGE]
    assert clinic.count(Patient) == before + 10


@pytest.mark.both
def test_two_imports_of_one_list_at_once_add_everybody_once(clinic: Any) -> None:
    rows = [row(n) for n in range(1, 81)]
    before, counts, failures = clinic.count(Patient), [], []

    def run() -> None:
        with clinic.app.app_context():
            try:
                counts.append([verdict.fate for verdict in add(clinic, rows)].count(Fate.OK))
            except Exception as error:
                failures.append(error)

    threads = [threading.Thread(target=run) for _ in range(3)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert not failures
    assert sum(counts) == 80
    assert clinic.count(Patient) == before + 80


@pytest.mark.both
def test_how_many_statements_a_check_takes_does_not_grow_with_the_rows_of_a_part(clinic: Any) -> None:
    def statements(count: int) -> int:
        with clinic.statements() as seen:
            list(
                check(
                    PATIENTS,
                    lambda: clinic.session,
                    enumerate((row(n) for n in range(count)), start=2),
                    setting(clinic),
                )
            )
        return len(seen)

    assert statements(300) == statements(3) <= 6


# --- the job


def bring(clinic: Any, browser: Any, rows: list[list[str]], name: str = "list.csv") -> str:
    """Upload a list; where its columns are corrected."""
    answer = browser.submit("/patients/import", {"file": (as_file(rows), name)}, content_type="multipart/form-data")
    assert answer.status_code == 302, answer.text
    return str(answer.location)


def work(clinic: Any) -> int:
    return make_worker(clinic.app).run_all()


def import_job(clinic: Any) -> Job:
    found = clinic.session.scalar(sa.select(Job).where(Job.dedupe_key.startswith("patient-import:")))
    assert found is not None
    return found


@pytest.mark.both
def test_a_list_is_brought_checked_and_imported_by_page(clinic: Any) -> None:
    desk = clinic.client("Receptionist")
    before = clinic.count(Patient)
    with LIST.open(encoding="utf-8-sig", newline="") as file:
        rows = list(csv.reader(file, delimiter=";"))[:111]
    address = bring(clinic, desk, rows)
    waiting = desk.get(address)
    assert "hx-get" in waiting.text
    assert work(clinic) == 1
    with clinic.statements() as seen:
        checked = desk.get(address)
    assert len(seen) <= 15
    for count in (101, 0, 6, 3):
        assert f'<div class="figure">{count}</div>' in checked.text
    assert clinic.count(Patient) == before, "nothing is written before the start"
    started = desk.submit(f"{address}/start")
    assert desk.submit(f"{address}/start").location == started.location, "a double click is one import"
    running = desk.get(started.location)
    assert 'role="progressbar"' in running.text
    assert work(clinic) == 1
    done = desk.get(started.location, headers={"HX-Request": "true"})
    assert "hx-get" not in done.text, "the page no longer asks"
    assert clinic.count(Patient) == before + 101
    told = list(csv.reader(io.StringIO(desk.get(f"{started.location}/rows.csv").text.removeprefix("\ufeff"))))
    assert len(told) == 1 + 6
    assert told[0][:2] == ["Овог", "Нэр"]
    assert not [cell for cells in told for cell in cells if cell[:1] in ("=", "+", "@")], "formulas are harmless"
    assert not list(kept_lists(clinic).folder.glob("*"))


def test_refused_rows_corrected_in_their_csv_are_imported_and_the_rest_is_known(clinic: Any) -> None:
    desk = clinic.client("Receptionist")
    address = bring(clinic, desk, [HEADER, row(1), row(2, **{"Утас 2": ""}), row(3, Тэмдэглэл="=1+1", Утас="")])
    started = desk.submit(f"{address}/start")
    work(clinic)
    text = desk.get(f"{started.location}/rows.csv").text
    rows = list(csv.reader(io.StringIO(text.removeprefix("\ufeff"))))
    for cells in rows[1:]:
        cells[5], cells[6] = f"95{rows.index(cells):06d}", f"94{rows.index(cells):06d}"
    again = desk.submit(f"{bring(clinic, desk, rows)}/start")
    work(clinic)
    job = clinic.session.get(Job, int(again.location.rsplit("/", 1)[1]))
    assert job.result["fates"] == {"ok": 2}
    assert clinic.count(Patient, Patient.note == "=1+1") == 1


@pytest.mark.both
def test_an_import_whose_worker_is_killed_goes_on_where_it_stood(clinic: Any, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(engine, "UNIT", 10)
    desk = clinic.client("Receptionist")
    rows = [row(n, **({"Утас 2": ""} if n % 7 == 0 else {})) for n in range(1, 51)]
    started = desk.submit(f"{bring(clinic, desk, [HEADER, *rows])}/start")
    work_on_check = make_worker(clinic.app)
    work_on_check.run_next()

    class Killed(BaseException):
        """Nothing gets to clean up."""

    steps = {"left": 2}
    real = engine.add_part

    def die(*arguments: Any) -> Any:
        if not steps["left"]:
            raise Killed
        steps["left"] -= 1
        return real(*arguments)

    monkeypatch.setattr(engine, "add_part", die)
    with pytest.raises(Killed):
        make_worker(clinic.app).run_next()
    monkeypatch.setattr(engine, "add_part", real)
    half = import_job(clinic)
    assert half.done_at is None
    assert half.result["line"] == 21
    assert make_worker(clinic.app).run_all() == 0, "it is still leased"
    in_an_hour = datetime.now(UTC) + timedelta(hours=1)
    later = Worker(clinic.app.app_context, HANDLERS, clinic.app.config["INSTANCE"], lambda: in_an_hour)
    assert later.run_all() == 1
    job = import_job(clinic)
    assert job.result["fates"] == {"ok": 43, "refused": 7}
    shown = desk.get(started.location).text
    assert shown.count("<tr>") >= 7


def test_a_failed_import_is_tried_again_and_says_so(clinic: Any, monkeypatch: pytest.MonkeyPatch) -> None:
    desk = clinic.client("Receptionist")
    started = desk.submit(f"{bring(clinic, desk, [HEADER, row(1)])}/start")

    def broken(*_arguments: Any) -> Any:
        raise OSError("the disk is full")

    monkeypatch.setattr(engine, "add_part", broken)
    work(clinic)
    job = import_job(clinic)
    assert job.done_at is None
    assert job.run_after > datetime.now(UTC)
    page = desk.get(started.location).text
    assert "alert-warning" in page
    assert "disk is full" not in page, "no exception text on a page"


# --- columns by hand


def test_columns_are_corrected_by_hand_and_all_rows_checked_again(clinic: Any) -> None:
    desk = clinic.client("Manager")
    names = ["X1", "X2", "X3", "X4", "X5", "X6", "X7", "X8"]
    address = bring(clinic, desk, [names, row(1), row(2)])
    assert work(clinic) == 0, "nothing is known of its columns"
    refused = desk.submit(address, {"header_row": "0"})
    assert refused.status_code == 422
    words = ["last_name", "first_name", "register_number", "birthday", "gender", "phone", "second_phone", "note"]
    typed = {f"column-{i}": word for i, word in enumerate(words)}
    answer = desk.submit(address, {"header_row": "0", **typed, "column-9": "<script>"})
    assert answer.status_code == 302
    answer = desk.submit(address, {"header_row": "1", **typed})
    page = desk.get(address)
    assert "Батб" in page.text
    twice = desk.submit(address, {"header_row": "0", **typed, "column-7": "phone"})
    assert twice.status_code == 422
    assert work(clinic) >= 1


def test_the_header_row_can_be_chosen(clinic: Any) -> None:
    desk = clinic.client("Admin")
    address = bring(clinic, desk, [["Нэр", "Утас"], HEADER, row(1)])
    desk.submit(address, {"header_row": "2"})
    work(clinic)
    assert '<div class="figure">1</div>' in desk.get(address).text


def test_a_check_whose_columns_were_corrected_meanwhile_is_not_shown(clinic: Any) -> None:
    desk = clinic.client("Admin")
    address = bring(clinic, desk, [HEADER, row(1)])
    words = ["last_name", "first_name", "", "birthday", "gender", "phone", "second_phone", ""]
    desk.submit(address, {"header_row": "1", **{f"column-{i}": word for i, word in enumerate(words)}})
    assert work(clinic) == 2
    results = clinic.session.scalars(sa.select(Job.result).order_by(Job.job_id)).all()
    assert results[0] == {"outdated": True}
    assert results[1]["fates"] == {"ok": 1}


# --- what is refused, and who may


@pytest.mark.parametrize(
    ("data", "name"),
    [
        (b"\x89PNG\r\n\x1a\n\x00\x00", "list.csv"),
        (b"<html><script>alert(1)</script></html>", "list.csv"),
        (b"", "list.xlsx"),
        (b"PK\x03\x04....", "list.xlsx"),
    ],
)
def test_a_file_that_is_no_list_is_refused_with_a_message(clinic: Any, data: bytes, name: str) -> None:
    desk = clinic.client("Receptionist")
    answer = desk.submit("/patients/import", {"file": (io.BytesIO(data), name)}, content_type="multipart/form-data")
    assert answer.status_code == 422
    assert 'role="alert"' in answer.text
    assert not list(kept_lists(clinic).folder.glob("*"))
    assert desk.submit("/patients/import", {}, content_type="multipart/form-data").status_code == 422


def test_a_file_that_is_too_large_is_refused(clinic: Any) -> None:
    desk = clinic.client("Receptionist")
    large = io.BytesIO("Нэр;Утас\n".encode() + b"x;1\n" * (26 * 2**20 // 4))
    answer = desk.submit("/patients/import", {"file": (large, "a.csv")}, content_type="multipart/form-data")
    assert answer.status_code in (413, 422)


def test_a_name_of_a_file_is_shown_as_text_and_leads_nowhere(clinic: Any) -> None:
    desk = clinic.client("Receptionist")
    name = "../../../etc/<img src=x onerror=alert(1)>.csv"
    address = bring(clinic, desk, [HEADER, row(1)], name)
    page = desk.get(address).text
    assert "<img src=x" not in page
    folder = kept_lists(clinic).folder
    assert {path.parent for path in folder.glob("*")} == {folder}


@pytest.mark.parametrize("role", ["Doctor", "Nurse", "Assistant", "Coordinator", "Patient"])
def test_who_may_not_import_is_refused(clinic: Any, role: str) -> None:
    browser = clinic.client(role)
    assert browser.get("/patients/import").status_code == 403
    assert browser.submit("/patients/import", {"file": (io.BytesIO(b"x"), "a.csv")}).status_code == 403
    assert "/patients/import" not in browser.get("/patients").text


@pytest.mark.parametrize("role", ["Admin", "Manager", "Receptionist"])
def test_who_may_import_finds_the_way_from_the_patients(clinic: Any, role: str) -> None:
    browser = clinic.client(role)
    assert "/patients/import" in browser.get("/patients").text
    with clinic.statements() as seen:
        assert browser.get("/patients/import").status_code == 200
    assert len(seen) <= 15
    assert browser.get("/patients/import/sample.csv").status_code == 200


def test_a_list_and_its_import_are_ones_own_and_the_admins(clinic: Any) -> None:
    desk, manager, admin = (clinic.client(role) for role in ("Receptionist", "Manager", "Admin"))
    address = bring(clinic, desk, [HEADER, row(1), row(2, Нэр="")])
    started = desk.submit(f"{address}/start").location
    for path in (address, f"{address}/check", started, f"{started}/rows.csv"):
        assert manager.get(path).status_code == 404, path
        assert admin.get(path).status_code == 200, path
    for path in (address, f"{address}/start", f"{address}/forget"):
        assert manager.submit(path).status_code == 404, path
    work(clinic)
    assert "list.csv" in desk.get("/patients/import").text
    assert "list.csv" not in manager.get("/patients/import").text
    assert "list.csv" in admin.get("/patients/import").text


@pytest.mark.parametrize("path", ["zzz", "0" * 32, "..%2f..%2fsecret_key", "jobs/999999", "jobs/999999/rows.csv"])
def test_an_unknown_list_is_not_there(clinic: Any, path: str) -> None:
    assert clinic.client("Admin").get(f"/patients/import/{path}").status_code == 404


def test_a_list_that_is_left_is_removed(clinic: Any) -> None:
    desk = clinic.client("Receptionist")
    address = bring(clinic, desk, [HEADER, row(1)])
    desk.submit(f"{address}/forget")
    assert desk.get(address).status_code == 404
    work(clinic)
    assert clinic.session.scalar(sa.select(Job.last_error)), "its check found nothing"


def test_a_list_that_nobody_imports_is_removed_after_a_week(clinic: Any) -> None:
    import os

    desk = clinic.client("Receptionist")
    bring(clinic, desk, [HEADER, row(1)])
    kept = kept_lists(clinic)
    kept.sweep(datetime.now(UTC) + timedelta(days=6))
    assert list(kept.folder.glob("*"))
    kept.sweep(datetime.now(UTC) + timedelta(days=8))
    assert not list(kept.folder.glob("*"))
    assert os.stat(kept.folder).st_mode & 0o077 == 0, "nobody else on the machine reads it"


def test_the_reasons_are_in_the_readers_language_whoever_brought_the_list(clinic: Any) -> None:
    desk = clinic.client("Receptionist", locale="mn")
    address = bring(clinic, desk, [HEADER, row(1, **{"Төрсөн огноо": "2031-01-01"})])
    started = desk.submit(f"{address}/start").location
    work(clinic)
    told = import_job(clinic).result["told"]
    assert "future" not in told
    assert desk.get(started).status_code == 200
    assert clinic.client("Admin").get(started).text.count("A birthday can&#39;t be in the future.") == 1


def test_the_rows_that_were_refused_are_downloaded_in_the_readers_language(clinic: Any) -> None:
    rows = [HEADER, row(1, **{"Төрсөн огноо": "2031-01-01"}), row(2)]
    started = clinic.client("Receptionist").submit(f"{bring(clinic, clinic.client('Receptionist'), rows)}/start")
    work(clinic)
    told = {}
    for locale in ("mn", "en"):
        text = clinic.client("Receptionist", locale=locale).get(f"{started.location}/rows.csv").text
        told[locale] = list(csv.reader(io.StringIO(text.removeprefix("\ufeff"))))
    assert told["mn"][0][:8] == told["en"][0][:8] == HEADER
    assert told["en"][0][8:] == ["Row", "Result", "Reason"]
    assert told["en"][1][-1] == "Birthday: A birthday can't be in the future."
    assert not re.search("[A-Za-z]", "".join([*told["mn"][0][8:], *told["mn"][1][-2:]]))
