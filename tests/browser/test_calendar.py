"""The calendar at real screens: moved by one drag, by touch and by keys alone, on the clinic's clock wherever the device is."""

import itertools
import re
from collections.abc import Iterator
from datetime import UTC, date, datetime, timedelta
from types import SimpleNamespace
from typing import Any

import pytest
import sqlalchemy as sa
from playwright.sync_api import Locator, Page, expect

from app.db import sqla, unit
from app.scheduling.models import Appointment, Holiday, WaitlistEntry
from tests.browser.people import ADMIN, NURSE, PHONE_SIZE, RECEPTIONIST, Person, Server
from tests.browser.test_access import AXE, RUN
from tests.browser.test_clicks import Hands
from tests.factories import people, scheduling

pytestmark = [pytest.mark.browser, pytest.mark.xdist_group("browser-2")]
AHEAD = 40  # days: nothing of the demo lies there
WEEK = timedelta(days=7)
_weeks = itertools.count()


def _tuesday(session: Any, morning: date) -> date:
    """A Tuesday that no other test has, open like the one after it."""
    closed = set(session.scalars(sa.select(Holiday.date)))
    while True:
        day = morning - timedelta(days=morning.weekday() - 1) + timedelta(days=AHEAD) + 2 * WEEK * next(_weeks)
        day -= timedelta(days=day.weekday() - 1)
        if not {day, day + WEEK} & closed:
            return day


@pytest.fixture
def desk(other_server: Server, morning: date) -> Iterator[Any]:
    """Two doctors on a day of their own, Алтанцэцэг at ten and Мөнхжин at twelve with the first."""

    def build(session: Any) -> Any:
        day = _tuesday(session, morning)
        doctors = [people.doctor(session, first_name=name, last_name="Я") for name in ("Аагий", "Ээгий")]
        for doctor in doctors:
            for offset in (0, 7):
                scheduling.shift(session, doctor, day + timedelta(days=offset))
        names = {"one": ("Алтанцэцэг", "10:00"), "two": ("Мөнхжин", "12:00")}
        visits = {
            key: scheduling.appointment(
                session, patient=people.patient(session, first_name=name), doctor=doctors[0],
                start_at=scheduling.at(day, clock), minutes=45, override_reason=None,
            ).appointment_id
            for key, (name, clock) in names.items()
        }  # fmt: skip
        return SimpleNamespace(
            day=day, doctors=[d.employee_id for d in doctors], titles=[d.title for d in doctors], **visits
        )

    with other_server.app.app_context():
        made = unit(build)
        yield made
        sqla.session.remove()


def start_of(key: int) -> str:
    sqla.session.rollback()
    found = sqla.session.get_one(Appointment, key, populate_existing=True)
    return f"{found.start_at.astimezone(scheduling.ZONE):%Y-%m-%d %H:%M}"


def minutes_of(key: int) -> int:
    sqla.session.rollback()
    return sqla.session.get_one(Appointment, key, populate_existing=True).minutes


def opened(person: Person, desk: Any, view: str = "day", by: str = "doctor") -> Page:
    page = person.go(f"/calendar?day={desk.day}&view={view}&by={by}&doctor={desk.doctors[0]},{desk.doctors[1]}")
    page.wait_for_selector('#calendar[aria-busy="false"]')
    return page


def visit(page: Page, key: int) -> Locator:
    return page.locator(f'[data-visit-id="{key}"]:not(.ec-ghost, .ec-preview)')


def height_of_hour(page: Page) -> float:
    return float(
        page.evaluate(
            "4 * parseFloat(getComputedStyle(document.querySelector('.ec-main')).getPropertyValue('--ec-slot-height'))"
        )
    )


def drag(page: Page, what: Locator, right: float, down: float) -> None:
    """One drag by hand, from the visit's head."""
    box = what.bounding_box()
    assert box is not None
    x, y = box["x"] + 30, box["y"] + 8
    page.mouse.move(x, y)
    page.mouse.down()
    page.mouse.move(x + right / 2, y + down / 2, steps=5)
    page.mouse.move(x + right, y + down, steps=5)
    page.mouse.up()


@pytest.mark.parametrize("locale", ["mn", "en"])
def test_one_drag_moves_a_visit_and_one_click_takes_it_back(
    other_server: Server, people_at: Any, desk: Any, locale: str
) -> None:
    person = people_at(other_server, RECEPTIONIST, locale)
    page = opened(person, desk)
    column = page.locator(".ec-body .ec-day").first.bounding_box()
    assert column is not None
    # no further down: near the edge the calendar scrolls along
    drag(page, visit(page, desk.one), column["width"], height_of_hour(page))
    expect(page.locator("#toasts .alert-success")).to_contain_text(f"{desk.day} 11:00, {desk.titles[1]}")
    assert start_of(desk.one) == f"{desk.day} 11:00"
    person.picture(f"calendar-moved-{locale}")
    page.locator("#toasts .undo").click()
    expect(visit(page, desk.one)).to_contain_text("10:00")
    assert start_of(desk.one) == f"{desk.day} 10:00"


def test_pulling_its_edge_makes_a_visit_longer(other_server: Server, people_at: Any, desk: Any) -> None:
    page = opened(people_at(other_server, RECEPTIONIST), desk)
    box = visit(page, desk.one).bounding_box()
    assert box is not None
    page.mouse.move(box["x"] + 50, box["y"] + box["height"] - 3)
    page.mouse.down()
    page.mouse.move(box["x"] + 50, box["y"] + box["height"] - 3 + height_of_hour(page) / 2, steps=6)
    page.mouse.up()
    expect(page.locator("#toasts .undo")).to_be_visible()
    assert minutes_of(desk.one) == 75


@pytest.mark.parametrize("locale", ["mn", "en"])
def test_by_keys_alone_a_visit_is_found_moved_lengthened_and_carried_to_another_week(
    other_server: Server, people_at: Any, desk: Any, locale: str
) -> None:
    person = people_at(other_server, RECEPTIONIST, locale)
    page = opened(person, desk)
    hands = Hands(page)
    visit(page, desk.one).focus()
    for key in ("m", "ArrowDown", "ArrowDown", "ArrowRight", "+", "Enter"):
        hands.press(key)
    expect(page.locator("#toasts .undo")).to_be_visible()
    assert (start_of(desk.one), minutes_of(desk.one)) == (f"{desk.day} 10:30", 60)
    expect(visit(page, desk.one)).to_be_focused()
    for key in ("p", "PageDown"):
        hands.press(key)
    for _ in range(6):
        hands.press("PageDown")
    expect(page.locator("#cal-title")).to_contain_text(str(desk.day + WEEK))
    page.wait_for_selector('#calendar[aria-busy="false"]')
    page.locator(".pin .hold").focus()
    hands.press("Enter")  # now a time is chosen for it
    expect(page.locator(".cal-cursor")).to_be_focused()
    for key in ("ArrowDown", "ArrowDown", "Enter"):
        hands.press(key)
    expect(page.locator("#toasts .alert-success").last).to_contain_text(str(desk.day + WEEK))
    assert start_of(desk.one).startswith(str(desk.day + WEEK))
    assert page.locator(".pin").count() == 0
    assert hands.done <= 20


def test_escape_takes_a_held_visit_back(other_server: Server, people_at: Any, desk: Any) -> None:
    page = opened(people_at(other_server, RECEPTIONIST), desk)
    visit(page, desk.one).focus()
    for key in ("m", "ArrowDown", "ArrowDown"):
        page.keyboard.press(key)
    expect(visit(page, desk.one)).to_contain_text("10:30")
    page.keyboard.press("Escape")
    expect(visit(page, desk.one)).to_contain_text("10:00")
    assert start_of(desk.one) == f"{desk.day} 10:00"


def test_arrows_walk_over_visits_and_free_times_and_enter_books(
    other_server: Server, people_at: Any, desk: Any
) -> None:
    page = opened(people_at(other_server, RECEPTIONIST), desk)
    visit(page, desk.one).focus()
    page.keyboard.press("ArrowDown")
    cursor = page.locator(".cal-cursor")
    expect(cursor).to_be_focused()
    expect(cursor).to_contain_text("10:45")
    for _ in range(5):
        page.keyboard.press("ArrowDown")
    expect(visit(page, desk.two)).to_be_focused()
    page.keyboard.press("ArrowRight")
    expect(cursor).to_be_focused()
    page.keyboard.press("Enter")
    page.wait_for_selector("#panel form.booking")
    assert page.input_value("#start_at") == f"{desk.day} 12:00"
    assert page.locator("#doctor_id").evaluate("e => Number(e.value)") == desk.doctors[1]


def test_a_click_on_a_free_time_opens_the_form_and_the_booking_appears(
    other_server: Server, people_at: Any, desk: Any
) -> None:
    person = people_at(other_server, RECEPTIONIST, "en")
    page = opened(person, desk)
    with other_server.app.app_context():
        name = unit(lambda s: people.patient(s, first_name="Шинэцэцэг")).first_name
    hands = Hands(page)
    box = page.locator(".ec-body .ec-day").nth(1).bounding_box()
    assert box is not None
    page.mouse.click(box["x"] + 40, box["y"] + height_of_hour(page) * 2 + 5)
    hands.done += 1
    page.wait_for_selector("#panel form.booking")
    assert page.input_value("#start_at") == f"{desk.day} 11:00"
    hands.type(name[:6].lower())
    page.locator("#patient_id-ts-dropdown .option", has_text=name).wait_for()
    hands.press("Enter")
    hands.press("Enter")
    expect(page.locator(".cal-visit", has_text=name)).to_be_visible()
    assert hands.done == 4


def test_what_another_desk_did_is_shown_and_never_written_over(other_server: Server, people_at: Any, desk: Any) -> None:
    one, other = people_at(other_server, RECEPTIONIST, "en"), people_at(other_server, ADMIN, "en")
    mine, theirs = opened(one, desk), opened(other, desk)
    drag(theirs, visit(theirs, desk.one), 0, height_of_hour(theirs) * 4)
    expect(theirs.locator("#toasts .undo")).to_be_visible()
    drag(mine, visit(mine, desk.one), 0, height_of_hour(mine))  # from what stands here no longer
    expect(mine.locator("#toasts .alert-warning")).to_contain_text("changed at another desk")
    expect(visit(mine, desk.one)).to_contain_text("14:00")
    assert start_of(desk.one) == f"{desk.day} 14:00"
    one.picture("calendar-conflict")


def test_it_looks_again_by_itself_and_says_what_changed_under_an_open_card(
    other_server: Server, people_at: Any, desk: Any
) -> None:
    person = people_at(other_server, RECEPTIONIST, "en")
    person.page.clock.install()
    page = opened(person, desk)
    visit(page, desk.one).click()
    expect(page.locator("#card")).to_be_visible()
    other = opened(people_at(other_server, ADMIN, "en"), desk)
    drag(other, visit(other, desk.one), 0, height_of_hour(other) * 3)
    expect(other.locator("#toasts .undo")).to_be_visible()
    page.clock.fast_forward(16_000)
    expect(visit(page, desk.one)).to_contain_text("13:00")
    expect(visit(page, desk.one)).to_have_class(re.compile(r"\bfresh\b"))
    expect(page.locator("#toasts .alert-warning")).to_contain_text("changed at another desk")


@pytest.mark.parametrize("zone", ["America/New_York", "Asia/Tokyo", "Pacific/Apia"])
def test_a_device_elsewhere_shows_the_clinics_time(other_server: Server, people_at: Any, desk: Any, zone: str) -> None:
    person = people_at(other_server, RECEPTIONIST, "mn", timezone_id=zone)
    person.context.clock.install(time=datetime.now(UTC))  # the right instant, in another zone
    page = opened(person, desk)
    expect(visit(page, desk.one)).to_contain_text("10:00")
    drag(page, visit(page, desk.one), 0, height_of_hour(page))  # no further: at the edge the calendar scrolls along
    expect(page.locator("#toasts .undo")).to_be_visible()
    assert start_of(desk.one) == f"{desk.day} 11:00"
    page.locator("#cal-now").click()
    page.wait_for_selector(".ec-now-indicator", state="attached")  # twenty to eleven there, whatever it is here


@pytest.mark.parametrize("locale", ["mn", "en"])
def test_at_a_phone_one_column_and_a_long_press_moves(
    other_server: Server, people_at: Any, desk: Any, locale: str
) -> None:
    person = people_at(other_server, RECEPTIONIST, locale, PHONE_SIZE, has_touch=True, is_mobile=True)
    page = opened(person, desk)
    assert page.locator(".ec-body .ec-day").count() == 1
    assert page.evaluate("document.documentElement.scrollWidth") <= PHONE_SIZE["width"]
    person.picture(f"calendar-phone-{locale}")
    box = visit(page, desk.one).bounding_box()
    assert box is not None
    session = person.context.new_cdp_session(page)

    def touch(kind: str, *points: tuple[float, float]) -> None:
        session.send("Input.dispatchTouchEvent", {"type": kind, "touchPoints": [{"x": x, "y": y} for x, y in points]})

    x, y = box["x"] + 60, box["y"] + 10
    touch("touchStart", (x, y))
    page.wait_for_timeout(600)
    for part in range(1, 9):
        touch("touchMove", (x, y + height_of_hour(page) * part / 8))
    touch("touchEnd")
    expect(page.locator("#toasts .undo")).to_be_visible()
    assert start_of(desk.one) == f"{desk.day} 11:00"
    visit(page, desk.one).tap()
    expect(page.locator("#card a[href^='tel:']").first).to_be_visible()
    for view in ("week", "list"):
        page.locator(f'[data-view="{view}"]').tap()
        page.wait_for_selector(".ec-list")
        assert page.evaluate("document.documentElement.scrollWidth") <= PHONE_SIZE["width"]


def test_a_taken_time_offers_free_ones_to_choose(other_server: Server, people_at: Any, desk: Any) -> None:
    page = opened(people_at(other_server, RECEPTIONIST, "en"), desk)
    drag(page, visit(page, desk.one), 0, height_of_hour(page) * 2)
    expect(page.locator("#ask")).to_be_visible()
    assert page.locator("#ask [data-free]").count() == 3
    first = page.locator("#ask [data-free]").first
    wanted = first.inner_text()
    first.click()
    expect(page.locator("#toasts .undo")).to_be_visible()
    assert start_of(desk.one) == wanted


def test_outside_the_shift_the_desk_is_asked_why(other_server: Server, people_at: Any, desk: Any) -> None:
    page = opened(people_at(other_server, RECEPTIONIST, "en"), desk)
    visit(page, desk.two).focus()
    page.keyboard.press("m")
    for _ in range(26):
        page.keyboard.press("ArrowDown")
    page.keyboard.press("Enter")
    page.locator("#ask-reason").fill("Only then")
    page.keyboard.press("Enter")
    expect(page.locator("#toasts .undo")).to_be_visible()
    assert start_of(desk.two) == f"{desk.day} 18:30"


def test_a_visit_let_go_over_the_pinboard_stays_where_it_is_and_is_pinned(
    other_server: Server, people_at: Any, desk: Any
) -> None:
    page = opened(people_at(other_server, RECEPTIONIST), desk)
    box, pins = visit(page, desk.one).bounding_box(), page.locator("#pins").bounding_box()
    assert box is not None
    assert pins is not None
    drag(page, visit(page, desk.one), pins["x"] + 200 - box["x"], pins["y"] + 10 - box["y"])
    expect(page.locator(".pin")).to_contain_text("Алтанцэцэг")
    assert start_of(desk.one) == f"{desk.day} 10:00"
    page.goto(f"{page.url.split('?')[0]}?day={desk.day + WEEK}&view=week&by=all&doctor={desk.doctors[0]}")
    page.wait_for_selector('#calendar[aria-busy="false"]')
    page.locator(".pin .hold").drag_to(
        page.locator(".ec-body .ec-day").nth(1), target_position={"x": 60, "y": height_of_hour(page) + 4}
    )
    expect(page.locator("#toasts .undo")).to_be_visible()
    assert start_of(desk.one) == f"{desk.day + WEEK} 10:00"


def test_a_nurse_sees_it_and_can_move_nothing(other_server: Server, people_at: Any, desk: Any) -> None:
    page = opened(people_at(other_server, NURSE, "en"), desk)
    assert page.locator("#book").count() == 0
    drag(page, visit(page, desk.one), 0, height_of_hour(page) * 3)
    visit(page, desk.one).click()
    expect(page.locator("#card")).to_be_visible()
    assert page.locator("#card .moves").count() == 0
    assert start_of(desk.one) == f"{desk.day} 10:00"


def test_a_status_is_moved_from_the_card_and_taken_back(other_server: Server, people_at: Any, desk: Any) -> None:
    page = opened(people_at(other_server, RECEPTIONIST, "en"), desk)
    visit(page, desk.one).click()
    page.locator('#card button[value="confirmed"]').click()
    expect(visit(page, desk.one)).to_contain_text("Confirmed")
    page.locator("#toasts .undo").click()
    expect(visit(page, desk.one)).to_contain_text("Reserved")


def test_filters_leave_what_was_chosen(other_server: Server, people_at: Any, desk: Any) -> None:
    page = opened(people_at(other_server, RECEPTIONIST, "en"), desk)
    page.locator('[data-filter="status"] summary').click()
    page.locator('[data-filter="status"] input[value="confirmed"]').check()
    expect(page.locator(".cal-visit")).to_have_count(0)
    page.locator('[data-filter="status"] input[value="reserved"]').check()
    expect(visit(page, desk.one)).to_be_visible()
    assert "status=reserved%2Cconfirmed" in page.url or "status=confirmed%2Creserved" in page.url
    page.locator("#cal-clear").click()
    expect(page.locator("#cal-clear")).to_be_hidden()
    expect(visit(page, desk.one)).to_be_visible()


def test_the_weeks_of_a_years_end_follow_each_other(other_server: Server, people_at: Any, morning: date) -> None:
    page = people_at(other_server, RECEPTIONIST, "mn").go(f"/calendar?day={morning.year}-12-31&view=week&by=all")
    first = date(morning.year, 12, 31) - timedelta(days=date(morning.year, 12, 31).weekday())
    expect(page.locator("#cal-title")).to_have_text(f"{first} – {first + timedelta(days=6)}")
    page.locator("#cal-after").click()
    expect(page.locator("#cal-title")).to_have_text(f"{first + WEEK} – {first + timedelta(days=13)}")
    assert page.locator(".ec-col-head").all_inner_texts()[0].split() == ["Да", str((first + WEEK).day)]


@pytest.mark.parametrize(("locale", "scheme"), [("mn", "light"), ("en", "dark")])
def test_axe_finds_nothing_serious_in_any_view(
    other_server: Server, people_at: Any, desk: Any, locale: str, scheme: str
) -> None:
    person = people_at(other_server, RECEPTIONIST, locale, color_scheme=scheme, reduced_motion="reduce")
    person.context.add_init_script(path=AXE)
    found = {}
    for view, by in (("day", "doctor"), ("day", "chair"), ("week", "all"), ("week", "doctor"), ("list", "all")):
        page = opened(person, desk, view, by)
        found[view, by] = page.evaluate(RUN, "main")
        person.picture(f"calendar-{view}-{by}-{scheme}")
    visit(page, desk.one).click()
    expect(page.locator("#card")).to_be_visible()
    found["card"] = page.evaluate(RUN, "main")
    assert not [fault for faults in found.values() for fault in faults], found


@pytest.mark.parametrize("way", ["mouse", "keys"])
def test_somebody_who_waits_is_put_onto_a_free_time(other_server: Server, people_at: Any, desk: Any, way: str) -> None:
    def wait(session: Any) -> Any:
        patient = people.patient(session, first_name="Хүлээсэн")
        row = WaitlistEntry(patient_id=patient.patient_id, minutes=50, earliest=desk.day)
        session.add(row)
        session.flush()
        return row.waitlist_entry_id

    entry = unit(wait)
    page = opened(people_at(other_server, RECEPTIONIST, "en"), desk)
    page.locator("#cal-waiting").click()
    button = page.locator(f'[data-waitlist="{entry}"]')
    if way == "mouse":
        down = height_of_hour(page) * 2 + 4  # eleven o'clock: a column begins at nine
        button.drag_to(page.locator(".ec-body .ec-day").nth(1), target_position={"x": 60, "y": down})
    else:
        button.focus()
        page.keyboard.press("Enter")
        expect(page.locator(".cal-cursor")).to_be_focused()
        page.keyboard.press("ArrowRight")
        page.keyboard.press("Enter")
    page.wait_for_selector("#panel form.booking")
    assert f"waitlist={entry}" in str(page.locator("#book-fresh").get_attribute("href"))
    assert "Хүлээсэн" in page.locator("#patient_id").evaluate("e => e.selectedOptions[0].textContent")
    if way == "mouse":
        assert page.input_value("#start_at") == f"{desk.day} 11:00"
    assert page.locator("#doctor_id").evaluate("e => Number(e.value)") == desk.doctors[1]
