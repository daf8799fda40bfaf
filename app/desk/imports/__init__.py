"""The pages on which the clinic's lists are imported."""

from typing import Any

from app.desk.imports import words
from app.desk.imports.page import ImportPage
from app.workflows import imports


class PatientImportPage(ImportPage):
    """The import of a patient list."""

    page, route_base = "/patients/import", "/patients/import"
    source, words = imports.PATIENTS, words.PATIENTS
    back_to, record = "/patients", ("PatientProfilePage.show", "/patients/{id}")


VIEWS: tuple[Any, ...] = (PatientImportPage,)
