"""What was done in the chair: the treatment with its items, teeth, diagnoses, findings and prescription."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from functools import cache

from app.catalogue.models import ServiceCatalog
from app.catalogue.rules import Scope, check_surfaces, teeth_of, tooth_of
from app.clinical import rules
from app.clinical.models import (
    Prescription,
    PrescriptionItem,
    ToothFinding,
    Treatment,
    TreatmentDiagnosis,
    TreatmentItem,
    TreatmentItemTooth,
)
from app.clinical.rules import Condition, Layer, Outcome, PrescriptionStatus, Route, TreatmentStatus, VisitType
from app.jobs.rules import CounterKind
from app.kernel.dates import clinic_date
from app.kernel.money import share_of
from app.people.rules import Dentition
from app.workflows.demo import names
from app.workflows.demo.calendar import Visit
from app.workflows.demo.numbers import Numbers
from app.workflows.demo.world import World

MOLARS, PREMOLARS, FRONT = "67", "45", "123"
# service → the places of its teeth in a quadrant; the others take any but the wisdom teeth
PLACES = {
    "END-01": FRONT, "END-02": PREMOLARS, "END-03": MOLARS, "SUR-01": FRONT + PREMOLARS, "SUR-02": MOLARS,
    "SUR-04": "8", "COS-04": FRONT, "CHI-05": "6", "IMP-02": PREMOLARS + MOLARS,
}  # fmt: skip
ON_PRIMARY = ("CHI-07", "CHI-08", "CHI-09", "CHI-13", "CHI-14")
SURFACES = {True: ("M", "D", "I", "B", "MI", "DI"), False: ("O", "MO", "OD", "MOD", "B", "O", "OB")}
DONE = {
    "THE": Condition.FILLING, "CHI-07": Condition.FILLING, "CHI-08": Condition.FILLING, "END": Condition.ROOT_CANAL,
    "SUR": Condition.MISSING, "CHI-13": Condition.MISSING, "CHI-14": Condition.MISSING, "PRO": Condition.CROWN,
    "CHI-05": Condition.SEALANT, "COS-04": Condition.VENEER, "IMP-02": Condition.IMPLANT,
}  # fmt: skip
DIAGNOSES = {
    "THE": "K02.1", "END": "K04.0", "SUR-04": "K01.1", "SUR": "K04.5", "HYG": "K03.6", "PER": "K05.3", "PRO": "K03.7",
    "CHI-07": "K02.1", "CHI-08": "K02.1", "CHI-09": "K04.0", "CHI-14": "K04.5",
}  # fmt: skip
REMEDIES = (
    ("Amoxicillin 500 мг", "1 капсул", "өдөрт 3 удаа", "5 хоног", Route.ORAL, 15),
    ("Ibuprofen 400 мг", "1 шахмал", "өвдөх үед, өдөрт 3 хүртэл удаа", "3 хоног", Route.ORAL, 10),
    ("Paracetamol 500 мг", "1 шахмал", "өвдөх үед, өдөрт 4 хүртэл удаа", "3 хоног", Route.ORAL, 10),
    ("Chlorhexidine 0.12 %", "15 мл", "өдөрт 2 удаа зайлна", "7 хоног", Route.RINSE, 1),
)
DISCOUNTS = {0: 90, 500: 4, 1000: 6}  # basis points of the line → how often


@dataclass(frozen=True, slots=True)
class Work:
    """An item of the visit as the invoice needs it."""

    item_id: int
    service: ServiceCatalog
    codes: Sequence[str]
    quantity: int
    unit_price: int
    discount: int


@dataclass(slots=True)
class Treated:
    """A visit's treatment and its items."""

    treatment_id: int
    items: list[Work]


class Treating:
    """Makes treatments."""

    def __init__(self, world: World, numbers: Numbers) -> None:
        self.world, self.numbers = world, numbers

    def treat(self, visit: Visit, appointment_id: int, begun: datetime, done: datetime | None) -> Treated:
        """The treatment of a visit, completed where it is done."""
        world, service = self.world, world_service(self.world, visit)
        is_exam = service.code.startswith(("DIA", "CHI-01"))
        key = world.store.add(
            Treatment, treatment_date=begun, patient_id=visit.person.patient_id, doctor_id=visit.doctor.employee_id,
            assistant_id=visit.assistant_id, appointment_id=appointment_id, created_at=begun, updated_at=done or begun,
            visit_type=VisitType.EXAM if is_exam else VisitType.TREATMENT,
            chief_complaint=world.chance.choice(names.COMPLAINTS) if world.chance.random() < 0.7 else None,
            status=TreatmentStatus.COMPLETED if done else TreatmentStatus.IN_PROGRESS,
        )  # fmt: skip
        treated = Treated(key, [])
        if done is None and world.chance.random() < 0.5:
            return treated  # nothing is written yet
        codes = self._item(visit, treated, service, begun)
        for extra, share in (("XR-03", 0.3 if is_exam else 0.0), ("GEN-01", 0.45 if codes else 0.0)):
            if world.chance.random() < share:
                self._item(visit, treated, world.services[extra], begun)
        self._diagnosis(treated, service.code, codes)
        if is_exam:
            self._examine(visit, treated, begun)
        if done and service.code.startswith(("SUR", "END")) and world.chance.random() < 0.6:
            self._prescribe(visit, treated, done)
        return treated

    def check_out(self, treated: Treated, started: datetime, completed: datetime | None) -> None:
        """The desk began, and perhaps ended, the checkout of a visit."""
        key = {"treatment_id": treated.treatment_id}
        self.world.store.change(Treatment, {**key, "checkout_started_at": started, "checkout_completed_at": completed})

    def _item(self, visit: Visit, treated: Treated, service: ServiceCatalog, begun: datetime) -> list[str]:
        """Add a service on its teeth; returns their codes."""
        world, chance = self.world, self.world.chance
        teeth = self._teeth(visit, service)
        scope, quantity = service.default_scope, 1
        line = service.price * quantity
        discount = share_of(line, chance.choices(list(DISCOUNTS), list(DISCOUNTS.values()))[0])
        old = begun < world.at(world.today, 0) and chance.random() < 0.15
        key = world.store.add(
            TreatmentItem, treatment_id=treated.treatment_id, service_id=service.service_id, scope=scope,
            surfaces=rules.all_surfaces(teeth), quantity=quantity, unit_price=service.price, discount=discount,
            performed_by=visit.doctor.employee_id, created_at=begun, updated_at=begun,
            outcome=chance.choices(list(Outcome), (90, 6, 2, 2))[0] if old else None,
            outcome_on=world.today if old else None,
        )  # fmt: skip
        for code, surfaces in teeth.items():
            world.store.add(
                TreatmentItemTooth, treatment_item_id=key, tooth_id=world.teeth[code], surfaces=surfaces,
                created_at=begun, updated_at=begun,
            )  # fmt: skip
            self._leave_mark(visit, treated, service.code, code, surfaces, begun)
        treated.items.append(Work(key, service, list(teeth), quantity, service.price, discount))
        return list(teeth)

    def _teeth(self, visit: Visit, service: ServiceCatalog) -> dict[str, str]:
        scope, person, chance = service.default_scope, visit.person, self.world.chance
        if rules.fills_itself(scope):
            return rules.teeth_of_scope(scope, person.dentition, person.gone)
        if scope is Scope.NONE:
            return {}
        ill = [code for code, _ in person.caries if suits(service.code, code)]
        healthy = [code for code in suitable(service.code, person.dentition) if code not in person.gone]
        if service.code == "IMP-02":
            healthy = sorted(code for code in person.gone if suits(service.code, code)) or healthy
        if scope is Scope.SEVERAL_TEETH:
            chosen = chance.sample(healthy, min(len(healthy), 3))
        else:
            chosen = [chance.choice(ill or healthy or teeth_of(person.dentition))]
        return {code: self._surfaces(code) if service.surfaces_required else "" for code in sorted(chosen)}

    def _surfaces(self, code: str) -> str:
        return check_surfaces(code, self.world.chance.choice(SURFACES[tooth_of(code).is_front]))

    def _leave_mark(
        self, visit: Visit, treated: Treated, service: str, code: str, surfaces: str, begun: datetime
    ) -> None:
        """What the work leaves on the tooth, and the caries that it ended."""
        condition = DONE.get(service) or DONE.get(service[:3])
        if condition is None or len(treated.items) > 0:
            return
        person, day = visit.person, clinic_date(begun, self.world.zone)
        marks = surfaces if condition in rules.ON_SURFACES else ""
        if condition is Condition.IMPLANT and code not in person.gone:
            self._finding(visit, treated, code, "", Condition.MISSING, Layer.EXISTING, begun)
            person.gone.add(code)
        if (code, condition, marks) not in person.marks:
            person.marks.add((code, condition, marks))
            self._finding(visit, treated, code, marks, condition, Layer.DONE, begun)
        if condition is Condition.MISSING:
            person.gone.add(code)
        for ill, finding in [pair for pair in person.caries if pair[0] == code]:
            self.world.store.change(ToothFinding, {"tooth_finding_id": finding, "ended_on": day})
            person.caries.remove((ill, finding))

    def _finding(
        self, visit: Visit, treated: Treated, code: str, surfaces: str, condition: Condition, layer: Layer, at: datetime
    ) -> int:
        return self.world.store.add(
            ToothFinding, patient_id=visit.person.patient_id, tooth_id=self.world.teeth[code], surfaces=surfaces,
            condition=condition, layer=layer, treatment_id=treated.treatment_id, noted_by=visit.doctor.employee_id,
            noted_on=clinic_date(at, self.world.zone), created_at=at, updated_at=at,
        )  # fmt: skip

    def _examine(self, visit: Visit, treated: Treated, begun: datetime) -> None:
        """What an examination finds."""
        person, chance = visit.person, self.world.chance
        known = {code for code, _ in person.caries} | person.gone
        teeth = [code for code in teeth_of(person.dentition) if code not in known]
        for code in chance.sample(teeth, chance.choice((0, 1, 1, 2, 3))):
            key = self._finding(visit, treated, code, self._surfaces(code), Condition.CARIES, Layer.EXISTING, begun)
            person.caries.append((code, key))
        if person.caries:
            self._diagnosis(treated, "THE", [code for code, _ in person.caries[:2]])

    def _diagnosis(self, treated: Treated, service: str, codes: Sequence[str]) -> None:
        diagnosis = DIAGNOSES.get(service) or DIAGNOSES.get(service[:3])
        if diagnosis and diagnosis in self.world.diagnoses:
            key = self.world.diagnoses[diagnosis]
            teeth: list[int | None] = [self.world.teeth[code] for code in codes[:2]]
            for tooth in teeth or [None]:
                self.world.store.add(
                    TreatmentDiagnosis,
                    treatment_id=treated.treatment_id,
                    diagnosis_code_id=key,
                    tooth_id=tooth,
                    note=None,
                )

    def _prescribe(self, visit: Visit, treated: Treated, at: datetime) -> None:
        """Medicines against which the patient has no allergy."""
        world, person = self.world, visit.person
        fits = [remedy for remedy in REMEDIES if not person.allergens & set(world.medicines[remedy[0]].allergens or [])]
        if not fits or person.row["birthday"].year > world.today.year - 14:
            return
        key = world.store.add(
            Prescription, patient_id=person.patient_id, doctor_id=visit.doctor.employee_id, note=None,
            issued_by=visit.doctor.user_id, treatment_id=treated.treatment_id, issued_at=at, created_at=at,
            updated_at=at, number=self.numbers.next(CounterKind.PRESCRIPTION, at), status=PrescriptionStatus.ISSUED,
        )  # fmt: skip
        for name, dosage, frequency, duration, route, quantity in sorted(world.chance.sample(fits, min(2, len(fits)))):
            world.store.add(
                PrescriptionItem, prescription_id=key, medicine_id=world.medicines[name].medicine_id, dosage=dosage,
                frequency=frequency, duration=duration, route=route, quantity=quantity,
            )  # fmt: skip


def suits(service: str, code: str) -> bool:
    """Whether a service is done on a tooth."""
    is_primary = code[0] in "5678"
    if service in ON_PRIMARY or is_primary:
        return is_primary and service in ON_PRIMARY
    return code[1] in PLACES.get(service, "1234567")


@cache
def suitable(service: str, dentition: Dentition) -> tuple[str, ...]:
    """The teeth of a chart on which a service is done."""
    return tuple(code for code in teeth_of(dentition) if suits(service, code))


def world_service(world: World, visit: Visit) -> ServiceCatalog:
    """The service that the visit was booked for."""
    return world.services[visit.service]
