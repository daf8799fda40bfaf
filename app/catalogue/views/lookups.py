"""How services, types, medicines, diagnoses and teeth are found when something refers to them."""

from app.catalogue import queries, rules
from app.catalogue.models import DiagnosisCode, Medicine, ServiceCatalog, ServiceType, ToothDefinition
from app.catalogue.rules import ToothSystem
from app.catalogue.words import LABELS
from app.kernel.text import T, Text
from app.web.lookups import Lookup, add_lookup, by_text
from app.web.text import money
from app.web.vocabulary import add_labels

add_labels(LABELS)


def service_detail(row: ServiceCatalog) -> Text:
    """The small print beside a service: code, price and minutes."""
    return T(
        "%(code)s · %(price)s · %(minutes)s min",
        code=row.code,
        price=money(row.price),
        minutes=row.default_duration_time,
    )


def tooth_detail(row: ToothDefinition) -> Text:
    """The small print beside a tooth: what it is, and what the other systems call it."""
    tooth = rules.tooth_of(row.code)
    return T(
        "%(dentition)s · Universal %(universal)s · Palmer %(palmer)s",
        dentition=row.dentition,
        universal=tooth.shown_in(ToothSystem.UNIVERSAL),
        palmer=tooth.shown_in(ToothSystem.PALMER),
    )


def medicine_detail(row: Medicine) -> Text:
    """The small print beside a medicine: generic name, form and usual dosage."""
    return T("%(generic)s · %(form)s · %(dosage)s", generic=row.generic_name, form=row.form, dosage=row.dosage)


class FdiTeeth(Lookup):
    """Only FDI rows may be referred to, whatever number a form sends."""

    def find(self, key: int) -> ToothDefinition | None:
        """The FDI row of this id."""
        row: ToothDefinition | None = Lookup.find(self, key)
        return row if row is not None and row.system is ToothSystem.FDI else None


SERVICES = add_lookup(Lookup(ServiceCatalog, queries.find_services, service_detail))
MEDICINES = add_lookup(Lookup(Medicine, queries.find_medicines, medicine_detail))
DIAGNOSES = add_lookup(Lookup(DiagnosisCode, queries.find_diagnoses))
TEETH = add_lookup(FdiTeeth(ToothDefinition, queries.find_teeth, tooth_detail))
add_lookup(by_text(ServiceType, "name_mn", "name_en", "code"))
