"""The screens of people."""

from app.people.views.employees import DoctorView, EmployeePhoneView, EmployeePositionView, EmployeeView, PositionView
from app.people.views.patients import (
    HistoryEntryPage,
    MedicalHistoryEntryView,
    PatientPhoneView,
    PatientRelationView,
    PatientSearchView,
    PatientView,
)

VIEWS = (
    PatientView,
    PatientPhoneView,
    PatientRelationView,
    MedicalHistoryEntryView,
    HistoryEntryPage,
    EmployeeView,
    DoctorView,
    EmployeePhoneView,
    PositionView,
    EmployeePositionView,
    PatientSearchView,
)
