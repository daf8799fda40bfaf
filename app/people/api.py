"""Patients and employees for programs."""

from collections.abc import Sequence
from typing import Any

from flask_appbuilder.models.sqla.interface import SQLAInterface
from marshmallow import fields as marshmallow
from sqlalchemy.orm import Session

from app.billing.queries import balances
from app.people import queries
from app.people.models import Employee, EmployeePhone, EmployeePosition, MedicalHistoryEntry, Patient, PatientPhone
from app.people.views import EmployeeView, PatientView
from app.people.views.patients import HISTORY_COLUMNS
from app.web.api.fields import NumberField, RowsField, TextField, YesField, fields_of
from app.web.api.rest import ClinicApi
from app.web.text import today

PHONE = ("phone_number_val", "label", "is_primary")
POSITION = ("position_id", "is_primary", "started_at", "ended_at")


def rows_field(model: type[Any], columns: Sequence[str], name: str, **kwargs: Any) -> RowsField:
    """Rows of a second table, written with the person they belong to."""
    return RowsField(fields_of(model, columns, is_new=True), name=name, **kwargs)


def _plain(row: Any, columns: Sequence[str]) -> dict[str, Any]:
    return {name: getattr(row, name) for name in columns}


class PatientApi(ClinicApi):
    """`/api/v1/patients`."""

    datamodel, resource_name = SQLAInterface(Patient), "patients"
    page, screens = "/patients", PatientView
    show_columns = (
        "patient_id", "card_number", "register_number", "passport_number", "first_name", "last_name", "full_name",
        "birthday", "age", "gender", "is_provisional", "status", "is_deceased", "dentition", "phones", "address",
        "email", "emergency_contact", "blood_type", "occupation", "source", "assigned_doctor_id", "preferred_locale",
        "sms_opt_in", "email_opt_in", "marketing_opt_in", "first_seen_at", "last_seen_at", "note", "balance",
        "created_at", "updated_at",
    )  # fmt: skip
    list_columns = (
        "patient_id", "card_number", "register_number", "first_name", "last_name", "full_name", "birthday", "gender",
        "is_provisional", "status", "phones", "assigned_doctor_id", "last_seen_at", "balance", "updated_at",
    )  # fmt: skip
    edit_columns = (
        "register_number", "last_name", "first_name", "birthday", "gender", "passport_number", "phones", "address",
        "email", "emergency_contact", "blood_type", "occupation", "card_number", "source", "assigned_doctor_id",
        "preferred_locale", "dentition", "sms_opt_in", "email_opt_in", "marketing_opt_in", "note", "is_deceased",
    )  # fmt: skip
    add_columns = (*(name for name in edit_columns if name != "is_deceased"), "history", "knows_likely_duplicates")
    search_columns = (
        "card_number", "register_number", "first_name", "last_name", "birthday", "gender", "status", "is_provisional",
        "assigned_doctor_id", "source", "last_seen_at", "created_at", "updated_at",
    )  # fmt: skip
    order_columns = ("patient_id", "full_name", "card_number", "birthday", "last_seen_at", "created_at")
    base_order = ("full_name", "asc")
    column_rights = {"balance": "see_balance"}
    shown_fields = {
        "full_name": TextField(),
        "age": NumberField(allow_none=True),
        "balance": marshmallow.Integer(),
        "phones": rows_field(PatientPhone, PHONE, "patient_phone"),
    }
    added_fields = {
        "phones": rows_field(PatientPhone, PHONE, "new_patient_phone", required=True),
        "history": rows_field(MedicalHistoryEntry, HISTORY_COLUMNS, "new_history_entry"),
        "knows_likely_duplicates": YesField(),
    }
    edited_fields = {"phones": rows_field(PatientPhone, PHONE, "changed_patient_phone")}

    def extras(self, session: Session, rows: Sequence[Any], names: Sequence[str]) -> dict[Any, dict[str, Any]]:
        """Phones, age, and what is owed to those who may know."""
        keys = [row.patient_id for row in rows]
        phones = queries.phones_of_patients(session, keys) if "phones" in names else {}
        owed = balances(session, keys) if "balance" in names else {}
        return {
            row.patient_id: {
                "phones": [_plain(phone, PHONE) for phone in phones.get(row.patient_id, [])],
                "age": row.age_on(today()),
                "balance": owed.get(row.patient_id, 0),
            }
            for row in rows
        }

    def create(self, session: Session, values: dict[str, Any]) -> Patient:
        """Patient, phones and history in one transaction."""
        row: Patient = super().create(session, {**values, "insurance": []})
        return row


class EmployeeApi(ClinicApi):
    """`/api/v1/employees`."""

    datamodel, resource_name = SQLAInterface(Employee), "employees"
    page, screens = "/employees", EmployeeView
    edit_columns = (
        "last_name", "first_name", "gender", "birthday", "status", "phones", "email", "home_address", "positions",
        "hired_at", "fired_at", "licence_number", "specialization", "calendar_colour", "commission_bp",
        "chair_capacity",
    )  # fmt: skip
    add_columns = edit_columns
    show_columns = ("employee_id", "employee_display_number", "full_name", *edit_columns, "created_at", "updated_at")
    list_columns = (
        "employee_id", "employee_display_number", "last_name", "first_name", "full_name", "status", "phones",
        "positions", "specialization", "hired_at", "fired_at", "updated_at",
    )  # fmt: skip
    search_columns = ("employee_display_number", "first_name", "last_name", "status", "gender", "hired_at", "fired_at")
    order_columns = ("employee_id", "full_name", "employee_display_number", "hired_at", "status")
    base_order = ("full_name", "asc")
    shown_fields = {
        "full_name": TextField(),
        "phones": rows_field(EmployeePhone, PHONE, "employee_phone"),
        "positions": rows_field(EmployeePosition, POSITION, "employee_position"),
    }
    added_fields = {
        "phones": rows_field(EmployeePhone, PHONE, "new_employee_phone", required=True),
        "positions": rows_field(EmployeePosition, POSITION, "new_position"),
    }
    edited_fields = {
        "phones": rows_field(EmployeePhone, PHONE, "changed_employee_phone"),
        "positions": rows_field(EmployeePosition, POSITION, "changed_position"),
    }

    def extras(self, session: Session, rows: Sequence[Any], names: Sequence[str]) -> dict[Any, dict[str, Any]]:
        """Phones and positions."""
        keys = [row.employee_id for row in rows]
        phones = queries.phones_of_employees(session, keys) if "phones" in names else {}
        held = queries.positions_of(session, keys) if "positions" in names else {}
        return {
            key: {
                "phones": [_plain(phone, PHONE) for phone in phones.get(key, [])],
                "positions": [_plain(one, POSITION) for one in held.get(key, [])],
            }
            for key in keys
        }


VIEWS = (PatientApi, EmployeeApi)
