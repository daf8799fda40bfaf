"""For everybody: what axe finds, the keyboard, and what a form does with what was typed."""

from pathlib import Path
from typing import Any

import pytest
import sqlalchemy as sa
from playwright.sync_api import expect

from app.billing.models import Invoice, Payment
from app.clinical.models import Prescription, Treatment
from app.db import sqla
from tests.browser.people import RECEPTIONIST, ROLES, Person, Server

pytestmark = [pytest.mark.browser, pytest.mark.xdist_group("browser-1")]
AXE = Path(__file__).with_name("vendor") / "axe.min.js"
RUN = """(part) => axe.run(part, { resultTypes: ["violations"] }).then((found) => found.violations
  .filter((fault) => ["serious", "critical"].includes(fault.impact))
  .map((fault) => `${fault.id}: ${fault.nodes.slice(0, 3).map((node) => node.target.join(" ")).join(" | ")}`))"""

# What has the focus, where nothing shows that it has: no outline, no ring.
FOCUS = """() => {
  const element = document.activeElement, style = getComputedStyle(element), box = element.getBoundingClientRect();
  const inside = element.closest(".ts-wrapper")?.querySelector(".ts-control");
  const shows = [style, inside && getComputedStyle(inside)].some((one) => one && (one.boxShadow !== "none" || (one.outlineStyle !== "none" && parseFloat(one.outlineWidth) > 1)));
  return element === document.body || (shows && box.width && box.height) ? null : element.outerHTML.slice(0, 120);
}"""

# The main pages of each role; in braces the newest record of a table.
PAGES: dict[str | None, tuple[str, ...]] = {
    None: ("/login/", "/nowhere"),
    "Admin": (
        "/dashboard", "/users/list/", "/users/add", "/roles/list/", "/settings", "/audit", "/jobs", "/employees", "/employees/add",
    ),
    "Manager": ("/dashboard", "/invoices/chart", "/appointments/chart", "/services", "/services/1", "/services/add", "/doctors"),
    "Doctor": (
        "/dashboard", "/treatments", "/treatments/{treatment}", "/treatments/{treatment}/history", "/prescriptions",
        "/prescriptions/{prescription}", "/medicines",
    ),
    "Receptionist": (
        "/dashboard", "/appointments?by=chair", "/appointments/list/", "/appointments/add", "/appointments/1", "/patients",
        "/patients/add", "/patients/1", "/patients/1?tab=invoices", "/patients/import", "/invoices", "/invoices/{draft}",
        "/invoices/{invoice}", "/payments", "/payments/take", "/payments/{payment}", "/insurance", "/search?q=бо", "/shifts",
    ),
    "Coordinator": ("/dashboard",),
    "Nurse": ("/dashboard", "/treatments/{treatment}"),
    "Assistant": ("/rooms", "/holidays", "/audit"),
    "Patient": ("/profile",),
}  # fmt: skip


def newest(server: Server) -> dict[str, int]:
    """Records to look at."""
    draft = Invoice.number.is_(None)
    wanted = {
        "treatment": sa.select(sa.func.max(Treatment.treatment_id)),
        "prescription": sa.select(sa.func.max(Prescription.prescription_id)).where(Prescription.number.is_not(None)),
        "draft": sa.select(sa.func.max(Invoice.invoice_id)).where(draft),
        "invoice": sa.select(sa.func.max(Invoice.invoice_id)).where(~draft),
        "payment": sa.select(sa.func.max(Payment.payment_id)),
    }
    with server.app.app_context():
        found = {name: int(sqla.session.scalar(statement) or 0) for name, statement in wanted.items()}
        sqla.session.remove()
    return found


@pytest.mark.parametrize(("locale", "scheme"), [("mn", "light"), ("en", "dark")])
@pytest.mark.parametrize("role", PAGES, ids=str)
def test_axe_finds_nothing_serious(
    role: str | None, locale: str, scheme: str, sqlite_server: Server, people_at: Any
) -> None:
    phone = ROLES[role] if role else None
    person: Person = people_at(sqlite_server, phone, locale, color_scheme=scheme, reduced_motion="reduce")
    person.context.add_init_script(path=AXE)
    records, found = newest(sqlite_server), {}
    for path in PAGES[role][:: 3 if scheme == "dark" else 1]:  # the same pages; only their colours are others
        refused = {"/nowhere": 404, "/audit": 200 if role == "Admin" else 403}
        page = person.go(path.format(**records), refused.get(path, 200))
        part = "html" if path == PAGES[role][0] else "main"  # the frame is the same on each page of a role
        if faults := page.evaluate(RUN, part):
            found[path] = faults
        person.picture(f"axe-{role}-{locale}-{path.strip('/').replace('/', '-')[:30]}")
    assert not found, "".join(f"\n{path}: {fault}" for path, faults in found.items() for fault in faults)


@pytest.fixture
def desk(sqlite_server: Server, people_at: Any) -> Person:
    """The receptionist."""
    person: Person = people_at(sqlite_server, RECEPTIONIST)
    return person


def test_everything_that_has_the_focus_shows_it(desk: Person) -> None:
    page = desk.go("/patients")
    unseen = []
    for _ in range(45):
        page.keyboard.press("Tab")
        if what := page.evaluate(FOCUS):
            unseen.append(what)
    assert not unseen


def test_the_content_is_one_step_away_from_the_top(desk: Person) -> None:
    page = desk.go("/patients")
    page.keyboard.press("Tab")
    page.keyboard.press("Enter")
    assert page.evaluate("document.activeElement.id") == "main"


def test_slash_leads_to_the_search_and_arrows_through_what_it_finds(desk: Person) -> None:
    page = desk.go("/patients")
    page.keyboard.press("/")
    expect(page.locator("#global-search")).to_be_focused()
    assert page.input_value("#global-search") == ""
    page.keyboard.type("бо")
    page.locator("#quick a").first.wait_for()
    page.keyboard.press("ArrowDown")
    expect(page.locator("#quick a").first).to_be_focused()
    page.keyboard.press("Escape")
    expect(page.locator("#quick a")).to_have_count(0)


def test_a_refused_form_keeps_what_was_typed_and_leads_to_the_first_error(desk: Person) -> None:
    page = desk.go("/patients/add")
    page.fill("#last_name", "Түр")
    page.fill("#birthday", "2026-02-30")
    page.fill("#phones-0-phone_number_val", "12")
    page.select_option("#gender", "female")
    page.fill("#note", "Хадгалагдаагүй бичиг")
    page.press("#note", "Control+Enter")
    page.locator("#problems").wait_for()
    kept = {
        name: page.input_value(f"#{name}")
        for name in ("last_name", "birthday", "phones-0-phone_number_val", "gender", "note")
    }
    assert kept == {
        "last_name": "Түр", "birthday": "2026-02-30", "phones-0-phone_number_val": "12", "gender": "female",
        "note": "Хадгалагдаагүй бичиг",
    }  # fmt: skip
    assert page.evaluate("document.activeElement.getAttribute('aria-invalid')") == "true"
    wrong = page.locator("[aria-invalid=true]")
    for number in range(wrong.count()):
        said = wrong.nth(number).get_attribute("aria-describedby")
        assert said
        assert page.locator(f"[id='{said.split()[0]}']").inner_text().strip()
    desk.picture("refused", full=True)


def test_leaving_a_form_with_changes_asks_first(desk: Person) -> None:
    page = desk.go("/patients/add")
    asked: list[str] = []
    page.on("dialog", lambda dialog: (asked.append(dialog.type), dialog.dismiss()))
    page.fill("#last_name", "Түр")
    page.locator(".side a[href='/payments']").click(no_wait_after=True)
    page.wait_for_timeout(300)
    assert asked == ["beforeunload"]
    assert page.url.endswith("/patients/add")
    assert page.input_value("#last_name") == "Түр"
