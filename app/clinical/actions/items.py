"""Writes about the work of a visit: items with their teeth. The caller holds the treatment's lock."""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from sqlalchemy.orm import Session

from app.catalogue.models import ServiceCatalog
from app.catalogue.rules import Scope
from app.clinical import queries, rules
from app.clinical.models import Treatment, TreatmentItem, TreatmentItemTooth
from app.kernel.errors import NotFound, RuleError
from app.kernel.text import T
from app.people.models import Employee, Patient


@dataclass(frozen=True, slots=True)
class Writer:
    """Who writes: the doctor's own employee, and the share of a line (basis points) they may give as a discount."""

    employee_id: int | None
    discount_bp: int = 0


def add_item(
    session: Session,
    treatment: Treatment,
    values: Mapping[str, Any],
    teeth: rules.Teeth,
    *,
    writer: Writer,
    after: int | None = None,
) -> TreatmentItem:
    """Add a service that was done, at its price of now. Raises RuleError.

    `values`: service_id and, where chosen, scope, quantity, discount, performed_by. `after` is the newest item that
    the form knew: the same work written behind it is the form sent twice, and is found again.
    """
    service = session.get(ServiceCatalog, values.get("service_id") or 0)
    if service is None or not service.is_active:
        raise RuleError(T("Choose one of the list."), field="service_id")
    scope, quantity = rules.preset(service.default_scope, len(teeth))
    if values.get("scope") is not None:
        scope, quantity = values["scope"], 1
    worked = _worked(session, treatment, scope, teeth)
    item = TreatmentItem(
        treatment_id=treatment.treatment_id,
        service_id=service.service_id,
        scope=scope,
        quantity=values.get("quantity") or quantity,
        unit_price=service.price,
        discount=values.get("discount") or 0,
        performed_by=_performer(session, treatment, values, writer),
    )
    again = _sent_twice(session, item, worked, after)
    if again is not None:
        return again
    rules.check_line(item.quantity, item.unit_price, item.discount, writer.discount_bp)
    session.add(item)
    session.flush()
    _set_teeth(session, item, worked)
    return item


def _worked(session: Session, treatment: Treatment, scope: Scope, teeth: rules.Teeth) -> dict[str, str]:
    """The teeth of an item: an arch or the mouth chooses its own, the others are checked."""
    if not rules.fills_itself(scope):
        return rules.check_teeth(scope, teeth)
    patient = session.get_one(Patient, treatment.patient_id)
    return rules.teeth_of_scope(scope, patient.dentition, queries.missing_teeth(session, patient.patient_id))


def _performer(session: Session, treatment: Treatment, values: Mapping[str, Any], writer: Writer) -> int:
    chosen = values.get("performed_by")
    if chosen is not None and session.get(Employee, chosen) is None:
        raise RuleError(T("Choose one of the list."), field="performed_by")
    return int(chosen or writer.employee_id or treatment.doctor_id)


def _sent_twice(session: Session, item: TreatmentItem, worked: rules.Teeth, after: int | None) -> TreatmentItem | None:
    if after is None:
        return None
    same = ("service_id", "scope", "quantity", "discount")
    newer = [
        row
        for row in queries.items_of(session, [item.treatment_id]).get(item.treatment_id, [])
        if row.treatment_item_id > after and all(getattr(row, name) == getattr(item, name) for name in same)
    ]
    teeth = queries.teeth_of_items(session, [row.treatment_item_id for row in newer])
    for row in newer:
        if {part.tooth.code: part.surfaces for part in teeth.get(row.treatment_item_id, [])} == worked:
            return row
    return None


def change_item(
    session: Session,
    treatment: Treatment,
    item: TreatmentItem,
    values: Mapping[str, Any],
    teeth: rules.Teeth | None,
    *,
    writer: Writer,
    now: datetime,
) -> TreatmentItem:
    """Scope, teeth, quantity, discount and performer of a locked item; its price stays that of the day.

    `teeth` None leaves them as they are, unless the scope becomes an arch or the mouth. Raises RuleError.
    """
    scope = values.get("scope", item.scope)
    scope = item.scope if scope is None else scope
    quantity = values.get("quantity") or item.quantity
    discount = item.discount if values.get("discount") is None else values["discount"]
    if teeth is None:
        rows = queries.teeth_of_items(session, [item.treatment_item_id]).get(item.treatment_item_id, [])
        teeth = {row.tooth.code: row.surfaces for row in rows}
    keeps = rules.fills_itself(scope) and scope is item.scope
    worked = dict(teeth) if keeps else _worked(session, treatment, scope, teeth)
    rules.check_line(quantity, item.unit_price, discount, writer.discount_bp, item.discount)
    item.scope, item.quantity, item.discount = scope, quantity, discount
    item.performed_by = _performer(session, treatment, {"performed_by": item.performed_by, **_given(values)}, writer)
    item.updated_at = now  # also where only its teeth change: forms made before are stale
    if not keeps:
        _set_teeth(session, item, worked)
    session.flush()
    return item


def _given(values: Mapping[str, Any]) -> dict[str, Any]:
    return {name: value for name, value in values.items() if value is not None}


def refill_item(session: Session, treatment: Treatment, item: TreatmentItem, *, now: datetime) -> None:
    """Choose the teeth of an arch or the mouth anew, after teeth were marked missing or found."""
    if rules.fills_itself(item.scope):
        _set_teeth(session, item, _worked(session, treatment, item.scope, {}))
        item.updated_at = now
        session.flush()


def _set_teeth(session: Session, item: TreatmentItem, worked: rules.Teeth) -> None:
    """Make the item's rows those of `worked`: rows that stay keep their notes."""
    rows = queries.teeth_of_items(session, [item.treatment_item_id]).get(item.treatment_item_id, [])
    have = {row.tooth.code: row for row in rows}
    keys = queries.tooth_ids(session, worked) if worked else {}
    for code, surfaces in worked.items():
        row = have.pop(code, None)
        if row is None:
            row = TreatmentItemTooth(treatment_item_id=item.treatment_item_id, tooth_id=keys[code])
            session.add(row)
        row.surfaces = surfaces
    for row in have.values():
        session.delete(row)
    item.surfaces = rules.all_surfaces(worked)
    session.flush()


def remove_item(session: Session, item: TreatmentItem) -> None:
    """Take an item that was written by mistake off the visit, with its teeth."""
    for row in queries.teeth_of_items(session, [item.treatment_item_id]).get(item.treatment_item_id, []):
        session.delete(row)
    session.flush()
    session.delete(item)
    session.flush()


def locked_item(session: Session, treatment: Treatment, item_id: int) -> TreatmentItem:
    """An item of this treatment, locked. Raises NotFound, also for an item of another visit."""
    item = session.get(TreatmentItem, item_id, with_for_update=True)
    if item is None or item.treatment_id != treatment.treatment_id:
        raise NotFound(T("This record no longer exists."))
    return item
