"""The screens of patients and what belongs to them."""

from collections.abc import Sequence
from typing import Any

import sqlalchemy as sa
from flask import request
from flask_appbuilder import aggregate_count
from flask_appbuilder.models.sqla.interface import SQLAInterface
from sqlalchemy import ColumnElement
from sqlalchemy.orm import Session

from app.billing.queries import balances
from app.db.types import Tugrug
from app.insurance.models import PatientInsurance
from app.kernel.dates import clinic_date
from app.kernel.errors import RuleError
from app.kernel.phones import parse_phone
from app.kernel.text import T
from app.people import queries
from app.people.models import MedicalHistoryEntry, Patient, PatientPhone, PatientRelation, PatientSearch
from app.people.views.lookups import DOCTORS, PHONES
from app.web import fields, who
from app.web.text import lazy, phone_link, today
from app.web.views import ClinicView, Inline
from app.workflows.register_patient import change_patient, register_patient

HISTORY_COLUMNS = ("kind", "name", "allergen", "severity", "detail")
POLICY_COLUMNS = ("insurance_plan_id", "policy_number", "order", "valid_from", "valid_until")
ONLY_NEW = ("history", "insurance", "knows_likely_duplicates")


class PatientView(ClinicView):
    """The patients; the record is the profile on the desk."""

    datamodel = SQLAInterface(Patient)
    page, route_base = "/patients", "/patients"
    title_one, title_many = T("Patient"), T("Patients")
    list_columns = (
        "full_name",
        "card_number",
        "register_number",
        "phone",
        "age",
        "gender",
        "status",
        "last_seen_at",
        "balance",
    )
    show_columns = ("full_name",)
    shows_elsewhere = True
    add_columns = (
        "register_number", "last_name", "first_name", "birthday", "gender", "passport_number", "phones", "address",
        "email", "emergency_contact", "blood_type", "occupation", "history", "card_number", "source",
        "assigned_doctor_id", "preferred_locale", "dentition", "sms_opt_in", "email_opt_in", "marketing_opt_in", "note",
        "insurance", "knows_likely_duplicates",
    )  # fmt: skip
    edit_columns = (*(name for name in add_columns if name not in ONLY_NEW), "is_deceased")
    search_columns = (
        "status", "gender", "birthday", "last_seen_at", "created_at", "assigned_doctor_id", "is_provisional", "source",
    )  # fmt: skip
    order_columns = ("full_name", "card_number", "last_seen_at", "age")
    default_order = ("full_name", "asc")
    sections = (
        (T("Who"), ("register_number", "last_name", "first_name", "birthday", "gender", "passport_number")),
        (T("How to reach them"), ("phones", "address", "email", "emergency_contact")),
        (T("Health"), ("blood_type", "occupation", "history")),
        (T("Insurance"), ("insurance",)),
        (
            T("At the clinic"),
            (
                "card_number", "source", "assigned_doctor_id", "preferred_locale", "dentition", "sms_opt_in",
                "email_opt_in", "marketing_opt_in", "is_deceased", "note",
            ),
        ),
    )  # fmt: skip
    inlines = {
        "phones": Inline(
            PatientPhone, ("phone_number_val", "label", "is_primary"), "patient_id", T("Phone numbers"), 2, made=PHONES
        ),
        "history": Inline(MedicalHistoryEntry, HISTORY_COLUMNS, "patient_id", T("Medical history")),
        "insurance": Inline(PatientInsurance, POLICY_COLUMNS, "patient_id", T("Policies"), spare=0),
    }
    lookups = {"assigned_doctor_id": DOCTORS}
    made_fields = {"knows_likely_duplicates": fields.YesField(lazy(T("This is somebody else: save anyway")))}
    column_labels = {"knows_likely_duplicates": T("This is somebody else: save anyway"), "balance": T("Balance")}
    column_rights, extra_types = {"balance": "see_balance"}, {
        "balance": Tugrug(), "last_seen_at": sa.Date(), "age": sa.Integer(),
    }  # fmt: skip
    add_template = edit_template = "people/patient_form.html"
    list_template = "people/patients.html"
    definitions = [
        {"label": T("New patients by month"), "group": "created_at", "series": [(aggregate_count, "")]},
        {"label": T("Patients by gender"), "group": "gender", "series": [(aggregate_count, "")]},
        {"label": T("Patients by how they came"), "group": "source", "series": [(aggregate_count, "")]},
        {"label": T("Patients by last visit"), "group": "status", "series": [(aggregate_count, "")]},
    ]

    def column(self, name: str) -> Any:
        """Name and age sort by what stands behind them."""
        return super().column({"full_name": "sort_name", "age": "birthday"}.get(name, name))

    def base_where(self) -> list[ColumnElement[bool]]:
        """One line for a person: records merged into another stand in that one."""
        return [Patient.merged_into_id.is_(None)]

    def search_condition(self, session: Session, typed: str) -> ColumnElement[bool]:
        """Any part of name, register number, card or phone, in every way people write it."""
        return Patient.patient_id.in_(queries.matching_ids(session, typed, 1_000))

    def extras(self, session: Session, rows: Sequence[Any]) -> dict[Any, dict[str, Any]]:
        """The primary phone, the age, and what is owed to those who may know."""
        keys = [row.patient_id for row in rows]
        phones = queries.phones_of_patients(session, keys)
        owed = balances(session, keys) if who.has_right("see_balance") else {}
        return {
            row.patient_id: {
                "phone": phone_link(phones[row.patient_id][0].phone_number_val) if row.patient_id in phones else None,
                "age": row.age_on(today()),
                "balance": owed.get(row.patient_id),
                "last_seen_at": clinic_date(row.last_seen_at, who.clinic().zone) if row.last_seen_at else None,
            }
            for row in rows
        }

    def preset(self) -> dict[str, Any]:
        """With the number of somebody who called: `?phone=99112233`."""
        try:
            number = parse_phone(request.args.get("phone", ""))
        except RuleError:
            return super().preset()
        return {**super().preset(), "phones": [{"phone_number_val": number, "is_primary": True}]}

    def groups(self, columns: Sequence[str]) -> Any:
        """The tick for somebody else is shown only beside the warning."""
        return super().groups([name for name in columns if name != "knows_likely_duplicates"])

    def create(self, session: Session, values: dict[str, Any]) -> Patient:
        """Patient, phones, history and insurer in one transaction."""
        return register_patient(
            session,
            values,
            phones=values["phones"],
            history=values["history"],
            policies=values["insurance"],
            today=today(),
            by=who.me().user_id,
            knows_likely_duplicates=bool(values["knows_likely_duplicates"]),
        )

    def change(self, session: Session, row: Patient, values: dict[str, Any]) -> Patient:
        """Patient and phones in one transaction."""
        return change_patient(session, row, values, phones=values["phones"], today=today())


class PatientPhoneView(ClinicView):
    """Phones of patients: changed on the patient's form."""

    datamodel = SQLAInterface(PatientPhone)
    page, route_base = "/patients", "/patient-phones"
    title_one, title_many = T("Patient's phone"), T("Patients' phones")
    list_columns = ("phone_number_val", "patient", "label", "is_primary")
    show_columns = ("phone_number_val", "patient", "label", "is_primary", "created_at", "updated_at")
    search_columns = ("patient_id", "label", "is_primary")
    order_columns = ("phone_number_val",)

    def search_condition(self, session: Session, typed: str) -> ColumnElement[bool]:
        """As the patients."""
        return queries.matching_condition(PatientPhone.patient_id, typed)


class PatientRelationView(ClinicView):
    """Families."""

    datamodel = SQLAInterface(PatientRelation)
    page, route_base = "/patients", "/patient-relations"
    title_one, title_many = T("Relation"), T("Relations")
    list_columns = ("patient", "related_patient", "kind", "is_payer")
    show_columns = (*list_columns, "created_at")
    add_columns = edit_columns = ("patient_id", "related_patient_id", "kind", "is_payer")
    search_columns = ("patient_id", "related_patient_id", "kind", "is_payer")
    order_columns = ("kind",)
    can_delete = True

    def search_condition(self, session: Session, typed: str) -> ColumnElement[bool]:
        """As the patients."""
        return queries.matching_condition(PatientRelation.patient_id, typed)


KEY_KINDS = {
    queries.NAME: T("Name"),
    queries.REGISTER: T("Register number"),
    queries.CARD: T("Card number"),
    queries.PHONE: T("Phone number"),
    queries.PART: T("A part of one"),
}


class PatientSearchView(ClinicView):
    """The keys of the search, for an Admin who wonders why somebody isn't found."""

    datamodel = SQLAInterface(PatientSearch)
    page, route_base = "/system", "/patient-search"
    title_one, title_many = T("Search key"), T("Search keys")
    list_columns = ("key", "kind", "patient_id")
    search_columns = ("key",)
    order_columns = ("key",)
    column_labels = {"patient_id": T("Patient")}

    def extras(self, session: Session, rows: Sequence[Any]) -> dict[Any, dict[str, Any]]:
        """What each key was made of, in words."""
        return {row.row_id: {"kind": KEY_KINDS[row.kind]} for row in rows}
