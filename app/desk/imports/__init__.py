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


class ServiceImportPage(ImportPage):
    """The import of a price list."""

    page, route_base = "/services", "/services/import"
    source, words = imports.SERVICES, words.SERVICES
    back_to, record = "/services", ("ServiceCatalogView.show", "/services")


class MedicineImportPage(ImportPage):
    """The import of a list of medicines."""

    page, route_base = "/prescriptions", "/medicines/import"
    source, words = imports.MEDICINES, words.MEDICINES
    back_to, record = "/medicines", ("MedicineView.show", "/prescriptions")


class ItemImportPage(ImportPage):
    """The import of a list of supplies."""

    page, route_base = "/inventory", "/inventory/import"
    source, words = imports.ITEMS, words.ITEMS
    back_to, record = "/inventory", ("ItemPage.show", "/inventory")


VIEWS: tuple[Any, ...] = (PatientImportPage, ServiceImportPage, MedicineImportPage, ItemImportPage)
