"""`ClinicApi`: a table over HTTP for programs, by the same actions, rights and row rules as its pages."""

from collections.abc import Callable, Mapping
from typing import Any, TypeVar

import sqlalchemy as sa
from flask import Response
from flask_appbuilder import ModelRestApi
from flask_appbuilder.api import expose, merge_response_func
from flask_appbuilder.api.schemas import get_info_schema, get_item_schema, get_list_schema
from sqlalchemy.orm import Session

from app.db import unit
from app.db.base import sqla
from app.kernel.errors import Conflict, RuleError
from app.kernel.text import T
from app.web import saving
from app.web.access import reads, writes
from app.web.api import asked
from app.web.api.fields import RowsField, YesField
from app.web.api.sent import read_body
from app.web.api.table import ApiTable

R = TypeVar("R")


class ClinicApi(ApiTable):
    """The routes. A room's `api.py` declares the columns and, where its pages write otherwise, how."""

    @expose("/_info", methods=["GET"])
    @merge_response_func(ModelRestApi.merge_current_user_permissions, "permissions")
    @merge_response_func(ModelRestApi.merge_add_field_info, "add_columns")
    @merge_response_func(ModelRestApi.merge_edit_field_info, "edit_columns")
    @merge_response_func(ApiTable.merge_search_filters, "filters")
    @reads
    @asked.reads_q(get_info_schema)
    def info(self, rison: Mapping[str, Any]) -> Response:
        """Which fields can be written, and which filters there are."""
        response: dict[str, Any] = {}
        self.set_response_key_mappings(response, self.info, rison)
        return self.response(200, **response)

    @expose("/", methods=["GET"])
    @merge_response_func(ModelRestApi.merge_order_columns, "order_columns")
    @merge_response_func(ModelRestApi.merge_list_label_columns, "label_columns")
    @merge_response_func(ModelRestApi.merge_description_columns, "description_columns")
    @merge_response_func(ApiTable.merge_list, "list_columns")
    @merge_response_func(ApiTable.merge_titles, "list_title")
    @reads
    @asked.reads_q(get_list_schema)
    def get_list(self, rison: Mapping[str, Any]) -> Response:
        """A page of the list."""
        names, wanted = self._columns(rison, self.list_columns)
        session, (page, size) = sqla.session(), asked.page_of(rison, self.page_size)
        where = [*self.screen.base_where(), *asked.conditions(self, rison)]
        keys = sa.select(self.key).where(*where).order_by(*asked.order(self, rison)).limit(size).offset(page * size)
        ids = list(session.scalars(keys))
        by_key = {row.row_id: row for row in session.scalars(sa.select(self.model).where(self.key.in_(ids)))}
        response: dict[str, Any] = {
            "count": session.scalar(sa.select(sa.func.count()).select_from(self.model).where(*where)),
            "ids": ids,
            "result": self.records([by_key[key] for key in ids if key in by_key], names),
        }
        self.set_response_key_mappings(response, self.get_list, rison, columns=wanted or names)
        return self.response(200, **response)

    @expose("/<int:pk>", methods=["GET"])
    @merge_response_func(ModelRestApi.merge_show_label_columns, "label_columns")
    @merge_response_func(ModelRestApi.merge_description_columns, "description_columns")
    @merge_response_func(ApiTable.merge_show, "show_columns")
    @merge_response_func(ApiTable.merge_title, "show_title")
    @reads
    @asked.reads_q(get_item_schema)
    def get(self, pk: int, rison: Mapping[str, Any]) -> Response:
        """One row; a look at a patient's record is kept."""
        names, wanted = self._columns(rison, self.show_columns)
        row = self.find(pk)
        self.screen.record_look(row)
        response: dict[str, Any] = {"id": pk, "result": self.records([self.find(pk)], names)[0]}
        self.set_response_key_mappings(response, self.get, rison, columns=wanted or names)
        return self.response(200, **response)

    # --- writing

    def save(self, write: Callable[[Session], R]) -> R:
        """Run `write` in one unit; a rule's refusal names the fields as the API does."""
        try:
            return unit(write)
        except RuleError as error:
            names = {column: name for name, column in self.columns_of.items()}
            error.errors = tuple((names.get(field or "", field), text) for field, text in error.errors)
            raise

    def written(self, key: Any, status: int) -> Response:
        """The answer to a write: the row as it stands now."""
        answer = self.response(status, id=key, result=self.records([self.find(key)], self.shown(self.show_columns))[0])
        if status == 201:
            answer.headers["Location"] = f"{self.route_base}/{key}"
        return answer

    def blank(self) -> dict[str, Any]:
        """What a new row holds where nothing is said: the defaults of its columns."""
        table, found = sa.inspect(self.model).columns, {}
        for name, field in self.add_model_schema.fields.items():
            column = table.get(self.columns_of.get(name, name))
            default = column.default if column is not None else None
            empty: Any = [] if isinstance(field, RowsField) else False if isinstance(field, YesField) else None
            found[field.attribute or name] = default.arg if default is not None and default.is_scalar else empty
        return found

    def current(self, session: Session, row: Any) -> dict[str, Any]:
        """What can be changed of a row, as it is now."""
        found = {}
        for name in self.edit_columns:
            inline = self.screen.inlines.get(name)
            if inline is not None:
                first = getattr(inline.model, inline.order) if inline.order else sa.inspect(inline.model).primary_key[0]
                rows = sa.select(inline.model).where(getattr(inline.model, inline.parent) == row.row_id).order_by(first)
                found[name] = [
                    (place, {key: getattr(one, key) for key in inline.columns})
                    for place, one in enumerate(session.scalars(rows))
                ]
            elif (column := self.columns_of.get(name, name)) in sa.inspect(self.model).columns:
                found[column] = getattr(row, column)
        return found

    def create(self, session: Session, values: dict[str, Any]) -> Any:
        """Make the row inside the unit, as its page does."""
        return self.screen.create(session, values)

    def change(self, session: Session, row: Any, values: dict[str, Any]) -> Any:
        """Change the locked row inside the unit, as its page does."""
        return self.screen.change(session, row, values)

    def locked(self, session: Session, pk: int) -> Any:
        """The row that is going to be changed, locked until the unit ends."""
        return saving.locked(session, self.model, pk)

    def remove(self, session: Session, pk: int) -> None:
        """Delete the row inside the unit, as its page does."""
        self.screen.remove(session, saving.locked(session, self.model, pk))

    def check_token(self, row: Any, given: dict[str, Any]) -> None:
        """Refuse a change of a row that somebody else changed since it was read. Raises Conflict."""
        for name in self._token_field():
            if name in given and given.pop(name) != getattr(row, name):
                raise Conflict(T("Somebody changed this record while you were writing. Compare, then save again."))

    @expose("/", methods=["POST"])
    @writes
    def post(self) -> Response:
        """A new row."""
        values = {**self.blank(), **read_body(self.add_model_schema)}

        def write(session: Session) -> Any:
            row = self.create(session, dict(values))
            session.flush()
            return row.row_id

        return self.written(self.save(write), 201)

    @expose("/<int:pk>", methods=["PUT"])
    @writes
    def put(self, pk: int) -> Response:
        """Change a row: what is not named stays as it is."""
        self.find(pk)
        given = read_body(self.edit_model_schema)

        def write(session: Session) -> None:
            row, values = self.locked(session, pk), dict(given)
            self.check_token(row, values)
            self.change(session, row, {**self.current(session, row), **values})
            session.flush()

        self.save(write)
        return self.written(pk, 200)

    @expose("/<int:pk>", methods=["DELETE"])
    @writes
    def delete(self, pk: int) -> Response:
        """Delete a row, where its page does."""
        self.find(pk)
        self.save(lambda session: self.remove(session, pk))
        return self.response(200, message="OK")
