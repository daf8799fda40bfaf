"""Wrong input of every kind, sent to every form and address: refused with a sentence, and nothing half written."""

import re
from collections.abc import Iterator
from contextlib import contextmanager
from html.parser import HTMLParser
from typing import Any
from urllib.parse import urljoin

import pytest
from sqlalchemy import event

from app.db import sqla
from app.security import actions, queries
from tests.factories import billing, clinical, people, scheduling, stock
from tests.factories.clinic import Browser, Clinic
from tests.security.attacks import IS_WHOLE, attack, part_of

GARBAGE = (
    "\x00", "ө😀₮", "\ud800", "x" * 12_000, "1" + "0" * 30, "1E+400", "-1", "NaN", "²", "2026-02-30", "0001-01-01", "9999-12-31",
    "=cmd|' /C calc'!A1", "<script>alert(1)</script>", "999999999999999", "https:evil.mn",
)  # fmt: skip
# what is kept of a refusal: the logs, and how often somebody gave a wrong password or code
LOGS = re.compile(r"\s(audit_log|session_token|login_attempt|user_profile SET failed_count)\b")


class Forms(HTMLParser):
    """The POST forms of a page: (address, its fields with what stands in them)."""

    def __init__(self, text: str) -> None:
        super().__init__()
        self.forms: list[tuple[str, dict[str, str]]] = []
        self.fields: dict[str, str] | None = None
        self.feed(text)

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        given = dict(attrs)
        if tag == "form":
            self.fields = {} if given.get("method", "").lower() == "post" else None
            if self.fields is not None:
                self.forms.append((given.get("action") or "", self.fields))
        elif tag in ("input", "select", "textarea", "button") and self.fields is not None and given.get("name"):
            self.fields.setdefault(str(given["name"]), given.get("value") or "")


@contextmanager
def written() -> Iterator[list[str]]:
    """What was written and committed inside the block, without the logs."""
    kept: list[str] = []

    def note(connection: Any, _cursor: Any, statement: str, *_rest: Any) -> None:
        if statement.startswith(("INSERT", "UPDATE", "DELETE")) and not LOGS.search(statement):
            connection.info.setdefault("written", []).append(statement)

    def commit(connection: Any) -> None:
        kept.extend(connection.info.pop("written", []))

    def rollback(connection: Any) -> None:
        connection.info.pop("written", None)

    hooks = {"before_cursor_execute": note, "commit": commit, "rollback": rollback}
    for name, hook in hooks.items():
        event.listen(sqla.engine, name, hook)
    try:
        yield kept
    finally:
        for name, hook in hooks.items():
            event.remove(sqla.engine, name, hook)


def pages(clinic: Clinic) -> list[str]:
    """Every page that has forms, with a row of each kind behind it."""
    visit, invoice = clinic.make(clinical.treatment), clinic.make(billing.invoice)
    draft, payment = clinic.make(billing.draft), clinic.make(billing.pay, made=invoice, amount=10)
    clinic.make(people.relation)
    item, spent = clinic.make(stock.item, on_hand=5), clinic.make(stock.expense)
    rules = [rule.rule for rule in clinic.app.url_map.iter_rules() if "GET" in (rule.methods or ())]
    plain = [rule for rule in rules if "<" not in rule and not rule.startswith(("/login", "/static"))]
    edits = [rule.replace("<int:pk>", "1") for rule in rules if rule.endswith("/<int:pk>/edit")]
    ids = (f"/treatments/{visit.treatment_id}", f"/invoices/{invoice.invoice_id}", f"/invoices/{draft.invoice_id}")
    ids = (*ids, f"/inventory/{item.inventory_item_id}", f"/expenses/{spent.expense_id}")
    return [*plain, *edits, *ids, f"/payments/{payment.payment_id}"]


def forms_of(clinic: Clinic, browser: Browser) -> dict[str, tuple[str, dict[str, str]]]:
    """One form of each address and set of fields."""
    found: dict[str, tuple[str, dict[str, str]]] = {}
    for page in pages(clinic):
        answer = browser.get(page)
        if answer.status_code == 200 and answer.mimetype == "text/html":
            for action, fields in Forms(answer.text).forms:
                address = urljoin(page, action or page)
                named = " ".join(sorted(fields))
                found.setdefault(re.sub(r"\d+", "N", f"{address} {named}"), (address, fields))
    return {key: form for key, form in found.items() if not form[0].startswith("/logout")}


@attack("Garbage in every field of every form", "V2.2.1")
def test_garbage_in_every_form_is_refused_in_words_and_writes_nothing(clinic: Clinic) -> None:
    clinic.app.config["PROPAGATE_EXCEPTIONS"] = False
    browser, wrong, tries = clinic.client("Admin", locale="mn"), [], 0
    found = forms_of(clinic, browser)
    assert len(found) > 40
    for number, (key, (address, fields)) in enumerate(found.items()):
        names = [name for name in fields if name != "csrf_token" and "__i__" not in name]
        for index, typed in part_of(enumerate(GARBAGE), number):
            # all fields at once, then one of them among what stood there
            for data in (dict.fromkeys(names, typed), {**fields, **dict.fromkeys(names[index :: len(GARBAGE)], typed)}):
                sent = {name: value.encode("utf-8", "surrogatepass") for name, value in data.items()}
                with written() as kept:
                    answer = browser.submit(address, sent)
                tries += 1
                is_said = 'lang="mn"' in answer.text or re.search("[а-яөү]{4}", answer.text)
                if answer.status_code >= 500 or (answer.status_code >= 400 and (kept or not is_said)):
                    wrong.append((key[:80], typed[:20], answer.status_code, kept[:1]))
    assert wrong == []
    assert tries > (3_500 if IS_WHOLE else 1_750)


@attack("Numbers that no row has", "V2.2.1")
@pytest.mark.parametrize("typed", ["9" * 19, "9" * 30, "²", "-1", "%00"])
def test_a_number_that_no_row_has_is_nowhere(clinic: Clinic, typed: str) -> None:
    admin = clinic.client("Admin")
    rules = [r for r in clinic.app.url_map.iter_rules() if "<int:pk>" in r.rule and "GET" in (r.methods or ())]
    odd = [
        r.rule
        for r in rules
        if r.rule.count("<") == 1 and admin.get(r.rule.replace("<int:pk>", typed)).status_code != 404
    ]
    assert odd == []


QUERIES = (
    "kind=x&pk=7&endpoint=x&_scheme=javascript&_external=1&_anchor=x&_method=POST&page=99999999999&size=999999"
    "&quantity_from=--5&balance_to=--5&total_from=-&patient_id=²&employee_id=²&start_at=²&day=9999-12-31",
    "created_at_to=9999-12-31&created_at_from=9999-12-31&from__to=9999-12-31&start_at_from=9999-12-31&day=0001-01-01",
)  # fmt: skip


@attack("Garbage behind every question mark, keys of the router among it", "V2.2.1")
def test_no_address_breaks_by_what_stands_behind_its_question_mark(clinic: Clinic) -> None:
    clinic.app.config["PROPAGATE_EXCEPTIONS"] = False
    admin = clinic.client("Admin")
    for page in [page for page in pages(clinic) if not page.endswith("/list/")]:
        for query in QUERIES:
            answer = admin.get(f"{page}?{query}")
            assert answer.status_code < 500, f"{page}?{query}"
            assert "javascript:" not in (answer.text if answer.mimetype == "text/html" else "")


@attack("`next` and Referer lead to another site (open redirect)", "V1.2.2")
@pytest.mark.parametrize(
    "typed", ["//evil.mn", "/\\evil.mn", "/\t/evil.mn", "/\n/evil.mn", "https:evil.mn", "javascript:alert(1)"]
)
def test_nothing_leads_to_another_site(clinic: Clinic, typed: str) -> None:
    visit, desk = clinic.make(scheduling.appointment), clinic.client("Receptionist")
    sent = {"to": "confirmed", "version": "99", "reason": "", "next": typed}
    moved = desk.submit(f"/appointments/{visit.appointment_id}/move", sent)
    themed = desk.submit(
        "/profile/theme", {"theme": "dark"}, headers={"Referer": "http://localhost" + typed.replace("\n", "")}
    )
    spoken = desk.get("/lang/mn", query_string={"next": typed})
    for answer in (moved, themed, spoken):
        assert answer.status_code == 302
        assert re.match(r"/(?![/\\])", answer.location)


def test_a_role_that_lost_every_page_is_told_so(clinic: Clinic) -> None:
    browser = clinic.client("Nurse", locale="mn")

    def strip(session: Any) -> None:
        have = {(permission, view) for _, permission, view in queries.all_grants(session, ["Nurse"])}
        actions.change_grants(session, "Nurse", set(), have, {"Admin"})

    clinic.unit(strip)
    assert browser.get("/").status_code == 403


@pytest.mark.both
def test_a_form_sent_twice_makes_one_row(clinic: Clinic) -> None:
    patient, doctor = clinic.make(people.patient), clinic.make(people.doctor)
    admin = clinic.client("Admin")
    entry = {"patient_id": patient.patient_id, "kind": "allergy", "name": "Пенициллин", "severity": "note"}
    away = {"employee_id": doctor.employee_id, "from_": "2026-03-02 09:00", "until": "2026-03-03 18:00"}
    forms = {"/medical-history/add": {**entry, "told_by": "staff"}, "/time-off/add": away}
    for path, form in forms.items():
        assert [admin.submit(path, form).status_code for _ in range(2)] == [302, 409], path
