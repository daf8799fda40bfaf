"""Treatment plans of the demo clinic: of every seventh patient, in every state."""

import random
from collections.abc import Sequence
from datetime import datetime, timedelta

from app.catalogue.models import ServiceCatalog
from app.catalogue.rules import Scope, teeth_of, tooth_of
from app.clinical import rules
from app.clinical.actions import step_of
from app.clinical.models import PlannedProcedure, PlannedStep, TreatmentPlan
from app.clinical.rules import PlanStatus, PlanTerms, Priority, ProcedureStatus, Urgency
from app.clinical.rules.visits import Work, group, step_minutes
from app.people.rules import Dentition
from app.security.settings import SETTINGS
from app.workflows.demo.calendar import Visit
from app.workflows.demo.names import DECLINED
from app.workflows.demo.store import Row
from app.workflows.demo.world import World

S, P = PlanStatus, ProcedureStatus
EVERY = 7  # of seven patients one has a plan
RECENT = timedelta(days=30)
# the states in turn: of plans from the last weeks, and of those from before
NEW = (S.PENDING, S.PRESENTED, S.ACCEPTED, S.PRESENTED, S.DECLINED, S.IN_PROGRESS)
OLD = (S.COMPLETED, S.IN_PROGRESS, S.ACCEPTED, S.DECLINED, S.PRESENTED, S.PENDING, S.COMPLETED)
# what is proposed for one tooth, the dearest last
TREATMENTS = (
    ("THE-02",), ("THE-03",), ("THE-04",), ("END-01", "THE-14"), ("END-03", "THE-15", "PRO-03"), ("PRO-01",),
    ("SUR-02", "IMP-02", "IMP-06"), ("END-02", "PRO-03"),
)  # fmt: skip
FOR_CHILDREN = (("CHI-07",), ("CHI-08",), ("CHI-09", "CHI-08"))


class Plans:
    """Makes the plans; chance of its own, so that the rest of the clinic stays as it is."""

    def __init__(self, world: World) -> None:
        self.world = world
        self.chance = random.Random("plans")
        self.planned: set[int] = set()
        self.made = {NEW: 0, OLD: 0}
        keys = ("clinical.low_value", "clinical.high_value", "scheduling.visit_minutes", "scheduling.lab_days")
        self.terms = PlanTerms(*(SETTINGS[key].default for key in keys))

    def after(self, visit: Visit, treatment_id: int, done: datetime) -> None:
        """A plan that came out of this visit, where the patient is one of those who get one."""
        key = visit.person.patient_id
        if key % EVERY != 3 or key in self.planned or visit.person.is_provisional:
            return
        self.planned.add(key)
        states = NEW if self.world.now - done < RECENT else OLD
        status = states[self.made[states] % len(states)]
        self.made[states] += 1
        work = self._work(visit)
        plan = self._plan(visit, treatment_id, done, status, work)
        plan_id = self.world.store.add(TreatmentPlan, **plan)
        for place, (service, code) in enumerate(work):
            self._procedure(plan_id, plan, service, code, place, len(work))

    def _work(self, visit: Visit) -> list[tuple[ServiceCatalog, str]]:
        """What is proposed for one to three teeth."""
        person, services = visit.person, self.world.services
        is_child = person.dentition is Dentition.PRIMARY
        offers = FOR_CHILDREN if is_child else TREATMENTS
        ill = [code for code, _ in person.caries if (tooth_of(code).quadrant > 4) == is_child]
        teeth = [
            code
            for code in teeth_of(person.dentition)
            if code not in person.gone and (tooth_of(code).quadrant > 4) == is_child
        ]
        chosen = list(dict.fromkeys([*ill[:2], *self.chance.sample(teeth, min(len(teeth), self.chance.randint(1, 2)))]))
        found = [(services[name], code) for code in chosen for name in self.chance.choice(offers) if name in services]
        return found[:6] or [(services["HYG-01"], "")]

    def _plan(
        self,
        visit: Visit,
        treatment_id: int,
        done: datetime,
        status: PlanStatus,
        work: Sequence[tuple[ServiceCatalog, str]],
    ) -> Row:
        total = sum(service.price for service, _ in work)
        seen = status is not S.PENDING
        answered = min(done + timedelta(days=1), self.world.now)
        accepted = status in (S.ACCEPTED, S.IN_PROGRESS, S.COMPLETED)
        return {
            "patient_id": visit.person.patient_id, "treatment_id": treatment_id, "created_by": visit.doctor.user_id,
            "status": status, "presented_at": done if seen else None, "accepted_at": answered if accepted else None,
            "presented_by": visit.doctor.user_id if seen else None, "paid_at": None, "total": total,
            "decline_reason": self.chance.choice(DECLINED) if status is S.DECLINED else None,
            "insurance_share": 0, "patient_share": total, "value_category": rules.value_of(total, self.terms),
            "complexity_score": rules.complexity_score([step_of(one) for one, _ in work], self._visits(work)),
            "urgency": rules.highest(self._urgency(service) for service, _ in work), "option_group": None,
            "clinical_notes": None, "signed_hash": None, "signature": None, "signed_at": None,
            "created_at": done, "updated_at": answered if seen else done,
        }  # fmt: skip

    def _visits(self, work: Sequence[tuple[ServiceCatalog, str]]) -> int:
        """Into how many visits the rules put the work."""
        works = [
            Work(
                place, minutes, step, code if service.default_scope is not Scope.FULL_MOUTH else "",
                service.treatment_stage, self._urgency(service), service=service.service_id,
            )
            for place, (service, code) in enumerate(work)
            for step, minutes in enumerate(step_minutes(service.default_duration_time, service.fitting_minutes), 1)
        ]  # fmt: skip
        return len(group(works, self.terms.visit_minutes))

    def _urgency(self, service: ServiceCatalog) -> Urgency:
        return {"END": Urgency.URGENT, "SUR": Urgency.SOON, "CHI-09": Urgency.URGENT}.get(
            service.code if service.code.startswith("CHI") else service.code[:3], Urgency.ROUTINE
        )

    def _procedure(self, plan_id: int, plan: Row, service: ServiceCatalog, code: str, place: int, count: int) -> None:
        """One procedure; of a plan in progress the first are done."""
        status = {S.DECLINED: P.DECLINED, S.COMPLETED: P.COMPLETED}.get(plan["status"], P.PLANNED)
        if plan["status"] is S.IN_PROGRESS:
            is_last = place == count - 1 and count > 1
            status = P.PENDING if is_last else P.COMPLETED if place == 0 and count > 1 else P.IN_PROGRESS
        is_done = status is P.COMPLETED
        key = self.world.store.add(
            PlannedProcedure, treatment_plan_id=plan_id, service_id=service.service_id, procedure_code=service.code,
            procedure_name_mn=service.patient_display_name_mn, procedure_name_en=service.patient_display_name_en,
            tooth_id=self.world.teeth[code] if code and service.default_scope is not Scope.FULL_MOUTH else None,
            surfaces="O" if code and service.surfaces_required and not tooth_of(code).is_front else "",
            diagnosis_code_id=None, note=None, urgency=self._urgency(service), fee=service.price, insurance_part=0,
            priority=Priority.HIGH if place == 0 else Priority.MEDIUM, patient_part=service.price, status=status,
            completed_at=plan["updated_at"] if is_done else None, actual_duration=None, complications=None,
            completed_by=plan["created_by"] if is_done else None,
            created_at=plan["created_at"], updated_at=plan["updated_at"],
        )  # fmt: skip
        if plan["accepted_at"] is not None:
            for step, minutes in enumerate(step_minutes(service.default_duration_time, service.fitting_minutes), 1):
                self.world.store.add(
                    PlannedStep, planned_procedure_id=key, step=step, minutes=minutes, visit_number=None,
                    appointment_id=None, created_at=plan["updated_at"], updated_at=plan["updated_at"],
                )  # fmt: skip
