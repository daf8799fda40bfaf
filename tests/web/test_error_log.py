"""What goes wrong is written down without what people wrote, and in no line that they could make."""

import logging

import pytest
import sqlalchemy as sa

from app.db import unit
from app.people.models import Patient
from tests.factories import people
from tests.factories.clinic import Clinic
from tests.security.attacks import attack


@attack("Forging lines of the server's log by the address", "V16.4.1")
def test_an_address_makes_no_line_of_the_log(
    clinic: Clinic, monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
) -> None:
    def broken(*_rest: object, **_more: object) -> None:
        raise ZeroDivisionError

    monkeypatch.setattr("app.web.lookups.Lookup.answers", broken)
    browser = clinic.client("Receptionist")
    assert browser.get("/appointments/lookup/patient_id?q=%0aFORGED%20line").status_code == 500
    told = [record.getMessage() for record in caplog.records if record.levelno >= logging.ERROR]
    assert told
    assert not [text for text in told if "\n" in text or "FORGED" in text]


@pytest.mark.both
def test_an_error_of_the_database_tells_no_values(clinic: Clinic) -> None:
    with pytest.raises(sa.exc.DBAPIError) as caught:
        unit(lambda s: s.execute(sa.text("SELECT x FROM nothing WHERE name = :name"), {"name": "Мөнхбат"}))
    assert "Мөнхбат" not in str(caught.value)
    assert clinic.make(people.patient).patient_id
    assert clinic.count(Patient) > 0
