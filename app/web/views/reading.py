"""The list and the record."""

from collections.abc import Sequence
from typing import Any

from flask import request
from flask_appbuilder import expose

from app.db.base import sqla
from app.kernel.text import Text
from app.web import cells, listing, who
from app.web.access import reads
from app.web.text import say
from app.web.views.table import ClinicTable


class ReadingScreens(ClinicTable):
    """List and record, each in a bounded number of statements."""

    # --- list

    @expose("/")
    @expose("/list/")
    @reads
    def list(self) -> Any:
        """The list, whole or (for the search box) only its rows."""
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

    def cell(self, row: Any, name: str, extras: dict[Any, dict[str, Any]]) -> Any:
        """The cell of a list or record."""
        own = extras.get(row.row_id, {})
        return cells.show(own[name] if name in own else getattr(row, name), self.type_of(name))

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
