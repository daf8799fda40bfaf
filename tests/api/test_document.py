"""The OpenAPI document is valid and true, its page works under our policy, and the examples of docs/api.md run."""

import itertools
import json
import re
import shlex
from typing import Any

import jsonschema
import pytest
import schemathesis

from app.people.models import Patient
from tests.api.program import RESOURCES, Program, program
from tests.factories import billing, catalogue, clinical, people, scheduling
from tests.factories.clinic import Clinic
from tests.house.tree import ROOT

DOCUMENT = "/api/v1/_openapi"


@pytest.fixture
def admin(clinic: Clinic) -> Program:
    return program(clinic, "Admin")


def test_the_document_is_valid_and_names_every_route(clinic: Clinic, admin: Program) -> None:
    found = admin.get(DOCUMENT).json
    schemathesis.openapi.from_dict(found).validate()
    routes = {
        (re.sub(r"<(?:\w+:)?(\w+)>", r"{\1}", rule.rule), method)
        for rule in clinic.app.url_map.iter_rules()
        for method in (rule.methods or set()) - {"HEAD", "OPTIONS"}
        if rule.rule.startswith("/api/v1/") and rule.rule != DOCUMENT
    }
    told = {(path, method.upper()) for path, one in found["paths"].items() for method in one}
    assert told == routes
    assert found["components"]["securitySchemes"]["jwt"]["scheme"] == "bearer"
    text = json.dumps(found)
    named = set(re.findall(r"#/components/schemas/([\w.]+)", text))
    assert named <= found["components"]["schemas"].keys()
    assert "password" not in str(sorted(found["components"]["schemas"]["patients.record"]["properties"]))


def checks(document: dict[str, Any], name: str) -> jsonschema.Draft202012Validator:
    """A schema of the document as plain JSON Schema."""

    def plain(node: Any) -> Any:
        if isinstance(node, list):
            return [plain(one) for one in node]
        if not isinstance(node, dict):
            return node
        found = {key: plain(value) for key, value in node.items() if key != "nullable"}
        if node.get("nullable") and isinstance(node.get("type"), str):
            found["type"] = [node["type"], "null"]
        return found

    return jsonschema.Draft202012Validator(plain({**document, "$ref": f"#/components/schemas/{name}"}))


def test_what_is_answered_is_what_the_document_says(clinic: Clinic, admin: Program) -> None:
    clinic.make(scheduling.appointment)
    clinic.make(clinical.item)
    clinic.make(billing.refund)
    clinic.make(billing.invoice)
    clinic.make(people.patient, birthday=None, gender=None, is_provisional=True, own_phones=people.phones(1))
    clinic.make(catalogue.service)
    document = admin.get(DOCUMENT).json
    for resource in RESOURCES:
        found = admin.get(f"/api/v1/{resource}/", {"page_size": 100}).json
        assert found["result"], resource
        for row in found["result"]:
            checks(document, f"{resource}.list").validate(row)
        for key in found["ids"][:5]:
            checks(document, f"{resource}.record").validate(admin.get(f"/api/v1/{resource}/{key}").json["result"])


@pytest.mark.parametrize("locale", ["mn", "en"])
def test_the_page_shows_it_inside_our_frame_without_inline_script(clinic: Clinic, locale: str) -> None:
    browser = clinic.client("Manager", locale=locale)
    page = browser.get("/swagger/v1")
    assert page.status_code == 200
    assert f'lang="{locale}"' in page.text
    for path in re.findall(r'(?:src|href)="(/static/(?:vendor/swagger-ui|js/api|css/api)[^"]*)"', page.text):
        assert browser.get(path).status_code == 200
    assert page.text.count("swagger-ui-bundle.js") == 1
    assert browser.get(re.findall(r'data-document="([^"]+)"', page.text)[0]).status_code == 200


def examples() -> list[str]:
    text = (ROOT / "docs" / "api.md").read_text(encoding="utf-8")
    return re.findall(r"```sh\n(.*?)```", text, re.S)


# what an example makes, as the later ones call it
MADE = {
    "/security/login": "$TOKEN", "/patients/ -H": "PATIENT", "/appointments/ -H": "APPOINTMENT", "/invoices/ -H": "INVOICE",
}  # fmt: skip


def run(caller: Program, command: str) -> Any:
    """What `curl` would send."""
    words = shlex.split(command.replace("\\\n", " "))
    path = next(word for word in words if word.startswith("http")).removeprefix("http://127.0.0.1:5000")
    headers, body, query, method = {}, None, None, "GET"
    for flag, value in itertools.pairwise(words):
        if flag == "-H":
            headers[value.partition(": ")[0]] = value.partition(": ")[2]
        elif flag == "-d":
            body, method = value, "POST"
        elif flag == "-X":
            method = value
        elif flag == "--data-urlencode":
            query = dict([value.split("=", 1)])
    return caller.open(method, path, data=body, query_string=query, headers=headers)


def test_the_examples_of_the_docs_run(clinic: Clinic) -> None:
    def make(session: Any) -> dict[str, str]:
        doctor, day = people.doctor(session), scheduling.open_day(session)
        scheduling.shift(session, doctor, day)
        chair = scheduling.chair(session).chair_id
        return {"DOCTOR": str(doctor.employee_id), "CHAIR": str(chair), "DAYT": f"{day}T"}

    known, caller, statuses = clinic.unit(make), Program(clinic, None), []
    for command in examples():
        for name, value in known.items():
            command = command.replace(name, value)
        answer = run(caller, command)
        statuses.append(answer.status_code)
        assert answer.status_code < 300, f"{command}\n{answer.text}"
        made = next((name for part, name in MADE.items() if part in command), None)
        if made is not None and (answer.status_code == 201 or made == "$TOKEN"):
            known[made] = str(answer.json.get("id") or answer.json["access_token"])
    assert statuses == [200, 200, 201, 201, 200, 201, 200, 201]
    assert clinic.count(Patient, Patient.register_number == "УК03271614") == 1
