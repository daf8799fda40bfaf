"""Treatments, findings and prescriptions for tests: each factory goes through the room's action."""

import itertools
from collections.abc import Sequence
from datetime import UTC, date, datetime
from typing import Any
from zoneinfo import ZoneInfo

import sqlalchemy as sa
from sqlalchemy.orm import Session

from app.catalogue.models import DiagnosisCode, Medicine, ServiceCatalog, ServiceType
from app.catalogue.rules import MedicineForm, Scope
from app.clinical import actions, queries, rules
from app.clinical.actions.consents import give_consent
from app.clinical.models import (
    Consent,
    MedicalFile,
    OdontogramSnapshot,
    PlannedProcedure,
    PlannedStep,
    Prescription,
    PrescriptionItem,
    SoapNote,
    ToothFinding,
    Treatment,
    TreatmentDiagnosis,
    TreatmentItem,
    TreatmentItemTooth,
    TreatmentPlan,
    TreatmentSterilePackage,
)
from app.clinical.queries.steps import steps_of_plan
from app.clinical.rules import Condition
from app.people.models import Employee, Patient
from tests.factories import catalogue, files, people, stock

ZONE = ZoneInfo("Asia/Ulaanbaatar")
ANY = actions.Writer(None, 10_000)  # somebody who may give any discount
_numbers = itertools.count(1)


def today() -> date:
    """The clinic's date."""
    return datetime.now(ZONE).date()


def service(session: Session, scope: Scope = Scope.SINGLE_TOOTH, price: int = 80_000, **values: Any) -> ServiceCatalog:
    """A service of this usual scope."""
    number = next(_numbers)
    kind = session.scalar(sa.select(ServiceType).limit(1))
    base = {
        "service_type_id": kind.service_type_id if kind else 0, "code": f"CLIN-{number}",
        "display_number": 7_000 + number,
        "doctor_display_name_mn": f"Ломбо Ө{number}", "doctor_display_name_en": f"Filling {number}",
        "patient_display_name_mn": "Ломбо", "patient_display_name_en": "Filling", "price": price,
        "default_scope": scope,
    }  # fmt: skip
    row = ServiceCatalog(**{**base, **values})
    session.add(row)
    session.flush()
    return row


def medicine(session: Session, **values: Any) -> Medicine:
    """A medicine with its usual dosage in both languages."""
    base = {
        "name": f"Эмүү {next(_numbers)}", "generic_name": "Emuu", "form": MedicineForm.TABLET, "strength": "500 мг",
        "allergens": [], "dosage_mn": "1 шахмал, өдөрт 3 удаа, 5 хоног",
        "dosage_en": "1 tablet 3 times a day for 5 days",
        "instructions_mn": "Хоолны дараа ууна.", "instructions_en": "Take after food.",
    }  # fmt: skip
    row = Medicine(**{**base, **values})
    session.add(row)
    session.flush()
    return row


def treatment(
    session: Session, *, patient: Patient | None = None, doctor: Employee | None = None, **values: Any
) -> Treatment:
    """A visit in progress, without an appointment."""
    base = {
        "patient_id": (patient or people.patient(session)).patient_id,
        "doctor_id": (doctor or people.doctor(session)).employee_id,
        "treatment_date": datetime.now(UTC),
    }
    return actions.add_treatment(session, {**base, **values}, now=datetime.now(UTC))


def item(
    session: Session,
    visit: Treatment | None = None,
    teeth: dict[str, str] | None = None,
    *,
    of: ServiceCatalog | None = None,
    **values: Any,
) -> TreatmentItem:
    """Work on tooth 36, occlusal."""
    at = session.get_one(Treatment, (visit or treatment(session)).treatment_id)
    wanted = {"service_id": (of or service(session)).service_id, **values}
    return actions.add_item(session, at, wanted, {"36": "O"} if teeth is None else teeth, writer=ANY)


def item_tooth(session: Session, **values: Any) -> TreatmentItemTooth:
    """The tooth of an item."""
    made = item(session, **values)
    own = TreatmentItemTooth.treatment_item_id == made.treatment_item_id
    return session.scalars(sa.select(TreatmentItemTooth).where(own)).one()


def diagnosis(
    session: Session, visit: Treatment | None = None, code: str = "K02.1", **teeth: str
) -> TreatmentDiagnosis:
    """A diagnosis of a visit."""
    at = visit or treatment(session)
    row = session.scalars(sa.select(DiagnosisCode).where(DiagnosisCode.code == code)).one()
    return actions.add_diagnosis(session, at, row.diagnosis_code_id, teeth)[0]


def finding(
    session: Session, patient: Patient | None = None, condition: Condition = Condition.CARIES, **values: Any
) -> ToothFinding:
    """Caries on 36, occlusal."""
    owner = patient or people.patient(session)
    teeth = values.pop("teeth", {"36": "O"})
    wanted = {"condition": condition, **values}
    return actions.add_findings(session, owner.patient_id, teeth, wanted, today=today())[0]


def draft(
    session: Session, visit: Treatment | None = None, *, of: Medicine | None = None, **values: Any
) -> PrescriptionItem:
    """A medicine on a draft."""
    at = session.get_one(Treatment, (visit or treatment(session)).treatment_id)
    base = {
        "medicine_id": (of or medicine(session)).medicine_id, "dosage": "1 шахмал", "frequency": "өдөрт 3 удаа",
        "duration": "5 хоног", "quantity": 1,
    }  # fmt: skip
    return actions.add_medicine(session, at, {**base, **values}, doctor_id=at.doctor_id, today=today())


def prescription(session: Session, visit: Treatment | None = None, **values: Any) -> Prescription:
    """An issued prescription."""
    written = draft(session, visit, **values)
    row = session.get_one(Prescription, written.prescription_id)
    return actions.issue_prescription(
        session, row, doctor_id=row.doctor_id, by=None, now=datetime.now(UTC), today=today()
    )


TERMS = rules.PlanTerms(1_000_000, 5_000_000, 120)


def plan(
    session: Session,
    visit: Treatment | None = None,
    *,
    services: Sequence[ServiceCatalog] = (),
    status: rules.PlanStatus = rules.PlanStatus.PENDING,
    **values: Any,
) -> TreatmentPlan:
    """A plan of one filling on 36, or of these services, moved to `status`."""
    at, now = visit or treatment(session), datetime.now(UTC)
    tooth = queries.tooth_ids(session, ["36"])["36"]
    rows = [
        (place, {"service_id": one.service_id, "tooth_id": tooth, "surfaces": "O"})
        for place, one in enumerate(services or [service(session)])
    ]
    base = {"treatment_id": at.treatment_id, "option_group": None, "clinical_notes": f"Төлөвлөгөө {next(_numbers)}"}
    row = actions.add_plan(session, {**base, **values}, rows, by=None, terms=TERMS)
    for to in PLAN_WAYS[status]:
        actions.move_plan(session, row, to, by=None, now=now, reason="Дараа шийднэ")
    return row


_P = rules.PlanStatus
PLAN_WAYS: dict[rules.PlanStatus, tuple[rules.PlanStatus, ...]] = {
    _P.PENDING: (),
    _P.PRESENTED: (_P.PRESENTED,),
    _P.ACCEPTED: (_P.PRESENTED, _P.ACCEPTED),
    _P.DECLINED: (_P.PRESENTED, _P.DECLINED),
}


def procedure(session: Session, of: TreatmentPlan | None = None) -> PlannedProcedure:
    """The first procedure of a plan."""
    key = (of or plan(session)).treatment_plan_id
    return queries.procedures_of(session, [key])[key][0]


def note(session: Session, visit: Treatment | None = None, *, by: int | None = None, **values: Any) -> SoapNote:
    """A note of a visit that isn't signed."""
    base = {"subjective": "Өвдөнө", "assessment": f"Цоорол {next(_numbers)}"}
    return actions.add_note(session, visit or treatment(session), {**base, **values}, by=by)


def snapshot(session: Session, visit: Treatment | None = None) -> OdontogramSnapshot:
    """The chart of a patient with caries on 36."""
    at = visit or treatment(session)
    caries = {"condition": Condition.CARIES}  # which may stand there already
    actions.add_findings(session, at.patient_id, {"36": "O"}, caries, today=today())
    return actions.take_snapshot(session, at, now=datetime.now(UTC))


def medical_file(session: Session, visit: Treatment | None = None, **values: Any) -> MedicalFile:
    """An X-ray, its file and its preview."""
    at, number = visit or treatment(session), next(_numbers)
    stored = files.stored_file(session, files.x_ray(number), original_name=f"зураг {number}.png")
    base = {
        "patient_id": at.patient_id, "treatment_id": at.treatment_id, "stored_file_id": stored.stored_file_id,
        "preview_id": files.stored_file(session, files.picture("JPEG", "L"), media_type="image/jpeg").stored_file_id,
        "category": rules.FileCategory.X_RAY, "name": f"36-р шүд {number}", "taken_on": today(),
    }  # fmt: skip
    row = MedicalFile(**{**base, **values})
    session.add(row)
    session.flush()
    return row


def consent(session: Session, patient: Patient | None = None, code: str = "marketing", **values: Any) -> Consent:
    """A consent signed on paper."""
    owner = patient or people.patient(session)
    template = catalogue.consent_template(session, code)
    base = {"patient_id": owner.patient_id, "consent_template_id": template.consent_template_id,
            "signed_by": owner.full_name, "way": rules.ConsentWay.PAPER}  # fmt: skip
    return give_consent(session, {**base, **values}, by=None, now=datetime.now(UTC))


def step(session: Session, of: TreatmentPlan | None = None) -> PlannedStep:
    """The first step of an accepted plan."""
    key = (of or plan(session, status=rules.PlanStatus.ACCEPTED)).treatment_plan_id
    return steps_of_plan(session, key)[0]


def opened_package(
    session: Session, visit: Treatment | None = None, number: str | None = None
) -> TreatmentSterilePackage:
    """A sterile package that was opened at a visit."""
    at = session.get_one(Treatment, (visit or treatment(session)).treatment_id)
    return actions.use_package(session, at, number or stock.package(session).number, on=today())
