"""Whatever fits the document, and whatever doesn't, is answered: never with an error of ours.

`SOYOO_API_CASES=2000` is the long run (`make fuzz`).
"""

import contextlib
import contextvars
import os
from typing import Any

import pytest
import schemathesis
from hypothesis import HealthCheck, Phase, given, settings
from hypothesis import strategies as st
from hypothesis.errors import Unsatisfiable
from schemathesis.generation import GenerationMode

from tests.api.program import sign_in
from tests.factories.clinic import Clinic
from tests.web import crowd

CASES = int(os.environ.get("SOYOO_API_CASES", "150"))
LEAST = 2  # of each operation and kind


@pytest.mark.both
def test_no_case_of_the_document_is_answered_with_an_error_of_ours(clinic: Clinic) -> None:
    user = clinic.user("Doctor").id
    main = clinic.unit(lambda s: crowd.begin(s, user))
    clinic.unit(lambda s: crowd.grow(s, main, 3))
    headers = {"Authorization": f"Bearer {sign_in(clinic, 'Admin').json['access_token']}"}
    schema = schemathesis.openapi.from_wsgi("/api/v1/_openapi", clinic.app, headers=headers)
    operations = [found.ok() for found in schema.get_all_operations() if "/security/" not in found.ok().path]
    each = max(LEAST, CASES // (2 * len(operations)))
    broken: list[str] = []
    seen: list[int] = []
    for operation in operations:
        for mode in (GenerationMode.POSITIVE, GenerationMode.NEGATIVE):
            _run(operation, mode, each, headers, seen, broken)
    print(f"{len(seen)} cases of {len(operations)} operations: { {s: seen.count(s) for s in sorted(set(seen))} }")
    assert not broken, broken[:5]


def _run(
    operation: Any, mode: GenerationMode, count: int, headers: dict[str, str], seen: list[int], broken: list[str]
) -> None:
    quiet = settings(
        max_examples=count,
        deadline=None,
        database=None,
        derandomize=True,
        phases=[Phase.generate],
        suppress_health_check=list(HealthCheck),
    )

    @quiet
    @given(case=operation.as_strategy(generation_mode=mode), known=st.integers(0, 4))
    def ask(case: Any, known: int) -> None:
        if known and isinstance(case.path_parameters, dict) and "pk" in case.path_parameters:
            case.path_parameters["pk"] = known  # a row that is there
        answer = contextvars.Context().run(case.call, headers=headers)
        seen.append(answer.status_code)
        if answer.status_code >= 500:
            broken.append(f"{answer.status_code} {case.method} {case.formatted_path} {case.query!r} {case.body!r}")

    with contextlib.suppress(Unsatisfiable):  # nothing breaks an operation that asks for nothing
        ask()
