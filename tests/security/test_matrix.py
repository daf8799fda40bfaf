"""Every route × every role × nobody: exactly who the matrix lets in, gets in."""

from typing import Any

import pytest
from werkzeug.routing import IntegerConverter, Rule

from app.security import matrix
from tests.factories.clinic import CAST, Clinic
from tests.security.attacks import attack

MARKS = {row.name: row.marks for row in matrix.pages()}
RIGHTS = {row.name: row.marks for row in matrix.rights()}


def allowed(gate: str, page: str, role: str | None) -> bool:
    """What the matrix says of a route; nobody is None."""
    if gate == "public":
        return True
    if role is None:
        return False
    if gate == "signed-in":
        return True
    mark = MARKS[page][role]
    if gate.startswith("right:"):
        right, _, level = gate.removeprefix("right:").partition("+")
        return (mark == "W" or (mark == "R" and not level)) and RIGHTS[right][role] == "y"
    if gate == "chart":
        return mark in ("R", "W") or role in ("Admin", "Manager")
    return mark == "W" or (gate == "read" and mark == "R")


def routes(app: Any) -> list[tuple[Rule, str, str]]:
    """(rule, gate, page) of every route but the static files."""
    views = {view.endpoint: view for view in app.extensions["appbuilder"].baseviews}
    found = []
    for rule in app.url_map.iter_rules():
        if rule.endpoint == "static":
            continue
        gate = app.view_functions[rule.endpoint].gate
        found.append((rule, gate, views[rule.endpoint.split(".")[0]].class_permission_name))
    return found


def address(rule: Rule) -> str:
    """An address that the rule matches, of rows that don't exist."""
    values: dict[str, object] = {}
    for name, converter in rule._converters.items():
        kind = type(converter).__name__
        values[name] = 987654321 if isinstance(converter, IntegerConverter) else _word(name, kind, converter)
    built = rule.build(values)
    assert built is not None
    return built[1]


def _word(name: str, kind: str, converter: Any) -> str:
    if kind == "AnyConverter":
        return sorted(converter.items)[0]
    return "csv" if name == "kind" else "x"


# Open to who may read, but for them it only opens what is there already: making it is for who may write.
MAKES_FOR_WRITERS = {"InvoiceStartPage.from_visit"}
ENDS_SESSIONS = ("SignInView.", "ProfilePage.change_password", "SecurityApi.logout")


def is_finer(endpoint: str, page: str, role: str | None) -> bool:
    """Whether a finer right may refuse somebody whom the gate lets in."""
    if role is None:
        return False
    if endpoint.endswith(".export"):
        return RIGHTS["export"][role] == "-"
    return endpoint in MAKES_FOR_WRITERS and MARKS[page][role] != "W"


@attack("Every role and nobody at every route, by GET and POST", "V8.2.1")
@pytest.mark.parametrize("role", [*CAST, None], ids=str)
def test_exactly_who_may_gets_in(clinic: Clinic, role: str | None) -> None:
    wrong = []
    shared = clinic.client(role)
    for rule, gate, page in routes(clinic.app):
        for method in sorted((rule.methods or set()) & {"GET", "POST"}):
            browser = clinic.client(role) if rule.endpoint.startswith(ENDS_SESSIONS) else shared
            answer = browser.get(address(rule)) if method == "GET" else browser.submit(address(rule))
            to_door = answer.status_code == 302 and (answer.location or "").startswith("/login/?next=")
            to_door = to_door or (answer.status_code == 401 and rule.rule.startswith("/api/"))
            refused = to_door if role is None else answer.status_code == 403
            expected = allowed(gate, page, role)
            if refused == expected and not (refused and is_finer(rule.endpoint, page, role)):
                wrong.append(f"{method} {rule.rule} ({rule.endpoint}): {answer.status_code}, gate {gate} of {page}")
            if answer.status_code >= 500:
                wrong.append(f"{method} {rule.rule}: {answer.status_code}")
    assert not wrong, "\n".join(wrong)


def test_an_unclassified_route_would_be_found(clinic: Clinic) -> None:
    assert all(gate for _, gate, _ in routes(clinic.app))
    assert len(routes(clinic.app)) > 100


def test_a_patient_reaches_nothing_but_their_own_page(clinic: Clinic) -> None:
    patient = clinic.client("Patient")
    assert patient.get("/").location == "/profile"
    for path in ("/patients", "/patients/1", "/employees", "/audit", "/dashboard", "/search?q=a"):
        assert patient.get(path).status_code in (403, 404), path
