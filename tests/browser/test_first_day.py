"""One day, from the list of patients to the printed receipt, in the browser: in Mongolian on MariaDB, in English on SQLite."""

import json
import re
from datetime import date
from pathlib import Path
from typing import Any

import pytest
import sqlalchemy as sa
from playwright.sync_api import Page, expect

from app.catalogue.models import Medicine, ServiceCatalog
from app.clinical.models import TreatmentSterilePackage
from app.db import sqla
from app.insurance.models import InsurancePlan
from app.scheduling.models import Appointment
from app.scheduling.rules import AppointmentStatus
from app.stock.models import SterilePackage
from tests.browser.people import DOCTOR, RECEPTIONIST, Person, Server, pdf_text

pytestmark = pytest.mark.browser
DATA = Path(__file__).resolve().parents[1] / "data"
FAMILY, NAMES = "Туршилт", {"mn": "Ахдүү", "en": "Оюунзаяа"}
REGISTERS = {"mn": "УК03271614", "en": "УЛ03271614"}
SERVER_BY_GROUP = [
    pytest.param(f"{database}_server", locale, id=f"{database}-{locale}", marks=pytest.mark.xdist_group(group))
    for database, locale, group in (("mariadb", "mn", "browser-2"), ("sqlite", "en", "browser-1"))
]


@pytest.fixture
def clinic(request: pytest.FixtureRequest) -> Server:
    """The clinic of this run."""
    found: Server = request.getfixturevalue(request.param)
    return found


@pytest.mark.parametrize(("clinic", "locale"), SERVER_BY_GROUP, indirect=["clinic"])
def test_a_day_from_the_list_of_patients_to_the_receipt(
    clinic: Server, locale: str, morning: date, people_at: Any
) -> None:
    desk, doctor = people_at(clinic, RECEPTIONIST, locale), people_at(clinic, DOCTOR, locale)
    import_the_list(desk)
    patient = register(desk, locale)
    visit = book(desk, patient, morning, {"mn": "19:30", "en": "20:30"}[locale])
    check_in(desk, visit)
    into_the_chair(doctor, visit)
    treat(doctor, locale)
    prescribe(doctor, locale)
    close(doctor)
    total = issue(desk, visit)
    receipt = pay_half_and_half(desk, total)
    assert f"{total // 2:,} ₮" in receipt
    assert FAMILY.upper()[0] in receipt
    desk.go(f"/appointments/{visit}")
    expect(desk.page.locator("h1 .appointmentstatus-finished")).to_be_visible()
    assert status_of(clinic, visit) is AppointmentStatus.FINISHED


def import_the_list(desk: Person) -> None:
    """The list of 500 goes in through the page; the second time on the same database nothing is added."""
    counts = json.loads((DATA / "patients-import.expected.json").read_text(encoding="utf-8"))["counts"]
    new, there, blanks = counts["ok"], counts["duplicate"], counts["blank"]
    wrong = sum(counts.values()) - new - there - blanks
    page = desk.go("/patients/import")
    page.set_input_files('input[type="file"]', DATA / "patients-import.csv")
    page.wait_for_selector("#check .tiles", timeout=30_000)
    added, known, refused, blank = (
        int(text.replace(",", "")) for text in page.locator("#check .figure").all_inner_texts()
    )
    assert (refused, blank) == (wrong, blanks)
    assert (added, known) in ((new, there), (0, new + there))
    desk.picture("import-check")
    if added:
        page.locator("#check .go button").click()
        expect(page.locator("#state .alert-success")).to_be_visible(timeout=60_000)
        assert page.locator("#state .tile.good .figure").inner_text() == str(added)


def register(desk: Person, locale: str) -> int:
    """A patient with two phones, an allergy and an insurer; the register number fills birthday and gender."""
    page = desk.go("/patients/add")
    page.fill("#register_number", REGISTERS[locale])
    assert page.input_value("#birthday") == "2003-07-16"
    assert page.input_value("#gender") == "male"
    page.fill("#last_name", FAMILY)
    page.fill("#first_name", NAMES[locale])
    page.fill("#phones-0-phone_number_val", "8811 2233" if locale == "mn" else "8811 2255")
    page.fill("#phones-1-phone_number_val", "8811 2244" if locale == "mn" else "8811 2266")
    page.select_option("#history-0-kind", "allergy")
    page.fill("#history-0-name", "Латекс")
    page.select_option("#history-0-severity", "critical")
    page.locator("#insurance .js-add-row").click()
    desk.choose("insurance-0-insurance_plan_id", "", plan_of(desk.server))
    page.fill("#insurance-0-policy_number", "П-100200")
    desk.picture(f"register-{locale}", full=True)
    page.press("#note", "Control+Enter")
    page.wait_for_url(re.compile(r"/patients/\d+$"))
    head = page.locator(".record-head")
    expect(head).to_contain_text(NAMES[locale])
    expect(head.locator('a[href^="tel:"]')).to_have_count(2)
    expect(head.locator(".alert-strip")).to_be_visible()
    expect(page.locator("main")).to_contain_text("П-100200")
    desk.picture(f"profile-{locale}")
    return last_number(page)


def book(desk: Person, patient: int, day: date, clock: str) -> int:
    """With the doctor, today after hours: the day is full, so it is done with a reason."""
    page = desk.go(f"/patients/{patient}")
    page.locator(".record-head .btn-primary").click()
    desk.choose("doctor_id", "Сарангэрэл")
    page.locator(".js-find-free").click()
    page.locator("#free [data-start]").first.click()
    page.fill("#start_at", f"{day} {clock}")
    page.press("#start_at", "Tab")
    page.locator("form.booking .form-actions .btn-primary").click()
    page.fill("#override_reason", "Өвдөлттэй ирсэн")
    desk.picture("book-after-hours")
    page.locator("form.booking .form-actions .btn-primary").click()
    page.wait_for_url(re.compile(r"/appointments/\d+$"))
    expect(page.locator("h1 .appointmentstatus-reserved")).to_be_visible()
    return last_number(page)


def check_in(desk: Person, visit: int) -> None:
    """By the board."""
    page = desk.go("/appointments")
    card = page.locator(f".visit:has(#visit-{visit})")
    card.hover()
    desk.picture("board-visit")
    card.locator('button[value="came"]').click()
    expect(page.locator(f".floor.here a[href$='/appointments/{visit}']")).to_be_visible()


def into_the_chair(doctor: Person, visit: int) -> None:
    """From the doctor's own day into the treatment."""
    page = doctor.go("/dashboard")
    form = page.locator(f'form[action*="/appointments/{visit}/move"]')
    doctor.picture("doctor-day")
    form.locator('button[value="in_treatment"]').click()
    page.locator(".day-line.big", has_text=FAMILY).locator(".btn-primary").click()
    page.wait_for_url(re.compile(r"/treatments/\d+$"))


def treat(doctor: Person, locale: str) -> None:
    """A filling on the occlusal surface of 36, and its diagnosis."""
    page, name = doctor.page, filling_of(doctor.server, locale)
    page.locator('.tooth[data-tooth="36"] .face input[data-letter="O"]').check(force=True)
    expect(page.locator("#picked")).to_contain_text("36")
    doctor.choose("service_id", name)
    page.locator("#chart-form .btn-primary").click()
    row = page.locator('tr[id^="item-"]')
    expect(row).to_contain_text(name)
    expect(row).to_contain_text("36 O")
    page.locator('.tooth[data-tooth="36"] .tooth-number input').check(force=True)
    doctor.choose("diagnosis_code_id", "K02.1")
    page.locator('button[formaction$="/diagnoses"], button[formaction*="diagnos"]').click()
    expect(page.locator("#work .plain-list").first).to_contain_text("K02.1")
    doctor.picture(f"treatment-{locale}", full=True)


def prescribe(doctor: Person, locale: str) -> None:
    """A medicine with its usual directions, issued and printed."""
    page, (name, generic) = doctor.page, medicine_of(doctor.server)
    doctor.choose("medicine_id", name)
    expect(page.locator("#dosage")).not_to_have_value("")
    page.fill("#rx-quantity", "10")
    page.locator("#prescribing .rx-form .save-line .btn").click()
    page.locator("#prescribing .rx.draft .btn-primary").click()
    printed = doctor.pdf(page.locator('#prescribing .rx-head a[href*=".pdf"]'))
    assert name in printed or generic in printed
    assert NAMES[locale] in printed
    doctor.picture(f"prescribed-{locale}")


def close(doctor: Person) -> None:
    """Without a package the page warns; its number is typed, and the visit is done."""
    page, number = doctor.page, package_of(doctor.server)
    page.locator(".treat-head .btn-primary").click()
    expect(page.locator('form:has(input[name="anyway"]) button')).to_be_visible()
    page.fill("#packages #number", number)
    page.press("#packages #number", "Enter")
    expect(page.locator("#packages .plain-list")).to_contain_text(number)
    page.locator(".treat-head .btn-primary").click()
    expect(page.locator(".treat-head .treatmentstatus-completed")).to_be_visible()


def issue(desk: Person, visit: int) -> int:
    """From the board to the invoice, which is posted before any money. Returns its total."""
    page = desk.go("/appointments")
    page.locator(f".floor.pay li:has(a[href$='/appointments/{visit}']) .checkout button").click()
    page.wait_for_url(re.compile(r"/invoices/\d+"))
    desk.picture("invoice-draft")
    total = int(re.sub(r"\D", "", page.locator("[data-sum]").first.inner_text()))
    page.locator(".issue-alone form[action$='/issue'] button").click()
    expect(page.locator("h1 .invoicestatus-issued")).to_be_visible()
    return total


def pay_half_and_half(desk: Person, total: int) -> str:
    """Half in cash and half by card, in one form. Returns the text of the receipt."""
    page = desk.page
    half = total // 2
    page.locator('.methods input[value="cash"]').first.check(force=True)
    page.locator("#split").click()
    page.fill('[name="tenders-0-amount"]', str(half))
    page.locator('[name="tenders-1-method"][value="card"]').check(force=True)
    assert int(page.input_value('[name="tenders-1-amount"]').replace(",", "")) == total - half
    desk.picture("half-and-half")
    page.locator("#pay-button").click()
    link = page.locator("#print-receipt")
    expect(page.locator("h1 .invoicestatus-paid")).to_be_visible()
    desk.picture("paid")
    return pdf_text(desk.fetch(str(link.get_attribute("href"))))


def last_number(page: Page) -> int:
    """The key at the end of the address."""
    return int(page.url.rsplit("/", 1)[-1])


def one(server: Server, statement: Any) -> Any:
    """One row of the clinic's database."""
    with server.app.app_context():
        found = sqla.session.execute(statement).first()
        sqla.session.remove()
    assert found is not None
    return found


def plan_of(server: Server) -> str:
    """What an insurer's plan is called."""
    return str(one(server, sa.select(InsurancePlan.name))[0])


def filling_of(server: Server, locale: str) -> str:
    """A service for one tooth and its surfaces."""
    name = getattr(ServiceCatalog, f"doctor_display_name_{locale}")
    return str(
        one(server, sa.select(name).where(ServiceCatalog.surfaces_required.is_(True)).order_by(ServiceCatalog.code))[0]
    )


def medicine_of(server: Server) -> tuple[str, str]:
    """A painkiller's name, and that of what is in it."""
    found = one(server, sa.select(Medicine.name, Medicine.generic_name).where(Medicine.generic_name == "Ibuprofen"))
    return str(found[0]), str(found[1])


def package_of(server: Server) -> str:
    """The number of a package on the shelf."""
    used = sa.select(TreatmentSterilePackage.sterile_package_id)
    free = SterilePackage.sterile_package_id.not_in(used)
    return str(one(server, sa.select(SterilePackage.number).where(free).order_by(SterilePackage.number))[0])


def status_of(server: Server, visit: int) -> AppointmentStatus:
    """How a visit stands."""
    found: AppointmentStatus = one(server, sa.select(Appointment.status).where(Appointment.appointment_id == visit))[0]
    return found
