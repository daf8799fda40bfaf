"""Forms made from a table's columns, and rows of a second table inside them.

A refused form keeps what was typed: a rule's error lands on its field and nothing is written.
"""

from collections.abc import Callable, Iterable, Mapping, Sequence
from typing import Any

import sqlalchemy as sa
from flask import request
from flask_babel import LazyString, get_translations
from flask_wtf import FlaskForm
from flask_wtf.form import _Auto
from wtforms import Field, FieldList, Form, FormField, HiddenField
from wtforms.validators import ValidationError

from app.db.types import E164, BasisPoints, CodeType, Instant, Tugrug, WordType
from app.kernel.errors import RuleError
from app.kernel.text import Text
from app.web import fields
from app.web.text import lazy, say
from app.web.vocabulary import label


class _Catalogue:
    """WTForms' own sentences, from our catalogue."""

    def gettext(self, text: str) -> str:
        return str(get_translations().ugettext(text))

    def ngettext(self, one: str, many: str, n: int) -> str:
        return str(get_translations().ungettext(one, many, n))


class _Meta:
    def get_translations(self, form: Form) -> _Catalogue:
        return _Catalogue()


class ClinicForm(FlaskForm):
    """The base of every form."""

    class Meta(_Meta, FlaskForm.Meta):
        """CSRF as Flask-WTF does it; sentences from our catalogue."""

        def wrap_formdata(self, form: Form, formdata: Any) -> Any:
            """Only what a form sent: JSON, which Flask-WTF would read too, has values that no field expects."""
            is_json = formdata is _Auto and request.is_json and not request.form
            return super().wrap_formdata(form, request.form if is_json else formdata)

    lock_token = HiddenField()  # not named like a column: populate would overwrite the counter
    refusal: Mapping[str, Any] = {}  # what the rule that refused the form offers beside its sentence

    def values(self) -> dict[str, Any]:
        """What was typed, by column, without the form's own fields."""
        return {name: field.data for name, field in self._fields.items() if name not in ("csrf_token", "lock_token")}

    def refuse(self, error: RuleError) -> None:
        """Put a rule's sentences where they belong: on their fields, else on the form."""
        self.refusal = dict(error.data)
        for name, text in error.errors:
            target = self._find(name)
            if target is None:
                self.form_errors.append(say(text))
            else:
                target.errors = [*target.errors, say(text)]

    def _find(self, name: str | None) -> Field | None:
        """`birthday`, `patient_id` (also asked for as `patient`), or `phones-1-phone_number_val`."""
        if name is None:
            return None
        for field in self.flat():
            if field.name in (name, f"{name}_id"):
                return field
        return None

    def flat(self) -> Iterable[Field]:
        """Every field, also those inside rows."""
        return _flatten(self._fields.values())

    def problems(self) -> list[tuple[str | None, str, str]]:
        """(field id, label, sentence) of everything that is wrong, for the summary on top."""
        found: list[tuple[str | None, str, str]] = [(None, "", str(text)) for text in self.form_errors]
        for field in self.flat():
            found.extend((field.id, str(field.label.text), str(text)) for text in _own_errors(field))
        return found


def _own_errors(field: Field) -> Sequence[Any]:
    if isinstance(field, FieldList):
        return [error for error in field.errors if isinstance(error, str)]
    return field.errors if isinstance(field.errors, list | tuple) else []


def _flatten(found: Iterable[Field]) -> Iterable[Field]:
    for field in found:
        yield field
        if isinstance(field, FieldList):
            for entry in field.entries:
                yield from _flatten(entry.form._fields.values() if isinstance(entry, FormField) else [entry])


class RowForm(Form):
    """One row inside a form (a phone, an invoice's line). A row left blank counts as none."""

    class Meta(_Meta, Form.Meta):
        """No CSRF of its own: the form around it carries it."""

    def is_blank(self) -> bool:
        """Whether nothing was typed in it; ticks and what stood there from the start are nothing."""
        return not any(_was_typed(field) for field in self._fields.values())


def _was_typed(field: Field) -> bool:
    if isinstance(field, fields.YesField):
        return False
    if field.raw_data is not None:  # also what could not be read
        return any(str(typed).strip() for typed in field.raw_data) and not _is_preset(field)
    return field.data not in (None, "") and not _is_preset(field)


def _is_preset(field: Field) -> bool:
    return field.default is not None and field.data == field.default


class RowsField(FieldList):
    """Rows of a second table, edited inside the form; `data` leaves out the blank ones."""

    def __init__(
        self,
        row_form: type[RowForm],
        *,
        label: Text | str = "",
        least: int = 0,
        spare: int = 1,
        most: int = 50,
        **bound: Any,
    ) -> None:
        super().__init__(
            FormField(row_form), label=lazy(label), min_entries=max(least, spare), max_entries=most, **bound
        )
        self.least = least

    def rows(self) -> list[tuple[int, dict[str, Any]]]:
        """(position on the form, values) of the rows that hold something."""
        return [(i, entry.data) for i, entry in enumerate(self.entries) if not entry.form.is_blank()]

    def validate(self, form: Any, extra_validators: Any = ()) -> bool:
        """Validate only the rows that hold something."""
        self.errors = []
        is_valid = True
        for entry in self.entries:
            if not entry.form.is_blank():
                is_valid = entry.form.validate() and is_valid
        return is_valid

    def template_entry(self) -> Field:
        """A blank row for the page's "add a row" button; its names carry `__i__`."""
        blank = self.unbound_field.bind(form=None, name=f"{self.name}-__i__", prefix="", _meta=self.meta)
        blank.process(None)
        return blank

    def __iter__(self) -> Any:
        return iter(self.entries)


FieldMaker = Callable[..., Field]


def field_for(
    column: "sa.Column[Any]",
    *,
    reference: Callable[["sa.Column[Any]"], Mapping[str, Any]] | None = None,
    text: Text | None = None,
) -> Any:
    """The field that reads this column; `reference` supplies url, find and name_of for a foreign key."""
    type_ = column.type
    caption = lazy(text) if text else LazyString(lambda: say(label(column.key, column.table.name)))
    # a column that its action fills ("filled") may be left open on the form
    needed = not (column.nullable or column.default is not None or column.info.get("filled"))
    common: dict[str, Any] = {"label": caption, "validators": [fields.required] if needed else []}
    if column.default is not None and column.default.is_scalar:
        common["default"] = column.default.arg
    if column.foreign_keys and reference is not None:
        return fields.ReferenceField(**common, **reference(column))
    return _plain_field(type_, column, common)


def _plain_field(type_: Any, column: "sa.Column[Any]", common: dict[str, Any]) -> Any:
    if isinstance(type_, CodeType | WordType):
        return fields.ChoiceField(**common, enum_class=type_.enum_class)
    by_type: tuple[tuple[Any, Any], ...] = (
        (Tugrug, fields.MoneyField),
        (BasisPoints, fields.PercentField),
        (E164, fields.PhoneField),
        (Instant, fields.MomentField),
        (sa.Boolean, fields.YesField),
        (sa.Date, fields.DayField),
        (sa.Time, fields.ClockField),
        (sa.Text, fields.LongTextField),
    )
    for kind, maker in by_type:
        if isinstance(type_, kind):
            return maker(**{**common, "validators": []} if maker is fields.YesField else common)
    if isinstance(type_, sa.Integer):
        bounds = {key: column.info[key] for key in ("least", "most") if key in column.info}
        return fields.NumberField(**common, **bounds)
    # "typed": how much may be typed where it is brought into a shorter form, such as a register number
    return fields.TextField(**common, longest=column.info.get("typed") or getattr(type_, "length", None) or 255)


def make_form(name: str, made: Mapping[str, Any]) -> type[ClinicForm]:
    """A form class of these fields."""
    return type(name, (ClinicForm,), dict(made))


def make_row_form(name: str, made: Mapping[str, Any]) -> type[RowForm]:
    """A row's form class of these fields."""
    # fields made beforehand stand where their column stands, not before all others
    return type(
        name, (RowForm,), {key: type(one)(one.field_class, *one.args, **one.kwargs) for key, one in made.items()}
    )


__all__ = ["ClinicForm", "RowForm", "RowsField", "ValidationError", "field_for", "make_form", "make_row_form"]
