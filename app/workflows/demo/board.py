"""What became of each visit: its status with every move on the way, its slots, and what follows in chair and books."""

from datetime import datetime, timedelta

from app.people.models import Employee
from app.scheduling.models import Appointment, AppointmentStatusChange, BookingSlot
from app.scheduling.rules import LIVE, AppointmentSource, AppointmentStatus, Holding, Span, slots_of
from app.workflows.demo import names
from app.workflows.demo.books import Books
from app.workflows.demo.calendar import Visit
from app.workflows.demo.chair import Treating
from app.workflows.demo.followed import Followed
from app.workflows.demo.world import World, chosen

S = AppointmentStatus
Moves = list[tuple[AppointmentStatus, datetime, str | None]]
BEHIND = {S.FINISHED: 90, S.NO_SHOW: 3, S.CANCELLED: 7}
WAITED = timedelta(minutes=30)  # until everybody who was in the chair has paid
PAYING = timedelta(minutes=4)  # at the desk, before now
SOURCES = {
    AppointmentSource.PHONE: 70, AppointmentSource.WALK_IN: 14, AppointmentSource.PORTAL: 8,
    AppointmentSource.RECALL: 8,
}  # fmt: skip


class Board:
    """Puts visits into the calendar."""

    def __init__(self, world: World, treating: Treating, books: Books) -> None:
        self.world, self.treating, self.books, self.followed = world, treating, books, Followed(world)
        self.stage = self._stage()

    def _stage(self) -> datetime:
        """The moment that today's board shows: now, and out of hours one at which the clinic is at work."""
        hours = self.world.hours(self.world.today)
        if hours is None:
            return self.world.now
        first, last = (self.world.at(self.world.today, minutes) for minutes in hours)
        return min(max(self.world.now, first + timedelta(minutes=100)), last - timedelta(minutes=90))

    def put(self, visit: Visit) -> None:
        """Make a visit and all that follows from it until now."""
        status = self._status(visit)
        moves = self._moves(visit, status)
        made, version = moves[0][1], len(moves)
        begun = next((at for to, at, _ in moves if to is S.IN_TREATMENT), None)
        done = next((at for to, at, _ in moves if to is S.TREATED), None)
        chance, world = self.world.chance, self.world
        key = world.store.add(
            Appointment, patient_id=visit.person.patient_id, doctor_id=visit.doctor.employee_id,
            receptionist_id=self._receptionist().employee_id, created_by_user_id=world.clerk,
            assistant_id=visit.assistant_id, chair_id=visit.chair_id, start_at=visit.start, end_at=visit.end,
            is_new_patient=visit.person.first_seen is None, source=chosen(chance, SOURCES),
            planned_service=world.services[visit.service].service_id, actual_start_at=begun, actual_end_at=done,
            cancel_reason=next((why for to, _, why in moves if to is S.CANCELLED), None),
            status=status, version=version, created_at=made, updated_at=moves[-1][1],
            note=chance.choice(names.NOTES) if chance.random() < 0.04 else None,
        )  # fmt: skip
        if begun is not None:
            status = self._treat(visit, key, status, moves, begun, done)
        self._keep_moves(key, visit, moves)
        if status in LIVE and visit.day >= world.today:
            self._take_slots(visit, key)

    def _receptionist(self) -> Employee:
        return next(row for row in self.world.staff.others if row.user_id == self.world.clerk)

    def _status(self, visit: Visit) -> AppointmentStatus:
        chance, today = self.world.chance, self.world.today
        if visit.day < today:
            return S.FINISHED if visit.person.is_cast else chosen(chance, BEHIND)
        if visit.day > today:
            return chosen(chance, {S.RESERVED: 60, S.CONFIRMED: 36, S.CANCELLED: 0 if visit.person.is_cast else 4})
        if visit.end <= self.stage - WAITED:
            return chosen(chance, {S.FINISHED: 75, S.TREATED: 17, S.NO_SHOW: 8})
        if visit.end <= self.stage:
            return S.TREATED
        if visit.start <= self.stage:
            is_late = self.stage - visit.start <= timedelta(minutes=15) and chance.random() < 0.25
            return S.CONFIRMED if is_late else S.IN_TREATMENT
        if visit.start <= self.stage + timedelta(minutes=35):
            return chosen(chance, {S.CAME: 65, S.CONFIRMED: 35})
        return chosen(chance, {S.RESERVED: 45, S.CONFIRMED: 50, S.CANCELLED: 5})

    def _moves(self, visit: Visit, status: AppointmentStatus) -> Moves:
        """Every move on the way to a status, in order, none after now. TREATED is as far as the chair goes."""
        chance, now = self.world.chance, self.world.now
        made = min(visit.start, now) - timedelta(days=chance.randint(1, 20), minutes=chance.randint(0, 400))
        came = min(
            visit.start - timedelta(minutes=chance.randint(1, 12)), now - timedelta(minutes=chance.randint(2, 15))
        )
        begun = visit.start + timedelta(minutes=chance.randint(0, 8))
        done = begun + timedelta(minutes=max(5, visit.minutes - chance.randint(0, 6)))
        moves: Moves = [(S.RESERVED, made, None)]
        if status is S.CONFIRMED or (status is not S.RESERVED and chance.random() < 0.6):
            asked = max(made + timedelta(minutes=1), visit.start - timedelta(hours=chance.randint(20, 30)))
            moves.append((S.CONFIRMED, asked, None))
        if status is S.CANCELLED:
            moves.append((S.CANCELLED, visit.start - timedelta(hours=3), chance.choice(names.CANCEL_REASONS)))
        if status is S.NO_SHOW:
            moves.append((S.NO_SHOW, visit.start + timedelta(minutes=30), None))
        way = [(S.CAME, came, None), (S.IN_TREATMENT, begun, None), (S.TREATED, done, None)]
        steps = {S.CAME: 1, S.IN_TREATMENT: 2, S.TREATED: 3, S.FINISHED: 3}.get(status, 0)
        moves += way[:steps]
        latest = now - timedelta(minutes=len(moves)) - PAYING
        return [
            (to, min(at, latest + timedelta(minutes=place)), why) for place, (to, at, why) in enumerate(moves, start=1)
        ]

    def _treat(
        self,
        visit: Visit,
        key: int,
        status: AppointmentStatus,
        moves: Moves,
        begun: datetime,
        done: datetime | None,
    ) -> AppointmentStatus:
        """The chair, and where the visit is over the desk. Returns the status that it comes to."""
        treated = self.treating.treat(visit, key, begun, done)
        self.followed.of_visit(visit, key, treated, begun, done)
        if done is None:
            return status
        visit.person.note(done)
        settled = None
        if status is S.FINISHED or self.world.chance.random() < 0.5:
            billed = min(done + timedelta(minutes=self.world.chance.randint(2, 9)), self.world.now - PAYING)
            fate = self._fate(visit, status)
            settled = self.books.charge(visit.person, treated.treatment_id, treated.items, billed, fate)
            self.treating.check_out(treated, billed, settled)
        if settled is None:
            status = S.TREATED
        else:
            status = S.FINISHED
            moves.append((S.FINISHED, settled, None))
        at = moves[-1][1]
        change = {"appointment_id": key, "status": status, "version": len(moves), "updated_at": at}
        self.world.store.change(Appointment, change)
        return status

    def _fate(self, visit: Visit, status: AppointmentStatus) -> str:
        if visit.day == self.world.today:
            return "full" if status is S.FINISHED else str(chosen(self.world.chance, {"draft": 60, "issued": 40}))
        if visit.person.is_cast and visit.person.first_seen != visit.person.last_seen:
            return "part"
        return self.books.usual_fate(visit.day)

    def _keep_moves(self, key: int, visit: Visit, moves: Moves) -> None:
        before, clerk = None, self.world.clerk
        in_chair = visit.doctor.user_id or clerk
        for to, at, why in moves:
            by = in_chair if to in (S.IN_TREATMENT, S.TREATED) else clerk
            self.world.store.add(
                AppointmentStatusChange,
                appointment_id=key,
                from_=before,
                to=to,
                by=by,
                at=at,
                reason=why,
                created_at=at,
            )
            before = to

    def _take_slots(self, visit: Visit, key: int) -> None:
        service = self.world.services[visit.service]
        holding = Holding(
            Span(visit.start, visit.end), visit.doctor.employee_id, visit.person.patient_id, visit.chair_id,
            visit.assistant_id, service.assistant_lead_minutes, service.assistant_tail_minutes,
        )  # fmt: skip
        for (kind, resource), starts in slots_of(holding).items():
            for at in starts:
                slot = {"kind": kind, "resource_id": resource, "starts_at": at, "lane": 0, "appointment_id": key}
                self.world.store.put(BookingSlot, slot)
