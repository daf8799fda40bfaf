"""One thing done to many rows of a list: asked by name first, then all of them or none."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Any

import sqlalchemy as sa
from flask import abort, flash, redirect, request, url_for
from flask_appbuilder import expose
from sqlalchemy.exc import DBAPIError
from sqlalchemy.orm import Session, joinedload

from app.db import unit
from app.db.base import sqla
from app.kernel.errors import NotFound, RuleError
from app.kernel.keys import parse_key
from app.kernel.text import T, Text
from app.web import cells, saving, who
from app.web.access import local, reads
from app.web.text import say
from app.web.views.table import ClinicTable

MOST = 100


@dataclass(frozen=True, slots=True)
class BulkAction:
    """What can be done to the ticked rows of a list, through the room's own action."""

    label: Text
    run: Callable[[Any, Session, Any], Any]  # (view, session, the locked row)
    right: str = ""  # a finer right that it needs
    level: str = "write"  # what the page must allow


def switched(is_on: bool, column: str = "is_active") -> Callable[[Any, Session, Any], Any]:
    """Put a yes or no on the row, as its form would with everything else as it is."""

    def run(view: Any, session: Session, row: Any) -> Any:
        kept = sa.inspect(view.model).column_attrs
        values = {name: getattr(row, name) for name in view.edit_columns if name in kept}
        return view.change(session, row, {**values, column: is_on})

    return run


SWITCHES = {
    "on": BulkAction(T("Put into use"), switched(True)),
    "off": BulkAction(T("Switch off"), switched(False)),
}


class BulkScreens(ClinicTable):
    """The ticks of a list, and what they lead to."""

    bulk: dict[str, BulkAction] = {}

    def __init__(self) -> None:
        super().__init__()
        if not self.bulk and "is_active" in self.edit_columns and not self.inlines:
            self.bulk = SWITCHES

    def bulk_actions(self) -> dict[str, BulkAction]:
        """What this person may do to many rows."""
        return {key: action for key, action in self.bulk.items() if self._may(action)}

    def _may(self, action: BulkAction) -> bool:
        return who.may(action.level, self.page) and (not action.right or who.has_right(action.right))

    @expose("/bulk/<key>", methods=["POST"])
    @reads
    def run_bulk(self, key: str) -> Any:
        """Ask what will happen to which rows; once that was answered, do it to all of them or to none."""
        action = self.bulk.get(key) or abort(404)
        if not self._may(action):
            abort(403)
        keys = sorted({found for typed in request.form.getlist("row") if (found := parse_key(typed))})
        back = local(request.form.get("next"), url_for(f"{self.endpoint}.list"))
        if not 0 < len(keys) <= MOST:
            few = T("Tick the rows first.")
            flash(say(T("At most %(most)s rows at a time.", most=MOST) if keys else few), "danger")
            return redirect(back)
        if not request.form.get("sure"):
            rows = self._ticked(sqla.session(), keys)
            title = f"{say(self.title_many)}: {say(action.label)}"
            return self.render_template(
                "web/bulk.html", view=self, key=key, action=action, rows=rows, next=back, title=title
            )
        self._run(action, keys)
        return redirect(back)

    def _run(self, action: BulkAction, keys: Sequence[int]) -> None:
        try:
            unit(lambda session: self._do(session, action, keys))
            flash(say(T("%(what)s: %(count)s done.", what=action.label, count=len(keys))), "success")
        except RuleError as error:
            flash(say(error.text), "danger")
        except DBAPIError as error:
            flash(say(saving.explain(error).text), "danger")

    def _do(self, session: Session, action: BulkAction, keys: Sequence[int]) -> None:
        if len(self._ticked(session, keys)) != len(keys):
            raise NotFound(T("Nothing was changed: one of the rows no longer exists."))
        for key in keys:
            row = saving.locked(session, self.model, key)
            try:
                action.run(self, session, row)
                session.flush()
            except RuleError as error:
                name = cells.name_of(row)
                raise RuleError(T("Nothing was changed. %(name)s: %(reason)s", name=name, reason=error.text)) from error

    def _ticked(self, session: Session, keys: Sequence[int]) -> Sequence[Any]:
        """The rows of these keys that this list shows to this person."""
        options = [joinedload(getattr(self.model, name)) for name in self.references()]
        where = [self.key_columns()[0].in_(keys), *self.base_where()]
        return session.scalars(sa.select(self.model).where(*where).options(*options)).unique().all()
