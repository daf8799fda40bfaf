"""Services, teeth, diagnoses and medicines for tests, made by the room's actions."""

import itertools
from datetime import date, datetime
from typing import Any
from zoneinfo import ZoneInfo

import sqlalchemy as sa
from sqlalchemy.orm import Session

from app.catalogue import actions, queries
from app.catalogue.models import (
    ConsentTemplate,
    DiagnosisCode,
    Medicine,
    ServiceCatalog,
    ServicePrice,
    ServiceType,
    ToothDefinition,
)
from app.catalogue.rules import MedicineForm

TODAY = datetime.now(ZoneInfo("Asia/Ulaanbaatar")).date()
_numbers = itertools.count(1)


def service_type(session: Session, **values: Any) -> ServiceType:
    """A chapter that no other test has."""
    number = next(_numbers)
    base = {"code": f"T{number}", "name_mn": f"Төрөл {number}", "name_en": f"Type {number}", "sort_order": 900}
    return actions.add_service_type(session, {**base, **values})


def known_type(session: Session, code: str = "THERAPY") -> ServiceType:
    """A chapter that comes with the clinic."""
    return session.scalars(sa.select(ServiceType).where(ServiceType.code == code)).one()


def service(session: Session, *, today: date = TODAY, by: int | None = None, **values: Any) -> ServiceCatalog:
    """A service of its own, for 100 000 ₮ and 30 minutes, with its first price."""
    number = next(_numbers)
    base = {
        "code": f"TEST-{number}",
        "doctor_display_name_mn": f"Туршилтын ломбо {number}",
        "doctor_display_name_en": f"Test filling {number}",
        "patient_display_name_mn": f"Ломбо {number}",
        "patient_display_name_en": f"Filling {number}",
        "price": 100_000,
    }
    if "service_type_id" not in values:
        values["service_type_id"] = known_type(session).service_type_id
    return actions.add_service(session, {**base, **values}, today=today, by=by, may_price=True)


def known_service(session: Session, code: str = "THE-01") -> ServiceCatalog:
    """A service that comes with the clinic."""
    return session.scalars(sa.select(ServiceCatalog).where(ServiceCatalog.code == code)).one()


def price(session: Session, *, today: date = TODAY, price: int = 120_000, **values: Any) -> ServicePrice:
    """A second price of a service."""
    row = service(session, **values)
    actions.change_service(session, row, {"price": price}, today=today, by=None, may_price=True)
    return queries.prices_of(session, [row.service_id])[row.service_id][-1]


def tooth(session: Session, code: str = "36") -> ToothDefinition:
    """A tooth by its FDI code: they all come with the clinic."""
    return queries.teeth_by_code(session)[code]


def diagnosis(session: Session, code: str = "K02.1") -> DiagnosisCode:
    """A diagnosis, added where the clinic doesn't have it."""
    found = session.scalar(sa.select(DiagnosisCode).where(DiagnosisCode.code == code))
    return found or actions.add_diagnosis(session, {"code": code, "name_mn": f"Онош {code}", "name_en": code})


def medicine(session: Session, **values: Any) -> Medicine:
    """A medicine of its own."""
    base = {
        "name": f"Туршилтын эм {next(_numbers)}",
        "generic_name": "Testamol",
        "form": MedicineForm.TABLET,
        "strength": "500 мг",
        "allergens": [],
    }
    return actions.save_medicine(session, Medicine(), {**base, **values}, may_price=True)


def consent_template(session: Session, code: str = "personal-data") -> ConsentTemplate:
    """A text that came with the clinic."""
    return session.scalars(sa.select(ConsentTemplate).where(ConsentTemplate.code == code)).one()
