"""On a phone, from 360 px up: nothing beside the screen, the menu a drawer, the main action under the thumb."""

from typing import Any

import pytest
from playwright.sync_api import expect

from tests.browser.people import PHONE_SIZE, RECEPTIONIST, ROLES, SMALL_PHONE, Person, Server
from tests.browser.test_access import PAGES, newest

pytestmark = [pytest.mark.browser, pytest.mark.xdist_group("browser-2")]
TOUCH = {"has_touch": True, "is_mobile": True, "device_scale_factor": 1}

# How far the document reaches beyond the screen, and what is to blame.
OVER = """async () => {
  for (const frame of [1, 2, 3]) await new Promise(requestAnimationFrame);  // charts follow a new size a moment later
  const wide = document.documentElement.clientWidth, over = Math.max(document.documentElement.scrollWidth, window.innerWidth) - wide;
  if (over <= 0) return null;
  const blame = [...document.querySelectorAll("body *")].filter((one) => one.getBoundingClientRect().right > wide + 1 && getComputedStyle(one).position !== "fixed");
  return `${over} px: ${blame.slice(-2).map((one) => one.outerHTML.slice(0, 90)).join(" | ")}`;
}"""
# Buttons and links of menus that a finger would miss.
SMALL = """() => [...document.querySelectorAll(".btn, .side a, .nav-tabs a, .top a, .top button, summary, .pager a, .form-control, .ts-control")]
  .filter((one) => one.checkVisibility({ visibilityProperty: true }) && !one.closest("[hidden], .sr-only, .tomselected, dialog:not([open])"))
  .map((one) => [one, one.getBoundingClientRect()])
  .filter(([one, box]) => box.width && box.height && !one.classList.contains("sr-only") && (box.height < 39.5 || box.width < 24))
  .map(([one, box]) => `${Math.round(box.width)} × ${Math.round(box.height)}: ${one.outerHTML.replace(/\\s+/g, " ").slice(0, 110)}`)"""


@pytest.mark.parametrize("role", [role for role in PAGES if role])
def test_nothing_stands_beside_the_screen(role: str, other_server: Server, people_at: Any) -> None:
    person: Person = people_at(other_server, ROLES[role], "mn", PHONE_SIZE, **TOUCH)
    records, found = newest(other_server), []
    for path in PAGES[role]:
        if path == "/audit" and role != "Admin":
            continue
        page = person.go(path.format(**records))
        found.extend(f"{path}: {small}" for small in page.evaluate(SMALL))
        for size in (PHONE_SIZE, SMALL_PHONE):
            page.set_viewport_size(size)
            if over := page.evaluate(OVER):
                found.append(f"{path} at {size['width']}: {over}")
            person.picture(f"phone-{size['width']}-{role}-{path.strip('/').replace('/', '-')[:30]}")
        page.set_viewport_size(PHONE_SIZE)
    assert not found, "".join(f"\n{fault}" for fault in found)


def test_the_menu_is_a_drawer(other_server: Server, people_at: Any) -> None:
    desk: Person = people_at(other_server, RECEPTIONIST, "mn", PHONE_SIZE, **TOUCH)
    page = desk.go("/patients")
    entry = page.locator(".side a[href='/invoices']")
    expect(entry).not_to_be_in_viewport()
    page.locator("#nav-toggle").tap()
    expect(entry).to_be_in_viewport()
    desk.picture("phone-drawer")
    assert not page.evaluate(SMALL)
    entry.tap()
    page.wait_for_url("**/invoices")
    expect(page.locator(".side a[href='/patients']")).not_to_be_in_viewport()


def test_the_account_opens_under_a_finger(other_server: Server, people_at: Any) -> None:
    desk: Person = people_at(other_server, RECEPTIONIST, "mn", SMALL_PHONE, **TOUCH)
    page = desk.go("/patients")
    page.locator(".who").tap()
    expect(page.locator(".menu:not(.bell) .drop")).to_be_in_viewport(ratio=1)
    assert not page.evaluate(SMALL)


def test_the_main_action_is_under_the_thumb(other_server: Server, people_at: Any) -> None:
    desk: Person = people_at(other_server, RECEPTIONIST, "mn", PHONE_SIZE, **TOUCH)
    for path, action in (
        ("/patients", ".page-head .bar .btn-primary"),
        ("/dashboard", "#book"),
        ("/patients/add", "main .form-actions .btn-primary"),
    ):
        box = desk.go(path).locator(action).bounding_box()
        assert box
        assert box["y"] + box["height"] > PHONE_SIZE["height"] - 100, path
        assert box["y"] + box["height"] <= PHONE_SIZE["height"], path


def test_a_visit_is_checked_in_and_a_caller_booked_on_a_phone(other_server: Server, people_at: Any) -> None:
    desk: Person = people_at(other_server, RECEPTIONIST, "mn", PHONE_SIZE, **TOUCH)
    page = desk.go("/dashboard")
    page.locator("#book").tap()
    page.locator("#panel .js-caller").tap()
    page.fill("#caller_name", "Дорж Тэнүүн")
    page.fill("#caller_phone", "8822 3344")
    desk.choose("doctor_id", "Ганбаатар")
    page.locator(".js-find-free").tap()
    page.locator("#free [data-start]").first.tap()
    desk.picture("phone-booking")
    page.locator("form.booking .form-actions .btn-primary").tap()
    expect(page.locator("#toasts .alert-success")).to_be_visible()
    expect(page.locator("#panel")).to_be_hidden()
