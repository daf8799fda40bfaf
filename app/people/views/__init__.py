"""The screens of people."""

from app.people.views.employees import DoctorView, EmployeePhoneView, EmployeePositionView, EmployeeView, PositionView
from app.people.views.history import HistoryEntryPage, MedicalHistoryEntryView
from app.people.views.merging import VIEWS as MERGING
from app.people.views.patients import PatientPhoneView, PatientRelationView, PatientSearchView, PatientView

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
    *MERGING,
)
