"""How often a page asks the database: a list 8 times at most, any page 15, and never more often for more rows."""

from collections.abc import Callable, Iterator
from datetime import date, timedelta
from typing import Any

import pytest
import sqlalchemy as sa
from werkzeug.routing import Rule

from app.clinical.views.screen import PARTS
from app.desk.patient_profile import TABS
from app.jobs.models import Job
from app.people.models import Employee, Patient
from app.reporting.reports import REPORTS
from app.web.api.rest import ClinicApi
from app.web.views import ClinicView
from tests.factories.clinic import CAST, Clinic
from tests.web import crowd
from tests.web.crowd import Main

LIST, PAGE = 8, 15
SMALL, MORE = 2, 3
IN_ONE_PIECE = 80  # an export of so many rows, and of what is added to them, is one piece
REPORT_QUERIES = ("", "by=doctor&doctor=1&service=1&period=year")
Addresses = Callable[[Main], list[str]]
IMPORTS = {"Service": "/services", "Medicine": "/medicines", "Item": "/inventory"}
WEEK = f"start={date.today() - timedelta(days=2)}&end={date.today() + timedelta(days=20)}"
# Pages that are no table's, by their endpoint: what is asked of them. A new page without a line here fails.
PAGES: dict[str, Addresses] = {
    "IndexPage.index": lambda _: ["/"],
    "IndexPage.healthz": lambda _: ["/healthz"],
    "SignInView.login": lambda _: ["/login/"],
    "SignInView.code": lambda _: ["/login/code"],
    "ResetPage.index": lambda _: ["/login/reset"],
    "SecondFactorPage.index": lambda _: ["/profile/second-factor"],
    "UserResetPage.reset": lambda _: ["/users/1/reset"],
    "LanguageView.switch": lambda _: ["/lang/en"],
    "SharedPage.open": lambda main: [f"/s/{main.token}"],
    "DashboardPage.index": lambda _: ["/dashboard"],
    "DayBoardPage.index": lambda _: ["/appointments", "/appointments?by=chair", "/appointments?day=2026-01-05"],
    "CalendarPage.index": lambda _: ["/calendar", "/calendar?day=2026-01-05"],
    "CalendarPage.events": lambda main: [f"/calendar/events?{WEEK}", f"/calendar/events?{WEEK}&doctor={main.doctor}&status=came"],
    "CalendarPage.background": lambda _: [f"/calendar/background?{WEEK}"],
    "CalendarPage.pinned": lambda main: [f"/calendar/pinned?ids={main.appointment}"],
    "CalendarPage.facts": lambda main: [f"/calendar/visits/{main.appointment}/facts"],
    "CalendarWaitingPage.waiting": lambda _: ["/calendar/waiting"],
    "CalendarPaperPage.print_day": lambda _: ["/calendar/print", "/calendar/print?by=chair"],
    "WorkbenchPage.index": lambda _: ["/scheduling", "/scheduling?q=мөнх&urgency=routine"],
    "WorkbenchPage.plan": lambda main: [f"/scheduling/plans/{main.accepted}"],
    "WorkbenchPage.visits": lambda main: [f"/scheduling/plans/{main.accepted}/visits"],
    "FreeTimesPage.free": lambda main: [
        f"/appointments/free?doctor_id={main.doctor}&patient_id={main.patient}", "/appointments/free",
    ],
    # where the next days have room; a search that finds little reads the whole year in four steps
    "FreeTimesPage.index": lambda main: [
        "/appointments/free-times?count=2", f"/appointments/free-times?patient_id={main.patient}&count=2",
    ],
    "FreeTimesPage.as_json": lambda _: ["/appointments/free-times.json?count=2"],
    "BookingPartsPage.length": lambda _: ["/appointments/length?planned_service=1&start_at=2030-01-01+10:00"],
    "BookingPartsPage.patient": lambda main: [f"/appointments/patient?patient_id={main.patient}"],
    "ShiftCalendarPage.index": lambda _: ["/shifts", "/shifts?all=yes&q=а", "/shifts?month=2026-01"],
    "ShiftSwapPage.choose": lambda main: [f"/shifts/{main.shift}/swap"],
    "ShiftWeekPage.choose": lambda main: [f"/shift-weeks/?employee_id={main.doctor}"],
    "ShiftWeekPage.index": lambda main: [f"/shift-weeks/{main.doctor}"],
    "ToMovePage.index": lambda main: [f"/to-move/{main.doctor}", f"/to-move/{main.doctor}?day=2026-01-05"],
    "WaitlistPage.index": lambda main: ["/scheduling/waitlist", f"/scheduling/waitlist?freed={main.appointment}"],
    "WaitlistPage.free": lambda _: ["/scheduling/waitlist/1/free"],
    "RecallPage.index": lambda _: [f"/scheduling/recalls?show={key}" for key in ("due", "coming", "contacted", "all")],
    "NoShowPage.index": lambda _: ["/scheduling/no-shows"],
    "OwnFeedPage.index": lambda _: ["/profile/calendar"],
    "PatientFeedPage.show": lambda main: [f"/patients/{main.patient}/calendar"],
    "RoomsPage.index": lambda _: ["/rooms"],
    "SterilisationPage.packages": lambda _: ["/sterilisation/1/packages"],
    "TrailPage.days": lambda _: ["/audit/days", "/audit/days?day=2026-01-05"],
    "TrailPage.days_csv": lambda _: ["/audit/days.csv"],
    "TrailPage.person": lambda _: ["/audit/people/1"],
    "TrailPage.patient": lambda main: [f"/audit/patients/{main.patient}"],
    "TrailPage.patient_file": lambda main: [f"/audit/patients/{main.patient}.{kind}" for kind in ("csv", "pdf")],
    "RolesPage.index": lambda _: ["/roles/list/"],
    "ReportsPage.index": lambda _: ["/reports"],
    "ReportsPage.report": lambda main: [f"/reports/{one.key}?{query}" for one in REPORTS for query in REPORT_QUERIES],
    "ReportsPage.export": lambda _: [f"/reports/revenue/export.{kind}" for kind in ("csv", "xlsx", "pdf")],
    "SettingsPage.index": lambda _: ["/settings"],
    "ListChoicesPage.columns": lambda _: ["/lists/InvoiceView/columns", "/lists/PatientView/columns"],
    "ProfilePage.index": lambda _: ["/profile"],
    "SearchPage.index": lambda _: ["/search?q=мөнх", "/search?q=9911", "/search?q=2026-0000"],
    "PatientProfilePage.show": lambda main: [f"/patients/{main.patient}?tab={tab.key}" for tab in TABS],
    "MergePage.choose": lambda main: [f"/patients/{main.patient}/merge"],
    "DataRightsPage.show": lambda main: [f"/patients/{main.patient}/data"],
    "PatientImportPage.index": lambda _: ["/patients/import"],
    "PatientImportPage.sample": lambda _: ["/patients/import/sample.csv"],
    **{f"{name}ImportPage.index": lambda _, at=at: [f"{at}/import"] for name, at in IMPORTS.items()},
    **{f"{name}ImportPage.sample": lambda _, at=at: [f"{at}/import/sample.csv"] for name, at in IMPORTS.items()},
    "InvoicePage.show": lambda main: [f"/invoices/{key}" for key in (main.draft, main.invoice)],
    "InvoicePage.part": lambda main: [f"/invoices/{main.draft}/lines"],
    "InvoicePage.pdf": lambda main: [f"/invoices/{main.invoice}.pdf"],
    "InvoicePage.charges": lambda _: ["/invoices/charges?q=ломбо"],
    "InvoiceStartPage.new": lambda main: ["/invoices/new", f"/invoices/new?patient_id={main.patient}"],
    "PaymentPage.show": lambda main: [f"/payments/{main.payment}"],
    "PaymentPage.part": lambda main: [f"/payments/{main.payment}/refund"],
    "PaymentPage.pdf": lambda main: [f"/payments/{main.payment}.pdf"],
    "TakePaymentPage.take": lambda main: ["/payments/take", f"/payments/take?patient_id={main.patient}"],
    "TreatmentPage.show": lambda main: [f"/treatments/{main.treatment}"],
    "TreatmentPage.part": lambda main: [f"/treatments/{main.treatment}/part/{part}" for part in sorted(PARTS)],
    "TreatmentPage.of_appointment": lambda main: [f"/treatments/of/{main.appointment}"],
    "HistoryPage.history": lambda main: [f"/treatments/{main.treatment}/history"],
    "FindPage.find": lambda _: [f"/treatments/find/{kind}?q=а" for kind in ("service", "diagnosis", "medicine", "doctor")],
    "BringPage.form": lambda main: [f"/files/add?patient_id={main.patient}", f"/files/add?treatment_id={main.treatment}"],
    "BringPage.part": lambda main: [f"/files/of/patient/{main.patient}?form=1", f"/files/of/treatment/{main.treatment}?form=1"],
    "FilePage.original": lambda main: [f"/files/{main.file}"],
    "FilePage.preview": lambda main: [f"/files/{main.file}/preview"],
    "FilePage.thumb": lambda main: [f"/files/{main.file}/thumb"],
    "ViewerPage.view": lambda main: [f"/files/{main.file}/view"],
    "PrescriptionPage.show": lambda main: [f"/prescriptions/{k}" for k in (main.prescription, main.draft_prescription)],
    "PrescriptionPage.pdf": lambda main: [f"/prescriptions/{main.prescription}.pdf"],
    "LabRequestPage.pdf": lambda main: [f"/lab-requests/{main.lab_request}.pdf"],
    "ItemPage.show": lambda main: [f"/inventory/{main.item}"],
    "ItemPage.part": lambda main: [f"/inventory/{main.item}/use"],
    "ExpensePage.show": lambda main: [f"/expenses/{main.expense}"],
    "SpendingPage.index": lambda _: ["/expenses/month", "/expenses/month?month=2026-01"],
    "ApiPage.index": lambda _: ["/swagger/v1"],
    "ApiDocument.openapi": lambda _: ["/api/v1/_openapi"],
    "CommunicationPage.index": lambda main: ["/communication", f"/communication?patient_id={main.patient}&page=2"],
    "WriteTextPage.write": lambda main: ["/sms/write", f"/sms/write?patient_id={main.patient}&template=1"],
    "DraftPage.usual": lambda main: [f"/prescriptions/for/{main.treatment}/usual?medicine_id=1"],
}  # fmt: skip
# Asked with a job's or list's own key, which only the test knows.
KEYED = {
    *(f"{name}ImportPage.{page}" for name in ("Patient", *IMPORTS) for page in ("job", "rows", "columns", "check"))
}


@pytest.fixture
def grown(clinic: Clinic) -> Iterator[tuple[Clinic, Main]]:
    """The clinic with a few rows of everything."""
    user = clinic.user("Doctor").id
    main = clinic.unit(lambda s: crowd.begin(s, user))
    clinic.unit(lambda s: crowd.grow(s, main, SMALL))
    return clinic, main


def grow(clinic: Clinic, main: Main) -> None:
    clinic.unit(lambda s: crowd.grow(s, main, MORE))


def table_addresses(clinic: Clinic, view: Any, main: Main) -> Iterator[str]:
    """List, record, forms, charts, lookups and exports of a table."""
    key = clinic.session.scalar(sa.select(sa.func.max(view.key_columns()[0])))
    assert key is not None, f"{view.model.__name__} has no row: let `crowd` make some"
    own = {Patient: main.patient, Employee: main.doctor}.get(view.model, key)
    base = view.route_base
    yield from (f"{base}/list/", f"{base}/list/?q=мөнх")
    yield from (f"{base}/chart/{number}" for number in range(len(view.definitions)))
    if clinic.count(view.model) < IN_ONE_PIECE:
        yield from (f"{base}/export.csv", f"{base}/export.xlsx")
    if view.show_columns and not view.shows_elsewhere:
        yield f"{base}/{own}"
    if view.add_columns:
        yield f"{base}/add"
    if view.edit_columns:
        yield f"{base}/{own}/edit"
    columns = sa.inspect(view.model).columns
    names = {*view.add_columns, *view.edit_columns, *view.search_columns}
    lookups = {name for name in names if name in view.lookups or (name in columns and columns[name].foreign_keys)}
    for name in sorted({*lookups, *view._inline_lookups()}):
        yield from (f"{base}/lookup/{name}", f"{base}/lookup/{name}?q=мөнх")


def api_addresses(clinic: Clinic, api: ClinicApi) -> list[str]:
    """List, record and facts of a table for programs."""
    key = clinic.session.scalar(sa.select(sa.func.max(api.key)))
    return [
        f"{api.route_base}/",
        f"{api.route_base}/?q=(page_size:100)",
        f"{api.route_base}/_info",
        f"{api.route_base}/{key}",
    ]


def measure(browser: Any, clinic: Clinic, paths: list[str], *, is_warm: bool = False) -> dict[str, int]:
    """How many statements each page takes on a warm process."""
    counts = {}
    for path in paths:
        headers = {"HX-Request": "true"} if "/part/" in path or "/files/of/" in path else {}
        for _ in range(1 if is_warm else 2):
            with clinic.statements() as seen:
                answer = browser.get(path, headers=headers)
            assert answer.status_code in (200, 302), f"{path}: {answer.status_code}"
        touch = 2 if any(sql.startswith("UPDATE session_token") for sql in seen) else 0  # once a minute, anywhere
        counts[path] = sum(not sql.startswith("INSERT INTO audit_log") for sql in seen) - touch  # the look comes on top
    return counts


def wrong(small: dict[str, int], large: dict[str, int], limit: Callable[[str], int]) -> list[str]:
    """The pages that ask too much, or more for more rows."""
    return [
        f"{path}: {small[path]}, then {count}, at most {limit(path)}"
        for path, count in large.items()
        if count > min(limit(path), small[path])
    ]


def most(path: str) -> int:
    return LIST if "/list/" in path else PAGE


def most_of_page(path: str) -> int:
    return PAGE + 1 if path.startswith("/prescriptions/for/") else PAGE  # the page of a visit: with its packages


def test_no_screen_of_a_table_asks_too_much_or_more_for_more_rows(grown: tuple[Clinic, Main]) -> None:
    clinic, main = grown
    admin = clinic.client("Admin")
    views = [v for v in clinic.app.extensions["appbuilder"].baseviews if isinstance(v, ClinicView)]
    paths = [path for view in views for path in table_addresses(clinic, view, main)]
    small = measure(admin, clinic, paths)
    grow(clinic, main)
    assert not wrong(small, measure(admin, clinic, paths, is_warm=True), most)


def test_no_table_of_the_api_asks_too_much_or_more_for_more_rows(grown: tuple[Clinic, Main]) -> None:
    clinic, main = grown
    admin = clinic.client("Admin")
    apis = [v for v in clinic.app.extensions["appbuilder"].baseviews if isinstance(v, ClinicApi)]
    paths = [path for api in apis for path in api_addresses(clinic, api)]
    small = measure(admin, clinic, paths)
    grow(clinic, main)
    assert not wrong(small, measure(admin, clinic, paths, is_warm=True), lambda _: LIST)


def test_no_other_page_asks_too_much_or_more_for_more_rows(grown: tuple[Clinic, Main]) -> None:
    clinic, main = grown
    paths = [path for addresses in PAGES.values() for path in addresses(main)]
    admin = clinic.client("Admin")
    small = measure(admin, clinic, paths)
    grow(clinic, main)
    assert not wrong(small, measure(admin, clinic, paths, is_warm=True), most_of_page)


def test_no_page_that_a_role_sees_in_its_own_way_asks_too_much(grown: tuple[Clinic, Main]) -> None:
    clinic, main = grown
    own = [
        "/dashboard", "/appointments", "/rooms", "/profile", f"/treatments/{main.treatment}",
        *PAGES["PatientProfilePage.show"](main), *PAGES["InvoicePage.show"](main),
    ]  # fmt: skip
    browsers = {role: clinic.client(role) for role in CAST if role != "Admin"}
    paths = {role: [p for p in own if browsers[role].get(p).status_code == 200] for role in browsers}
    small = {role: measure(browsers[role], clinic, paths[role], is_warm=True) for role in browsers}
    grow(clinic, main)
    for role, browser in browsers.items():
        assert paths[role]
        large = measure(browser, clinic, paths[role], is_warm=True)
        assert not wrong(small[role], large, lambda _: PAGE), role


def test_every_address_that_can_be_opened_is_counted(clinic: Clinic) -> None:
    is_table = {
        v.endpoint: isinstance(v, ClinicView | ClinicApi) for v in clinic.app.extensions["appbuilder"].baseviews
    }

    def is_counted(rule: Rule) -> bool:
        return is_table[rule.endpoint.split(".")[0]] or rule.endpoint in {*PAGES, *KEYED}

    rules = [rule for rule in clinic.app.url_map.iter_rules() if "GET" in (rule.methods or set())]
    assert [rule.rule for rule in rules if rule.endpoint != "static" and not is_counted(rule)] == []


def test_an_imports_pages_ask_no_more_for_more_imports(grown: tuple[Clinic, Main]) -> None:
    clinic, main = grown
    key = clinic.session.scalar(sa.select(Job.job_id).order_by(Job.job_id).limit(1))
    paths = [f"/patients/import/jobs/{key}", f"/patients/import/jobs/{key}/rows.csv"]
    admin = clinic.client("Admin")
    small = measure(admin, clinic, paths)
    grow(clinic, main)
    assert not wrong(small, measure(admin, clinic, paths, is_warm=True), lambda _: PAGE)
