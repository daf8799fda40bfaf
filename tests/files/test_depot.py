"""A file is on the disk before its row, and nothing that a row names is ever removed: also when the power goes."""

import io
import os
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import pytest
import sqlalchemy as sa

from app.clinical import actions
from app.clinical.models import MedicalFile
from app.db import sqla, unit
from app.files import depot as places
from app.files.depot import Depot
from app.files.models import StoredFile
from app.files.taking import take
from app.files.upkeep import differences, sweep
from app.kernel.errors import RuleError
from tests.factories import clinical, files, people
from tests.factories.clinic import Clinic

LATER = timedelta(days=2)


class PowerCut(BaseException):
    """The machine stops: nothing after this line runs."""


def brought(clinic: Clinic, depot: Depot, data: bytes | None = None, **options: Any) -> int:
    """A file taken in for a new patient; the number of its row."""
    patient = clinic.make(people.patient)
    taken = take(depot, io.BytesIO(data or files.x_ray()), "36.png", largest_mb=1)
    values = {"patient_id": patient.patient_id}
    now, today = datetime.now(UTC), clinic.today
    return unit(lambda s: actions.add_file(s, taken, values, by=None, now=now, today=today)).row.medical_file_id


@pytest.fixture
def depot(clinic: Clinic, tmp_path: Path) -> Depot:
    return Depot(tmp_path)


def found(clinic: Clinic, depot: Depot) -> list[str]:
    return [one.what for one in differences(clinic.session, depot)]


def lying(depot: Depot) -> int:
    return len(list(depot.all_keys()))


@pytest.mark.both
def test_what_was_brought_lies_there_whole_and_private(clinic: Clinic, depot: Depot) -> None:
    data = files.x_ray()
    row = clinic.session.get_one(MedicalFile, brought(clinic, depot, data))
    path = depot.path(row.file.key)
    assert path.read_bytes() == data
    assert path.relative_to(depot.folder).parts == (row.file.key[:2], row.file.key[2:4], row.file.key)
    assert (row.file.bytes, len(row.file.sha256), row.preview.media_type) == (len(data), 64, "image/jpeg")
    assert oct(path.stat().st_mode)[-3:] == "600"
    assert oct(depot.folder.stat().st_mode)[-3:] == "700"
    assert not list((depot.folder / places.INCOMING).iterdir())
    assert found(clinic, depot) == []


@pytest.mark.parametrize("key", ["../../etc/passwd", "a" * 63, "A" * 64, "", "a" * 64 + "/..", "\0" * 64])
def test_only_our_keys_lead_to_files(tmp_path: Path, key: str) -> None:
    with pytest.raises(ValueError, match="no key"):
        Depot(tmp_path).path(key)


def test_a_file_is_written_to_the_disk_before_it_has_its_name_and_then_the_folders(
    depot: Depot, monkeypatch: pytest.MonkeyPatch
) -> None:
    seen: list[str] = []

    def sync(handle: int) -> None:
        path = Path(os.readlink(f"/proc/self/fd/{handle}"))
        seen.append("folder" if path.is_dir() else "file")

    rename = os.replace
    monkeypatch.setattr(os, "fsync", sync)
    monkeypatch.setattr(os, "replace", lambda a, b: (seen.append("rename"), rename(a, b)))
    depot.keep_bytes(b"x", "x.png", "image/png")
    assert seen[-3:] == ["file", "rename", "folder"]
    assert seen[:-3] == ["folder"] * len(seen[:-3]), "new folders are written too"


def test_a_power_cut_while_it_is_being_brought_leaves_nothing_for_long(clinic: Clinic, depot: Depot, monkeypatch: pytest.MonkeyPatch) -> None:  # fmt: skip
    monkeypatch.setattr(places.os, "unlink", lambda _path: None)  # the machine stops before anything is cleared up

    def cut(*_args: Any) -> None:
        raise PowerCut

    monkeypatch.setattr(places.os, "replace", cut)
    with pytest.raises(PowerCut):
        brought(clinic, depot)
    monkeypatch.undo()
    assert lying(depot) == 0
    assert len(list((depot.folder / places.INCOMING).iterdir())) == 1
    assert sweep(clinic.session, depot, datetime.now(UTC) + LATER) == 0
    assert not list((depot.folder / places.INCOMING).iterdir())
    assert clinic.count(MedicalFile) == clinic.count(StoredFile) == 0


@pytest.mark.both
def test_a_power_cut_between_file_and_row_leaves_an_orphan_that_goes_after_a_day(clinic: Clinic, depot: Depot, monkeypatch: pytest.MonkeyPatch) -> None:  # fmt: skip
    def cut(*_args: Any, **_kwargs: Any) -> None:
        raise PowerCut

    monkeypatch.setattr(actions.files, "add_stored", cut)
    with pytest.raises(PowerCut):
        brought(clinic, depot)
    monkeypatch.undo()
    assert lying(depot) == 2, "the file and its preview"
    assert clinic.count(MedicalFile) == clinic.count(StoredFile) == 0
    assert found(clinic, depot) == ["orphaned", "orphaned"]
    assert sweep(clinic.session, depot, datetime.now(UTC)) == 0, "its transaction may still be open"
    assert sweep(clinic.session, depot, datetime.now(UTC) + LATER) == 2
    assert lying(depot) == 0


@pytest.mark.both
def test_a_power_cut_between_row_and_commit_leaves_no_row(clinic: Clinic, depot: Depot, monkeypatch: pytest.MonkeyPatch) -> None:  # fmt: skip
    def cut(session: Any) -> None:
        session.connection().invalidate()  # what a server sees of a client whose machine is gone
        raise PowerCut

    patient = clinic.make(people.patient)
    taken = take(depot, io.BytesIO(files.x_ray()), "36.png", largest_mb=1)
    now, today = datetime.now(UTC), clinic.today
    sa.event.listen(sqla.session, "before_commit", cut)
    try:
        with pytest.raises(PowerCut):
            unit(
                lambda s: actions.add_file(s, taken, {"patient_id": patient.patient_id}, by=None, now=now, today=today)
            )
    finally:
        sa.event.remove(sqla.session, "before_commit", cut)
    assert clinic.count(MedicalFile) == clinic.count(StoredFile) == 0
    assert found(clinic, depot) == ["orphaned", "orphaned"]


@pytest.mark.both
def test_a_power_cut_after_the_commit_keeps_both(clinic: Clinic, depot: Depot) -> None:
    def cut(_session: Any) -> None:
        raise PowerCut

    patient = clinic.make(people.patient)
    taken = take(depot, io.BytesIO(files.x_ray()), "36.png", largest_mb=1)
    now, today = datetime.now(UTC), clinic.today
    sa.event.listen(sqla.session, "after_commit", cut)
    try:
        with pytest.raises(PowerCut):
            unit(
                lambda s: actions.add_file(s, taken, {"patient_id": patient.patient_id}, by=None, now=now, today=today)
            )
    finally:
        sa.event.remove(sqla.session, "after_commit", cut)
    assert clinic.count(MedicalFile) == 1
    assert found(clinic, depot) == []
    assert sweep(clinic.session, depot, datetime.now(UTC) + LATER) == 0
    assert found(clinic, depot) == [], "what a row names stays"


def test_a_refused_row_leaves_its_file_to_the_night_and_removes_nothing(clinic: Clinic, depot: Depot) -> None:
    brought(clinic, depot)
    patient, other = clinic.make(people.patient), clinic.make(clinical.treatment)
    taken = take(depot, io.BytesIO(files.x_ray(2)), "36.png", largest_mb=1)
    values = {"patient_id": patient.patient_id, "treatment_id": other.treatment_id}
    with pytest.raises(RuleError):
        unit(lambda s: actions.add_file(s, taken, values, by=None, now=datetime.now(UTC), today=clinic.today))
    assert depot.path(taken.original.key).exists()
    assert sweep(clinic.session, depot, datetime.now(UTC) + LATER) == 2
    assert found(clinic, depot) == []


def test_a_database_that_knows_none_of_the_files_removes_none(clinic: Clinic, depot: Depot) -> None:
    for number in range(25):
        depot.keep_bytes(b"%d" % number, "x.png", "image/png")
    assert sweep(clinic.session, depot, datetime.now(UTC) + LATER) is None
    assert lying(depot) == 25


def test_what_is_missing_changed_or_nobodys_is_named(clinic: Clinic) -> None:
    depot, run = files.depot(), clinic.app.test_cli_runner().invoke
    for path in depot.folder.rglob("*"):
        if path.is_file():
            path.unlink()  # what other tests left in this process's folder
    made = [clinic.make(files.stored_file, data=files.x_ray(number)) for number in range(3)]
    clinic.make(clinical.medical_file, stored_file_id=made[0].stored_file_id)
    keys = [row.key for row in made]
    assert run(args=["files", "verify"]).exit_code == 0
    depot.path(keys[0]).unlink()
    depot.path(keys[1]).write_bytes(b"changed")
    orphan = depot.keep_bytes(b"orphan", "x.png", "image/png").key
    answer = run(args=["files", "verify"])
    assert answer.exit_code == 1
    said = answer.output
    assert f"missing: stored_file 1, file {keys[0]}" in said
    assert f"changed: stored_file 2, file {keys[1]}" in said
    assert f"orphaned: no row, file {orphan}" in said
    assert keys[2] not in said


def test_the_night_removes_what_belongs_to_nobody(clinic: Clinic) -> None:
    depot = files.depot()
    kept, orphan = clinic.make(files.stored_file).key, depot.keep_bytes(b"orphan", "x.png", "image/png").key
    for key in (kept, orphan):
        os.utime(depot.path(key), (0, 0))
    answer = clinic.app.test_cli_runner().invoke(args=["jobs", "nightly"])
    assert "files that belonged to nobody removed: " in answer.output
    assert depot.path(kept).exists()
    assert not depot.path(orphan).exists()
