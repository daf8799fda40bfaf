"""The forms of the treatment page. One chart serves them all: the teeth that are picked on it come with each."""

from collections.abc import Sequence
from typing import Any

from werkzeug.datastructures import MultiDict
from wtforms import HiddenField

from app.catalogue.rules import Scope
from app.clinical.rules import MOST_QUANTITY, Condition, Layer, Outcome, Route, VisitType
from app.clinical.views.lookups import reference
from app.kernel.keys import parse_key
from app.kernel.text import TC, T
from app.web import fields
from app.web.forms import ClinicForm
from app.web.text import lazy

MOST_PICKS = 400


def picked(form: "MultiDict[str, str]") -> dict[str, str]:
    """FDI code → surfaces of what is picked on the chart: `tooth=37` and `surface=36O`."""
    teeth = {code[:8]: "" for code in form.getlist("tooth")[:MOST_PICKS] if code}
    for mark in form.getlist("surface")[:MOST_PICKS]:
        code, letter = mark[:-1][:8], mark[-1:]
        if code:
            teeth[code] = teeth.get(code, "") + letter
    return teeth


class WorkForm(ClinicForm):
    """Work that was done: a new item, or a change of one."""

    service_id = reference("service", T("Service"))
    scope = fields.ChoiceField(lazy(T("Teeth it is for")), enum_class=Scope)
    quantity = fields.NumberField(lazy(T("Quantity")), least=1, most=MOST_QUANTITY)
    discount = fields.MoneyField(lazy(T("Discount")))
    performed_by = reference("performer", T("Done by"))
    after = HiddenField()  # the newest item this form knows: see actions.add_item

    @property
    def newest(self) -> int | None:
        """The newest item that the form knew."""
        return parse_key(str(self.after.data or ""))


class OutcomeForm(ClinicForm):
    """How work turned out later."""

    outcome = fields.ChoiceField(lazy(T("Outcome")), enum_class=Outcome)
    outcome_on = fields.DayField(lazy(T("Seen on")))


class FindingForm(ClinicForm):
    """What the picked teeth have."""

    condition = fields.ChoiceField(lazy(T("Finding")), enum_class=Condition)
    layer = fields.ChoiceField(lazy(T("Layer")), enum_class=Layer)


class DiagnosisForm(ClinicForm):
    """A diagnosis, on the picked teeth or on none."""

    diagnosis_code_id = reference("diagnosis", T("Diagnosis"))


class VisitForm(ClinicForm):
    """What the visit is about."""

    visit_type = fields.ChoiceField(lazy(T("Kind of visit")), enum_class=VisitType, validators=[fields.required])
    chief_complaint = fields.LongTextField(lazy(T("Chief complaint")))
    note = fields.LongTextField(lazy(T("Note")))
    assistant_id = reference("assistant", T("Assistant"))


NOTE_WORDS = (
    ("subjective", T("What the patient tells")),
    ("objective", T("What was seen")),
    ("assessment", T("Assessment")),
    ("plan", T("What is planned")),
)


class NoteForm(ClinicForm):
    """A note in four parts."""

    subjective = fields.LongTextField(lazy(NOTE_WORDS[0][1]))
    objective = fields.LongTextField(lazy(NOTE_WORDS[1][1]))
    assessment = fields.LongTextField(lazy(NOTE_WORDS[2][1]))
    plan = fields.LongTextField(lazy(NOTE_WORDS[3][1]))


class CaseForm(ClinicForm):
    """Which earlier visit this one continues."""

    case_id = fields.NumberField(lazy(T("Treatment case")), most=10**15)


class MedicineForm(ClinicForm):
    """A medicine on a prescription, and how it is taken."""

    medicine_id = reference("medicine", T("Medicine"), validators=[fields.required])
    dosage = fields.TextField(lazy(T("Dosage")), longest=160)
    frequency = fields.TextField(lazy(T("Frequency")), longest=160)
    duration = fields.TextField(lazy(TC("prescription", "Duration")), longest=80)
    route = fields.ChoiceField(lazy(T("How it is taken")), enum_class=Route, default=Route.ORAL)
    quantity = fields.NumberField(lazy(T("Quantity")), least=1, most=MOST_QUANTITY, default=1, id="rx-quantity")
    instructions = fields.TextField(lazy(T("Instructions")), longest=255)
    override_reason = fields.TextField(lazy(T("Reason to prescribe despite an allergy")), longest=255)
    warning: Sequence[Any] = ()  # the allergies that speak against it


class IssueForm(ClinicForm):
    """In whose name a prescription is issued, where it isn't one's own."""

    doctor_id = reference("doctor", T("Doctor"))


class ReasonForm(ClinicForm):
    """Why something is taken back."""

    reason = fields.TextField(lazy(T("Reason")), longest=255)


def values_of(form: ClinicForm, *names: str) -> dict[str, Any]:
    """These values of a form."""
    return {name: form[name].data for name in names}
