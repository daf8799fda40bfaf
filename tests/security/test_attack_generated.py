"""Whatever can be typed, sent to every form and every address: never an error of ours, and a refusal writes nothing.

`SOYOO_ATTACKS=1000` is the long run (`make security`).
"""

import os
from typing import Any

import pytest
from hypothesis import HealthCheck, Phase, given, settings
from hypothesis import strategies as st

from tests.factories.clinic import Clinic
from tests.security import victim
from tests.security.attacks import attack
from tests.security.test_garbage import forms_of, written

REQUESTS = int(os.environ.get("SOYOO_ATTACKS", "100"))
ODD = (
    "\x00", "\ud800", "1E+400", "-1E400", "NaN", "Infinity", "0001-01-01", "9999-12-31", "0000-00-00", "2026-02-30 25:61",
    "١٢٣", "Ⅷ", "1_000", "0x10", "' OR 1=1 --", "${7*7}", "../../etc/passwd", "\u202egnp.exe", "\r\nSet-Cookie: a=b", "%00", "{{7*7}}", "[]", "{}",
    "null", "undefined", "true", "🦷" * 200, "a\u0300" * 500, "9" * 400, "-" * 100, " ", "\t\n", "\ufeff",
)  # fmt: skip
VALUES = st.one_of(
    st.sampled_from(ODD), st.text(max_size=60), st.integers().map(str), st.floats().map(str), st.datetimes().map(str), st.dates().map(str),
    st.just("x" * 1_000_000), st.binary(max_size=40).map(lambda data: data.decode("latin-1")),
)  # fmt: skip
QUIET = {
    "deadline": None, "database": None, "derandomize": True, "phases": [Phase.generate], "suppress_health_check": list(HealthCheck),
}  # fmt: skip


@attack(
    "Generated values in every field of every form: NUL, lone surrogates, a million letters, 1E+400, years 0001 and 9999",
    "V2.2.1",
)
@pytest.mark.parametrize("role", ["Admin", "Receptionist"])
def test_no_form_breaks_by_what_is_typed(clinic: Clinic, role: str) -> None:
    clinic.app.config["PROPAGATE_EXCEPTIONS"] = False
    browser = clinic.client(role)
    forms = list(forms_of(clinic, browser).values())
    broken: list[Any] = []

    @settings(max_examples=REQUESTS, **QUIET)
    @given(st.data())
    def send(data: Any) -> None:
        address, fields = data.draw(st.sampled_from(forms))
        names = [name for name in fields if name != "csrf_token"]
        chosen = data.draw(st.sets(st.sampled_from(names))) if names else set()
        sent = {**fields, **{name: data.draw(VALUES) for name in chosen}}
        with written() as kept:
            answer = browser.submit(
                address, {name: value.encode("utf-8", "surrogatepass") for name, value in sent.items()}
            )
        if answer.status_code >= 500 or (answer.status_code >= 400 and kept):
            broken.append((address, answer.status_code, {name: sent[name][:30] for name in chosen}, kept[:1]))

    send()
    assert not broken[:3]


@attack("Generated questions behind every address", "V2.2.1")
def test_no_address_breaks_by_what_is_asked(clinic: Clinic) -> None:
    clinic.app.config["PROPAGATE_EXCEPTIONS"] = False
    other = victim.prepare(clinic)
    paths = [
        path
        for rule, path in victim.addresses(clinic, other)
        if "GET" in (rule.methods or ()) and not path.endswith(".pdf")
    ]
    names = st.sampled_from(
        (
            "q",
            "page",
            "size",
            "sort",
            "dir",
            "after",
            "day",
            "from",
            "to",
            "period",
            "patient_id",
            "doctor",
            "kind",
            "as",
            "next",
            "state",
            "all",
        )
    )
    browser, broken = clinic.client("Admin"), []

    @settings(max_examples=REQUESTS, **QUIET)
    @given(st.sampled_from(paths), st.dictionaries(names, VALUES.map(lambda value: value[:3_000]), max_size=4))
    def ask(path: str, query: dict[str, str]) -> None:
        answer = browser.get(
            path, query_string={key: value.encode("utf-8", "surrogatepass") for key, value in query.items()}
        )
        if answer.status_code >= 500:
            broken.append((path, answer.status_code, {key: value[:30] for key, value in query.items()}))

    ask()
    assert not broken[:3]
