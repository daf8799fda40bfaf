"""Reads of the catalogue. The searches find a row by any part of its names in either language, however typed:
`lombo`, `ломбо`, `ЛОМБО`; `huuhed` and `хуухэд` find `хүүхэд`; a code also by its beginning.
"""

from collections.abc import Iterable, Sequence
from functools import lru_cache
from typing import Any

import sqlalchemy as sa
from sqlalchemy import Row
from sqlalchemy.orm import Session, joinedload

from app.catalogue.models import DiagnosisCode, Medicine, ServiceCatalog, ServicePrice, ServiceType, ToothDefinition
from app.catalogue.rules import ToothSystem
from app.kernel.folding import fold, fold_words
from app.security.models import UserProfile

MOST = 1_000

SERVICE_ORDER = (ServiceType.sort_order, ServiceType.service_type_id, ServiceCatalog.display_number)


def find_services(session: Session, typed: str, limit: int = 20) -> Sequence[ServiceCatalog]:
    """Services in use that `typed` finds by code or name, the best first; nothing typed: as in the catalogue."""
    ids = service_ids(session, typed, limit, only_active=True)
    statement = sa.select(ServiceCatalog).where(ServiceCatalog.service_id.in_(ids))
    rows = session.scalars(statement.options(joinedload(ServiceCatalog.service_type)))
    return _in_order(ids, {row.service_id: row for row in rows})


def service_ids(session: Session, typed: str, limit: int = MOST, *, only_active: bool = False) -> list[int]:
    """The numbers of the services that `typed` finds, the best first."""
    texts = (
        ServiceCatalog.code,
        ServiceCatalog.doctor_display_name_mn,
        ServiceCatalog.doctor_display_name_en,
        ServiceCatalog.patient_display_name_mn,
        ServiceCatalog.patient_display_name_en,
    )
    statement = sa.select(ServiceCatalog.service_id, *texts).join(ServiceCatalog.service_type).order_by(*SERVICE_ORDER)
    if only_active:
        statement = statement.where(ServiceCatalog.is_active.is_(True))
    return _matching(session, statement, typed, limit)


def services_by_id(session: Session, service_ids: Iterable[int]) -> dict[int, ServiceCatalog]:
    """Several services with their types in one statement."""
    statement = sa.select(ServiceCatalog).where(ServiceCatalog.service_id.in_(list(service_ids)))
    rows = session.scalars(statement.options(joinedload(ServiceCatalog.service_type)))
    return {row.service_id: row for row in rows}


def find_medicines(session: Session, typed: str, limit: int = 20) -> Sequence[Medicine]:
    """Medicines in use that `typed` finds by name or generic name, the best first."""
    ids = medicine_ids(session, typed, limit, only_active=True)
    rows = session.scalars(sa.select(Medicine).where(Medicine.medicine_id.in_(ids)))
    return _in_order(ids, {row.medicine_id: row for row in rows})


def medicine_ids(session: Session, typed: str, limit: int = MOST, *, only_active: bool = False) -> list[int]:
    """The numbers of the medicines that `typed` finds, the best first."""
    columns = (Medicine.medicine_id, Medicine.name, Medicine.generic_name, Medicine.strength)
    statement = sa.select(*columns).order_by(Medicine.name, Medicine.medicine_id)
    if only_active:
        statement = statement.where(Medicine.is_active.is_(True))
    return _matching(session, statement, typed, limit)


def medicines_by_id(session: Session, medicine_ids: Iterable[int]) -> dict[int, Medicine]:
    """Several medicines in one statement."""
    statement = sa.select(Medicine).where(Medicine.medicine_id.in_(list(medicine_ids)))
    return {row.medicine_id: row for row in session.scalars(statement)}


def find_diagnoses(session: Session, typed: str, limit: int = 20) -> Sequence[DiagnosisCode]:
    """Diagnoses in use that `typed` finds by the beginning of the code or any part of the name."""
    ids = diagnosis_ids(session, typed, limit, only_active=True)
    rows = session.scalars(sa.select(DiagnosisCode).where(DiagnosisCode.diagnosis_code_id.in_(ids)))
    return _in_order(ids, {row.diagnosis_code_id: row for row in rows})


def diagnosis_ids(session: Session, typed: str, limit: int = MOST, *, only_active: bool = False) -> list[int]:
    """The numbers of the diagnoses that `typed` finds, the best first."""
    columns = (DiagnosisCode.diagnosis_code_id, DiagnosisCode.code, DiagnosisCode.name_mn, DiagnosisCode.name_en)
    statement = sa.select(*columns).order_by(DiagnosisCode.code)
    if only_active:
        statement = statement.where(DiagnosisCode.is_active.is_(True))
    return _matching(session, statement, typed, limit)


def _matching(session: Session, statement: Any, typed: str, limit: int) -> list[int]:
    """The ids of the rows (id, code or name, other texts) that hold every word that was typed, the best first."""
    if not typed.strip():
        return [row[0] for row in session.execute(statement.limit(limit))]
    words = [key for word in typed.split()[:6] if (key := fold(word))]
    if not words:
        return []
    rows = session.execute(statement).all()
    ranked = [(rank, row[0]) for row in rows if (rank := _rank(row, words)) is not None]
    if not ranked:
        return [row[0] for row in rows if _is_inflected(row, words)][:limit]
    return [key for _, key in sorted(ranked, key=lambda found: found[0])[:limit]]


def _rank(row: "Row[Any]", words: Sequence[str]) -> int | None:
    """0 where the code or name begins so, 1 where every word begins one, 2 where it is inside, None where it isn't."""
    first, keys, _ = _keys(*row[1:])
    if first.startswith("".join(words)):
        return 0
    if all(any(key.startswith(word) for key in keys) for word in words):
        return 1
    inside = all(len(word) > 1 and any(word in key for key in keys) for word in words)
    return 2 if inside else None


def _is_inflected(row: "Row[Any]", words: Sequence[str]) -> bool:
    """Whether every word begins one when vowels are left out, as Mongolian drops them: хүүхэд, but хүүхдийн."""
    _, _, bones = _keys(*row[1:])
    return all(len(word) > 3 and any(bone.startswith(_bones(word)) for bone in bones) for word in words)


def _bones(key: str) -> str:
    return key[:1] + "".join(letter for letter in key[1:] if letter not in "aeiou")


@lru_cache(maxsize=8_192)
def _keys(*texts: str) -> tuple[str, tuple[str, ...], tuple[str, ...]]:
    """The folded first text, the folded words of all, and those without their vowels."""
    keys = tuple(fold_words(" ".join(texts)))
    return fold(texts[0]), keys, tuple(_bones(key) for key in keys)


def _in_order(ids: Sequence[int], rows: dict[int, Any]) -> list[Any]:
    return [rows[key] for key in ids if key in rows]


def teeth_by_code(session: Session) -> dict[str, ToothDefinition]:
    """The 52 FDI rows, which everything refers to, by their code, in one statement."""
    statement = sa.select(ToothDefinition).where(ToothDefinition.system == ToothSystem.FDI)
    return {row.code: row for row in session.scalars(statement.order_by(ToothDefinition.tooth_id))}


def find_teeth(session: Session, typed: str, limit: int = 20) -> Sequence[ToothDefinition]:
    """The FDI rows whose code begins with what was typed."""
    statement = sa.select(ToothDefinition).where(ToothDefinition.system == ToothSystem.FDI)
    if typed.strip():
        digits = typed.strip()[:8]
        statement = statement.where(ToothDefinition.code.startswith(digits, autoescape=True))
    return session.scalars(statement.order_by(ToothDefinition.tooth_id).limit(limit)).all()


def prices_of(session: Session, service_ids: Iterable[int]) -> dict[int, list[ServicePrice]]:
    """The prices of several services in the order they were written, for `rules.price_on`, in one statement."""
    statement = sa.select(ServicePrice).where(ServicePrice.service_id.in_(list(service_ids)))
    found: dict[int, list[ServicePrice]] = {}
    for price in session.scalars(statement.order_by(ServicePrice.service_price_id)):
        found.setdefault(price.service_id, []).append(price)
    return found


def price_history(session: Session, service_id: int) -> Sequence[tuple[ServicePrice, str | None]]:
    """The prices of a service with the names of who set them, the newest first."""
    statement = (
        sa.select(ServicePrice, UserProfile.display_name)
        .outerjoin(UserProfile, UserProfile.user_id == ServicePrice.changed_by)
        .where(ServicePrice.service_id == service_id)
        .order_by(ServicePrice.valid_from.desc(), ServicePrice.service_price_id.desc())
        .limit(50)
    )
    return [(price, name) for price, name in session.execute(statement)]


def names_of_users(session: Session, user_ids: Iterable[int]) -> dict[int, str]:
    """Who set prices, by user."""
    statement = sa.select(UserProfile.user_id, UserProfile.display_name)
    rows = session.execute(statement.where(UserProfile.user_id.in_(list(user_ids))))
    return {user_id: name for user_id, name in rows}  # noqa: C416 - a result is no mapping


def chapters(session: Session) -> Sequence[tuple[ServiceType, int]]:
    """The service types in their order, with how many services each has."""
    counted = (
        sa.select(ServiceCatalog.service_type_id, sa.func.count().label("services"))
        .group_by(ServiceCatalog.service_type_id)
        .subquery()
    )
    statement = (
        sa.select(ServiceType, sa.func.coalesce(counted.c.services, 0))
        .outerjoin(counted, counted.c.service_type_id == ServiceType.service_type_id)
        .order_by(ServiceType.sort_order, ServiceType.service_type_id)
    )
    return [(kind, count) for kind, count in session.execute(statement)]
