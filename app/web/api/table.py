"""What a room declares of a table for programs, and what its routes ask of that.

Flask-AppBuilder's ModelRestApi gives routes, request and answer format; what it leaks or leaves open by default is
replaced (docs/decisions/0004).
"""

from collections.abc import Mapping, Sequence
from typing import Any, ClassVar

import sqlalchemy as sa
from flask import Blueprint, abort
from flask_appbuilder import ModelRestApi
from flask_appbuilder.exceptions import InvalidColumnArgsFABException
from marshmallow import Schema, fields
from sqlalchemy.orm import Session

from app.db.base import sqla
from app.kernel.text import T
from app.web import vocabulary, who
from app.web.api import asked
from app.web.api.answers import Unreadable
from app.web.api.documents import schemas_of
from app.web.api.fields import KeyField, MomentField, NumberField, field_of, fields_of, schema_of
from app.web.text import say

Fields = Mapping[str, fields.Field]


class ApiTable(ModelRestApi):
    """The declarations, and what the routes ask of them."""

    page: ClassVar[str] = ""  # its row of the pages matrix
    screens: ClassVar[type[Any]]  # the pages of the same table: their search, their actions, their labels
    list_columns: ClassVar[Sequence[str]] = ()
    show_columns: ClassVar[Sequence[str]] = ()
    add_columns: ClassVar[Sequence[str]] = ()
    edit_columns: ClassVar[Sequence[str]] = ()
    search_columns: ClassVar[Sequence[str]] = ()
    order_columns: ClassVar[Sequence[str]] = ()
    base_order: ClassVar[tuple[str, str]]
    columns_of: ClassVar[Mapping[str, str]] = {}  # the API's name of a column that is called otherwise here
    column_rights: ClassVar[Mapping[str, str]] = {}  # what is shown by a finer right alone
    shown_fields: ClassVar[Fields] = {}  # what is shown and is no column
    added_fields: ClassVar[Fields] = {}  # what a new row is written with and is no column, or not as the column is
    edited_fields: ClassVar[Fields] = {}
    may_delete: ClassVar[bool] = False
    made_answers: ClassVar[Mapping[str, str]] = {"201": "The new row"}
    more_operations: ClassVar[Mapping[str, Any]] = {}  # what the OpenAPI document says of the room's own routes
    more_schemas: ClassVar[Sequence[Schema]] = ()
    allow_browser_login, csrf_exempt = True, False
    page_size, max_page_size = 20, asked.LARGEST_PAGE

    # --- made once, when the view is registered

    def __init__(self) -> None:
        self.model = self.datamodel.obj
        self.class_permission_name = self.page
        self.base_permissions = ["can_read", "can_write", "can_chart"]
        open_routes = {"post": self.add_columns, "put": self.edit_columns, "delete": self.may_delete}
        self.exclude_route_methods = {name for name, is_open in open_routes.items() if not is_open}
        super().__init__()

    def create_blueprint(self, appbuilder: Any, *args: Any, **kwargs: Any) -> Blueprint:
        """Find the pages of the same table, which were registered before."""
        self.screen = next(view for view in appbuilder.baseviews if type(view) is self.screens)
        return super().create_blueprint(appbuilder, *args, **kwargs)

    def _init_properties(self) -> None:
        """Flask-AppBuilder would add every column that is not named, and keep one set of filters for all threads."""
        self.label_columns, self.description_columns, self.base_filters = {}, {}, []
        self.list_select_columns, self.show_select_columns = self.list_columns, self.show_columns
        self.key = getattr(self.model, sa.inspect(self.model).primary_key[0].key)

    def _init_titles(self) -> None:
        self.list_title = self.show_title = self.add_title = self.edit_title = ""

    def _init_model_schemas(self) -> None:
        name = self.resource_name
        shown = dict.fromkeys([*self.list_columns, *self.show_columns])
        made = {column: self.shown_fields.get(column) or self._plain(column) for column in shown}
        self.known = schema_of(f"{name}.shown", made).fields
        self.list_model_schema = schema_of(f"{name}.list", {c: made[c] for c in self.list_columns})
        self.show_model_schema = schema_of(f"{name}.record", {c: made[c] for c in self.show_columns})
        self.add_model_schema = schema_of(f"{name}.new", self._written(self.add_columns, self.added_fields, True))
        changed = self._written(self.edit_columns, self.edited_fields, False)
        self.edit_model_schema = schema_of(f"{name}.change", {**changed, **self._token_field()})
        self.filter_fields = {column: self._filter_field(column) for column in self.search_columns}

    def _plain(self, name: str, **kwargs: Any) -> fields.Field:
        column = sa.inspect(self.model).columns[self.columns_of.get(name, name)]
        return field_of(column, allow_none=bool(column.nullable), **self._renamed(name), **kwargs)

    def _renamed(self, name: str) -> dict[str, str]:
        return {"attribute": self.columns_of[name]} if name in self.columns_of else {}

    def _filter_field(self, name: str) -> fields.Field:
        field = self._plain(name)
        return KeyField(None) if isinstance(field, KeyField) else field

    def _written(self, names: Sequence[str], more: Fields, is_new: bool) -> Fields:
        table = sa.inspect(self.model).columns
        plain = {name: self.columns_of.get(name, name) for name in names if name not in more}
        made = {
            name: fields_of(self.model, [column], is_new=is_new, **self._renamed(name))[column]
            for name, column in plain.items()
            if column in table
        }
        return {name: more.get(name) or made[name] for name in names}

    def _token_field(self) -> Fields:
        columns = sa.inspect(self.model).columns
        if "version" in columns:
            return {"version": NumberField()}
        return {"updated_at": MomentField()} if "updated_at" in columns else {}

    # --- what merges into Flask-AppBuilder's answers, without a row of another table

    def _label_columns_json(self, cols: Sequence[str] | None = None) -> dict[str, str]:
        return {name: self.label(name) for name in cols or ()}

    def label(self, name: str) -> str:
        """What a column is called, in the caller's language."""
        for known in (name, self.columns_of.get(name, name)):
            try:
                return say(self.screen.column_labels.get(known) or vocabulary.label(known, self.model.__tablename__))
            except KeyError:
                continue
        return name

    def _get_fields_info(self, cols: Sequence[str], model_schema: Schema, *_: Any, **__: Any) -> list[dict[str, Any]]:
        """Names and labels alone: Flask-AppBuilder would list every row that a reference may point at."""
        schema = model_schema.fields
        return [
            {
                "name": name,
                "label": self.label(name),
                "description": "",
                "required": schema[name].required,
                "unique": False,
                "type": type(schema[name]).__name__.removesuffix("Field"),
            }
            for name in cols
        ]

    edit_query_rel_fields: ClassVar[dict[str, Any]] = {}
    add_query_rel_fields: ClassVar[dict[str, Any]] = {}

    def merge_search_filters(self, response: dict[str, Any], **_: Any) -> None:
        """The filters of each column, and the search."""
        found = {
            name: [{"name": say(asked.OPERATORS[key][0]), "operator": key} for key in self.operators(name)]
            for name in self.search_columns
        }
        response["filters"] = {asked.SEARCH: [{"name": say(asked.OPERATORS["ct"][0]), "operator": "ct"}], **found}

    def merge_titles(self, response: dict[str, Any], **_: Any) -> None:
        """What the table is called."""
        response["list_title"] = say(self.screen.title_many)

    def merge_title(self, response: dict[str, Any], **_: Any) -> None:
        """What one row is called."""
        response["show_title"] = say(self.screen.title_one)

    def merge_list(self, response: dict[str, Any], columns: Sequence[str] = (), **_: Any) -> None:
        """The columns of the list that this person may see."""
        response["list_columns"] = [*columns] or self.shown(self.list_columns)

    def merge_show(self, response: dict[str, Any], columns: Sequence[str] = (), **_: Any) -> None:
        """The columns of the record that this person may see."""
        response["show_columns"] = [*columns] or self.shown(self.show_columns)

    def title_many(self) -> str:
        """What the table is called."""
        return say(self.screen.title_many)

    def schemas(self) -> dict[str, Any]:
        """The schemas of the OpenAPI document, with the labels of the fields."""
        answers, found = (self.list_model_schema, self.show_model_schema), {}
        sent = (*((self.add_model_schema,) if self.add_columns else ()), *self.more_schemas)
        sent = (*sent, *((self.edit_model_schema,) if self.edit_columns else ()))
        for schema in (*answers, *sent):
            labels = {name: self.label(name) for name in schema.fields}
            found |= schemas_of(schema, labels, is_answer=schema in answers)
        return found

    # --- reading

    def column(self, name: str) -> Any:
        """The attribute behind a column of the API."""
        return self.screen.column(self.columns_of.get(name, name))

    def operators(self, name: str) -> tuple[str, ...]:
        """The operators that a column can be filtered with."""
        return asked.operators_of(self.column(name), self.filter_fields[name])

    def shown(self, names: Sequence[str]) -> list[str]:
        """Those of the columns that this person may see."""
        rights = self.column_rights
        return [name for name in names if name not in rights or who.has_right(rights[name])]

    def find(self, pk: int) -> Any:
        """The row under the person's row rules, or 404."""
        row = sqla.session.scalar(sa.select(self.model).where(self.key == pk, *self.screen.base_where()))
        return row if row is not None else abort(404)

    def extras(self, session: Session, rows: Sequence[Any], names: Sequence[str]) -> dict[Any, dict[str, Any]]:
        """Values that are not the row's own, for all rows at once: {row_id: {name: value}}."""
        return {}

    def records(self, rows: Sequence[Any], names: Sequence[str]) -> list[dict[str, Any]]:
        """The rows as they go over the wire."""
        extras = self.extras(sqla.session(), rows, names) if rows else {}
        return [self._record(row, extras.get(row.row_id, {}), names) for row in rows]

    def _record(self, row: Any, more: Mapping[str, Any], names: Sequence[str]) -> dict[str, Any]:
        found = {}
        for name in names:
            value = more[name] if name in more else getattr(row, self.columns_of.get(name, name))
            found[name] = self.known[name]._serialize(value, name, row)
        return found

    def _columns(self, rison: Mapping[str, Any], names: Sequence[str]) -> tuple[list[str], list[str]]:
        try:
            _, wanted = self._handle_columns_args(dict(rison), names, names)
        except InvalidColumnArgsFABException as error:
            raise Unreadable(say(T("Ask for `columns` or for `select_columns`, not for both."))) from error
        wanted = self.shown(list(dict.fromkeys(wanted)))
        return wanted or self.shown(names), wanted
