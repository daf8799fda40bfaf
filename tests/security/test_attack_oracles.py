"""Reading what is hidden letter by letter, through filters and orders; and writing what no form offers."""

import re
from typing import Any

import pytest
import sqlalchemy as sa

from app.db.types import CodeType, Instant, WordType
from app.people.models import Patient
from app.security.models import User, UserProfile
from app.web.views import ClinicView
from tests.api.program import RESOURCES, program
from tests.factories import people
from tests.factories.clinic import Clinic
from tests.security.attacks import attack
from tests.web import crowd

HIDDEN = (
    "password",
    "totp_secret",
    "recovery_codes",
    "session_token_hash",
    "token_hash",
    "selector",
    "reset_code_hash",
    "key",
    "lease_token",
)
ROWS = re.compile(r"<tbody[^>]*>(.*?)</tbody>", re.DOTALL)


@pytest.fixture
def grown(clinic: Clinic) -> Clinic:
    doctor = clinic.user("Doctor").id
    main = clinic.unit(lambda s: crowd.begin(s, doctor))
    clinic.unit(lambda s: crowd.grow(s, main, 1))
    return clinic


def views(clinic: Clinic) -> list[Any]:
    return [view for view in clinic.app.extensions["appbuilder"].baseviews if isinstance(view, ClinicView)]


def hidden_of(view: Any) -> list[str]:
    """The columns of a table that its list neither filters nor orders by."""
    columns = sa.inspect(view.model).columns.keys()
    return [
        name
        for name in (*columns, *HIDDEN, "__class__", "metadata")
        if name not in {*view.search_columns, *view.order_columns}
    ]


@attack("A list is filtered or ordered by a column that it does not offer", "V8.2.3")
def test_no_list_is_an_oracle(grown: Clinic) -> None:
    """What the address asks of a hidden column changes nothing of the rows that come."""
    admin, odd, tries = grown.client("Admin"), [], 0
    for view in views(grown):
        if view.page == "/audit":
            continue  # each look at it is a line more: its rows are never the same twice
        base = f"{view.route_base}/list/"
        plain = ROWS.findall(admin.get(f"{base}?size=100").text)
        names = hidden_of(view)
        tried = "&".join(
            f"{name}={value}&_flt_0_{name}={value}&{name}_from={value}"
            for name in names
            for value in ("a",)
            if not is_ours(view, name)
        )
        queries = [
            f"{base}?size=100&{tried}",
            *(f"{base}?size=100&sort={name}&dir=asc&_oc_x={name}" for name in names[:4]),
        ]
        for query in queries:
            tries += 1
            answer = admin.get(query)
            if answer.status_code != 200 or ROWS.findall(answer.text) != plain:
                odd.append(query[:150])
    assert not odd
    assert tries > 200


def is_ours(view: Any, name: str) -> bool:
    """Keys that a list takes on purpose: the record in which it stands, its own words."""
    from app.web import related

    return name in related.filters_of(view.model) or name in ("q", "page", "size", "sort", "dir", "after")


@attack("A program filters, orders or asks for a column that the API does not offer", "V8.2.3")
@pytest.mark.parametrize("role", ["Admin", "Receptionist"])
def test_the_api_is_no_oracle(clinic: Clinic, role: str) -> None:
    who, tries = program(clinic, role), 0
    for resource in RESOURCES:
        if who.get(f"/api/v1/{resource}/").status_code == 403:
            continue
        for name in (
            *HIDDEN,
            "user_id",
            "created_by.password",
            "user.password",
            "__init__",
            "note; DROP TABLE patient",
        ):
            for operator in ("eq", "sw", "ct", "gt", "rel_o_m"):
                answer = who.get(f"/api/v1/{resource}/", {"filters": [{"col": name, "opr": operator, "value": "a"}]})
                tries += 1
                assert answer.status_code in (400, 422), (resource, name, operator)
            for asked in ({"order_column": name, "order_direction": "asc"}, {"columns": [name]}):
                answer = who.get(f"/api/v1/{resource}/", asked)
                assert answer.status_code in (200, 400, 422)
                if answer.status_code == 200:
                    assert all(name not in row for row in answer.json["result"]), (resource, asked)
    assert tries > 50


@attack("A form is sent with columns that it does not have: owner, status, balance, key, times", "V15.3.3")
def test_no_form_takes_what_it_does_not_offer(grown: Clinic) -> None:
    """Every column of the table that no field offers is sent along with the form as it stands."""
    admin, odd, tried = grown.client("Admin"), [], 0
    for view in views(grown):
        if not view.edit_columns:
            continue
        key = grown.session.scalar(sa.select(sa.func.max(view.key_columns()[0])).where(*view.base_where()))
        path = f"{view.route_base}/{key}/edit"
        page = admin.get(path)
        if page.status_code != 200 or 'class="panel js-form"' not in page.text:
            continue
        # a rule may derive these from what the form does offer, but never takes them from the request
        names = [
            c.key
            for c in sa.inspect(view.model).column_attrs
            if c.key not in view.edit_columns and not c.columns[0].primary_key
        ]
        planted = {name: poison(sa.inspect(view.model).columns[name]) for name in names}
        admin.submit(path, {**sent_form(page.text), **planted})
        row = grown.session.get_one(view.model, key)
        for name, value in planted.items():
            tried += 1
            if str(getattr(row, name)) == value or getattr(getattr(row, name), "word", None) == value:
                odd.append(f"{path}: {name}")
    assert not odd
    assert tried > 60


def sent_form(page: str) -> dict[str, str]:
    """What a browser sends of the page's main form."""
    body = page.split('class="panel js-form"')[1].split("</form>")[0]
    found = {}
    for tag in re.finditer(r'<input[^>]*? name="([^"]+)"[^>]*>', body):
        value = re.search(r' value="([^"]*)"', tag[0])
        if "checkbox" not in tag[0] or " checked" in tag[0]:
            found[tag[1]] = value[1] if value else ""
    for tag in re.finditer(r'<textarea[^>]*? name="([^"]+)"[^>]*>(.*?)</textarea>', body, re.DOTALL):
        found[tag[1]] = tag[2].strip()
    for tag in re.finditer(r'<select[^>]*? name="([^"]+)"[^>]*>(.*?)</select>', body, re.DOTALL):
        chosen = re.search(r'<option[^>]*selected[^>]*value="([^"]*)"|<option[^>]*value="([^"]*)"[^>]*selected', tag[2])
        found[tag[1]] = next((one for one in chosen.groups() if one), "") if chosen else ""
    return found


def poison(column: Any) -> str:
    """A value that the column would take, and nobody else writes."""
    if isinstance(column.type, CodeType | WordType):
        return "zz"
    if isinstance(column.type, Instant):
        return "2001-01-01 00:00:00+00:00"
    if isinstance(column.type, sa.Boolean):
        return "zz"
    if isinstance(column.type, sa.Integer | sa.BigInteger):
        return "424242"
    return "planted"


@attack("A program plants owner, status, role or key in what it posts", "V15.3.3")
def test_a_program_plants_nothing(clinic: Clinic) -> None:
    patient = clinic.make(people.patient)
    who = program(clinic, "Receptionist")
    for name, value in (
        ("user_id", 1),
        ("status", 3),
        ("patient_id", 77),
        ("roles", ["Admin"]),
        ("created_at", "2001-01-01"),
        ("_sa_instance_state", {}),
        ("__class__", "User"),
    ):
        answer = who.put(f"/api/v1/patients/{patient.patient_id}", {"first_name": "Бат", name: value})
        assert answer.status_code in (400, 422), name
    after = clinic.session.get_one(Patient, patient.patient_id)
    assert (after.user_id, after.status, after.first_name) == (None, patient.status, patient.first_name)


@attack("Somebody makes themselves an Admin by their own profile or the users' form", "V8.3.1")
@pytest.mark.parametrize("role", ["Receptionist", "Manager", "Patient"])
def test_nobody_raises_themselves(clinic: Clinic, role: str) -> None:
    browser, user = clinic.client(role), clinic.user(role)
    planted = {
        "roles": "1",
        "role": "Admin",
        "is_admin": "y",
        "display_name": "Би",
        "name": "Би",
        "user_id": "1",
        "must_change_password": "",
    }
    for path in (
        "/profile/name",
        "/profile/phones",
        "/profile/theme",
        f"/users/{user.id}/edit",
        "/users/add",
        "/roles/change",
        "/settings/numbers",
    ):
        browser.submit(path, planted)
    found = clinic.session.get_one(User, user.id)
    assert {one.name for one in found.roles} == {role}
    assert clinic.session.get_one(UserProfile, clinic.user("Admin").id).display_name != "Би"
