"""Writes about what teeth have: diagnoses of a visit and findings of a patient's chart."""

from collections.abc import Mapping
from datetime import date
from typing import Any

from sqlalchemy.orm import Session

from app.catalogue.models import DiagnosisCode
from app.catalogue.rules import tooth_of
from app.clinical import queries, rules
from app.clinical.models import ToothFinding, Treatment, TreatmentDiagnosis
from app.clinical.rules import Condition, Layer
from app.kernel.errors import NotFound, RuleError
from app.kernel.text import T
from app.people.models import Patient
from app.people.queries import patient_ids


def add_diagnosis(
    session: Session, treatment: Treatment, code_id: int | None, teeth: rules.Teeth, note: str | None = None
) -> list[TreatmentDiagnosis]:
    """A diagnosis of a locked treatment, on each of these teeth or on none. Raises RuleError.

    The same diagnosis on the same tooth is there once: a form sent twice finds it again.
    """
    code = session.get(DiagnosisCode, code_id or 0)
    if code is None or not code.is_active:
        raise RuleError(T("Choose one of the list."), field="diagnosis_code_id")
    codes = [tooth_of(code, "teeth").code for code in teeth]
    keys = list(queries.tooth_ids(session, codes).values()) if codes else [None]
    known = queries.diagnoses_of(session, [treatment.treatment_id]).get(treatment.treatment_id, [])
    have = {row.tooth_id: row for row in known if row.diagnosis_code_id == code.diagnosis_code_id}
    found = []
    for tooth_id in keys:
        row = have.get(tooth_id)
        if row is None:
            row = TreatmentDiagnosis(
                treatment_id=treatment.treatment_id,
                diagnosis_code_id=code.diagnosis_code_id,
                tooth_id=tooth_id,
                note=note,
            )
            session.add(row)
        found.append(row)
    session.flush()
    return found


def remove_diagnosis(session: Session, treatment: Treatment, diagnosis_id: int) -> None:
    """Take a diagnosis off a locked treatment. Raises NotFound."""
    row = session.get(TreatmentDiagnosis, diagnosis_id)
    if row is None or row.treatment_id != treatment.treatment_id:
        raise NotFound(T("This record no longer exists."))
    session.delete(row)
    session.flush()


def add_findings(
    session: Session, patient_id: int, teeth: rules.Teeth, values: Mapping[str, Any], *, today: date
) -> list[ToothFinding]:
    """Mark a condition on these teeth of a patient. Raises RuleError (teeth, condition).

    `values`: condition, and where known layer, treatment_id, noted_by. What holds there already isn't marked again.
    """
    condition: Condition | None = values.get("condition")
    layer: Layer = values.get("layer") or Layer.EXISTING
    if condition is None:
        raise RuleError(T("Choose what the tooth has."), field="condition")
    if not teeth:
        raise RuleError(T("Choose the tooth."), field="teeth")
    marks = rules.check_finding(condition, teeth)
    session.get_one(Patient, patient_id, with_for_update=True)  # one hand at a chart
    known = [
        row
        for row in queries.findings_of_patient(session, patient_id)
        if row.condition is condition and row.layer is layer
    ]
    keys = queries.tooth_ids(session, marks)
    found = []
    for code, surfaces in marks.items():
        new = rules.new_surfaces(surfaces, [row.surfaces for row in known if row.tooth.code == code])
        if new is not None:
            row = ToothFinding(
                patient_id=patient_id, tooth_id=keys[code], surfaces=new, condition=condition, layer=layer,
                treatment_id=values.get("treatment_id"), noted_by=values.get("noted_by"), noted_on=today,
            )  # fmt: skip
            session.add(row)
            found.append(row)
    session.flush()
    return found


def end_finding(session: Session, patient_id: int, finding_id: int, *, today: date) -> ToothFinding:
    """A finding no longer holds from `today` on. One made today by mistake is ended today. Raises NotFound."""
    row = session.get(ToothFinding, finding_id, with_for_update=True)
    if row is None or row.patient_id not in patient_ids(session, patient_id):
        raise NotFound(T("This record no longer exists."))
    if row.ended_on is None:
        row.ended_on = max(today, row.noted_on)
        session.flush()
    return row
