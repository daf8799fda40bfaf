"""Who may: the pages and the finer rights, as two tables that somebody who doesn't program can read.

W reads and changes, R reads only (and does the single actions that the rights below grant), - is refused,
o is open to anybody. The columns are, in this order:

    Admin, Manager, Doctor, Nurse, Assistant, Receptionist, Coordinator, Patient

They are synced into the database (`flask roles sync`); an Admin's changes there are never undone.
"""

from collections.abc import Iterable, Iterator
from dataclasses import dataclass

from app.kernel.text import T, Text
from app.web.who import CHART, READ, RIGHTS, USE, WRITE

ROLES = ("Admin", "Manager", "Doctor", "Nurse", "Assistant", "Receptionist", "Coordinator", "Patient")

# fmt: off
PAGES: tuple[tuple[str, str, Text], ...] = (
    #                      A M D N A R C P
    ("/login/",               "o o o o o o o o", T("Sign in by phone number and password")),
    ("/dashboard",            "R R R R - R R -", T("Summary of the day for the role that is signed in")),
    ("/patients",             "W W W R - W R -", T("Patients")),
    ("/patients/{id}",        "W W W R - W R -", T("Patient profile")),
    ("/doctors",              "W W - - - - - -", T("Doctors")),
    ("/appointments",         "W W W R - W W -", T("Appointments")),
    ("/treatments",           "W - W R - - - -", T("Treatment cases")),
    ("/treatments/{id}",      "W - W R - - - -", T("Treatment details")),
    ("/prescriptions",        "W - W - - - - -", T("Prescriptions")),
    ("/invoices",             "W R - - - W R -", T("Invoices")),
    ("/payments",             "W R - - - W - -", T("Payments")),
    ("/lab-requests",         "W R W R - W - -", T("Lab requests")),
    ("/inventory",            "W W - W W - - -", T("Inventory items")),
    ("/inventory/logs",       "W W - W W - - -", T("Inventory logs")),
    ("/expenses",             "W W - - - - - -", T("Expenses")),
    ("/reports",              "R R - - - - - -", T("Reports")),
    ("/profile",              "W W W W W W W W", T("Own profile and password")),
    ("/calendar",             "W W W R - W W -", T("Clinic calendar by doctor and chair")),
    ("/shifts",               "W W R R R R R -", T("Shifts")),
    ("/rooms",                "W W R R R W R -", T("Rooms and who is in them")),
    ("/exam/{treatment}",     "W - W R - - - -", T("Exam workflow")),
    ("/odontogram/{patient}", "W - W R - - R -", T("Tooth chart on its own")),
    ("/treatment-plans",      "W R W R - R W -", T("Treatment plans")),
    ("/coordinator",          "W R R - - - W -", T("Treatment coordinator's queue")),
    ("/checkout/{treatment}", "W R - - - W W -", T("Checkout after a visit")),
    ("/scheduling",           "W W R - - W W -", T("Plan to appointments workbench and waitlist")),
    ("/finance",              "R R - - - - - -", T("Revenue and receivables and payment plans")),
    ("/analytics",            "R R - - - - - -", T("Clinical and financial and operational measures")),
    ("/communication",        "W W R - - W W -", T("Communication centre")),
    ("/insurance",            "W W - - - W R -", T("Policies and claims")),
    ("/medical-records",      "R - R R - - - -", T("Medical records")),
    ("/lab-results",          "W - W R - - - -", T("Lab results")),
    ("/calls",                "W W - - - W W -", T("Phone calls")),
    ("/sms",                  "W W - - - W W -", T("Text messages")),
    ("/services",             "W W R R R R R -", T("Service catalogue and prices")),
    ("/employees",            "W W - - - - - -", T("Employees")),
    ("/sessions",             "W - - - - - - -", T("Signed-in devices")),
    ("/audit",                "R - - - - - - -", T("Audit log")),
    ("/portal",               "- - - - - - - W", T("Patient portal")),
    ("/settings",             "W R - - - - - -", T("Clinic settings and thresholds")),
    ("/system",               "W - - - - - - -", T("State of the system and problem reports")),
    ("/users/list/",          "W - - - - - - -", T("Users")),
    ("/roles/list/",          "W - - - - - - -", T("Roles and their permissions")),
    ("/patients/import",      "W W - - - W - -", T("Import of a patient list")),
    ("/search",               "R R R R R R R -", T("Global search over what one may open")),
    ("/notifications",        "R R R R R R R R", T("Own notifications")),
    ("/swagger/v1",           "R R R - - R - -", T("REST API documentation")),
    ("/assisting",            "W - - W W - - -", T("Today's chairs with procedures and materials and packages")),
    ("/register",             "o o o o o o o o", T("A patient registers online")),
    ("/portal/login",         "o o o o o o o o", T("Sign-in for patients")),
    ("/portal/appointments",  "- - - - - - - W", T("Own appointments and booking")),
    ("/portal/plans",         "- - - - - - - W", T("Own plans to view and accept")),
    ("/portal/billing",       "- - - - - - - W", T("Own statements and payments")),
    ("/portal/records",       "- - - - - - - R", T("Own history and prescriptions and results")),
    ("/portal/library",       "- - - - - - - R", T("Education library")),
)

FINER_RIGHTS: tuple[tuple[str, str, Text], ...] = (
    ("override_booking",   "y y - - - y - -", T("Book outside shift or hours or on a closed day with a reason")),
    ("discount",           "y y y - - y y -", T("Give a discount up to the setting (10 %% of the invoice)")),
    ("discount_any",       "y y - - - - - -", T("Give any discount")),
    ("take_money",         "y - - - - y - -", T("Record a payment")),
    ("refund",             "y y - - - - - -", T("Give money back")),
    ("void_invoice",       "y y - - - - - -", T("Void an issued invoice")),
    ("write_off",          "y y - - - - - -", T("Write off or waive a balance with a reason")),
    ("close_cash",         "y y - - - y - -", T("Open and close a cash session")),
    ("change_price",       "y y - - - - - -", T("Change prices in the catalogue")),
    ("adjust_stock",       "y y - - y - - -", T("Correct a stock count with a reason")),
    ("sign_note",          "- - y - - - - -", T("Sign clinical notes and complete an exam")),
    ("issue_prescription", "y - y - - - - -", T("Issue a prescription in a doctor's name")),
    ("present_plan",       "y - y - - - y -", T("Present a plan and record the patient's answer")),
    ("merge_patients",     "y - - - - y - -", T("Merge two records of one person")),
    ("anonymise",          "y - - - - - - -", T("Anonymise or hand out all data of a patient")),
    ("export",             "y y y - y y y -", T("Download a list as CSV or Excel where the page opens")),
    ("import",             "y y - - - y - -", T("Import a spreadsheet")),
    ("see_balance",        "y y y - - y y -", T("See a patient's balance in headers and lists")),
    ("manage_users",       "y - - - - - - -",
     T("Create users and reset passwords and revoke devices (never above one's own roles)")),
)
# fmt: on

Grant = tuple[str, str, str]  # role, permission, resource


@dataclass(frozen=True, slots=True)
class Row:
    """One row of a table above: a page or a right, and each role's mark."""

    name: str
    marks: dict[str, str]
    meaning: Text


def _rows(table: Iterable[tuple[str, str, Text]]) -> Iterator[Row]:
    for name, marks, meaning in table:
        yield Row(name, dict(zip(ROLES, marks.split(), strict=True)), meaning)


def pages() -> list[Row]:
    """The pages, in the order of the table."""
    return list(_rows(PAGES))


def rights() -> list[Row]:
    """The finer rights, in the order of the table."""
    return list(_rows(FINER_RIGHTS))


def wanted_grants(registered: set[str]) -> set[Grant]:
    """What the two tables give, for the pages that exist. Charts carry no names: Admin and Manager read all."""
    found: set[Grant] = set()
    for page in pages():
        if page.name not in registered:
            continue
        for role, mark in page.marks.items():
            if mark in ("R", "W"):
                found.add((role, READ, page.name))
            if mark == "W":
                found.add((role, WRITE, page.name))
            if mark in ("R", "W") or role in ("Admin", "Manager"):
                found.add((role, CHART, page.name))
    for right in rights():
        found |= {(role, USE, RIGHTS + right.name) for role, mark in right.marks.items() if mark == "y"}
    return found
