"""Settings, the matrix brought into the database, and an Admin's changes to it."""

from collections.abc import Iterable, Mapping
from typing import Any
from zoneinfo import available_timezones

import sqlalchemy as sa
from flask_appbuilder.security.sqla.models import Role, assoc_permissionview_role
from sqlalchemy.orm import Session

from app.kernel.errors import NotAllowed, NotFound, RuleError
from app.kernel.text import T
from app.security import queries
from app.security.matrix import ROLES, Grant
from app.security.models import Clinic, RoleSeed, Setting
from app.security.rules import check_document_prefix, check_may_hand_out
from app.security.settings import SETTINGS, Knob

MOST_NUMBERS = 10


def change_setting(session: Session, key: str, value: Any, by: int | None) -> None:
    """Change a ⚙. Raises RuleError for an unknown key or a value outside its bounds."""
    knob = SETTINGS.get(key)
    if knob is None:
        raise NotFound(T("There is no such setting."))
    _check_setting(key, knob, value)
    row = session.scalar(sa.select(Setting).where(Setting.key == key).with_for_update())
    if row is None:
        session.add(Setting(key=key, value=value, changed_by=by))
    else:
        row.value, row.changed_by = value, by
    bump(session, queries.SETTINGS_EPOCH)


def _check_setting(key: str, knob: Knob, value: Any) -> None:
    parts = value if isinstance(value, list) else [value]
    if isinstance(value, list) is not isinstance(knob.default, list) or len(parts) > MOST_NUMBERS:
        raise RuleError(T("This value is not allowed here."), field=key)
    if knob.words:
        if not set(parts) <= set(knob.words):
            raise RuleError(T("Choose one of the list."), field=key)
    elif not parts or any(not isinstance(n, int) or not knob.least <= n <= knob.most for n in parts):
        raise RuleError(T("From %(least)s to %(most)s.", least=f"{knob.least:,}", most=f"{knob.most:,}"), field=key)


def reset_setting(session: Session, key: str) -> None:
    """Put a ⚙ back to its default. Raises NotFound for an unknown key."""
    if key not in SETTINGS:
        raise NotFound(T("There is no such setting."))
    row = session.scalar(sa.select(Setting).where(Setting.key == key).with_for_update())
    if row is not None:
        session.delete(row)
        bump(session, queries.SETTINGS_EPOCH)


def change_clinic(session: Session, values: Mapping[str, Any]) -> Clinic:
    """Change the clinic's row. Raises RuleError for a time zone that does not exist, or an odd document prefix."""
    row = session.get_one(Clinic, 1, with_for_update=True)
    if values["time_zone"] not in available_timezones():
        raise RuleError(T("There is no such time zone."), field="time_zone")
    check_document_prefix(values["document_prefix"])
    for name, value in values.items():
        setattr(row, name, value)
    bump(session, queries.SETTINGS_EPOCH)
    return row


def bump(session: Session, key: str) -> None:
    """Make every process forget what it remembers under this epoch."""
    row = session.scalar(sa.select(Setting).where(Setting.key == key).with_for_update())
    if row is None:
        session.add(Setting(key=key, value=1))
    else:
        row.value = int(row.value) + 1
    session.flush()


def sync_roles(session: Session, wanted: set[Grant]) -> tuple[int, int]:
    """Bring the matrix into the database, touching only what it gave itself. Returns (given, taken).

    Adds what the matrix wants and never gave, takes what it once gave and no longer wants; what an Admin
    added or removed stays. Raises NotFound for a grant on something that does not exist.
    """
    known = queries.grant_ids(session)
    unknown = sorted({(permission, view) for _, permission, view in wanted} - set(known))
    if unknown:
        raise NotFound(T("There is no permission %(name)s.", name=" ".join(unknown[0])))
    roles = {role.name: role.id for role in session.scalars(sa.select(Role))}
    for name in ROLES:
        if name not in roles:
            role = Role(name=name)
            session.add(role)
            session.flush()
            roles[name] = role.id
    applied = queries.seeded_grants(session)
    have = queries.all_grants(session, ROLES)
    given, taken = wanted - applied, applied - wanted
    for role_name, permission, view in sorted(given):
        if (role_name, permission, view) not in have:
            _give(session, roles[role_name], known[permission, view])
        session.add(RoleSeed(role=role_name, permission=permission, view=view))
    for role_name, permission, view in sorted(taken):
        if (permission, view) in known:
            _take(session, roles[role_name], known[permission, view])
        session.execute(
            sa.delete(RoleSeed).where(
                RoleSeed.role == role_name, RoleSeed.permission == permission, RoleSeed.view == view
            )
        )
    if given or taken:
        bump(session, queries.RIGHTS_EPOCH)
    return len(given), len(taken)


def _give(session: Session, role_id: int, grant_id: int) -> None:
    session.execute(sa.insert(assoc_permissionview_role).values(role_id=role_id, permission_view_id=grant_id))


def _take(session: Session, role_id: int, grant_id: int) -> None:
    table = assoc_permissionview_role
    session.execute(sa.delete(table).where(table.c.role_id == role_id, table.c.permission_view_id == grant_id))


def change_grants(
    session: Session, role_name: str, give: set[tuple[str, str]], take: set[tuple[str, str]], by_roles: Iterable[str]
) -> tuple[list[tuple[str, str]], list[tuple[str, str]]]:
    """An Admin's change of a role's rights: what was given, what was taken. Raises NotAllowed above one's own.

    Below the top role one can give only what one holds oneself; nobody can lock every Admin out.
    """
    by_roles = set(by_roles)
    check_may_hand_out(by_roles, [role_name])
    role = session.scalar(sa.select(Role).where(Role.name == role_name))
    if role is None or role_name not in ROLES:
        raise NotFound(T("This record no longer exists."))
    if "Admin" not in by_roles:
        own = {(permission, view) for _, permission, view in queries.all_grants(session, by_roles)}
        if not (give | take) <= own:
            raise NotAllowed(T("You can't give or take a right that you don't have yourself."))
    if role_name == "Admin" and any(view in ("/roles/list/", "/users/list/") for _, view in take):
        raise RuleError(T("Without this right nobody could change rights any more."))
    known = queries.grant_ids(session)
    have = {(permission, view) for _, permission, view in queries.all_grants(session, [role_name])}
    given, taken = sorted((give - have) & set(known)), sorted(take & have)
    for grant in given:
        _give(session, role.id, known[grant])
    for grant in taken:
        _take(session, role.id, known[grant])
    bump(session, queries.RIGHTS_EPOCH)
    return given, taken
