"""The trail of a request in the audit log: looks are noted while the answer is made and written right before it is
sent, all in one unit; what could not be written is not shown. What rows were read says who was looked at.
"""

from dataclasses import dataclass
from typing import Any

from flask import Flask, current_app, g, has_request_context, make_response, request
from flask_appbuilder.models.sqla import Model
from sqlalchemy.exc import DBAPIError
from sqlalchemy.orm import Session
from werkzeug.wrappers import Response

from app.audit import actions
from app.audit.rules import MASK, AuditAction
from app.db import sqla, unit
from app.db.base import Base
from app.db.looks import Looks, begin, ended, patients_of
from app.kernel.keys import parse_key
from app.web import cells, errors

SECRET_ARGUMENTS = {"token", "secret", "selector", "code"}
PAGE = "page"  # the table of an entry that tells of an address
FEW = 3  # patients on the record of one row, such as two who are related: each is told by name
WITH_DATA = (409, 422)  # a form that was refused shows what it is about


@dataclass(frozen=True, slots=True)
class Entry:
    """What is going to be written."""

    action: AuditAction
    table: str
    row: Any
    patient: int | None
    changes: dict[str, Any] | None


def record(action: str, table: str, row: Any, *, patient: int | None = None, changes: Any = None) -> None:
    """Note what the request of this thread shows or refuses; outside a request it is written at once."""
    entry = Entry(AuditAction(action), table, row, patient, changes)
    if has_request_context():
        g.setdefault("trail", []).append(entry)
    else:
        unit(lambda session: _write(session, [entry]))


def start() -> None:
    """A request begins."""
    begin()


def init_trail(app: Flask) -> None:
    """Write the trail of each request before its answer is sent."""

    @app.after_request
    def write(answer: Response) -> Response:
        looks, noted = ended(), g.pop("trail", [])
        entries = _entries(answer.status_code, noted, looks)
        if not entries:
            return answer
        try:
            unit(lambda session: _write(session, entries))
        except DBAPIError:  # nobody sees what nobody could write down
            current_app.logger.exception("the audit log could not be written")
            return make_response(errors.page(503))
        return answer


def _write(session: Session, entries: list[Entry]) -> None:
    for one in entries:
        actions.record(session, one.action, one.table, one.row, patient=one.patient, changes=one.changes)


def _entries(status: int, noted: list[Entry], looks: Looks) -> list[Entry]:
    refused = [_whose(entry) if entry.patient is None else entry for entry in noted if _is_refusal(entry)]
    if status >= 400 and status not in WITH_DATA:
        return refused
    shown = list(dict.fromkeys((e.action, e.table, str(e.row), e.patient) for e in noted if not _is_refusal(e)))
    first = {(e.action, e.table, str(e.row), e.patient): e for e in reversed(noted)}
    told = [first[key] for key in shown]
    return [*refused, *told, *([] if 300 <= status < 400 else _looked(told, looks))]


def _is_refusal(entry: Entry) -> bool:
    return entry.action is AuditAction.DENIED


def _looked(told: list[Entry], looks: Looks) -> list[Entry]:
    """The look at those patients whose rows were read and of whom nothing is told yet: at one, or at a list."""
    known = {entry.patient for entry in told}
    if not looks.patients and known - {None}:
        return []
    patients = patients_of(sqla.session(), looks) - known
    if not patients or (len(patients) > 1 and None in known):  # a list that the page told of itself
        return []
    facts: dict[str, Any] = {}
    if request.query_string:
        facts["query"] = request.query_string.decode("utf-8", "replace")
    if len(patients) == 1 or (len(patients) <= FEW and "pk" in (request.view_args or {})):
        return [Entry(AuditAction.VIEW, PAGE, place(), one, facts or None) for one in sorted(patients)]
    return [Entry(AuditAction.VIEW, PAGE, place(), None, facts | {"patients": len(patients)})]


def place() -> str:
    """The address as the log keeps it: without what opens a door by itself."""
    path = request.path
    for name, value in (request.view_args or {}).items():
        if name in SECRET_ARGUMENTS and value:
            path = path.replace(str(value), MASK)
    return path


def _whose(entry: Entry) -> Entry:
    """A refusal with the patient whose row was asked for."""
    given = request.view_args or {}
    found = set()
    if "parent" in given:
        found = _patient_of(_model_of_table(given["parent"]), given.get("key"))
    elif "pk" in given:
        found = _patient_of(_model_of_endpoint(), given["pk"])
    else:
        for name, value in given.items():
            found |= _patient_of(_model_of_table(name), value)
    asked = parse_key(request.args.get("patient_id") or request.form.get("patient_id"))
    found = found or _patient_of(_model_of_table("patient"), asked)
    patient = found.pop() if len(found) == 1 else None
    return Entry(entry.action, entry.table, entry.row, patient, entry.changes)


def _patient_of(model: type[Any] | None, key: Any) -> set[int]:
    if model is None or not isinstance(key, int):
        return set()
    return patients_of(sqla.session(), Looks(parents={(model, key)}))


def _model_of_table(name: str) -> type[Any] | None:
    mappers = Model.registry.mappers
    return next((m.class_ for m in mappers if m.local_table.name == name and issubclass(m.class_, Base)), None)


def _model_of_endpoint() -> type[Any] | None:
    """The table whose record the address names: a table's own view or API, or a page under its record's address."""
    name = (request.endpoint or "").partition(".")[0]
    views = current_app.extensions["appbuilder"].baseviews
    view = next((one for one in views if one.endpoint == name), None)
    if view is None:
        return None
    model = getattr(view, "model", None) or getattr(getattr(view, "datamodel", None), "obj", None)
    if model is not None:
        return model if issubclass(model, Base) else None
    bases = {one.endpoint: one.route_base for one in views}
    for model, (endpoint, _) in cells.RECORDS.items():
        if bases.get(endpoint.partition(".")[0]) == view.route_base:
            return model
    return None
