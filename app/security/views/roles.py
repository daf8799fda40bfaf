"""The matrix of rights, where an Admin sees and changes who may what."""

from collections.abc import Iterable
from typing import Any

from flask import abort, flash, redirect, request
from flask_appbuilder import expose
from sqlalchemy.orm import Session
from werkzeug.wrappers import Response

from app.audit.actions import record
from app.audit.rules import AuditAction
from app.db import sqla, unit
from app.kernel.errors import RuleError
from app.kernel.text import T
from app.security import actions, matrix, queries
from app.security.rules import Role
from app.web import who
from app.web.access import reads, writes
from app.web.text import say
from app.web.views import ClinicPage
from app.web.who import READ, RIGHTS, USE, WRITE

Grants = set[tuple[str, str]]
MARKS = ("-", "R", "W")


class RolesPage(ClinicPage):
    """`/roles/list/`: rows are pages and finer rights, columns are roles."""

    page, route_base = "/roles/list/", "/roles"

    @expose("/list/")
    @reads
    def index(self) -> str:
        """The matrix as the database has it now."""
        session = sqla.session()
        known = {view for _, view in queries.grant_ids(session)}
        grants = queries.all_grants(session, matrix.ROLES)
        pages = [
            (row.name, say(row.meaning), {role: _mark(grants, role, row.name) for role in matrix.ROLES})
            for row in matrix.pages()
            if row.name in known and "o" not in row.marks.values()
        ]
        rights = [
            (row.name, say(row.meaning), {role: (role, USE, RIGHTS + row.name) in grants for role in matrix.ROLES})
            for row in matrix.rights()
        ]
        may_change, asked = who.may("write", self.page), request.args.get("role", "")
        return self.render_template(
            "security/roles.html",
            chosen=asked if may_change and asked in matrix.ROLES else "",
            may_change=may_change,
            pages=pages,
            rights=rights,
            roles=[(role.role_name, say(role)) for role in sorted(Role, key=lambda r: matrix.ROLES.index(r.role_name))],
            title=say(T("Roles and their rights")),
        )

    @expose("/change", methods=["POST"])
    @writes
    def change(self) -> Response:
        """Give a role exactly what its column says."""
        role = request.form.get("role", "")
        if role not in matrix.ROLES:
            abort(404)
        known = queries.grant_ids(sqla.session())
        wanted: set[tuple[str, str]] = set()
        touched: set[tuple[str, str]] = set()
        for row in matrix.pages():
            if (READ, row.name) in known and f"page:{row.name}" in request.form:
                mark = request.form[f"page:{row.name}"]
                if mark not in MARKS:
                    abort(422)
                touched |= {(READ, row.name), (WRITE, row.name)}
                wanted |= {(READ, row.name)} if mark in ("R", "W") else set()
                wanted |= {(WRITE, row.name)} if mark == "W" else set()
        if request.form.get("rights"):
            touched |= {(USE, RIGHTS + row.name) for row in matrix.rights()}
            wanted |= {(USE, RIGHTS + name) for name in request.form.getlist("right")} & touched
        mine = who.me().roles
        try:
            unit(lambda s: _change(s, role, wanted, touched - wanted, mine))
            flash(say(T("Saved.")), "success")
        except RuleError as error:
            flash(say(error.text), "danger")
        return redirect("/roles/list/")


def _change(session: Session, role: str, give: Grants, take: Grants, mine: Iterable[str]) -> None:
    given, taken = actions.change_grants(session, role, give, take, mine)
    if given or taken:
        changes = {" ".join(grant): [False, True] for grant in given} | {" ".join(g): [True, False] for g in taken}
        record(session, AuditAction.PERMISSION, "ab_role", role, changes=changes)


def _mark(grants: set[Any], role: str, page: str) -> str:
    if (role, WRITE, page) in grants:
        return "W"
    return "R" if (role, READ, page) in grants else "-"
