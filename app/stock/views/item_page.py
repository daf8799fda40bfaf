"""`/inventory/{id}`: one item, what came and went, and the small forms that move it."""

from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from typing import Any

from flask import abort, flash, redirect, url_for
from flask_appbuilder import expose
from sqlalchemy.orm import Session
from werkzeug.wrappers import Response

from app.db import sqla
from app.kernel.errors import RuleError
from app.kernel.keys import parse_key
from app.kernel.text import T
from app.stock import queries
from app.stock.actions import Note
from app.stock.models import InventoryItem, InventoryLog
from app.stock.rules import Movement
from app.stock.views.forms import COUNT, FORMS, MOVES
from app.web import cells, saving, who
from app.web.access import needs_right, reads, writes
from app.web.forms import ClinicForm
from app.web.keys import new_key
from app.web.text import say
from app.web.views import ClinicPage
from app.workflows import stock

RECENTLY = timedelta(days=30)


class ItemPage(ClinicPage):
    """The record of an item."""

    page, route_base = "/inventory", "/inventory"

    def __init__(self) -> None:
        super().__init__()
        cells.RECORDS[InventoryItem] = ("ItemPage.show", self.page)

    @expose("/<int:pk>")
    @reads
    def show(self, pk: int) -> Any:
        """What is there, its forms, its last movements."""
        return self._page(pk)

    @expose("/<int:pk>/<any(use,receive,return,expire,lose,count):_word>")
    @reads
    def part(self, pk: int, _word: str) -> Response:
        """The address of a refused form, loaded again."""
        return redirect(url_for("ItemPage.show", pk=pk))

    @expose("/<int:pk>/<any(use,receive,return,expire,lose):word>", methods=["POST"])
    @writes
    def move(self, pk: int, word: str) -> Any:
        """Units come or go."""
        form, kind = FORMS[word](), MOVES[word]

        def write(session: Session, note: Note) -> InventoryLog:
            return stock.move(session, pk, kind, form["quantity"].data, note)

        return self._save(pk, word, form, write)

    @expose("/<int:pk>/count", methods=["POST"])
    @needs_right("adjust_stock")
    def count(self, pk: int) -> Any:
        """Correct the number on hand after counting."""
        form = FORMS[COUNT]()
        seen = parse_key(form["seen"].data)

        def write(session: Session, note: Note) -> InventoryLog:
            if seen is None:
                raise RuleError(T("This form is incomplete. Load the page again."))
            return stock.recount(session, pk, form["counted"].data, seen, note)

        return self._save(pk, COUNT, form, write)

    def _save(self, pk: int, word: str, form: ClinicForm, write: Callable[[Session, Note], InventoryLog]) -> Any:
        """Check a form, run its unit and go back to the record; refused, the record with what was typed."""
        if sqla.session.get(InventoryItem, pk) is None:
            abort(404)
        if not form.validate():
            return self._page(pk, 422, {word: form})
        note = _note(form)
        _, status = saving.save(form, lambda session: write(session, note))
        if status != 200:
            return self._page(pk, status, {word: form})
        flash(say(T("Saved.")), "success")
        return redirect(url_for("ItemPage.show", pk=pk))

    def _page(self, pk: int, status: int = 200, refused: dict[str, ClinicForm] | None = None) -> Any:
        session = sqla.session()
        item = session.get(InventoryItem, pk) or abort(404)
        now = datetime.now(UTC)
        context = {
            "item": item,
            "movements": queries.movements_of(session, pk),
            "used": queries.used_since(session, pk, now - RECENTLY),
            "forms": _forms(item, refused or {}),
            "refused": set(refused or {}),
            "title": cells.name_of(item),
        }
        return self.render_template("stock/item.html", **context), status


def _note(form: ClinicForm) -> Note:
    """What a form says beside the number."""
    return Note(
        now=datetime.now(UTC),
        by=who.me().user_id,
        key=form["key"].data,
        reason=form["reason"].data,
        cost=form["cost"].data if "cost" in form else None,
        supplier_id=form["supplier_id"].data if "supplier_id" in form else None,
    )


def _forms(item: InventoryItem, refused: dict[str, ClinicForm]) -> dict[str, ClinicForm]:
    """The forms that this person may use: fresh ones, and the one that was refused."""
    if not who.may("write", "/inventory"):
        return {}
    words = [word for word in MOVES if word != "receive" or item.is_active]
    if who.has_right("adjust_stock"):
        words.append(COUNT)
    made = {word: refused.get(word) or FORMS[word](formdata=None, data=_preset(word, item)) for word in words}
    for form in made.values():
        form["key"].data = form["key"].data or new_key()
    if COUNT in made:
        made[COUNT]["seen"].data = str(item.on_hand)  # also of a refused one: what stands now is shown beside it
    return made


def _preset(word: str, item: InventoryItem) -> dict[str, Any]:
    key = {"key": new_key()}
    if MOVES.get(word) is Movement.RECEIVED:
        return {**key, "cost": item.cost or None, "quantity": item.reorder_quantity or None}
    return key
