"""One person whose every row is marked, in a clinic in which every table has rows: what an attacker is after."""

from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any

import sqlalchemy as sa
from flask_appbuilder.models.sqla import Model
from werkzeug.routing import IntegerConverter, Rule

from app.db import sqla
from app.db.base import Base
from app.db.types import E164
from app.web.views import ClinicView
from tests.factories.clinic import Clinic
from tests.web import crowd

MARK = "Zqжөx"
# columns whose texts are codes, keys or addresses that the application itself reads
CODES = {
    "kind",
    "key",
    "link",
    "dedupe_key",
    "idempotency_key",
    "source_table",
    "document_prefix",
    "time_zone",
    "table",
    "request_id",
}


@dataclass(frozen=True, slots=True)
class Victim:
    """The rows of somebody else: their keys by table."""

    main: crowd.Main
    keys: dict[str, int]

    def key(self, table: str) -> int:
        """A row of theirs in this table; one that nobody has where they have none."""
        return self.keys.get(table, 987654321)


def models() -> list[Any]:
    """Every table of ours that is one."""
    found = [mapper.class_ for mapper in Model.registry.mappers if issubclass(mapper.class_, Base)]
    return [model for model in found if not model.__table__.info.get("is_view")]


def is_personal(model: Any) -> bool:
    """Whether a table's rows are a patient's."""
    return model.patient_column is not None or model.owned_by.__func__ is not Base.owned_by.__func__


def texts(model: Any) -> Iterator[tuple[str, int]]:
    """(column, how long it may be) of the columns that people write into."""
    unique = {
        c.name
        for index in (*model.__table__.indexes, *model.__table__.constraints)
        if getattr(index, "unique", False) or isinstance(index, sa.UniqueConstraint)
        for c in index.columns
    }
    for column in model.__table__.columns:
        is_free = type(column.type) in (sa.String, sa.Text, sa.Unicode) and not getattr(column.type, "collation", None)
        if (
            is_free
            and not isinstance(column.type, E164)
            and not (
                column.unique
                or column.name in unique
                or column.name in CODES
                or column.info.get("secret")
                or column.foreign_keys
            )
        ):
            yield column.name, getattr(column.type, "length", None) or 200


def write_into_all(text: str, patient: int | None = None) -> int:
    """Put a text into every free column of every row (of one patient); returns how many columns took it."""
    count = 0
    with sqla.engine.connect() as raw:
        for model in models():
            if patient is not None and not is_personal(model):
                continue
            where = model.owned_by(patient) if patient is not None else sa.true()
            for column, longest in texts(model):
                try:
                    count += (
                        raw.execute(sa.update(model.__table__).where(where).values({column: text[:longest]})).rowcount
                        > 0
                    )
                except sa.exc.IntegrityError:
                    continue  # the database keeps what the column means
        raw.commit()
    return count


def prepare(clinic: Clinic) -> Victim:
    """Somebody with a row in every table that knows patients, all of their texts marked."""
    doctor = clinic.user("Doctor").id
    main = clinic.unit(lambda s: crowd.begin(s, doctor))
    clinic.unit(lambda s: crowd.grow(s, main, 1))
    assert write_into_all(MARK, main.patient) > 30
    return Victim(main, keys_of(clinic, main))


def keys_of(clinic: Clinic, main: crowd.Main) -> dict[str, int]:
    """A key of the victim's in each table; of tables without patients the newest."""
    found = {}
    for model in models():
        columns = sa.inspect(model).primary_key
        if len(columns) != 1:
            continue
        newest = sa.select(sa.func.max(columns[0]))
        if is_personal(model):
            newest = newest.where(model.owned_by(main.patient))
        value = clinic.session.scalar(newest)
        if isinstance(value, int):
            found[model.__tablename__] = value
    known = {
        "patient": main.patient,
        "appointment": main.appointment,
        "treatment": main.treatment,
        "invoice": main.invoice,
        "payment": main.payment,
    }
    return {**found, **known}


NAMED = {
    "treatment": "treatment", "treatment_id": "treatment", "appointment": "appointment", "item": "treatment_item",
    "diagnosis": "treatment_diagnosis", "finding": "tooth_finding", "note": "soap_note", "procedure": "planned_procedure",
}  # fmt: skip
PAGES = {
    "appointments": "appointment", "invoices": "invoice", "patients": "patient", "payments": "payment", "treatments": "treatment",
    "prescriptions": "prescription", "lab-requests": "lab_request", "lab-results": "lab_result", "expenses": "expense", "inventory": "inventory_item",
    "medical-history": "medical_history_entry", "calls": "call", "messages": "message", "notifications": "notification",
    "treatment-plans": "treatment_plan", "employees": "employee", "services": "service_catalog", "files": "medical_file",
}  # fmt: skip


def addresses(clinic: Clinic, victim: Victim) -> Iterator[tuple[Rule, str]]:
    """(rule, address with the victim's keys) of every route but the static files."""
    views = {view.endpoint: view for view in clinic.app.extensions["appbuilder"].baseviews}
    for rule in clinic.app.url_map.iter_rules():
        if rule.endpoint == "static":
            continue
        view = views[rule.endpoint.split(".")[0]]
        parts = rule.rule.split("/")
        own = (
            view.model.__tablename__
            if isinstance(view, ClinicView)
            else PAGES.get(parts[3] if parts[1] == "api" and len(parts) > 3 else parts[1], "")
        )
        yield rule, built(rule, victim, own)


def built(rule: Rule, victim: Victim, own: str) -> str:
    """The rule's address with the victim's keys in it."""
    values: dict[str, object] = {}
    for name, converter in rule._converters.items():
        if isinstance(converter, IntegerConverter):
            values[name] = victim.key("patient" if "/by/" in rule.rule else NAMED.get(name, own))
        elif type(converter).__name__ == "AnyConverter":
            values[name] = sorted(converter.items)[0]
        else:
            values[name] = {"kind": "csv", "parent": "Patient", "column": "patient_id"}.get(name, "x")
    made = rule.build(values)
    assert made is not None
    return made[1]
