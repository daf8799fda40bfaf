"""`/rooms` in the browser: to the X-ray and back by two clicks, on a phone and by the keyboard."""

from typing import Any

import pytest
from playwright.sync_api import expect

from tests.browser.people import ASSISTANT, PHONE_SIZE, RECEPTIONIST, Server

pytestmark = [pytest.mark.browser, pytest.mark.xdist_group("browser-2")]


@pytest.mark.parametrize(("size", "locale"), [(None, "en"), (PHONE_SIZE, "mn")], ids=["desk", "phone"])
def test_somebody_goes_to_the_x_ray_and_is_taken_back(
    other_server: Server, people_at: Any, size: Any, locale: str
) -> None:
    desk = people_at(other_server, RECEPTIONIST, locale, size)
    page = desk.go("/rooms")
    chair, x_ray = page.locator(".room.is-occupied .chair").first, page.locator('.room[aria-label^="Рентген"]')
    name = chair.locator(".sitting .big a").first.inner_text()
    desk.picture(f"rooms-{locale}", full=True)
    chair.locator("details.menu summary").first.focus()
    page.keyboard.press("Enter")
    chair.locator(".drop button", has_text="Рентген").first.focus()
    page.keyboard.press("Enter")
    expect(x_ray).to_contain_text(name)
    expect(x_ray).to_have_class("room is-occupied")
    page.locator("#toasts .undo button").click()
    expect(page.locator(".room.is-occupied .chair").first).to_contain_text(name)
    expect(x_ray).not_to_contain_text(name)
    assert page.evaluate("document.documentElement.scrollWidth <= innerWidth")


def test_a_room_goes_out_of_service_with_a_reason_and_back(other_server: Server, people_at: Any) -> None:
    page = people_at(other_server, RECEPTIONIST, "en").go("/rooms")
    room = page.locator('.room[aria-label^="Рентген"]')
    room.locator('button[value="out_of_service"]').click()
    page.fill("#why-text", "Компрессор")
    page.locator("#why button[value=yes]").click()
    expect(room).to_contain_text("Компрессор")
    expect(room).to_have_class("room is-out-of-service")
    room.locator('button[value="free"]').click()
    expect(room).to_have_class("room is-free")


def test_who_only_reads_sees_who_is_where_and_no_button(other_server: Server, people_at: Any) -> None:
    page = people_at(other_server, ASSISTANT, "mn").go("/rooms")
    expect(page.locator(".room.is-occupied .sitting").first).to_be_visible()
    expect(page.locator("#rooms button, #rooms summary")).to_have_count(0)
