"""Who was in which room: by itself with the treatment, by hand for anything else."""

from datetime import UTC, datetime, timedelta
from typing import Any

import pytest

from app.scheduling.models import Appointment, RoomAllocation
from app.scheduling.rules import AppointmentStatus
from app.workflows.visit_moves import move_visit, undo_visit_move
from tests.factories import people, scheduling
from tests.factories.clinic import Clinic

S = AppointmentStatus


def stays(clinic: Clinic, appointment: int) -> list[tuple[int | None, bool]]:
    rows = clinic.session.query(RoomAllocation).filter_by(appointment_id=appointment).order_by("room_allocation_id")
    return [(row.chair_id, row.until is None) for row in rows]


@pytest.mark.both
def test_a_row_opens_with_the_treatment_and_closes_with_it(clinic: Clinic) -> None:
    chair = clinic.make(scheduling.chair)
    now = datetime.now(UTC)
    visit = clinic.make(
        scheduling.appointment, chair=chair, status=S.CAME, start_at=scheduling.at(scheduling.today(), "00:05"), now=now
    )
    key = visit.appointment_id

    def move(to: AppointmentStatus, at: datetime, **more: Any) -> None:
        clinic.unit(lambda s: move_visit(s, key, to, now=at, by=None, **more))

    move(S.IN_TREATMENT, now)
    assert stays(clinic, key) == [(chair.chair_id, True)]
    clinic.unit(lambda s: undo_visit_move(s, key, now=now + timedelta(seconds=5), by=None, version=None, seconds=10))
    assert stays(clinic, key) == [(chair.chair_id, False)]
    move(S.IN_TREATMENT, now + timedelta(seconds=20))
    assert stays(clinic, key) == [(chair.chair_id, True)], "back at once: never away"
    move(S.CAME, now + timedelta(minutes=1), reason="Рентген зураг")
    move(S.IN_TREATMENT, now + timedelta(minutes=20))
    assert stays(clinic, key) == [(chair.chair_id, False), (chair.chair_id, True)]
    move(S.TREATED, now + timedelta(minutes=40))
    assert stays(clinic, key) == [(chair.chair_id, False)] * 2
    assert clinic.session.get_one(Appointment, key).status is S.TREATED


def test_a_visit_without_a_chair_is_in_no_room(clinic: Clinic) -> None:
    visit = clinic.make(scheduling.appointment, status=S.CAME)
    clinic.unit(lambda s: setattr(s.get_one(Appointment, visit.appointment_id), "chair_id", None))
    clinic.unit(lambda s: move_visit(s, visit.appointment_id, S.IN_TREATMENT, now=datetime.now(UTC), by=None))
    assert clinic.count(RoomAllocation) == 0


@pytest.mark.parametrize(
    ("role", "reads", "writes"),
    [
        ("Admin", 200, 200), ("Manager", 200, 200), ("Receptionist", 200, 200), ("Doctor", 200, 403),
        ("Assistant", 200, 403), ("Coordinator", 200, 403), ("Patient", 403, 403),
    ],
)  # fmt: skip
def test_who_opens_and_who_writes(clinic: Clinic, role: str, reads: int, writes: int) -> None:
    key, browser = clinic.make(scheduling.stay).row_id, clinic.client(role)
    assert browser.get("/room-allocations").status_code == reads
    assert browser.get(f"/room-allocations/{key}").status_code == reads
    assert browser.get("/room-allocations/add").status_code == writes


def test_what_can_not_be_is_told_on_its_field(clinic: Clinic) -> None:
    room, chair, browser = clinic.make(scheduling.room), clinic.make(scheduling.chair), clinic.client("Manager")
    patient = clinic.make(people.patient)
    base = {"room_id": room.room_id, "patient_id": patient.patient_id, "from_": "2026-01-05 10:00"}
    for changes, field in (
        ({"chair_id": chair.chair_id}, "chair_id"), ({"until": "2026-01-05 09:00"}, "until"),
        ({"from_": "2026-02-30 10:00"}, "from_"), ({"room_id": ""}, "room_id"), ({"patient_id": "987654"}, "patient_id"),
    ):  # fmt: skip
        answer = browser.submit("/room-allocations/add", {**base, **changes})
        assert answer.status_code == 422
        assert f'id="{field}-error"' in answer.text
    assert [browser.submit("/room-allocations/add", base).status_code for _ in range(2)] == [302, 409]


def test_the_list_tells_who_is_in_a_room_now(clinic: Clinic) -> None:
    here = clinic.make(scheduling.stay)
    gone = clinic.make(scheduling.stay, until=datetime.now(UTC))
    page = clinic.client("Nurse").get("/room-allocations?only=now").text
    assert f'href="/room-allocations/{here.row_id}"' in page
    assert f'href="/room-allocations/{gone.row_id}"' not in page
