"""The list and the record."""

from collections.abc import Mapping, Sequence
from typing import Any

import sqlalchemy as sa
from flask import abort, redirect, request
from flask_appbuilder import expose
from werkzeug.datastructures import ImmutableMultiDict, MultiDict

from app.db.base import Base, sqla
from app.kernel.text import T, Text
from app.web import cells, chosen, listing, related, who
from app.web.access import reads
from app.web.body import Body
from app.web.text import say
from app.web.views.table import ClinicTable

# What leads from a row to its patient.
UPWARDS = ("patient", "treatment", "prescription", "plan", "invoice", "request", "item", "appointment", "payment")


def _is_nameless(row: Any) -> bool:
    """Whether it is of a patient whose data was removed: what stood there before is an Admin's to see."""
    for _ in UPWARDS:
        if hasattr(row, "anonymised_at"):
            return row.anonymised_at is not None
        above = next((found for name in UPWARDS if (found := getattr(row, name, None)) is not None), None)
        if not isinstance(above, Base):
            return False
        row = above
    return False


class ReadingScreens(ClinicTable):
    """List and record, each in a bounded number of statements."""

    # --- list

    @expose("/")
    @expose("/list/")
    @reads
    def list(self) -> Any:
        """The list, whole or (for the search box) only its rows; a bare address opens it as the person chose."""
        if not request.args and (start := chosen.start(self)):
            return redirect(start)
        if not request.args and (opening := self.opening()):
            request.args = ImmutableMultiDict(opening)  # so that chips, order, pages and exports follow from it
        found = listing.Listing(self, request.args, sqla.session())
        rows = found.rows()
        has_more, rows = len(rows) > found.size, rows[: found.size]
        part = request.headers.get("HX-Request") and not request.headers.get("HX-Boosted")
        return self.render_template(
            self.rows_template if part else self.list_template,
            view=self,
            listing=found,
            rows=rows,
            extras=self.extras(sqla.session(), rows) if rows else {},
            count=found.count(),
            has_more=has_more,
            title=say(self.title_many),
            **self.list_context(found),
        )

    def list_context(self, found: listing.Listing) -> dict[str, Any]:
        """More for a room's own list template."""
        return {}

    def body(self, extras: dict[Any, dict[str, Any]]) -> Body:
        """What writes the rows of a list."""
        return Body(self, self.shown_columns(), extras, has_ticks=bool(self.bulk_actions()))

    def bulk_actions(self) -> Mapping[str, Any]:
        """What this person may do to many rows at once: see `BulkScreens`."""
        return {}

    def cell(self, row: Any, name: str, extras: dict[Any, dict[str, Any]]) -> Any:
        """The cell of a record."""
        own = extras.get(row.row_id, {})
        return cells.show(own[name] if name in own else getattr(row, name), self.type_of(name))

    # --- the same list inside a record

    @expose("/by/<parent>/<column>/<int:key>")
    @reads
    def by(self, parent: str, column: str, key: int) -> Any:
        """The newest rows that belong to one record, for that record's page."""
        one = related.find(parent, self.model, column) or abort(404)
        args = MultiDict({column: str(key), **one.only, "size": str(related.NEWEST)})
        found = listing.Listing(self, args, sqla.session())
        found.sort, found.direction = one.order or self.key_columns()[0].key, "desc"
        rows, columns = found.rows()[: found.size], self.columns_beside(column)
        return self.render_template(
            "web/_related.html",
            view=self,
            rows=rows,
            columns=columns,
            body=Body(self, columns, self.extras(sqla.session(), rows) if rows else {}),
            count=found.count(),
            list_url=related.list_url(one, key),
            add_url=related.add_url(one, key),
        )

    def columns_beside(self, column: str) -> Sequence[str]:
        """The list's columns without the one that names the record in which the list stands."""
        relationships = sa.inspect(self.model).relationships
        naming = {r.key for r in relationships if column in {local.key for local in r.local_columns}}
        return [name for name in self.shown_columns() if name not in {column, column.removesuffix("_id"), *naming}][:7]

    # --- record

    @expose("/<int:pk>")
    @reads
    def show(self, pk: int) -> Any:
        """The record."""
        row = self.find(pk, self.show_columns)
        self.record_look(row)
        return self.render_template(
            self.show_template,
            view=self,
            row=row,
            title=f"{say(self.title_one)}: {cells.name_of(row)}",
            extras=self.extras(sqla.session(), [row]),
            **self.show_context(row),
        )

    @expose("/<int:pk>/changes")
    @reads
    def changes(self, pk: int) -> Any:
        """The record's history: who changed what when."""
        row = self.find(pk, ())
        if _is_nameless(row) and not who.has_right("anonymise"):
            abort(403)
        page = listing.between(request.args.get("page"), 1, 1_000, 1)
        entries, has_more = who.hooks().history(sqla.session(), self, row, page)
        return self.render_template(
            "web/changes.html",
            view=self,
            row=row,
            entries=entries,
            has_more=has_more,
            page=page,
            title=say(T("History: %(name)s", name=cells.name_of(row))),
        )

    def record_look(self, row: Any) -> None:
        """A look at a patient's record is kept (rules.md, Security)."""
        if self.model.patient_column:
            patient = getattr(row, self.model.patient_column)
            who.hooks().record("view", self.model.__tablename__, row.row_id, patient=patient)

    def show_context(self, row: Any) -> dict[str, Any]:
        """More for a room's own record template."""
        return {}

    def groups(self, columns: Sequence[str]) -> Sequence[tuple[Text | None, Sequence[str]]]:
        """The columns in their sections; those in no section come first."""
        placed = {name for _, names in self.sections for name in names}
        rest = [name for name in columns if name not in placed]
        grouped = [(title, [name for name in names if name in columns]) for title, names in self.sections]
        return [(title, names) for title, names in [(None, rest), *grouped] if names]
