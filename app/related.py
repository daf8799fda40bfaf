"""Which lists appear inside which record, in the order of the day's work."""

from app.billing.models import (
    AccountEntry,
    Invoice,
    InvoiceAdjustment,
    InvoiceItem,
    Payment,
    PaymentAllocation,
    Refund,
)
from app.catalogue.models import ConsentTemplate, DiagnosisCode, Medicine, ServiceCatalog, ServicePrice, ServiceType
from app.clinical.models import (
    Consent,
    Prescription,
    PrescriptionItem,
    Recall,
    RecallContact,
    ToothFinding,
    Treatment,
    TreatmentDiagnosis,
    TreatmentItem,
)
from app.clinical.models.files import MedicalFile
from app.clinical.models.notes import OdontogramSnapshot, SoapNote
from app.clinical.models.packages import TreatmentSterilePackage
from app.clinical.models.plans import PlannedProcedure, PlannedStep, TreatmentPlan
from app.clinical.models.visits import TreatmentItemTooth
from app.communication.models import Call, Message, MessageTemplate, Sms
from app.insurance.models import InsurancePlan, InsuranceProvider, PatientInsurance
from app.kernel.text import T
from app.lab.models import Lab, LabRequest, LabResult
from app.people.models import (
    Employee,
    EmployeePhone,
    EmployeePosition,
    MedicalHistoryEntry,
    Patient,
    PatientMerge,
    PatientRelation,
    Position,
)
from app.scheduling.models import (
    Appointment,
    AppointmentSeries,
    AppointmentStatusChange,
    Chair,
    Room,
    RoomAllocation,
    Shift,
    ShiftPattern,
    TimeOff,
    WaitlistEntry,
)
from app.security.models import LoginAttempt, SessionToken, UserProfile
from app.stock.models import (
    Expense,
    ExpenseCategory,
    InventoryItem,
    InventoryLog,
    SterilePackage,
    SterilisationCycle,
    Supplier,
)
from app.web.related import Related, relate

OF_PATIENT, OF_EMPLOYEE = {"contact_type": "patient"}, {"contact_type": "employee"}

relate(
    Patient,
    Related(Appointment, "patient_id", "start_at"),
    Related(AppointmentSeries, "patient_id"),
    Related(Treatment, "patient_id", "treatment_date"),
    Related(TreatmentPlan, "patient_id"),
    Related(LabRequest, "patient_id"),
    Related(Prescription, "patient_id"),
    Related(MedicalFile, "patient_id"),
    Related(MedicalHistoryEntry, "patient_id"),
    Related(ToothFinding, "patient_id"),
    Related(OdontogramSnapshot, "patient_id"),
    Related(Invoice, "patient_id", add="InvoiceStartPage.new"),
    Related(Payment, "patient_id", add="TakePaymentPage.take", add_right="take_money"),
    Related(AccountEntry, "patient_id"),
    Related(PatientInsurance, "patient_id"),
    Related(Invoice, "payer_id", label=T("Invoices paid for others")),
    Related(PatientRelation, "patient_id"),
    Related(Consent, "patient_id", "signed_at"),
    Related(PatientMerge, "kept_id", "at"),
    Related(Call, "contacter_id", "begin_call", OF_PATIENT),
    Related(Sms, "contacter_id", "time", OF_PATIENT),
    Related(Message, "patient_id"),
    Related(RoomAllocation, "patient_id"),
    Related(Recall, "patient_id", "due_on"),
    Related(WaitlistEntry, "patient_id", "created_at"),
)
relate(
    Employee,
    Related(EmployeePhone, "employee_id"),
    Related(EmployeePosition, "employee_id"),
    Related(Shift, "employee_id", "shift_date"),
    Related(ShiftPattern, "employee_id", "valid_from"),
    Related(TimeOff, "employee_id"),
    Related(Appointment, "doctor_id", "start_at"),
    Related(Treatment, "doctor_id", "treatment_date"),
    Related(Patient, "assigned_doctor_id", label=T("Own patients")),
    Related(LabRequest, "doctor_id"),
    Related(WaitlistEntry, "doctor_id", "created_at"),
    Related(Call, "contacter_id", "begin_call", OF_EMPLOYEE),
    Related(Sms, "contacter_id", "time", OF_EMPLOYEE),
)
relate(Position, Related(EmployeePosition, "position_id", "started_at"))
relate(
    Appointment,
    Related(AppointmentStatusChange, "appointment_id", "at"),
    Related(PlannedStep, "appointment_id"),
    Related(RoomAllocation, "appointment_id"),
    Related(Message, "appointment_id"),
    Related(Recall, "appointment_id"),
    Related(WaitlistEntry, "appointment_id"),
)
relate(AppointmentSeries, Related(Appointment, "series_id", "start_at"))
relate(Room, Related(Chair, "room_id"), Related(RoomAllocation, "room_id"), Related(Shift, "room_id", "shift_date"))
relate(
    Chair,
    Related(Appointment, "chair_id", "start_at"),
    Related(Shift, "chair_id", "shift_date"),
    Related(ShiftPattern, "chair_id", "valid_from"),
    Related(RoomAllocation, "chair_id"),
)
relate(ShiftPattern, Related(Shift, "shift_pattern_id", "shift_date"))
relate(
    Treatment,
    Related(TreatmentItem, "treatment_id"),
    Related(TreatmentDiagnosis, "treatment_id"),
    Related(SoapNote, "treatment_id"),
    Related(TreatmentPlan, "treatment_id"),
    Related(Prescription, "treatment_id"),
    Related(LabRequest, "treatment_id"),
    Related(MedicalFile, "treatment_id"),
    Related(Consent, "treatment_id", "signed_at"),
    Related(TreatmentSterilePackage, "treatment_id"),
    Related(Invoice, "treatment_id"),
    Related(Recall, "treatment_id", "due_on"),
)
relate(Recall, Related(RecallContact, "recall_id", "contacted_at"))
relate(TreatmentItem, Related(TreatmentItemTooth, "treatment_item_id"), Related(InvoiceItem, "treatment_item_id"))
relate(
    TreatmentPlan,
    Related(PlannedProcedure, "treatment_plan_id"),
    Related(PlannedStep, "treatment_plan_id"),
    Related(Invoice, "plan_id"),
)
relate(PlannedProcedure, Related(PlannedStep, "planned_procedure_id"))
relate(Prescription, Related(PrescriptionItem, "prescription_id"))
relate(Lab, Related(LabRequest, "lab_id"))
relate(LabRequest, Related(LabResult, "lab_request_id", "reported_at"))
relate(
    ServiceCatalog,
    Related(ServicePrice, "service_id", "valid_from"),
    Related(TreatmentItem, "service_id"),
    Related(PlannedProcedure, "service_id"),
    Related(Appointment, "planned_service", "start_at"),
    Related(InvoiceItem, "service_id"),
    Related(Recall, "service_id", "due_on"),
    Related(WaitlistEntry, "service_id", "created_at"),
)
relate(ServiceType, Related(ServiceCatalog, "service_type_id"), Related(ConsentTemplate, "service_type_id"))
relate(ConsentTemplate, Related(Consent, "consent_template_id", "signed_at"))
relate(DiagnosisCode, Related(TreatmentDiagnosis, "diagnosis_code_id"))
relate(Medicine, Related(PrescriptionItem, "medicine_id"), Related(InvoiceItem, "medicine_id"))
relate(
    Invoice,
    Related(InvoiceItem, "invoice_id"),
    Related(PaymentAllocation, "invoice_id"),
    Related(InvoiceAdjustment, "invoice_id"),
)
relate(Payment, Related(PaymentAllocation, "payment_id"), Related(Refund, "payment_id"))
relate(InsuranceProvider, Related(InsurancePlan, "insurance_provider_id"))
relate(InsurancePlan, Related(PatientInsurance, "insurance_plan_id"))
relate(
    InventoryItem,
    Related(InventoryLog, "inventory_item_id"),
    Related(Medicine, "inventory_item_id"),
)
relate(SterilisationCycle, Related(SterilePackage, "sterilisation_cycle_id"))
relate(SterilePackage, Related(TreatmentSterilePackage, "sterile_package_id"))
relate(Supplier, Related(Expense, "supplier_id", "spent_on"), Related(InventoryLog, "supplier_id"))
relate(ExpenseCategory, Related(Expense, "expense_category_id", "spent_on"))
relate(MessageTemplate, Related(Message, "message_template_id"))
relate(Message, Related(Sms, "message_id"))
relate(UserProfile, Related(SessionToken, "user_id", "last_seen_at"), Related(LoginAttempt, "user_id", "created_at"))
