"""What a room declares of a table, and what the screens ask of it."""

from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any, ClassVar

import sqlalchemy as sa
from flask import abort
from flask_appbuilder import ModelView
from sqlalchemy import ColumnElement
from sqlalchemy.orm import Session, joinedload

from app.db.base import sqla
from app.kernel.text import Text
from app.web import cells, charts, chosen, listing, related, vocabulary
from app.web.lookups import Lookup


@dataclass(frozen=True, slots=True)
class Inline:
    """Rows of a second table edited inside the form of the first."""

    model: type[Any]
    columns: Sequence[str]
    parent: str  # the column that points at the form's row
    label: Text
    least: int = 0
    spare: int = 1  # blank rows that a new form starts with
    order: str | None = None
    made: dict[str, Any] = field(default_factory=dict)  # fields to use instead of those of the columns


class ClinicTable(ModelView):
    """The declarations, and the table behind them."""

    page: ClassVar[str] = ""
    title_one: ClassVar[Text]
    title_many: ClassVar[Text]
    list_columns: ClassVar[Sequence[str]] = ()
    show_columns: ClassVar[Sequence[str]] = ()
    add_columns: ClassVar[Sequence[str]] = ()
    edit_columns: ClassVar[Sequence[str]] = ()
    search_columns: ClassVar[Sequence[str]] = ()
    order_columns: ClassVar[Sequence[str]] = ()
    sections: ClassVar[Sequence[tuple[Text | None, Sequence[str]]]] = ()
    default_order: ClassVar[tuple[str, str]] = ("", "asc")
    definitions: ClassVar[list[dict[str, Any]]] = []
    chart_date: ClassVar[str | None] = None
    can_delete: ClassVar[bool] = False
    twins: ClassVar[Sequence[str]] = ()  # what a row sent twice has in common; first the reference to its owner
    shows_elsewhere: ClassVar[bool] = False  # the record is a page of its own: see `cells.RECORDS`
    made_fields: ClassVar[dict[str, Any]] = {}
    lookups: ClassVar[dict[str, Lookup]] = {}
    filter_choices: ClassVar[dict[str, Callable[[], list[tuple[str, str]]]]] = {}  # (value, words) of a text's filter
    inlines: ClassVar[dict[str, Inline]] = {}
    rule: ClassVar[Callable[[Any], None] | None] = None
    column_labels: ClassVar[dict[str, Text]] = {}
    column_rights: ClassVar[dict[str, str]] = {}  # list columns that need a finer right
    extra_types: ClassVar[dict[str, Any]] = {}  # the type of what `extras` computes, where it isn't plain text
    export_right: ClassVar[str] = "export"
    import_url: ClassVar[str] = ""  # the page on which a list of such rows is imported
    list_template = "web/list.html"
    rows_template = "web/_rows.html"
    show_template = "web/show.html"
    add_template = "web/form.html"
    edit_template = "web/form.html"
    chart_template = "web/chart.html"
    exclude_route_methods = {"download", "action", "action_post"}

    # --- made once, when the view is registered

    def __init__(self) -> None:
        self.model = self.datamodel.obj
        self.class_permission_name = self.page
        self.base_permissions = ["can_read", "can_write", "can_chart"]
        self.definitions = list(self.definitions) or charts.default_definitions(self.model)
        if self.chart_date is None and "created_at" in self.model.__mapper__.columns:
            type(self).chart_date = "created_at"
        closed = {
            name
            for name, is_open in (
                ("add", self.add_columns),
                ("edit", self.edit_columns),
                ("delete", self.can_delete),
                ("show", self.show_columns and not self.shows_elsewhere),
                ("changes", self.show_columns and self.model.is_audited),
            )
            if not is_open
        }
        self.exclude_route_methods = {*type(self).exclude_route_methods, *closed}
        super().__init__()
        vocabulary.TABLES.setdefault(self.model.__tablename__, self.title_one)
        related.VIEWS.setdefault(self.model, self)
        if self.show_columns:
            cells.RECORDS.setdefault(self.model, (f"{type(self).__name__}.show", self.page))

    def _init_properties(self) -> None:
        self.default_order = self.default_order if self.default_order[0] else (self.key_columns()[0].key, "desc")
        self.label_columns, self.related_views = {}, []
        self._related_views = []

    def _init_forms(self) -> None:
        """Forms are made on first use, from the room's declarations."""

    def _init_titles(self) -> None:
        self.list_title = self.title = self.title_many

    def update_redirect(self) -> None:
        """See ClinicPage."""

    def record_endpoint(self) -> str:
        """The endpoint of one row's record: this view's, unless a page of its own shows it."""
        return cells.RECORDS[self.model][0] if self.shows_elsewhere else f"{self.endpoint}.show"

    # --- the table

    def column(self, name: str) -> Any:
        """The model's attribute `name`."""
        return getattr(self.model, name)

    def key_columns(self) -> list[Any]:
        """The primary key's attributes."""
        mapper = sa.inspect(self.model)
        return [getattr(self.model, mapper.get_property_by_column(column).key) for column in mapper.primary_key]

    def references(self, columns: Iterable[str] | None = None) -> list[str]:
        """The relationships among the list's columns: loaded in the list's own statement."""
        relationships = sa.inspect(self.model).relationships
        return [name for name in (columns or self.list_columns) if name in relationships]

    def shown_columns(self) -> list[str]:
        """The list's columns that this person may see, as they chose them."""
        return chosen.columns(self)

    def label(self, name: str) -> Text:
        """What a column is called."""
        return self.column_labels.get(name) or vocabulary.label(name, self.model.__tablename__)

    def type_of(self, name: str) -> Any:
        """The column's type, None for a reference or a computed value."""
        if name in self.extra_types:
            return self.extra_types[name]
        return getattr(getattr(self.model, name, None), "type", None)

    def base_where(self) -> list[ColumnElement[bool]]:
        """Conditions that always hold: a view that shows a part of its table."""
        return []

    def opening(self) -> Mapping[str, str]:
        """The filter and order with which the list opens where nobody asked for another; it can be removed."""
        return {}

    def is_open(self, row: Any) -> bool:
        """Whether the record offers its form; the action refuses it all the same."""
        return True

    def search_condition(self, session: Session, typed: str) -> ColumnElement[bool]:
        """The search box: any text column that may be searched. Large tables override it."""
        texts = [self.column(name) for name in self.search_columns if isinstance(self.type_of(name), sa.String)]
        return sa.or_(sa.false(), *(listing.like(column, typed) for column in texts))

    def group_name(self, column: str, value: Any) -> Any:
        """What a group of a chart is called where its value doesn't say it."""
        return value

    def extras(self, session: Session, rows: Sequence[Any]) -> dict[Any, dict[str, Any]]:
        """Values that are not the row's own, for all rows of the page at once: {row_id: {column: value}}."""
        return {}

    def find(self, pk: int, columns: Iterable[str]) -> Any:
        """The row with its references, or 404."""
        options = [joinedload(getattr(self.model, name)) for name in self.references(columns)]
        where = [self.key_columns()[0] == pk, *self.base_where()]
        row = sqla.session.scalars(sa.select(self.model).where(*where).options(*options)).unique().first()
        return row if row is not None else abort(404)
