"""A list of medicines, known by name, form and strength together."""

import re
from collections.abc import Mapping, Sequence
from typing import Any

import sqlalchemy as sa
from sqlalchemy.orm import Session, joinedload

from app.catalogue import actions, rules
from app.catalogue.models import Medicine
from app.catalogue.rules import MedicineForm, TaxType
from app.catalogue.words import LABELS
from app.kernel.cells import SHOWN, read_text, word_key
from app.kernel.errors import NotAllowed, RuleError
from app.kernel.lists import Cells
from app.kernel.text import T
from app.people.rules import Allergen
from app.stock.models import InventoryItem
from app.workflows.imports.columns import ListColumn, column_of, some_of
from app.workflows.imports.engine import Setting
from app.workflows.imports.keyed import Entry, KeyedList, ListFault

ITEM = "inventory_item"
_STRENGTH = re.compile(r"(.*?\S)\s+(\d.*)")
_KINDS = {member.value: member for member in Allergen}


def _column(name: str, spellings: str = "", one: Any = "", other: Any = "") -> ListColumn:
    return column_of(Medicine, name, LABELS.get(f"medicine.{name}") or LABELS[name], spellings, (one, other))


COLUMNS = (
    _column("name", "эм эмийннэр худалдааныннэр medicine drug tradename", "Амоксициллин", "Ибупрофен"),
    _column(
        "generic_name", "олонулсыннэр олонулсынньнэр generic inn substance үйлчлэгчбодис", "Amoxicillin", "Ibuprofen"
    ),
    _column("form", "хэлбэр хэлбэржилт form", MedicineForm.CAPSULE, MedicineForm.TABLET),
    _column("strength", "тун хэмжээ strength dose", "250 мг", "600 мг"),
    ListColumn(
        "allergens",
        LABELS["medicine.allergens"],
        some_of(Allergen),
        "харшил allergen allergens",
        (Allergen.PENICILLIN, Allergen.NSAID),
        lambda word: _KINDS.get(word, word),
    ),
    _column("dosage_mn", "тунгийнзаавар dosage", "1 капсул, өдөрт 3 удаа", "1 шахмал, өдөрт 3 удаа"),
    _column("dosage_en", "", "1 capsule 3 times a day", "1 tablet 3 times a day"),
    _column("instructions_mn", "заавар instructions", "Хоолны дараа ууна.", "Хоолны дараа ууна."),
    _column("instructions_en", "", "Take after food.", "Take after food."),
    _column("sale_price", "үнэ борлуулахүнэ зарахүнэ price", "", "1,500"),
    _column("tax_type", "татвар нөат tax vat", "", TaxType.VAT_ABLE),
    ListColumn(
        ITEM, T("Item code in stock"), read_text(40), "sku itemcode inventoryitem бараа барааныкод stockcode код code"
    ),
    ListColumn("is_active", T("In use"), column_of(Medicine, "is_active", T("In use")).read, "active", (True, True)),
)


class MedicineList(KeyedList):
    """The medicines of a list."""

    name = dedupe = "medicines"
    columns, key, needed = COLUMNS, ("name", "form", "strength"), ("name", "form", "strength")
    follows = ("strength",)  # it may stand behind the name

    def key_of(self, values: Mapping[str, Any]) -> Any:
        """Name, form and strength as they are written, without case, spaces and signs."""
        return word_key(values["name"]), values["form"], _strength(values["strength"])

    def read(self, line: int, row: Cells, layout: Any, only: Sequence[str] | None = None) -> Entry:
        """In a list without a column for the strength it stands behind the name."""
        entry = super().read(line, row, layout, only)
        if "name" in entry.values and self.heads().by_word["strength"] not in layout.columns:
            found = _STRENGTH.fullmatch(entry.values["name"])
            name, strength = found.groups() if found and len(found[2]) <= 40 else (entry.values["name"], "")
            entry.values |= {"name": name, "strength": strength}
        return entry

    def resolve(self, session: Session, entries: Sequence[Entry]) -> None:
        """The items in stock, by their code."""
        typed = {entry.values[ITEM] for entry in entries if ITEM in entry.values}
        if not typed:
            return
        found = session.scalars(sa.select(InventoryItem).where(InventoryItem.sku.in_(_spelled(typed))))
        items = {row.sku: row for row in found}
        for entry in entries:
            if ITEM not in entry.values:
                continue
            code = entry.values[ITEM]
            item = next((items[sku] for sku in _spelled([code]) if sku in items), None)
            if item is not None:
                entry.values[ITEM], entry.shown[ITEM] = item.inventory_item_id, item.title
            else:
                text = T("There is no item “%(typed)s” in stock.", typed=code[:SHOWN])
                entry.refuse(ListFault.UNKNOWN, self.heads().by_word[ITEM], text)

    def known(self, session: Session, keys: Sequence[Any], *, lock: bool) -> Mapping[Any, Any]:
        """Medicines of these names, forms and strengths, however they are written."""
        wanted = set(keys)
        columns = (Medicine.medicine_id, Medicine.name, Medicine.form, Medicine.strength)
        ids = {}
        for key, name, form, strength in session.execute(sa.select(*columns)):
            by_title = (word_key(f"{name} {strength}"), form, "")  # where it could not be told from the name
            for found in (by_title, (word_key(name), form, _strength(strength))):
                if found in wanted:
                    ids[key] = found
        statement = sa.select(Medicine).where(Medicine.medicine_id.in_(ids))
        statement = statement.options(joinedload(Medicine.inventory_item))
        rows = session.scalars(statement.with_for_update() if lock else statement)
        return {ids[row.medicine_id]: row for row in rows}

    def complete(self, values: dict[str, Any]) -> None:
        """Without a generic name it is the name; the sale of medicines is not exempt from VAT."""
        if "name" in values:
            values.setdefault("generic_name", values["name"])
        values.setdefault("tax_type", TaxType.VAT_ABLE)

    def stored(self, known: Any, name: str) -> Any:
        """The item by its key."""
        return known.inventory_item_id if name == ITEM else getattr(known, name)

    def stored_shown(self, known: Any, name: str) -> Any:
        """The item by its name."""
        if name == ITEM:
            return known.inventory_item.title if known.inventory_item else None
        return getattr(known, name)

    def check(self, values: Mapping[str, Any], known: Any, setting: Setting) -> None:
        """A sale price needs its right; nobody prescribes a medicine without its strength."""
        if known is None and not values["strength"]:
            raise RuleError(T("This field is required."), field="strength")
        old = None if known is None else known.sale_price
        if not rules.may_price_change(old, values.get("sale_price", old), setting.may_price):
            raise NotAllowed(T("You may not set prices. Ask a manager."), field="sale_price")

    def add(self, session: Session, values: dict[str, Any], setting: Setting) -> None:
        """A new medicine."""
        actions.save_medicine(session, Medicine(), _stored(values), may_price=setting.may_price)

    def change(self, session: Session, known: Any, values: dict[str, Any], setting: Setting) -> None:
        """What the list leaves out stays as it is."""
        own = {name: self.stored(known, name) for name in (column.value for column in self.columns)}
        actions.save_medicine(session, known, _stored({**own, **values}), may_price=setting.may_price)


def _strength(text: str) -> str:
    """`500 мг` and `500мг` are one; `2.5 мг` and `25 мг` are two."""
    return re.sub(r"\s+", "", text).lower()


def _stored(values: Mapping[str, Any]) -> dict[str, Any]:
    return {("inventory_item_id" if name == ITEM else name): value for name, value in values.items()}


def _spelled(codes: Any) -> list[str]:
    """A code as typed, and in capitals."""
    return [spelling for code in codes for spelling in dict.fromkeys((code, code.upper()))]
