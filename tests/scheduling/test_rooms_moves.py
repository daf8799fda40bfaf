"""Moving people between chairs and rooms by hand, sitting down with the treatment, and many hands at once."""

from datetime import UTC, datetime, timedelta

import pytest
import sqlalchemy as sa

from app.kernel.errors import Conflict, NotFound, RuleError
from app.scheduling import actions
from app.scheduling.models import Appointment, Chair, Room, RoomAllocation
from app.scheduling.rules import AppointmentStatus, RoomStatus, RoomType
from app.security.actions import change_setting
from app.workflows.visit_moves import move_visit, undo_visit_move
from tests.factories import people, scheduling
from tests.scheduling.common import at_once, now

S = AppointmentStatus
HTMX = {"HX-Request": "true"}


def visit(clinic, chair, status=S.CAME, clock="00:05", **values):
    start = scheduling.at(scheduling.today(), clock)
    return clinic.make(scheduling.appointment, chair=chair, status=status, start_at=start, now=start, **values)


def into(row, **values):
    moved = {"now": now(), "by": None, **values}
    return lambda s: move_visit(s, row.appointment_id, S.IN_TREATMENT, **moved).appointment_id


def is_in(clinic, patient):
    """Where somebody is: (room, chair) of every open stay."""
    statement = sa.select(RoomAllocation.room_id, RoomAllocation.chair_id)
    where = (RoomAllocation.patient_id == patient, RoomAllocation.until.is_(None))
    return [tuple(row) for row in clinic.session.execute(statement.where(*where))]


def place(chair):
    return f"{chair.room_id}-{chair.chair_id}"


# --- into treatment


@pytest.mark.both
def test_a_chair_that_is_taken_is_not_sat_in_by_two_and_the_free_ones_are_offered(clinic):
    clinic.unit(lambda s: s.execute(sa.update(Chair).values(is_active=False)))
    chair, other = clinic.make(scheduling.chair), clinic.make(scheduling.chair)
    first, late = visit(clinic, chair), visit(clinic, chair, clock="01:05")
    clinic.unit(into(first))
    with pytest.raises(Conflict) as refused:
        clinic.unit(into(late))
    assert refused.value.field == "chair_id"
    assert [one.chair_id for one in refused.value.data["chairs"]] == [other.chair_id]
    assert not refused.value.data["may_stay"]
    assert is_in(clinic, late.patient_id) == []
    assert clinic.session.get_one(Appointment, late.appointment_id).status is S.CAME
    clinic.unit(into(late, chair_id=other.chair_id))
    assert is_in(clinic, late.patient_id) == [(other.room_id, other.chair_id)]
    with pytest.raises(Conflict):
        clinic.unit(into(visit(clinic, chair, clock="02:05"), chair_id=other.chair_id))


def test_a_chair_that_is_being_cleaned_is_sat_in_only_by_choice(clinic):
    chair = clinic.make(scheduling.chair)
    first, late = visit(clinic, chair), visit(clinic, chair, clock="01:05")
    clinic.unit(into(first))
    clinic.unit(lambda s: move_visit(s, first.appointment_id, S.TREATED, now=now(), by=None))
    with pytest.raises(RuleError) as refused:
        clinic.unit(into(late))
    assert refused.value.data["may_stay"]
    clinic.unit(into(late, chair_id=chair.chair_id))
    assert is_in(clinic, late.patient_id) == [(chair.room_id, chair.chair_id)]


def test_a_clinic_that_does_not_wait_for_the_cleaning_says_so(clinic):
    clinic.unit(lambda s: change_setting(s, "scheduling.cleaning_minutes", 0, None))
    chair = clinic.make(scheduling.chair)
    first, late = visit(clinic, chair), visit(clinic, chair, clock="01:05")
    clinic.unit(into(first))
    clinic.unit(lambda s: move_visit(s, first.appointment_id, S.TREATED, now=now(), by=None))
    clinic.unit(into(late))
    assert len(is_in(clinic, late.patient_id)) == 1


def test_a_room_out_of_service_takes_nobody_and_says_why(clinic):
    chair = clinic.make(scheduling.chair)
    row = visit(clinic, chair)
    clinic.unit(
        lambda s: actions.set_room_status(s, chair.room_id, RoomStatus.OUT_OF_SERVICE, now=now(), reason="Ус алдсан")
    )
    for chosen in (None, chair.chair_id):
        with pytest.raises(RuleError) as refused:
            clinic.unit(into(row, chair_id=chosen))
        assert "Ус алдсан" in str(refused.value.text.params)
    assert clinic.count(RoomAllocation) == 0


def test_who_sits_down_ends_what_was_set_by_hand(clinic):
    chair = clinic.make(scheduling.chair)
    clinic.unit(lambda s: actions.set_room_status(s, chair.room_id, RoomStatus.CLEANING, now=now()))
    clinic.unit(into(visit(clinic, chair), chair_id=chair.chair_id))
    room = clinic.session.get_one(Room, chair.room_id)
    assert (room.status, room.status_at) == (RoomStatus.FREE, None)


def test_who_was_let_in_before_stays_where_they_sit_and_leaves_with_the_visit(clinic):
    chair, other = clinic.make(scheduling.chair), clinic.make(scheduling.chair)
    row = visit(clinic, chair)
    spot = (other.room_id, other.chair_id)
    stay = clinic.unit(lambda s: actions.put_into_room(s, row.patient_id, spot, now=now()))
    assert stay.appointment_id == row.appointment_id, "they are here for it"
    clinic.unit(into(row))
    assert is_in(clinic, row.patient_id) == [spot]
    clinic.unit(lambda s: move_visit(s, row.appointment_id, S.TREATED, now=now(), by=None))
    assert is_in(clinic, row.patient_id) == []


def test_who_goes_home_instead_is_in_no_room(clinic):
    chair = clinic.make(scheduling.chair)
    row = visit(clinic, chair)
    clinic.unit(lambda s: actions.put_into_room(s, row.patient_id, (chair.room_id, chair.chair_id), now=now()))
    clinic.unit(lambda s: move_visit(s, row.appointment_id, S.CANCELLED, now=now(), by=None))
    assert is_in(clinic, row.patient_id) == []


def test_taking_back_treated_leaves_the_chair_to_who_sits_in_it_now(clinic):
    chair = clinic.make(scheduling.chair)
    first, late = visit(clinic, chair), visit(clinic, chair, clock="01:05")
    clinic.unit(into(first))
    moment = now()
    clinic.unit(lambda s: move_visit(s, first.appointment_id, S.TREATED, now=moment, by=None))
    clinic.unit(into(late, chair_id=chair.chair_id))
    back = {"now": moment + timedelta(seconds=5), "by": None, "version": None, "seconds": 10}
    clinic.unit(lambda s: undo_visit_move(s, first.appointment_id, **back))
    assert clinic.session.get_one(Appointment, first.appointment_id).status is S.IN_TREATMENT
    assert is_in(clinic, first.patient_id) == []
    assert "In treatment, in no chair" in clinic.client("Nurse").get("/rooms").text


# --- by hand


def test_one_click_moves_somebody_and_another_takes_it_back(clinic):
    chair, x_ray = clinic.make(scheduling.chair), clinic.make(scheduling.room, room_type=RoomType.X_RAY)
    row = visit(clinic, chair, S.IN_TREATMENT)
    desk = clinic.client("Receptionist")
    key = clinic.session.scalars(sa.select(RoomAllocation.room_allocation_id)).one()
    page = desk.submit("/rooms/move", {"stay": key, "place": f"{x_ray.room_id}-"}, headers=HTMX)
    assert page.status_code == 200
    assert x_ray.name in page.text
    assert is_in(clinic, row.patient_id) == [(x_ray.room_id, None)]
    assert desk.submit("/rooms/move", {"stay": key, "place": place(chair)}, headers=HTMX).status_code == 409
    newest = clinic.session.scalars(sa.select(sa.func.max(RoomAllocation.room_allocation_id))).one()
    assert desk.submit("/rooms/undo", {"stay": newest}, headers=HTMX).status_code == 200
    assert is_in(clinic, row.patient_id) == [(chair.room_id, chair.chair_id)]
    assert clinic.count(RoomAllocation) == 1
    assert desk.submit("/rooms/out", {"stay": key}, headers=HTMX).status_code == 200
    assert is_in(clinic, row.patient_id) == []
    assert desk.submit("/rooms/out", {"stay": key}, headers=HTMX).status_code == 409
    assert desk.submit("/rooms/undo", {"stay": key}, headers=HTMX).status_code == 200
    assert is_in(clinic, row.patient_id) == [(chair.room_id, chair.chair_id)]


def test_without_scripts_the_page_tells_what_happened_and_takes_it_back(clinic):
    room, patient = clinic.make(scheduling.room), clinic.make(people.patient, first_name="Зочин")
    desk = clinic.client("Manager")
    answer = desk.submit(
        "/rooms/put", {"patient_id": patient.patient_id, "place": f"{room.room_id}-", "note": "Рентген"}
    )
    assert answer.status_code == 303
    page = desk.get(answer.location).text
    assert "Зочин" in page
    assert "/rooms/undo" in page
    key = clinic.session.scalars(sa.select(RoomAllocation.room_allocation_id)).one()
    assert desk.submit("/rooms/undo", {"stay": key}).status_code == 303
    assert clinic.count(RoomAllocation) == 0


def test_it_is_too_late_to_take_something_back(clinic):
    row = clinic.make(scheduling.stay)  # ten minutes ago
    assert clinic.client("Admin").submit("/rooms/undo", {"stay": row.row_id}, headers=HTMX).status_code == 422
    assert clinic.count(RoomAllocation) == 1


def test_nobody_is_let_into_two_rooms_or_into_a_place_that_is_taken(clinic):
    chair, other = clinic.make(scheduling.chair), clinic.make(scheduling.room)
    row = visit(clinic, chair, S.IN_TREATMENT)
    somebody = clinic.make(people.patient)
    desk = clinic.client("Receptionist")
    for patient, spot in ((row.patient_id, f"{other.room_id}-"), (somebody.patient_id, place(chair))):
        answer = desk.submit("/rooms/put", {"patient_id": patient, "place": spot, "note": "Миний бичсэн"})
        assert answer.status_code == 409
        assert "Миний бичсэн" in answer.text
    base = {"patient_id": somebody.patient_id, "room_id": chair.room_id, "from_": "2026-01-05 10:00"}
    answer = desk.submit("/room-allocations/add", {**base, "chair_id": chair.chair_id})
    assert answer.status_code == 409
    assert 'id="chair_id-error"' in answer.text
    assert clinic.count(RoomAllocation) == 1


def test_who_waits_goes_into_treatment_from_the_rooms(clinic):
    chair, other = clinic.make(scheduling.chair), clinic.make(scheduling.chair)
    taken, row = visit(clinic, chair, S.IN_TREATMENT), visit(clinic, chair, clock="01:05")
    desk = clinic.client("Receptionist")
    asked = {"appointment": row.appointment_id, "version": row.version}
    answer = desk.submit("/rooms/seat", asked, headers=HTMX)
    assert answer.status_code == 409
    assert f'value="{other.chair_id}"' in answer.text
    page = desk.submit("/rooms/seat", asked)
    assert page.status_code == 409
    assert f'name="chair" value="{other.chair_id}"' in page.text
    assert desk.submit("/rooms/seat", {**asked, "chair": other.chair_id}, headers=HTMX).status_code == 200
    assert is_in(clinic, row.patient_id) == [(other.room_id, other.chair_id)]
    assert is_in(clinic, taken.patient_id) == [(chair.room_id, chair.chair_id)]


def test_the_board_offers_the_free_chairs_and_says_the_same_of_them(clinic):
    clinic.unit(lambda s: s.execute(sa.update(Chair).values(is_active=False)))
    chair, other = clinic.make(scheduling.chair), clinic.make(scheduling.chair)
    visit(clinic, chair, S.IN_TREATMENT)
    row = visit(clinic, chair, clock="01:05")
    desk = clinic.client("Receptionist")
    board = desk.get("/appointments").text
    assert f"{other.name}</span>" in board[board.index("Free chairs") :]
    assert f"{chair.name}</span>" not in board[board.index("Free chairs") :]
    asked = {"to": "in_treatment", "version": row.version}
    target = f"/appointments/{row.appointment_id}/move"
    for answer in (desk.submit(target, asked, headers=HTMX), desk.submit(target, asked)):
        assert answer.status_code == 409
        assert f'name="chair" value="{other.chair_id}"' in answer.text
    assert desk.submit(target, {**asked, "chair": other.chair_id}, headers=HTMX).status_code == 200
    assert is_in(clinic, row.patient_id) == [(other.room_id, other.chair_id)]


def test_a_doctor_is_asked_where_the_patient_sits(clinic):
    chair, other = clinic.make(scheduling.chair), clinic.make(scheduling.chair)
    visit(clinic, chair, S.IN_TREATMENT)
    row = visit(clinic, chair, clock="01:05")
    doctor = clinic.client("Doctor")
    answer = doctor.submit(f"/treatments/begin/{row.appointment_id}")
    assert answer.status_code == 409
    assert f'name="chair" value="{other.chair_id}"' in answer.text
    assert doctor.submit(f"/treatments/begin/{row.appointment_id}", {"chair": other.chair_id}).status_code == 303


def test_a_room_out_of_service_lists_the_visits_that_must_move(clinic):
    chair = clinic.make(scheduling.chair)
    patient = clinic.make(people.patient, first_name="Шилжих")
    coming = clinic.make(scheduling.appointment, chair=chair, patient=patient)
    desk = clinic.client("Receptionist")
    target = f"/rooms/{chair.room_id}/status"
    assert desk.submit(target, {"status": "out_of_service", "reason": " "}, headers=HTMX).status_code == 422
    page = desk.submit(target, {"status": "out_of_service", "reason": "Компрессор"}, headers=HTMX).text
    assert f'href="/appointments/{coming.appointment_id}/edit"' in page
    assert "Компрессор" in page
    page = clinic.client("Assistant").get("/rooms").text
    assert "Шилжих" in page
    assert f'href="/appointments/{coming.appointment_id}/edit"' not in page


@pytest.mark.parametrize("role", ["Doctor", "Nurse", "Assistant", "Coordinator", "Patient"])
def test_who_only_reads_moves_nobody(clinic, role):
    row = clinic.make(scheduling.stay)
    browser = clinic.client(role)
    other = clinic.make(scheduling.chair)
    for path, data in (
        ("move", {"stay": row.row_id, "place": place(other)}), ("out", {"stay": row.row_id}),
        ("undo", {"stay": row.row_id}), ("put", {"patient_id": row.patient_id, "place": place(other)}),
        ("seat", {"appointment": 1, "version": 1}),
    ):  # fmt: skip
        assert browser.submit(f"/rooms/{path}", data).status_code == 403, path
    assert is_in(clinic, row.patient_id) == [(row.room_id, row.chair_id)]
    if role != "Patient":
        page = browser.get("/rooms").text
        assert "/rooms/move" not in page
        assert "/rooms/put" not in page


@pytest.mark.parametrize(
    ("path", "data", "status"),
    [
        ("move", {"stay": "x", "place": "1-1"}, 422), ("move", {"stay": "1", "place": "nowhere"}, 422),
        ("move", {"stay": "999999", "place": "1-1"}, 404), ("out", {}, 422), ("out", {"stay": "999999"}, 404),
        ("undo", {"stay": "-1"}, 422), ("undo", {"stay": "999999"}, 404), ("seat", {"appointment": "1"}, 422),
        ("seat", {"appointment": "999999", "version": "1"}, 404), ("put", {"patient_id": "1", "place": "9-x"}, 422),
        ("put", {"patient_id": "999999", "place": "1-1"}, 422), ("put", {}, 422),
    ],
)  # fmt: skip
def test_garbage_is_refused_and_never_an_error(clinic, path, data, status):
    for headers in (HTMX, {}):
        assert clinic.client("Admin").submit(f"/rooms/{path}", data, headers=headers).status_code == status
    assert clinic.count(RoomAllocation) == 0


def test_a_place_that_is_none_is_refused(clinic):
    row, chair = clinic.make(scheduling.stay), clinic.make(scheduling.chair)
    desk = clinic.client("Admin")
    for spot in (f"{row.room_id}-{chair.chair_id}", "999999-", "999999-999999", f"{chair.room_id}-999999"):
        assert desk.submit("/rooms/move", {"stay": row.row_id, "place": spot}, headers=HTMX).status_code == 422
    assert is_in(clinic, row.patient_id) == [(row.room_id, row.chair_id)]


def test_what_was_yesterday_still_shows_until_somebody_ends_it(clinic):
    long_ago = datetime.now(UTC) - timedelta(days=2)
    row = clinic.make(scheduling.stay, from_=long_ago)
    assert f'value="{row.row_id}"' in clinic.client("Manager").get("/rooms").text


# --- many hands


@pytest.mark.both
def test_of_eight_who_are_put_into_one_chair_at_once_exactly_one_sits_in_it(clinic):
    chair = clinic.make(scheduling.chair)
    spot = (chair.room_id, chair.chair_id)
    for _ in range(5):
        patients = [clinic.make(people.patient).patient_id for _ in range(8)]
        jobs = [
            lambda s, who=who: actions.put_into_room(s, who, spot, now=now()).room_allocation_id for who in patients
        ]
        results = at_once(clinic, jobs)
        assert len([one for one in results if isinstance(one, int)]) == 1, results
        assert len([one for one in results if isinstance(one, Conflict)]) == 7, results
        stay = next(one for one in results if isinstance(one, int))
        clinic.unit(lambda s, key=stay: actions.take_out(s, key, now=now()))
    assert clinic.count(RoomAllocation) == 5


@pytest.mark.both
def test_two_who_change_chairs_with_a_third_never_end_in_one(clinic):
    chairs = [clinic.make(scheduling.chair) for _ in range(3)]
    spots = [(chair.room_id, chair.chair_id) for chair in chairs]
    for _ in range(5):
        stays = [clinic.make(scheduling.stay, room_id=room, chair_id=chair).row_id for room, chair in spots[:2]]
        results = at_once(
            clinic,
            [lambda s, key=key: actions.move_to_place(s, key, spots[2], now=now()).room_allocation_id for key in stays],
        )
        assert len([one for one in results if isinstance(one, int)]) == 1, results
        assert len([one for one in results if isinstance(one, Conflict)]) == 1, results
        inside = clinic.session.scalars(sa.select(RoomAllocation).where(RoomAllocation.until.is_(None))).all()
        assert len({row.chair_id for row in inside}) == len(inside) == 2
        for row in inside:
            clinic.unit(lambda s, key=row.row_id: actions.take_out(s, key, now=now()))


@pytest.mark.both
def test_one_patient_put_into_several_rooms_at_once_is_in_one(clinic):
    patient = clinic.make(people.patient).patient_id
    rooms = [clinic.make(scheduling.room).room_id for _ in range(6)]
    jobs = [lambda s, room=room: actions.put_into_room(s, patient, (room, None), now=now()).room_id for room in rooms]
    results = at_once(clinic, jobs)
    assert len([one for one in results if isinstance(one, int)]) == 1, results
    assert len(is_in(clinic, patient)) == 1


@pytest.mark.both
def test_the_key_keeps_two_out_of_one_chair_whoever_writes(clinic):
    row = clinic.make(scheduling.stay)

    def write(session):
        other = people.patient(session)
        session.add(
            RoomAllocation(
                room_id=row.room_id, chair_id=row.chair_id, patient_id=other.patient_id, from_=datetime.now(UTC)
            )
        )
        session.flush()

    with pytest.raises(sa.exc.IntegrityError):
        clinic.unit(write)


def test_a_stay_that_is_gone_is_told(clinic):
    with pytest.raises(NotFound):
        clinic.unit(lambda s: actions.take_out(s, 999_999, now=now()))
