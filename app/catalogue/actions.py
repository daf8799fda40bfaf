"""Writes to the catalogue, inside the caller's transaction. The only place where a price changes."""

from collections.abc import Mapping
from datetime import date
from typing import Any, TypeVar

import sqlalchemy as sa
from sqlalchemy.orm import Session

from app.catalogue import rules
from app.catalogue.models import DiagnosisCode, Medicine, ServiceCatalog, ServicePrice, ServiceType
from app.db.base import Base
from app.kernel.errors import NotAllowed, RuleError
from app.kernel.text import T

R = TypeVar("R", bound=Base)


def add_service(
    session: Session, values: Mapping[str, Any], *, today: date, by: int | None, may_price: bool
) -> ServiceCatalog:
    """Add a service and its first price (tögrög). Raises RuleError, NotAllowed.

    A code or number that another service has is refused by the database when the session is flushed.
    """
    filled = _checked(ServiceCatalog, values)
    _refuse_price(None, filled["price"], may_price, "price")
    filled["code"] = rules.clean_code(filled["code"])
    filled["display_number"] = _number(session, filled["service_type_id"], filled.get("display_number"))
    row = _fill(ServiceCatalog(), filled)
    session.add(row)
    session.flush()
    _write_price(session, row, today, by)
    return row


def change_service(
    session: Session, row: ServiceCatalog, values: Mapping[str, Any], *, today: date, by: int | None, may_price: bool
) -> ServiceCatalog:
    """Change a locked service; another price is written down with its day and who set it. Raises RuleError, NotAllowed.

    Its code stays. Moved to another type without a number of its own it stands last there.
    """
    filled = _checked(ServiceCatalog, {**_values_of(row), **values})
    _refuse_price(row.price, filled["price"], may_price, "price")
    filled["code"] = row.code
    number = filled.get("display_number")
    if filled["service_type_id"] != row.service_type_id and number == row.display_number:
        number = None
    if number != row.display_number or filled["service_type_id"] != row.service_type_id:
        number = _number(session, filled["service_type_id"], number)
    is_new_price = filled["price"] != row.price
    with session.no_autoflush:
        _fill(row, {**filled, "display_number": number})
    session.flush()
    if is_new_price:
        _write_price(session, row, today, by)
    return row


def check_service_values(values: Mapping[str, Any], row: ServiceCatalog | None = None) -> None:
    """Refuse what a new service, or this one with `values` changed, may not be. Raises RuleError."""
    _checked(ServiceCatalog, {**(_values_of(row) if row is not None else {}), **values})


def _checked(model: type[Base], values: Mapping[str, Any]) -> dict[str, Any]:
    filled = rules.complete_service(_with_defaults(model, values))
    rules.check_service(filled)
    return filled


def _with_defaults(model: type[Base], values: Mapping[str, Any]) -> dict[str, Any]:
    """Values with the table's defaults where a field that must hold something was left empty."""
    filled = dict(values)
    for column in sa.inspect(model).columns:
        default = column.default
        is_scalar = isinstance(default, sa.ColumnDefault) and default.is_scalar
        if filled.get(column.key) is None and not column.nullable and is_scalar:
            filled[column.key] = default.arg
    return filled


def _refuse_price(old: int | None, new: int | None, may_price: bool, field: str) -> None:
    if not rules.may_price_change(old, new, may_price):
        raise NotAllowed(T("You may not set prices. Ask a manager."), field=field)


def _number(session: Session, type_id: int, wanted: int | None) -> int:
    """The number typed, else the one behind the type's last. The type is locked, so that two never get the same."""
    if session.get(ServiceType, type_id, with_for_update=True) is None:
        raise RuleError(T("Choose one of the list."), field="service_type_id")
    if wanted is not None:
        return wanted
    statement = sa.select(ServiceCatalog.display_number).where(ServiceCatalog.service_type_id == type_id)
    return rules.next_display_number(session.scalars(statement))


def _write_price(session: Session, row: ServiceCatalog, today: date, by: int | None) -> None:
    session.add(ServicePrice(service_id=row.service_id, price=row.price, valid_from=today, changed_by=by))
    session.flush()


def save_medicine(session: Session, row: Medicine, values: Mapping[str, Any], *, may_price: bool) -> Medicine:
    """Add or change a medicine; `row` is new or locked. Raises NotAllowed where a price changes without the right."""
    filled = _with_defaults(Medicine, values)
    _refuse_price(row.sale_price, filled.get("sale_price"), may_price, "sale_price")
    with session.no_autoflush:
        _fill(row, {**filled, "allergens": list(filled.get("allergens") or [])})
    session.add(row)
    session.flush()
    return row


def add_diagnosis(session: Session, values: Mapping[str, Any]) -> DiagnosisCode:
    """Add a diagnosis of ICD-10. Raises RuleError."""
    row = _fill(DiagnosisCode(), {**values, "code": rules.clean_diagnosis_code(values["code"])})
    session.add(row)
    session.flush()
    return row


def add_service_type(session: Session, values: Mapping[str, Any]) -> ServiceType:
    """Add a chapter of the catalogue. Raises RuleError."""
    filled = _with_defaults(ServiceType, values)
    row = _fill(ServiceType(), {**filled, "code": rules.clean_code(filled["code"])})
    session.add(row)
    session.flush()
    return row


def _values_of(row: Base) -> dict[str, Any]:
    return {key: getattr(row, key) for key in sa.inspect(type(row)).columns.keys()}  # noqa: SIM118 - no mapping


def _fill(row: R, values: Mapping[str, Any]) -> R:
    columns = sa.inspect(type(row)).column_attrs
    for name, value in values.items():
        if name in columns:
            setattr(row, name, value)
    return row
