"""What comes with a new clinic: teeth, services with prices, diagnoses, medicines.

Each table is read once and only what is missing is added, known by its code; what a clinic changed stays.
"""

from collections.abc import Iterator, Mapping
from datetime import date
from pathlib import Path
from typing import Any

import sqlalchemy as sa
from sqlalchemy.orm import Session

from app.catalogue import rules
from app.catalogue.models import (
    ConsentTemplate,
    DiagnosisCode,
    Medicine,
    ServiceCatalog,
    ServicePrice,
    ServiceType,
    ToothDefinition,
)
from app.catalogue.rules import ConsentKind, MedicineForm, Scope, TaxType, ToothSystem, TreatmentStage
from app.people.reference import member, read_table

DATA = Path(__file__).with_name("data")
LANGUAGES = ("mn", "en")


def load(session: Session, today: date) -> None:
    """Add what is missing; the first prices of added services hold from `today`."""
    session.add_all(_missing_teeth(session))
    session.add_all(_missing_types(session))
    session.add_all(_missing_diagnoses(session))
    session.add_all(_missing_medicines(session))
    session.add_all(_missing_consents(session))
    services = list(_missing_services(session))
    session.add_all(services)
    session.flush()
    session.add_all(ServicePrice(service_id=row.service_id, price=row.price, valid_from=today) for row in services)
    session.flush()


def _missing_teeth(session: Session) -> Iterator[ToothDefinition]:
    """52 teeth in three systems: from the rules, not from a file."""
    known = {(row.system, row.code) for row in session.execute(sa.select(ToothDefinition.system, ToothDefinition.code))}
    for system in (ToothSystem.FDI, ToothSystem.UNIVERSAL, ToothSystem.PALMER):
        for tooth in rules.TEETH.values():
            if (system, tooth.shown_in(system)) not in known:
                yield ToothDefinition(
                    system=system,
                    code=tooth.shown_in(system),
                    arch=tooth.arch,
                    quadrant=tooth.quadrant,
                    index_in_quadrant=tooth.index,
                    dentition=tooth.dentition,
                    ui_key=tooth.ui_key,
                )


def _missing_types(session: Session) -> Iterator[ServiceType]:
    known = set(session.scalars(sa.select(ServiceType.code)))
    for row in read_table(DATA / "service_types.csv"):
        if row["code"] not in known:
            yield ServiceType(**{**row, "sort_order": int(row["sort_order"])})


def _missing_consents(session: Session) -> Iterator[ConsentTemplate]:
    known = set(session.scalars(sa.select(ConsentTemplate.code)))
    for row in read_table(DATA / "consent_templates.csv"):
        if row["code"] not in known:
            yield ConsentTemplate(**{**row, "kind": member(ConsentKind, row["kind"])})


def _missing_services(session: Session) -> Iterator[ServiceCatalog]:
    """New ones stand behind those that the type has already."""
    found = session.execute(sa.select(ServiceType.code, ServiceType.service_type_id))
    types = {row.code: row.service_type_id for row in found}
    known: set[str] = set()
    last: dict[int, int] = {}
    columns = (ServiceCatalog.code, ServiceCatalog.service_type_id, ServiceCatalog.display_number)
    for code, type_id, number in session.execute(sa.select(*columns)):
        known.add(code)
        last[type_id] = max(last.get(type_id, 0), number)
    after = {row["key"]: row for row in read_table(DATA / "aftercare.csv")}
    for row in read_table(DATA / "services.csv"):
        if row["code"] not in known:
            type_id = types[row["type"]]
            last[type_id] = last.get(type_id, 0) + 1
            values = _service(row, after)
            yield ServiceCatalog(**values, service_type_id=type_id, display_number=last[type_id])


def _service(row: Mapping[str, str], after: Mapping[str, Mapping[str, str]]) -> dict[str, Any]:
    names = {f"{who}_display_name_{lang}": row[f"{who}_{lang}"] for who in ("doctor", "patient") for lang in LANGUAGES}
    advice = [after[key] for key in row["aftercare"].split()]
    return rules.complete_service(
        {
            **names,
            **{f"disclaimer_{lang}": " ".join(text[lang] for text in advice) or None for lang in LANGUAGES},
            **{key: int(row[key]) if row[key] else None for key in _OPTIONAL_NUMBERS},
            "code": row["code"],
            "default_duration_time": int(row["minutes"]),
            "assistant_lead_minutes": int(row["assistant_lead"]),
            "assistant_tail_minutes": int(row["assistant_tail"]),
            "price": int(row["price"]),
            "complexity": int(row["complexity"]),
            "treatment_stage": member(TreatmentStage, row["stage"]),
            "default_scope": Scope.from_word(row["scope"]),
            "surfaces_required": row["surfaces_required"] == "1",
            "tax_type": member(TaxType, row["tax"]),
        }
    )


_OPTIONAL_NUMBERS = ("lab_days", "fitting_minutes", "recall_months", "warranty_months")


def _missing_diagnoses(session: Session) -> Iterator[DiagnosisCode]:
    known = set(session.scalars(sa.select(DiagnosisCode.code)))
    for row in read_table(DATA / "diagnosis_codes.csv"):
        if row["code"] not in known:
            yield DiagnosisCode(**row)


def _missing_medicines(session: Session) -> Iterator[Medicine]:
    """Known by its name, or by its generic name where the clinic gave it another one, in this form and strength."""
    known = set()
    columns = (Medicine.name, Medicine.generic_name, Medicine.form, Medicine.strength)
    for name, generic, form, strength in session.execute(sa.select(*columns)):
        known |= {(name, form, strength), (generic, form, strength)}
    for row in read_table(DATA / "medicines.csv"):
        form = member(MedicineForm, row["form"])
        if not {(row["name"], form, row["strength"]), (row["generic_name"], form, row["strength"])} & known:
            yield _medicine(row, form)


def _medicine(row: Mapping[str, str], form: MedicineForm) -> Medicine:
    texts = [f"{kind}_{lang}" for kind in ("dosage", "instructions") for lang in LANGUAGES]
    return Medicine(
        name=row["name"],
        generic_name=row["generic_name"],
        form=form,
        strength=row["strength"],
        allergens=[word for word in row["allergens"].split(";") if word],
        **{key: row[key] or None for key in texts},
        sale_price=int(row["sale_price"]) if row["sale_price"] else None,
        tax_type=TaxType.VAT_ABLE,  # the exemption of health services leaves out the sale of medicines
    )
