"""The small forms by which stock moves. Each carries what makes a double click or a stale page harmless."""

from collections.abc import Mapping
from typing import Any

from flask import url_for
from wtforms import HiddenField

from app.kernel.text import T
from app.stock.rules import MOST_MOVED, NEEDS_REASON, Movement
from app.stock.views.lookups import SUPPLIERS
from app.web import fields
from app.web.cells import name_of
from app.web.forms import ClinicForm, make_form
from app.web.keys import KeyField
from app.web.text import lazy

# the last part of a form's address → what it records
MOVES: Mapping[str, Movement] = {
    "use": Movement.USED,
    "receive": Movement.RECEIVED,
    "return": Movement.RETURNED,
    "expire": Movement.EXPIRED,
    "lose": Movement.LOST,
}
COUNT = "count"
WITH_SUPPLIER = ("receive", "return")


def _move_form(word: str) -> type[ClinicForm]:
    """The form of one kind of movement; its fields have ids of their own, for they all stand on one page."""
    needed = [fields.required]
    made: dict[str, Any] = {
        "key": KeyField(lazy(T("Key of the form")), id=f"{word}-key"),
        "quantity": fields.NumberField(
            lazy(T("Quantity")), least=1, most=MOST_MOVED, validators=needed, id=f"{word}-quantity"
        ),
    }
    if word == "receive":
        made["cost"] = fields.MoneyField(lazy(T("Cost of one")), id=f"{word}-cost")
    if word in WITH_SUPPLIER:
        made["supplier_id"] = _supplier_field(f"{word}-supplier")
    reason = T("Reason") if MOVES[word] in NEEDS_REASON else T("Note")
    validators = needed if MOVES[word] in NEEDS_REASON else []
    made["reason"] = fields.TextField(lazy(reason), longest=255, validators=validators, id=f"{word}-reason")
    return make_form(f"{word.capitalize()}Form", made)


def _supplier_field(id_: str) -> fields.ReferenceField:
    return fields.ReferenceField(
        lazy(T("Supplier")),
        url=lambda: url_for("InventoryLogView.lookup", column="supplier_id"),
        find=SUPPLIERS.find,
        name_of=name_of,
        id=id_,
    )


class CountForm(ClinicForm):
    """What is really there. `seen` is what the page said: another number has moved meanwhile."""

    key = KeyField(lazy(T("Key of the form")), id="count-key")
    seen = HiddenField(id="count-seen")
    counted = fields.NumberField(
        lazy(T("Counted")), least=0, most=MOST_MOVED, validators=[fields.required], id="count-counted"
    )
    reason = fields.TextField(lazy(T("Reason")), longest=255, validators=[fields.required], id="count-reason")


FORMS: Mapping[str, type[ClinicForm]] = {**{word: _move_form(word) for word in MOVES}, COUNT: CountForm}
