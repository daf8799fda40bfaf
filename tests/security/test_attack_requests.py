"""Forged requests: without the token, by other methods, to doors that should not be there."""

import json
from typing import Any

import pytest
from itsdangerous import URLSafeTimedSerializer

from app.people.models import Patient
from tests.api.program import RESOURCES
from tests.factories.clinic import CAST, CSRF, Clinic
from tests.security import victim
from tests.security.attacks import attack, part_of
from tests.security.test_garbage import written
from tests.security.test_matrix import ENDS_SESSIONS

# doors of Flask-AppBuilder that are open by default or by one setting
FRAMEWORK = (
    "/api/v1/security/users/", "/api/v1/security/roles/", "/api/v1/security/permissions/", "/api/v1/security/refresh", "/api/v1/menu/", "/api/v1/openapi.json",
    "/userdbmodelview/list/", "/users/add", "/userinfoeditview/form", "/resetmypassword/form", "/resetpassword/form", "/roles/add", "/permissions/list/",
    "/viewmenus/list/", "/permissionviews/list/", "/registeruser/form", "/register/form", "/userstatschartview/chart/", "/locale/en", "/back",
    "/uploads/secret_key", "/static/../config.py", "/static/..%2fconfig.py", "/static/%2e%2e/config.py", "/.env", "/.git/config", "/console", "/metrics", "/debug", "/server-status",
    "/patients/download/soyoo.db", "/patients/action/delete/1", "/patients/action_post", "/_openapi", "/swagger/v2", "/appbuilder/static/../../config.py",
)  # fmt: skip


@pytest.fixture
def other(clinic: Clinic) -> victim.Victim:
    clinic.app.config["PROPAGATE_EXCEPTIONS"] = False
    return victim.prepare(clinic)


@attack(
    "A page of another site sends every form in the name of who is signed in (CSRF): no token, a wrong one, another session's, as JSON, as plain text",
    "V3.5.1",
)
def test_no_form_counts_without_its_token(clinic: Clinic, other: victim.Victim) -> None:
    admin, odd, tries = clinic.client("Admin"), [], 0
    forged: tuple[dict[str, Any], ...] = (
        {"data": {"name": "x"}},
        {"data": {"csrf_token": CSRF}},
        {"data": "{}", "content_type": "text/plain"},
        {"json": {"csrf_token": "x"}},
        {
            "data": {"csrf_token": "."},
            "headers": {"X-CSRFToken": "ImFiYyI.x.y", "Origin": "https://evil.mn", "Referer": "https://evil.mn/"},
        },
    )
    for rule, path in victim.addresses(clinic, other):
        for method in sorted((rule.methods or set()) & {"POST", "PUT", "DELETE", "PATCH"}):
            if rule.endpoint == "SecurityApi.login":
                continue  # takes no cookie: whoever posts there brings a password
            for sent in forged[: 1 + tries % len(forged)][-1:]:
                tries += 1
                with written() as kept:
                    answer = admin.open(path, method=method, **sent)
                if kept or answer.status_code not in (400, 404, 405):
                    odd.append(f"{method} {path}: {answer.status_code} {kept[:1]}")
    assert not odd
    assert tries > 150


@attack(
    "Changing by GET, HEAD, OPTIONS, TRACE or an invented method, or by naming another method in a header", "V13.4.4"
)
def test_no_other_method_changes_anything(clinic: Clinic, other: victim.Victim) -> None:
    admin, odd = clinic.client("Admin"), []
    disguise = {"X-HTTP-Method-Override": "DELETE", "X-Method-Override": "DELETE", "X-HTTP-Method": "PUT"}
    for number, (rule, path) in enumerate(victim.addresses(clinic, other)):
        if rule.endpoint.startswith((*ENDS_SESSIONS, "LanguageView", "NotificationView")) or path.endswith(".pdf"):
            continue  # a paper makes the link that its QR code leads to
        asked = part_of(["HEAD" if rule.endpoint.endswith(".chart") else "GET"], number)
        for method in ("OPTIONS", "TRACE", "CHICKEN", *asked):
            with written() as kept:
                answer = admin.open(path + "?_method=DELETE", method=method, headers=disguise)
            if kept or answer.status_code >= 500:
                odd.append(f"{method} {path}: {answer.status_code} {kept[:1]}")
    assert not odd


@attack("Doors of the framework, of the disk and of the developers", "V13.4.1")
@pytest.mark.parametrize("role", ["Admin", "Receptionist", None], ids=str)
def test_no_hidden_door_is_open(clinic: Clinic, role: str | None) -> None:
    browser, known = clinic.client(role), {rule.rule for rule in clinic.app.url_map.iter_rules()}
    for path in FRAMEWORK:
        if path in known or path + "/" in known:
            continue
        for method in ("GET", "POST"):
            answer = browser.open(path, method=method)
            assert answer.status_code in (302, 308, 400, 403, 404, 405), f"{method} {path}: {answer.status_code}"
            assert b"SECRET" not in answer.data
            assert answer.status_code not in (302, 308) or "evil" not in (answer.location or "")


@attack("A cookie alone signs a change to the API", "V3.5.1")
def test_the_api_takes_no_cookie_without_a_token(clinic: Clinic) -> None:
    desk, before = clinic.client("Receptionist"), clinic.count(Patient)
    body = {
        "first_name": "Бат",
        "phones": [{"phone_number_val": "99112233", "is_primary": True}, {"phone_number_val": "99112234"}],
    }
    for resource in RESOURCES:
        for kwargs in ({"json": body}, {"data": json.dumps(body), "content_type": "text/plain"}, {"data": body}):
            answer = desk.post(f"/api/v1/{resource}/", **kwargs)
            assert answer.status_code in (400, 403, 405), resource
    assert clinic.count(Patient) == before


@attack("Each role tries every page of the framework's menu that the matrix refuses it", "V8.2.1")
@pytest.mark.parametrize("role", CAST)
def test_the_menu_offers_nothing_that_is_refused(clinic: Clinic, role: str) -> None:
    import re

    browser = clinic.client(role)
    start = browser.get("/", follow_redirects=True)
    assert start.status_code == 200
    for link in sorted(set(re.findall(r'href="(/[a-z][^"#]*)"', start.text))):
        if not link.startswith(("/static", "/lang")):
            assert browser.get(link).status_code == 200, link


# names that our scripts send as JSON, and what no script would
SENT = ("version", "start", "minutes", "doctor_id", "chair_id", "to", "reason", "override_reason", "undo", "ids", "key")
ODD_VALUES: tuple[Any, ...] = (
    None, True, [], {}, [[1]], -1, 1.5, 10**30, "9" * 30, "x" * 12_000, "\ud800", "\x00", "2026-02-30T09:00:00",
    "9999-12-31T23:59:00", "0001-01-01T00:00:00", "NaN",
)  # fmt: skip
ODD_BODIES = (b"", b"{", b"[]", b"null", b"1e999", b'"x"', b"\xff\xfe", b"[" * 5_000)


@attack("JSON of any shape where a form or a script's JSON is taken", "V2.2.1")
def test_json_of_any_shape_is_refused_and_writes_nothing(clinic: Clinic, other: victim.Victim) -> None:
    admin, odd, tries = clinic.client("Admin"), [], 0
    token = URLSafeTimedSerializer(clinic.app.secret_key, salt="wtf-csrf-token").dumps(CSRF)
    bodies = (*(json.dumps(dict.fromkeys(SENT, value)).encode() for value in ODD_VALUES), *ODD_BODIES)
    for number, (rule, path) in enumerate(victim.addresses(clinic, other)):
        if "POST" not in (rule.methods or ()) or path.startswith(("/api/", "/logout")):
            continue
        for body in part_of(bodies, number, 12):
            tries += 1
            with written() as kept:
                answer = admin.post(
                    path, data=body, content_type="application/json", headers={"X-CSRFToken": token, "Referer": path}
                )
            if answer.status_code >= 500 or (answer.status_code >= 400 and kept):
                odd.append(f"{path} {body[:60]!r}: {answer.status_code} {kept[:1]}")
    assert not odd
    assert tries > 250


@attack("A parameter is sent twice, as a list, as a nested object, with a NUL or half a character", "V15.3.7")
def test_what_is_sent_twice_is_no_error(clinic: Clinic) -> None:
    desk = clinic.client("Receptionist")
    for query in (
        "q=a&q=b",
        "page=1&page=2",
        "q[]=a",
        "q[a]=b",
        "sort=first_name&sort=password",
        "q=%ff%fe",
        "q=%ed%a0%80",
        "size=10&size=1000000",
        "dir=asc&dir=desc",
    ):
        assert desk.get(f"/patients?{query}").status_code == 200, query


@attack("Host, X-Forwarded-* and X-Original-URL lead the application to another place", "V13.4.6")
def test_headers_of_a_proxy_are_not_believed_without_one(clinic: Clinic) -> None:
    browser = clinic.client(None)
    headers = {
        "X-Forwarded-Host": "evil.mn",
        "X-Forwarded-For": "1.2.3.4",
        "X-Forwarded-Proto": "https",
        "X-Original-URL": "/settings",
        "X-Rewrite-URL": "/settings",
        "X-Forwarded-Prefix": "/evil",
    }
    answer = browser.get("/patients", headers=headers)
    assert answer.status_code == 302
    assert answer.location.startswith("/login/")
    assert "evil" not in browser.get("/login/", headers=headers).text
