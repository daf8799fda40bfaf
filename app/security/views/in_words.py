"""What the tables that serve the machine hold, as people call it: rights, people, and what was changed."""

from collections.abc import Iterable, Mapping
from datetime import datetime
from typing import Any

import sqlalchemy as sa
from flask import current_app
from flask_appbuilder.models.sqla import Model
from markupsafe import Markup, escape
from sqlalchemy.orm import Session
from werkzeug.exceptions import HTTPException
from werkzeug.routing import RequestRedirect

from app.audit.rules import MASK
from app.db.base import metadata
from app.db.types import E164, CodeType, Instant, WordType
from app.kernel.keys import parse_key
from app.kernel.phones import show_phone
from app.kernel.text import T, Text
from app.people.models import Patient
from app.security import matrix
from app.security.models import UserProfile
from app.security.rules import Role
from app.web import cells
from app.web.access import local
from app.web.text import say
from app.web.vocabulary import label, table_name
from app.web.who import CHART, READ, RIGHTS, USE, WRITE

EMPTY = "–"
ROLES = {role.role_name: role.label for role in Role}
VERBS = {READ: T("Read"), WRITE: T("Read and change"), CHART: T("Charts"), USE: T("Finer right")}
PLACES = {row.name: row.meaning for row in matrix.pages()} | {RIGHTS + row.name: row.meaning for row in matrix.rights()}
# Columns of Flask-AppBuilder's own tables, and what an entry tells beside columns.
OTHERS: Mapping[str, Text] = {
    "username": T("Phone number"), "password": T("Password"), "active": T("May sign in"), "roles": T("Roles"),
    "last_login": T("Last sign-in"), "login_count": T("Sign-ins"), "fail_login_count": T("Failed sign-ins"),
    "query": T("Filter"), "rows": T("Rows"), "patients": T("Patients"), "outcome": T("Outcome"), "given": T("Given"),
    "taken": T("Taken"),
}  # fmt: skip


def users(session: Session, ids: Iterable[int | None]) -> dict[int, str]:
    """What these users are called."""
    wanted = {key for key in ids if key is not None}
    named = sa.select(UserProfile.user_id, UserProfile.display_name).where(UserProfile.user_id.in_(wanted))
    return {row.user_id: row.display_name for row in session.execute(named)}


def patients(session: Session, ids: Iterable[int | None]) -> dict[int, Patient]:
    """These patients; one whose record is gone is not among them."""
    wanted = {key for key in ids if key is not None}
    return {row.patient_id: row for row in session.scalars(sa.select(Patient).where(Patient.patient_id.in_(wanted)))}


def told(table: str, changes: Mapping[str, Any] | None) -> Markup | None:
    """Each changed column with what it held before and what it holds now. None: nothing was kept."""
    if not changes:
        return None
    lines = [_line(table, name, kept) for name, kept in changes.items()]
    return Markup('<ul class="changes">{}</ul>').format(Markup("").join(lines))


def _line(table: str, name: str, kept: Any) -> Markup:
    column = metadata.tables[table].columns.get(name) if table in metadata.tables else None
    type_ = column.type if column is not None else None
    if not isinstance(kept, list) or len(kept) != 2:
        return Markup("<li><b>{}</b>: {}</li>").format(_called(table, name), _shown(kept, type_))
    words = column.info.get("words") if column is not None else None
    before, after = (_spoken(name, _shown(_in_words(value, words), type_)) for value in kept)
    return Markup("<li><b>{}</b>: {} → {}</li>").format(_called(table, name), before, after)


def _in_words(value: Any, words: Any) -> Any:
    """The members of an enum that a JSON column lists."""
    if words is None or not isinstance(value, list):
        return value
    return ", ".join(say(member) for member in words if member.value in value)


def _spoken(name: str, value: Markup | str) -> Markup | str:
    """A value that is written in one language, whatever the reader's, is marked as such."""
    language = cells.spoken(name)
    return Markup('<span lang="{}">{}</span>').format(language, value) if language and value != EMPTY else value


def _called(table: str, name: str) -> str:
    role, verb, place = [*name.split(" ", 2), "", ""][:3]
    if verb in VERBS:  # a right that an Admin gave or took
        return f"{say(ROLES.get(role, role))}: {say(PLACES.get(place, place))}, {say(VERBS[verb])}"
    if name in OTHERS:
        return say(OTHERS[name])
    try:
        return say(label(name, table))
    except KeyError:
        return name  # a column that is gone


def _shown(value: Any, type_: Any) -> Markup | str:
    """A value of the log, which keeps enums by what the database holds and moments as ISO text."""
    if value is None or value == "":
        return EMPTY
    if isinstance(type_, CodeType | WordType):
        member = next((m for m in type_.enum_class if str(m.value) == str(value)), None)
        return say(member) if member is not None else str(value)
    if isinstance(type_, Instant):
        return cells.as_text(datetime.fromisoformat(str(value)), type_)
    if isinstance(type_, E164):
        return show_phone(str(value))
    if isinstance(value, dict | list):
        return Markup("<code>{}</code>").format(str(value)[:300])
    return escape(cells.as_text(value, type_))


def what(table: str, row: str) -> Text | str:
    """What a line is about: the table in words; for an address the page behind it."""
    if table == "page":
        return _page_of(row) or table_name(table)
    if table == "report":
        return T("Report")
    return table_name(table)


def _page_of(path: str) -> Text | None:
    """The list or page that stands at an address."""
    try:
        endpoint, _ = current_app.url_map.bind("").match(path)
    except (HTTPException, RequestRedirect):
        return None
    views = current_app.extensions["appbuilder"].baseviews
    view = next((one for one in views if one.endpoint == endpoint.partition(".")[0]), None)
    name = getattr(view, "title_many", None)
    return name if isinstance(name, Text) else PLACES.get(getattr(view, "class_permission_name", ""))


def record_link(table: str, row: str) -> Markup | str:
    """The row's number, leading to its record where there is one; an address leads to itself."""
    if table == "page" and row.startswith("/") and MASK not in row and local(row) == row:
        return Markup('<a href="{}">{}</a>').format(row, row)
    mapper = next((m for m in Model.registry.mappers if m.local_table.name == table), None)
    key = parse_key(row)
    url = cells.record_url_of(mapper.class_, key) if mapper is not None and key is not None else None
    return Markup('<a href="{}">{}</a>').format(url, row) if url else row
