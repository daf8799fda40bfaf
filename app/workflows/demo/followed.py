"""What a visit of the demo clinic left behind beside its work: a room stay, packages, notes, plans, lab requests."""

from datetime import datetime, timedelta

from app.scheduling.models import RoomAllocation
from app.workflows.demo.calendar import Visit
from app.workflows.demo.chair import Treated
from app.workflows.demo.labs import Labs
from app.workflows.demo.notes import Notes
from app.workflows.demo.plans import Plans
from app.workflows.demo.sterile import Sterile
from app.workflows.demo.world import World

KEPT = timedelta(days=28)  # who was in which room, so far back


class Followed:
    """Makes what follows from visits."""

    def __init__(self, world: World) -> None:
        self.world, self.plans, self.labs, self.notes = world, Plans(world), Labs(world), Notes(world)
        self.sterile = Sterile(world)
        self.rooms = {chair.chair_id: chair.room_id for chair in world.chairs}

    def of_visit(
        self, visit: Visit, appointment_id: int, treated: Treated, begun: datetime, done: datetime | None
    ) -> None:
        """All that a visit left behind, of one that isn't over only the stay and its packages."""
        if visit.chair_id and self.world.now - begun < KEPT:
            self.world.store.add(
                RoomAllocation, room_id=self.rooms[visit.chair_id], chair_id=visit.chair_id,
                patient_id=visit.person.patient_id, appointment_id=appointment_id, from_=begun, until=done, note=None,
                created_at=begun, updated_at=done or begun,
            )  # fmt: skip
        self.sterile.of_visit(treated.treatment_id, begun, visit.service)
        if done is None:
            return
        codes = [code for work in treated.items for code in work.codes]
        self.plans.after(visit, treated.treatment_id, done)
        self.labs.after(visit, treated.treatment_id, visit.service, list(dict.fromkeys(codes)), done)
        self.notes.after(visit, treated.treatment_id, visit.service.startswith(("DIA", "CHI-01")), done)
