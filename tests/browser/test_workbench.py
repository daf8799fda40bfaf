"""The workbench in a real browser: from the list to a booked series in three clicks, a drag, the keyboard, a phone."""

import re
from typing import Any

import pytest
from playwright.sync_api import Page, expect

from tests.browser.people import PHONE_SIZE, RECEPTIONIST, Person, Server

pytestmark = [pytest.mark.browser, pytest.mark.xdist_group("browser-1")]


def visits_of(page: Page) -> list[int]:
    """How many steps each visit has."""
    return page.locator(".visit-card").evaluate_all("(cards) => cards.map((c) => c.querySelectorAll('.step').length)")


def state_of(page: Page) -> str:
    """What tells this arrangement from others."""
    return page.locator('#series input[name="state"]').input_value()


def open_long_plan(page: Page) -> None:
    """The plan with the most minutes that waits."""
    page.wait_for_selector(".bench-plans a")
    texts = page.locator(".bench-plans a").all_inner_texts()
    minutes = [max(map(int, re.findall(r"(\d+) (?:мин|min)", text))) for text in texts]
    page.locator(".bench-plans a").nth(minutes.index(max(minutes))).click()
    page.wait_for_selector("#series")


@pytest.mark.parametrize("locale", ["mn", "en"])
def test_from_the_list_to_a_booked_series_in_two_clicks(sqlite_server: Server, people_at: Any, locale: str) -> None:
    desk: Person = people_at(sqlite_server, RECEPTIONIST, locale)
    page = desk.page
    desk.go("/scheduling")
    desk.picture(f"workbench-list-{locale}")
    open_long_plan(page)  # one click
    desk.picture(f"workbench-plan-{locale}", full=True)
    count = len(visits_of(page))
    assert count > 1
    page.locator(".book").click()  # two
    page.wait_for_selector(".booked li")
    assert page.locator(".booked li").count() == count
    desk.picture(f"workbench-booked-{locale}", full=True)


def test_a_step_is_dragged_and_moved_by_the_keyboard(sqlite_server: Server, people_at: Any) -> None:
    desk: Person = people_at(sqlite_server, RECEPTIONIST, "en")
    page = desk.page
    desk.go("/scheduling")
    open_long_plan(page)
    before, state = visits_of(page), state_of(page)
    # the first step into the second visit: either it may, or the rule that forbids it is told
    page.locator(".visit-card").first.locator(".step .what").first.hover()
    page.mouse.down()
    page.locator(".visit-card").nth(1).locator("h3").hover()
    page.locator(".visit-card").nth(1).locator("h3").hover()  # a drag begins with the second movement
    with page.expect_response(re.compile("/arrange$")) as dragged:
        page.mouse.up()
    expect(page.locator("#bench-visits.htmx-request")).to_have_count(0)
    if dragged.value.status == 422:
        expect(page.locator("#refused")).to_be_focused()
        assert (visits_of(page), state_of(page)) == (before, state)
    else:
        assert state_of(page) != state
    # by keyboard
    page.locator('.step button[name="move"]:not([disabled])').first.focus()
    with page.expect_response(re.compile("/arrange$")) as moved:
        page.keyboard.press("Enter")
    assert moved.value.status in (200, 422)
    expect(page.locator("#series")).to_be_visible()


def test_another_time_is_chosen_and_the_later_visits_follow(sqlite_server: Server, people_at: Any) -> None:
    desk: Person = people_at(sqlite_server, RECEPTIONIST, "en")
    page = desk.page
    desk.go("/scheduling")
    open_long_plan(page)
    first = page.locator("#time-1")
    before = first.input_value()
    page.locator(".js-next-free").first.click()
    page.wait_for_function("(was) => document.querySelector('#time-1').value !== was", arg=before)
    chosen = first.input_value()
    assert chosen > before
    second = page.locator("#time-2")
    later = second.locator("option").last.get_attribute("value")
    second.select_option(later)
    page.wait_for_function("(wanted) => document.querySelector('#time-2').value === wanted", arg=later)
    assert first.input_value() == chosen


def test_on_a_phone_the_plan_has_the_screen_and_nothing_runs_out_of_it(sqlite_server: Server, people_at: Any) -> None:
    desk: Person = people_at(sqlite_server, RECEPTIONIST, "mn", PHONE_SIZE)
    page = desk.page
    desk.go("/scheduling")
    open_long_plan(page)
    expect(page.locator(".bench-list")).to_be_hidden()
    desk.picture("workbench-phone", full=True)
    assert page.evaluate("document.documentElement.scrollWidth <= innerWidth")
    page.locator(".bench-head .btn-icon").click()
    expect(page.locator(".bench-plans a").first).to_be_visible()
