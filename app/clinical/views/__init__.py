"""The screens of treatments, the tooth chart and prescriptions."""

from app.clinical.views import files
from app.clinical.views.consents import ConsentPage, ConsentView
from app.clinical.views.lists import PrescriptionView, TreatmentView
from app.clinical.views.notes import NotePage, OdontogramSnapshotView, SoapNoteView
from app.clinical.views.packages import TreatmentSterilePackageView
from app.clinical.views.packages_page import PackagesPage
from app.clinical.views.plans import PlannedProcedureView, PlanPage, TreatmentPlanView
from app.clinical.views.prescribing import DraftItemPage, DraftPage, IssuingPage, PrescriptionPage
from app.clinical.views.recalls import RecallContactView, RecallView
from app.clinical.views.record import MedicalRecordView
from app.clinical.views.steps import PlannedStepView
from app.clinical.views.tables import (
    PrescriptionItemView,
    ToothFindingView,
    TreatmentDiagnosisView,
    TreatmentItemToothView,
    TreatmentItemView,
)
from app.clinical.views.treatment import FindPage, HistoryPage, StatusPage, TreatmentPage
from app.clinical.views.work import MarksPage, WorkPage

VIEWS = (
    TreatmentView,
    TreatmentPage,
    StatusPage,
    WorkPage,
    MarksPage,
    HistoryPage,
    FindPage,
    TreatmentItemView,
    TreatmentItemToothView,
    TreatmentDiagnosisView,
    ToothFindingView,
    PrescriptionView,
    PrescriptionPage,
    DraftPage,
    DraftItemPage,
    IssuingPage,
    PrescriptionItemView,
    TreatmentPlanView,
    PlanPage,
    PlannedProcedureView,
    PlannedStepView,
    TreatmentSterilePackageView,
    PackagesPage,
    NotePage,
    SoapNoteView,
    OdontogramSnapshotView,
    *files.VIEWS,
    MedicalRecordView,
    ConsentView,
    ConsentPage,
    RecallView,
    RecallContactView,
)
