"""What people do without thinking: change the language, go back, click twice, keep two windows open."""

from datetime import date
from typing import Any

import pytest
import sqlalchemy as sa
from playwright.sync_api import expect

from app.billing.models import Payment
from app.db import sqla
from tests.browser.people import DOCTOR, NURSE, RECEPTIONIST, Person, Server
from tests.browser.test_access import newest

pytestmark = [pytest.mark.browser, pytest.mark.xdist_group("browser-2")]


@pytest.fixture
def desk(other_server: Server, people_at: Any) -> Person:
    """The receptionist."""
    person: Person = people_at(other_server, RECEPTIONIST)
    return person


def test_the_other_language_is_one_click_and_stays_on_the_page(desk: Person) -> None:
    page = desk.go("/patients/?q=бо&sort=card_number&dir=desc")
    before, first = page.url, page.locator("td.first").first.inner_text()
    page.locator(".lang a[hreflang=en]").click()
    expect(page.locator("html")).to_have_attribute("lang", "en")
    assert page.url == before
    assert page.locator("td.first").first.inner_text() == first
    page.locator(".lang a[hreflang=mn]").click()
    expect(page.locator("html")).to_have_attribute("lang", "mn")
    assert page.url == before


def test_the_theme_is_remembered_also_on_another_device(other_server: Server, people_at: Any) -> None:
    here, there = (people_at(other_server, NURSE, "mn", color_scheme="light") for _ in range(2))
    ground = "getComputedStyle(document.body).backgroundColor"
    page = here.go("/dashboard")
    light = page.evaluate(ground)
    page.locator(".who").click()
    page.locator('.menu .drop [value="dark"]').click()
    expect(page.locator("html")).to_have_attribute("data-theme", "dark")
    assert page.evaluate(ground) != light
    assert there.go("/rooms").evaluate(ground) != light
    page.locator(".who").click()
    page.locator('.menu .drop [value="auto"]').click()
    expect(page.locator("html")).to_have_attribute("data-theme", "auto")


def test_the_menu_stays_closed_when_it_was_closed(desk: Person) -> None:
    page = desk.go("/patients")
    word = page.locator(".side a[href='/invoices'] .text")
    expect(word).to_be_visible()
    page.locator("#nav-toggle").click()
    expect(word).to_be_hidden()
    expect(desk.go("/invoices").locator(".side a[href='/invoices'] .text")).to_be_hidden()
    page.locator("#nav-toggle").click()
    expect(word).to_be_visible()


def test_the_date_picker_speaks_mongolian_and_begins_on_monday(desk: Person, morning: date) -> None:
    """Trap 19: Chromium has no Mongolian of its own."""
    page = desk.go("/patients/add")
    page.fill("#birthday", "1985-04-03")
    page.press("#birthday", "Tab")
    page.locator("#birthday").click()
    calendar = page.locator(".flatpickr-calendar.open")
    expect(calendar).to_be_visible()
    days = calendar.locator(".flatpickr-weekday").all_inner_texts()
    assert [day.strip() for day in days] == ["Да", "Мя", "Лх", "Пү", "Ба", "Бя", "Ня"]
    assert "4-р сар" in calendar.locator(".flatpickr-monthDropdown-months").inner_text()
    desk.picture("calendar")
    calendar.locator(".flatpickr-day:not(.prevMonthDay)", has_text="15").click()
    assert page.input_value("#birthday") == "1985-04-15"


def test_a_payment_that_is_clicked_twice_is_taken_once(desk: Person) -> None:
    page = desk.go("/payments/take?patient_id=2")
    before = payments(desk.server)
    page.fill('[name="tenders-0-amount"]', "12,345")
    button = page.locator("form.pay .form-actions .btn-primary")
    button.evaluate("(button) => { button.click(); button.click(); button.form.requestSubmit(); }")
    expect(page.locator("#print-receipt")).to_be_visible()
    assert payments(desk.server) == before + 1


def test_a_payment_sent_again_after_going_back_is_the_same_payment(desk: Person) -> None:
    page = desk.go("/payments/take?patient_id=2")
    before = payments(desk.server)
    page.fill('[name="tenders-0-amount"]', "4,321")
    page.locator("form.pay .form-actions .btn-primary").click()
    expect(page.locator("#print-receipt")).to_be_visible()
    page.go_back()
    page.wait_for_load_state()
    again = page.locator("form.pay .form-actions .btn-primary")
    if page.input_value('[name="tenders-0-amount"]') == "4,321":
        again.click()
        page.wait_for_load_state()
    assert payments(desk.server) == before + 1


def test_two_windows_on_one_patient_the_second_is_told_and_nothing_is_lost(desk: Person) -> None:
    first, second = desk.go("/patients/3/edit"), desk.context.new_page()
    second.goto(f"{desk.base}/patients/3/edit")
    first.fill("#occupation", "Багш")
    first.locator("#phones .js-add-row").click()
    first.fill("#phones-2-phone_number_val", "8833 1122")
    first.press("#occupation", "Control+Enter")
    first.wait_for_url("**/patients/3")
    second.fill("#address", "Дархан, 5-р баг")
    second.press("#address", "Control+Enter")
    expect(second.locator("#problems")).to_be_visible()
    assert second.input_value("#address") == "Дархан, 5-р баг"
    told = second.locator(".stored")
    expect(told).to_have_count(3)  # address, occupation, phones
    expect(told.filter(has_text="Багш")).to_have_count(1)
    expect(told.filter(has_text="1122")).to_have_count(1)
    desk.page = second
    desk.picture("conflict", full=True)
    second.fill("#occupation", "Багш")
    second.locator("#phones .js-add-row").click()
    second.fill("#phones-2-phone_number_val", "8833 1122")
    second.press("#address", "Control+Enter")
    second.wait_for_url("**/patients/3")
    for text in ("Дархан, 5-р баг", "Багш", "8833 1122"):
        expect(second.locator("main")).to_contain_text(text)


def test_going_back_after_saving_shows_what_was_saved(desk: Person) -> None:
    page = desk.go("/patients/4/edit")
    page.fill("#occupation", "Жолооч")
    page.press("#occupation", "Control+Enter")
    page.wait_for_url("**/patients/4")
    page.go_back()
    page.wait_for_load_state()
    assert page.input_value("#occupation") == "Жолооч"
    page.fill("#occupation", "Сувилагч")
    page.press("#occupation", "Control+Enter")
    page.wait_for_url("**/patients/4")
    expect(page.locator("main")).to_contain_text("Сувилагч")


def test_after_signing_out_back_shows_no_patient(other_server: Server, people_at: Any) -> None:
    other_server.cookies.pop(DOCTOR, None)
    person: Person = people_at(other_server, DOCTOR)
    other_server.cookies.pop(DOCTOR, None)  # this session ends here
    page = person.go("/patients/3")
    page.locator(".who").click()
    page.locator('form[action="/logout/"] button').click()
    page.wait_for_url("**/login/**")
    page.go_back()
    page.wait_for_load_state()
    assert "/login" in page.url
    expect(page.locator("#password")).to_be_visible()


def test_a_list_answers_while_one_types_and_back_undoes_it(desk: Person) -> None:
    page = desk.go("/patients")
    everybody = page.locator("tbody tr").count()
    page.locator(".toolbar input[type=search]").press_sequentially("мөнх")
    expect(page.locator("tbody tr").first.locator(".first")).to_contain_text("Мөнх")
    page.wait_for_url("**q=**")
    assert page.locator("tbody tr").count() <= everybody
    page.reload()
    assert page.locator(".toolbar input[type=search]").input_value() == "мөнх"


def test_a_chart_is_drawn_and_its_bars_lead_to_the_rows(desk: Person) -> None:
    page = desk.go("/appointments/chart/1")
    canvas = page.locator("canvas.js-chart")
    expect(canvas).to_be_visible()
    assert canvas.evaluate(
        "(canvas) => canvas.getContext('2d').getImageData(0, 0, canvas.width, canvas.height).data.some((value) => value)"
    )
    page.locator("tbody a").first.click()
    page.wait_for_url("**/appointments/list/**")
    expect(page.locator("tbody tr").first).to_be_visible()


def payments(server: Server) -> int:
    """How many payments the clinic has."""
    with server.app.app_context():
        found = sqla.session.scalar(sa.select(sa.func.count()).select_from(Payment)) or 0
        sqla.session.remove()
    return found


def test_the_treatment_page_keeps_its_draft_when_the_visit_is_saved(other_server: Server, people_at: Any) -> None:
    doctor: Person = people_at(other_server, DOCTOR)
    page = doctor.go(f"/treatments/{newest(other_server)['treatment']}")
    page.locator('.tooth[data-tooth="26"] .face input[data-letter="O"]').check(force=True)
    page.fill("#chief_complaint", "Хүйтэнд янгинана")
    page.press("#chief_complaint", "Control+Enter")
    page.wait_for_load_state("networkidle")
    assert page.input_value("#chief_complaint") == "Хүйтэнд янгинана"
    expect(page.locator("#picked")).to_contain_text("26")
