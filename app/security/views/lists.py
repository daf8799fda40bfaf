"""What a person chooses for a list: saved filters and columns. It works without scripts too."""

from typing import Any
from urllib.parse import parse_qsl

from flask import abort, current_app, flash, redirect, request, url_for
from flask_appbuilder import expose
from werkzeug.wrappers import Response

from app.db import unit
from app.kernel.errors import RuleError
from app.kernel.text import T
from app.security.actions import preferences
from app.web import chosen, who
from app.web.access import address, signed_in
from app.web.text import say
from app.web.views import ClinicPage, ClinicView

PASSING = {"page", "size", "all"}  # of an address, what is no part of a filter


class ListChoicesPage(ClinicPage):
    """`/lists/<view>/…`: everybody for themselves, for lists that they may open."""

    route_base = "/lists"

    @expose("/<view>/save", methods=["POST"])
    @signed_in
    def save(self, view: str) -> Response:
        """Keep the filter that is set now under a name."""
        table, name = _table(view), request.form.get("name", "")
        typed = parse_qsl(request.form.get("query", "").removeprefix("?")[:4_000])
        query = {key: value for key, value in typed if key not in PASSING}
        is_start = bool(request.form.get("is_start"))
        _write(lambda s: preferences.save_filter(s, _me(), table.endpoint, name, query, is_start=is_start))
        return redirect(address(f"{table.endpoint}.list", query or {"all": "yes"}))

    @expose("/<view>/drop", methods=["POST"])
    @signed_in
    def drop(self, view: str) -> Response:
        """Forget a filter."""
        table, name = _table(view), request.form.get("name", "")
        _write(lambda s: preferences.drop_filter(s, _me(), table.endpoint, name))
        return redirect(url_for(f"{table.endpoint}.list", all="yes"))

    @expose("/<view>/columns")
    @signed_in
    def columns(self, view: str) -> str:
        """Which columns, in which order."""
        table = _table(view)
        shown = table.shown_columns()
        rest = [name for name in chosen.columns_to_choose(table) if name not in shown]
        return self.render_template(
            "security/columns.html",
            view=table,
            names=[*shown, *rest],
            shown=shown,
            title=say(T("Columns: %(list)s", list=table.title_many)),
        )

    @expose("/<view>/columns", methods=["POST"])
    @signed_in
    def choose(self, view: str) -> Response:
        """Remember them; a column may be moved up or down on the way."""
        table = _table(view)
        offered = chosen.columns_to_choose(table)
        wanted = [name for name in dict.fromkeys(request.form.getlist("column")) if name in offered]
        for step, key in ((-1, "up"), (1, "down")):
            wanted = _moved(wanted, request.form.get(key, ""), step)
        if request.form.get("reset") or wanted == [name for name in offered if name in table.list_columns]:
            wanted = []
        _write(lambda s: preferences.choose_columns(s, _me(), table.endpoint, wanted))
        if request.form.get("up") or request.form.get("down"):
            return redirect(url_for("ListChoicesPage.columns", view=view))
        return redirect(url_for(f"{table.endpoint}.list"))


def _table(name: str) -> Any:
    """The list of this name, if the person may open it."""
    views = current_app.extensions["appbuilder"].baseviews
    found = next((one for one in views if one.endpoint == name and isinstance(one, ClinicView)), None) or abort(404)
    return found if who.may("read", found.page) else abort(403)


def _me() -> int:
    return who.me().user_id or abort(403)


def _write(change: Any) -> None:
    try:
        unit(change)
        flash(say(T("Saved.")), "success")
    except RuleError as error:
        flash(say(error.text), "danger")


def _moved(names: list[str], name: str, step: int) -> list[str]:
    """The names with one of them a place further up or down; the first opens the record and stays."""
    at = names.index(name) if name in names else 0
    to = at + step
    if at and 0 < to < len(names):
        names[at], names[to] = names[to], names[at]
    return names
