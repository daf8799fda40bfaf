"""What the clinic's work means for people: patients and employees here in `core`, the import of a list beside it.

Source: rules.md, People.
"""

from app.people.rules.core import (
    LEAST_PHONES,
    Allergen,
    BloodType,
    Dentition,
    EmployeeStatus,
    Gender,
    HistoryKind,
    PatientSource,
    PatientStatus,
    PhoneLabel,
    PositionCategory,
    PositionType,
    RelationKind,
    Severity,
    ToldBy,
    alerts,
    check_employee,
    check_patient,
    check_phones,
    complete_from_register,
    patient_status,
)

__all__ = [
    "LEAST_PHONES",
    "Allergen",
    "BloodType",
    "Dentition",
    "EmployeeStatus",
    "Gender",
    "HistoryKind",
    "PatientSource",
    "PatientStatus",
    "PhoneLabel",
    "PositionCategory",
    "PositionType",
    "RelationKind",
    "Severity",
    "ToldBy",
    "alerts",
    "check_employee",
    "check_patient",
    "check_phones",
    "complete_from_register",
    "patient_status",
]
