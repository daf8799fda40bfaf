"""The forms: a refused one keeps what was typed, a stale one is refused, each save is one unit."""

from collections.abc import Sequence
from typing import Any

import sqlalchemy as sa
from flask import Response, abort, flash, jsonify, redirect, request, url_for
from flask_appbuilder import expose
from sqlalchemy.exc import DBAPIError
from sqlalchemy.orm import Session
from werkzeug.wrappers import Response as AnyResponse

from app.db import unit
from app.db.base import sqla
from app.kernel.errors import Conflict, RuleError
from app.kernel.keys import parse_key
from app.kernel.text import T
from app.web import cells, fields, forms, saving
from app.web.access import reads, writes
from app.web.lookups import LOOKUPS, Lookup
from app.web.text import say
from app.web.views.table import ClinicTable, Inline


class EditingScreens(ClinicTable):
    """Add, edit, delete, and the search behind a reference."""

    # --- forms

    def make_form(self, columns: Sequence[str]) -> type[forms.ClinicForm]:
        """The form class for these columns, inline rows included; made once."""
        known = self.__dict__.setdefault("_made_forms", {})
        if tuple(columns) not in known:
            known[tuple(columns)] = self._make_form(columns)
        found: type[forms.ClinicForm] = known[tuple(columns)]
        return found

    def _make_form(self, columns: Sequence[str]) -> type[forms.ClinicForm]:
        made: dict[str, Any] = {}
        for name in columns:
            if name in self.inlines:
                made[name] = self._rows_field(self.inlines[name])
            else:
                made[name] = self.made_fields.get(name) or self._field(name)
        return forms.make_form(f"{type(self).__name__}Form", made)

    def _field(self, name: str) -> Any:
        column = sa.inspect(self.model).columns[name]
        return forms.field_for(column, reference=lambda _: self._reference(name), text=self.label(name))

    def _rows_field(self, inline: Inline) -> forms.RowsField:
        table = sa.inspect(inline.model).columns
        made = {
            key: inline.made.get(key)
            or forms.field_for(table[key], reference=lambda c: self._inline_reference(inline, c))
            for key in inline.columns
        }
        row_form = forms.make_row_form(f"{inline.model.__name__}RowForm", made)
        return forms.RowsField(row_form, label=inline.label, least=inline.least, spare=inline.spare)

    def _inline_reference(self, inline: Inline, column: "sa.Column[Any]") -> dict[str, Any]:
        table = next(iter(column.foreign_keys)).column.table.name
        return self._reference_to(LOOKUPS[table], f"{inline.model.__tablename__}.{column.key}")

    def lookup_for(self, name: str) -> Lookup:
        """How the rows that column `name` may point at are found."""
        if name in self.lookups:
            return self.lookups[name]
        column = sa.inspect(self.model).columns[name]
        return LOOKUPS[next(iter(column.foreign_keys)).column.table.name]

    def _reference(self, name: str) -> dict[str, Any]:
        return self._reference_to(self.lookup_for(name), name)

    def _reference_to(self, found: Lookup, name: str) -> dict[str, Any]:
        return {
            "url": lambda: url_for(f"{self.endpoint}.lookup", column=name),
            "find": found.find,
            "name_of": cells.name_of,
        }

    def _inline_lookups(self) -> dict[str, Lookup]:
        """`patient_insurance.insurance_plan_id` → how it is found, for references inside inline rows."""
        found = {}
        for inline in self.inlines.values():
            columns = sa.inspect(inline.model).columns
            for name in inline.columns:
                for key in columns[name].foreign_keys:
                    found[f"{inline.model.__tablename__}.{name}"] = LOOKUPS[key.column.table.name]
        return found

    @expose("/lookup/<column>")
    @reads
    def lookup(self, column: str) -> Response:
        """The rows a reference may point at, as one types: names only."""
        typed = " ".join(request.args.get("q", "").split())[:60]
        inline = self._inline_lookups().get(column)
        if inline is not None:
            return jsonify(inline.answers(typed))
        columns = sa.inspect(self.model).columns
        known = column in self.lookups or (column in columns and columns[column].foreign_keys)
        if not known or column not in {*self.add_columns, *self.edit_columns, *self.search_columns}:
            abort(404)
        return jsonify(self.lookup_for(column).answers(typed))

    @expose("/add", methods=["GET", "POST"])
    @writes
    def add(self) -> Any:
        """The form for a new row."""
        form = self.make_form(self.add_columns)(**({} if request.method == "POST" else self.preset()))
        status = 200
        if request.method == "POST":
            if form.validate():
                key, status = saving.save(form, lambda session: self._create(session, form).row_id)
                if status == 200:
                    flash(say(T("Saved.")), "success")
                    return redirect(self.after_save(key))
            else:
                status = 422
        return self.render_form(form, None, status)

    def preset(self) -> dict[str, Any]:
        """What a new form starts with: references given in the address, such as `?patient_id=7`."""
        columns = sa.inspect(self.model).columns
        return {
            name: key
            for name in self.add_columns
            if name in columns and columns[name].foreign_keys and (key := parse_key(request.args.get(name)))
        }

    @expose("/<int:pk>/edit", methods=["GET", "POST"])
    @writes
    def edit(self, pk: int) -> Any:
        """The form of a row."""
        row = self.find(pk, self.edit_columns)
        form_class = self.make_form(self.edit_columns)
        status = 200
        if request.method == "POST":
            form = form_class()
            if form.validate():
                _, status = saving.save(form, lambda session: self._change(session, pk, form).row_id)
                if status == 200:
                    flash(say(T("Saved.")), "success")
                    return redirect(self.after_save(pk))
            else:
                status = 422
        else:
            form = form_class(obj=row, data=self._inline_data(row))
            form.lock_token.data = saving.lock_token(row)
        return self.render_form(form, row, status)

    def _inline_data(self, row: Any) -> dict[str, Any]:
        data: dict[str, Any] = {}
        for name, inline in self.inlines.items():
            if name in self.edit_columns:
                order = getattr(inline.model, inline.order) if inline.order else sa.inspect(inline.model).primary_key[0]
                statement = sa.select(inline.model).where(getattr(inline.model, inline.parent) == row.row_id)
                found = sqla.session.scalars(statement.order_by(order))
                data[name] = [{key: getattr(item, key) for key in inline.columns} for item in found]
        return data

    def render_form(self, form: forms.ClinicForm, row: Any, status: int) -> Any:
        """The form's page; `status` says whether it was refused."""
        if status == 409 and row is not None:
            self._compare(form, row.row_id)
        title = (
            T("Edit: %(name)s", name=cells.name_of(row)) if row is not None else T("New: %(kind)s", kind=self.title_one)
        )
        columns = self.edit_columns if row is not None else self.add_columns
        page = self.render_template(
            self.edit_template if row is not None else self.add_template,
            view=self,
            form=form,
            row=row,
            groups=self.groups(columns),
            title=say(title),
            **self.form_context(row),
        )
        return page, status

    def _compare(self, form: forms.ClinicForm, key: Any) -> None:
        """After a conflict: where somebody else's change differs from what stands in the form, the field tells it."""
        sqla.session.rollback()
        row = self.find(key, self.edit_columns)
        token = saving.lock_token(row)
        if form.lock_token.data != token:
            stored = self.make_form(self.edit_columns)(formdata=None, obj=row, data=self._inline_data(row))
            for name in {*sa.inspect(self.model).columns.keys(), *self.inlines} & {*self.edit_columns}:
                if (form[name].data or None) != (stored[name].data or None):
                    form[name].stored = self._told(stored[name])
        form.lock_token.data = token

    def _told(self, field: Any) -> str:
        """The value of a field in one line; rows one after the other, without their ticks."""
        if isinstance(field, forms.RowsField):
            rows = [entry.form for entry in field.entries if not entry.form.is_blank()]
            return "; ".join(", ".join(filter(None, map(self._told, row))) for row in rows)
        if isinstance(field, fields.ReferenceField):
            return field.chosen_label()
        if isinstance(field, fields.YesField | fields.ChoiceField):
            return "" if isinstance(field.data, bool) and "-" in field.name else say(field.data)
        if isinstance(field.data, list):
            return ", ".join(say(one) for one in field.enum_class if one.value in field.data)
        return str(field._value())

    def form_context(self, row: Any) -> dict[str, Any]:
        """More for a room's own form template."""
        return {}

    def after_save(self, key: Any) -> str:
        """Where a saved form leads: the record, else the list."""
        return url_for(self.record_endpoint(), pk=key) if self.show_columns else url_for(f"{self.endpoint}.list")

    # --- writing: rooms with an action of their own override create, change and remove

    def _create(self, session: Session, form: forms.ClinicForm) -> Any:
        row = self.create(session, self.form_values(form))
        session.flush()
        return row

    def _change(self, session: Session, pk: int, form: forms.ClinicForm) -> Any:
        row = saving.locked(session, self.model, pk)
        saving.check_token(row, form.lock_token.data or "")
        self.change(session, row, self.form_values(form))
        session.flush()
        return row

    def form_values(self, form: forms.ClinicForm) -> dict[str, Any]:
        """The form's values; inline rows as (position, values) pairs."""
        values = form.values()
        for name in self.inlines:
            if name in values:
                values[name] = form[name].rows()
        return values

    def create(self, session: Session, values: dict[str, Any]) -> Any:
        """Make the row inside the unit. `rule` looks at it before anything is written."""
        row = saving.fill(self.model(), values)
        self.check(row)
        self._refuse_twin(session, values)
        session.add(row)
        return row

    def _refuse_twin(self, session: Session, values: dict[str, Any]) -> None:
        """A form sent twice, by a double click or a reload, makes one row: its owner is locked, then one looks."""
        if not self.twins:
            return
        (foreign,) = self.column(self.twins[0]).foreign_keys
        owner = foreign.column
        session.execute(sa.select(owner).where(owner == values[self.twins[0]]).with_for_update())
        same = (self.column(name).is_not_distinct_from(values[name]) for name in self.twins)
        if session.scalar(sa.select(self.key_columns()[0]).where(*same).limit(1)):
            raise Conflict(T("Another record has this already."), field=self.twins[-1])

    def change(self, session: Session, row: Any, values: dict[str, Any]) -> Any:
        """Change the locked row inside the unit."""
        with session.no_autoflush:
            saving.fill(row, values)
            self.check(row)
        return row

    def check(self, row: Any) -> None:
        """Run the room's rule on the draft. Raises RuleError."""
        if self.rule is not None:
            type(self).rule(row)  # type: ignore[misc]  # a plain function, kept on the class

    def remove(self, session: Session, row: Any) -> None:
        """Delete the locked row inside the unit."""
        session.delete(row)

    @expose("/<int:pk>/delete", methods=["POST"])
    @writes
    def delete(self, pk: int) -> AnyResponse:
        """Delete, after the page asked by name."""
        row = self.find(pk, ())
        try:
            unit(lambda session: self.remove(session, saving.locked(session, self.model, row.row_id)))
            flash(say(T("Deleted.")), "success")
        except RuleError as error:
            flash(say(error.text), "danger")
        except DBAPIError as error:
            flash(say(saving.explain(error).text), "danger")
        return redirect(url_for(f"{self.endpoint}.list"))
