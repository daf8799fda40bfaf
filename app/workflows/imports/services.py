"""A price list becomes services. A new price goes through the history of prices, and needs the right to set it."""

from collections.abc import Mapping, Sequence
from typing import Any

import sqlalchemy as sa
from sqlalchemy.orm import Session, joinedload

from app.catalogue import actions, rules
from app.catalogue.models import ServiceCatalog, ServiceType
from app.catalogue.rules import Scope, TaxType, TreatmentStage
from app.catalogue.words import LABELS
from app.kernel.cells import SHOWN, read_text, word_key
from app.kernel.errors import NotAllowed
from app.kernel.text import T
from app.workflows.imports.columns import ListColumn, code_of, column_of
from app.workflows.imports.engine import Setting
from app.workflows.imports.keyed import Entry, KeyedList, ListFault, both_names

TYPE = "service_type"
NAMES = (
    ("doctor_display_name_mn", "doctor_display_name_en"),
    ("patient_display_name_mn", "patient_display_name_en"),
)


def _column(name: str, spellings: str = "", one: Any = "", other: Any = "") -> ListColumn:
    label = LABELS.get(f"service_catalog.{name}") or LABELS[name]
    return column_of(ServiceCatalog, name, label, spellings, (one, other))


COLUMNS = (
    ListColumn(
        "code",
        T("Code"),
        code_of(rules.clean_code, 20),
        "код үйлчилгээнийкод servicecode",
        ("THE-90", "HYG-90"),
    ),
    ListColumn(
        TYPE,
        LABELS["service_type"],
        read_text(120),
        "төрөл бүлэг ангилал type group category chapter",
        ("THERAPY", "HYGIENE"),
    ),
    _column(
        "doctor_display_name_mn",
        "нэр үйлчилгээ үйлчилгээнийнэр монголнэр нэрмонголоор doctormn namemn",
        "Гэрлэн ломбо, 1 гадаргуу",
        "Шүдний чулуу цэвэрлэх",
    ),
    _column(
        "doctor_display_name_en",
        "name service servicename англинэр нэранглиар doctoren nameen",
        "Composite filling, 1 surface",
        "Scaling",
    ),
    _column("patient_display_name_mn", "patientmn", "Цагаан ломбо", "Шүдний чулуу авах"),
    _column("patient_display_name_en", "patienten", "White filling", "Cleaning"),
    _column("price", "үнэ үнэтөгрөг тариф төлбөр price cost fee amount", "90,000", "80,000"),
    _column("default_duration_time", "минут хугацаа үргэлжлэххугацаа minutes duration time", "40", "45"),
    _column("assistant_lead_minutes", "assistantlead", "0", "0"),
    _column("assistant_tail_minutes", "assistanttail", "0", "5"),
    _column("treatment_stage", "шат stage", TreatmentStage.FILLING, TreatmentStage.PERIODONTAL),
    _column("default_scope", "хамрах scope teeth", Scope.SINGLE_TOOTH, Scope.FULL_MOUTH),
    _column("surfaces_required", "гадаргуу surfaces", True, False),
    _column("complexity", "хүндрэл төвөгтэй complexity", "3", "2"),
    _column("lab_days", "лаб labdays"),
    _column("fitting_minutes", "fitting"),
    _column("recall_months", "дахиндуудах recall recallmonths", "", "6"),
    _column("warranty_months", "баталгаа warranty warrantymonths", "12", ""),
    _column("tax_type", "татвар нөат tax vat", TaxType.VAT_FREE, TaxType.VAT_FREE),
    _column("tax_product_code", "татварынкод taxcode"),
    _column("classification_code", "ангиллынкод classification"),
    _column("disclaimer_mn"),
    _column("disclaimer_en"),
    ListColumn(
        "is_active", T("In use"), column_of(ServiceCatalog, "is_active", T("In use")).read, "active", (True, True)
    ),
)


class ServiceList(KeyedList):
    """The services of a price list, known by their code."""

    name = dedupe = "services"
    columns, key, needed = COLUMNS, ("code",), ("code", TYPE, "doctor_display_name_mn", "price")
    follows = ("doctor_display_name_mn",)

    def resolve(self, session: Session, entries: Sequence[Entry]) -> None:
        """The types, by code or name in either language."""
        kinds: dict[str, ServiceType] = {}
        for kind in session.scalars(sa.select(ServiceType).order_by(ServiceType.sort_order)):
            for text in (kind.code, kind.name_mn, kind.name_en):
                kinds.setdefault(word_key(text), kind)
        for entry in entries:
            typed = entry.values.get(TYPE)
            found = kinds.get(word_key(typed)) if typed else None
            if found is not None:
                entry.values[TYPE], entry.shown[TYPE] = found.service_type_id, found.title
            elif typed:
                refusal = T("The clinic has no service type “%(typed)s”.", typed=typed[:SHOWN])
                entry.refuse(ListFault.UNKNOWN, self.heads().by_word[TYPE], refusal)

    def known(self, session: Session, keys: Sequence[Any], *, lock: bool) -> Mapping[Any, Any]:
        """Services by their code."""
        statement = sa.select(ServiceCatalog).where(ServiceCatalog.code.in_(keys))
        statement = statement.options(joinedload(ServiceCatalog.service_type))
        rows = session.scalars(statement.with_for_update() if lock else statement)
        return {row.code: row for row in rows}

    def complete(self, values: dict[str, Any]) -> None:
        """One name is enough: doctors and patients read the same then, in both languages."""
        both_names(values, *NAMES)

    def stored(self, known: Any, name: str) -> Any:
        """The type by its key."""
        return known.service_type_id if name == TYPE else getattr(known, name)

    def stored_shown(self, known: Any, name: str) -> Any:
        """The type by its name."""
        return known.service_type.title if name == TYPE else getattr(known, name)

    def check(self, values: Mapping[str, Any], known: Any, setting: Setting) -> None:
        """By the rules of the form."""
        old = None if known is None else known.price
        if not rules.may_price_change(old, values.get("price", old), setting.may_price):
            raise NotAllowed(T("You may not set prices. Ask a manager."), field="price")
        actions.check_service_values(_named(values), known)

    def add(self, session: Session, values: dict[str, Any], setting: Setting) -> None:
        """Behind the last of its type, with its first price."""
        facts: dict[str, Any] = {"today": setting.today, "by": setting.by, "may_price": setting.may_price}
        actions.add_service(session, _named(values), **facts)

    def change(self, session: Session, known: Any, values: dict[str, Any], setting: Setting) -> None:
        """Another price is written down with its day."""
        facts: dict[str, Any] = {"today": setting.today, "by": setting.by, "may_price": setting.may_price}
        actions.change_service(session, known, _named(values), **facts)


def _named(values: Mapping[str, Any]) -> dict[str, Any]:
    """The type under the name of its column."""
    return {("service_type_id" if name == TYPE else name): value for name, value in values.items()}
