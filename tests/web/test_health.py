"""`/healthz`: whether the database answers, asked by machines that sign in nowhere. Without a database: test_no_database."""

import pytest

from tests.factories.clinic import Clinic


@pytest.mark.both
def test_it_says_ok_to_anybody_in_one_statement_and_writes_nothing(clinic: Clinic) -> None:
    with clinic.statements() as seen:
        answer = clinic.client().get("/healthz")
    assert (answer.status_code, answer.json) == (200, {"status": "ok"})
    assert seen == ["SELECT 1"]
    assert "Set-Cookie" not in answer.headers
