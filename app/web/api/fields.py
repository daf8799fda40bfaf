"""What a value is on the wire: words for codes, ISO 8601 for days and moments, whole numbers for money.

Each field refuses in one sentence of the reader's language, as the fields of the forms do.
"""

from collections.abc import Callable, Mapping, Sequence
from datetime import UTC, date, datetime, time
from typing import Any

import sqlalchemy as sa
from flask_babel import LazyString
from marshmallow import RAISE, Schema, ValidationError, fields
from sqlalchemy.dialects import mysql

from app.db.base import sqla
from app.db.types import E164, BasisPoints, CodeType, Instant, Tugrug, WordType
from app.kernel.dates import EARLIEST, LATEST
from app.kernel.enums import Code, Word
from app.kernel.errors import RuleError
from app.kernel.keys import DIGITS
from app.kernel.money import LARGEST
from app.kernel.phones import parse_phone
from app.kernel.text import T, Text
from app.web import who
from app.web.fields import LARGEST_INTEGER, clean
from app.web.text import lazy, say

MARIADB = mysql.dialect()
LONGEST_TEXT, MOST_ROWS = 10_000, 300
LARGEST_KEY = 10**DIGITS - 1
REQUIRED, LISTED = lazy(T("Required")), lazy(T("Choose one of the list."))
SENTENCES: dict[str, str | LazyString] = {
    "required": REQUIRED,
    "null": REQUIRED,
    "validator_failed": lazy(T("This value is not allowed here.")),
}


def refusal(text: Text) -> ValidationError:
    """A sentence as Marshmallow raises it."""
    return ValidationError(say(text))


class _Said:
    """Marshmallow's own sentences, replaced by ours; null is what an empty text is where that may be."""

    default_error_messages = {**SENTENCES, "invalid": lazy(T("This value is not allowed here."))}


class WordField(_Said, fields.Field):
    """A code or a status, as its word."""

    def __init__(self, enum_class: type[Code] | type[Word], **kwargs: Any) -> None:
        self.words = {member.word: member for member in enum_class}
        super().__init__(metadata={"type": "string", "enum": list(self.words)}, **kwargs)

    def _serialize(self, value: Any, attr: str | None, obj: Any, **kwargs: Any) -> Any:
        return None if value is None else value.word

    def _deserialize(self, value: Any, attr: str | None, data: Any, **kwargs: Any) -> Any:
        if not isinstance(value, str) or value not in self.words:
            raise refusal(T("Choose one of the list."))
        return self.words[value]


class TextField(_Said, fields.String):
    """A text without surrounding space; an empty one is null."""

    def __init__(self, longest: int = 255, *, is_ascii: bool = False, **kwargs: Any) -> None:
        self.longest, self.is_ascii = longest, is_ascii
        super().__init__(metadata={"maxLength": longest}, **kwargs)

    def _deserialize(self, value: Any, attr: str | None, data: Any, **kwargs: Any) -> Any:
        if not isinstance(value, str):
            raise refusal(T("Write a text."))
        try:
            typed = clean(value.replace("\r\n", "\n").strip(), self.longest) or None
        except RuleError as error:
            raise refusal(error.text) from error
        if typed is None and not self.allow_none:
            raise refusal(T("Required"))
        if typed is not None and self.is_ascii and not typed.isascii():
            raise refusal(T("This text has a character that can't be stored."))
        return typed


class PhoneField(TextField):
    """A phone number however it is written, in E.164 afterwards."""

    def _deserialize(self, value: Any, attr: str | None, data: Any, **kwargs: Any) -> Any:
        typed = super()._deserialize(value, attr, data, **kwargs)
        try:
            return typed and parse_phone(typed)
        except RuleError as error:
            raise refusal(error.text) from error


class NumberField(_Said, fields.Integer):
    """A whole number between bounds; neither a text nor a fraction is one."""

    def __init__(self, least: int = 0, most: int = LARGEST_INTEGER, **kwargs: Any) -> None:
        self.least, self.most = least, most
        super().__init__(metadata={"minimum": least, "maximum": most}, **kwargs)

    def _deserialize(self, value: Any, attr: str | None, data: Any, **kwargs: Any) -> Any:
        if not isinstance(value, int) or isinstance(value, bool):
            raise refusal(T("Write a whole number."))
        if not self.least <= value <= self.most:
            raise refusal(T("From %(least)s to %(most)s.", least=f"{self.least:,}", most=f"{self.most:,}"))
        return value


class KeyField(NumberField):
    """A foreign key: the number of a row that is there."""

    def __init__(self, model: type[Any] | None, **kwargs: Any) -> None:
        self.model = model
        super().__init__(1, LARGEST_KEY, **kwargs)

    def _deserialize(self, value: Any, attr: str | None, data: Any, **kwargs: Any) -> Any:
        key = super()._deserialize(value, attr, data, **kwargs)
        if self.model is None:
            return key
        row = sqla.session.get(self.model, key)
        if row is None:
            raise refusal(T("Choose one of the list."))
        return getattr(row, "merged_into_id", None) or key  # a patient whose record was merged into another


class YesField(_Said, fields.Boolean):
    """true or false, and nothing that looks like one of them."""

    def _deserialize(self, value: Any, attr: str | None, data: Any, **kwargs: Any) -> Any:
        if not isinstance(value, bool):
            raise refusal(T("Write true or false."))
        return value


class DayField(_Said, fields.Date):
    """A date, `2026-11-20`."""

    def _serialize(self, value: Any, attr: str | None, obj: Any, **kwargs: Any) -> Any:
        return None if value is None else value.isoformat()

    def _deserialize(self, value: Any, attr: str | None, data: Any, **kwargs: Any) -> Any:
        try:
            found = date.fromisoformat(value)
        except (TypeError, ValueError):
            found = date.min
        if not EARLIEST <= found <= LATEST:
            raise refusal(T("Write a date that exists, such as 1985-04-03."))
        return found


class ClockField(_Said, fields.Time):
    """A time of the clinic's wall clock, `14:30`."""

    def _serialize(self, value: Any, attr: str | None, obj: Any, **kwargs: Any) -> Any:
        return None if value is None else f"{value:%H:%M}"

    def _deserialize(self, value: Any, attr: str | None, data: Any, **kwargs: Any) -> Any:
        try:
            return time.fromisoformat(value)
        except (TypeError, ValueError) as error:
            raise refusal(T("Write a time such as 14:30.")) from error


class MomentField(_Said, fields.DateTime):
    """A moment in ISO 8601: with its offset, or else on the clinic's clock."""

    def _serialize(self, value: Any, attr: str | None, obj: Any, **kwargs: Any) -> Any:
        return None if value is None else value.astimezone(who.clinic().zone).isoformat()

    def _deserialize(self, value: Any, attr: str | None, data: Any, **kwargs: Any) -> Any:
        try:
            found = datetime.fromisoformat(value)
            if EARLIEST < found.date() < LATEST:
                aware = found if found.tzinfo else found.replace(tzinfo=who.clinic().zone)
                return aware.astimezone(UTC)
        except (TypeError, ValueError, OverflowError):
            pass
        raise refusal(T("Write a moment in ISO 8601, such as 2026-11-20T14:30+08:00."))


class RowsField(_Said, fields.List):
    """Rows of a second table; what they hold, with the place of each, as the actions take it."""

    def __init__(self, columns: Mapping[str, fields.Field], *, name: str, most: int = MOST_ROWS, **kwargs: Any) -> None:
        self.most = most
        super().__init__(fields.Nested(schema_of(name, columns)), **kwargs)

    def _deserialize(self, value: Any, attr: str | None, data: Any, **kwargs: Any) -> Any:
        if not isinstance(value, list) or not all(isinstance(row, dict) for row in value):
            raise refusal(T("Write a list of rows."))
        if len(value) > self.most:
            raise refusal(T("At most %(most)s rows.", most=self.most))
        return list(enumerate(super()._deserialize(value, attr, data, **kwargs)))


class _Closed(Schema):
    """A schema that refuses what it does not know: nothing can be slipped in, and no typo gets lost."""

    error_messages = {
        "unknown": lazy(T("There is no such field, or it can't be written here.")),
        "type": lazy(T("Write an object with fields.")),
    }

    class Meta:
        """What is not declared is an error."""

        unknown = RAISE


def schema_of(name: str, columns: Mapping[str, fields.Field]) -> Schema:
    """A closed schema of these fields, under this name in the OpenAPI document."""
    made: Schema = type(name, (_Closed,), dict(columns))()
    return made


FieldMaker = Callable[..., fields.Field]


def field_of(column: "sa.Column[Any]", **kwargs: Any) -> fields.Field:
    """The field of a column."""
    type_ = column.type
    if isinstance(type_, CodeType | WordType):
        return WordField(type_.enum_class, **kwargs)
    if column.foreign_keys:
        return KeyField(_model_of(column), **kwargs)
    by_type: tuple[tuple[Any, FieldMaker], ...] = (
        (Tugrug, lambda **kw: NumberField(0, LARGEST, **kw)),
        (BasisPoints, lambda **kw: NumberField(0, 10_000, **kw)),
        (E164, lambda **kw: PhoneField(40, **kw)),
        (Instant, MomentField),
        (sa.Boolean, YesField),
        (sa.Date, DayField),
        (sa.Time, ClockField),
        (sa.Text, lambda **kw: TextField(LONGEST_TEXT, **kw)),
    )
    for kind, make in by_type:
        if isinstance(type_, kind):
            return make(**kwargs)
    if isinstance(type_, sa.Integer):
        most = LARGEST_KEY if isinstance(type_, sa.BigInteger) else LARGEST_INTEGER
        return NumberField(column.info.get("least", 0), column.info.get("most", most), **kwargs)
    longest = column.info.get("typed") or getattr(type_, "length", None) or 255
    return TextField(longest, is_ascii=getattr(type_.dialect_impl(MARIADB), "charset", "") == "ascii", **kwargs)


def _model_of(column: "sa.Column[Any]") -> type[Any] | None:
    target = next(iter(column.foreign_keys)).column.table
    found = (mapper.class_ for mapper in sqla.Model.registry.mappers if mapper.local_table is target)
    return next(found, None)


def is_needed(column: "sa.Column[Any]") -> bool:
    """Whether a new row must name it: it may not be empty, has no default and no action fills it."""
    return not (column.nullable or column.default is not None or column.info.get("filled"))


def fields_of(model: type[Any], columns: Sequence[str], *, is_new: bool, **more: Any) -> dict[str, fields.Field]:
    """The fields that write these columns: for a new row those it needs are required, for a change none."""
    table = sa.inspect(model).columns
    return {
        name: field_of(
            table[name],
            required=is_new and is_needed(table[name]),
            allow_none=bool(table[name].nullable or table[name].info.get("filled")),
            **more,
        )
        for name in columns
    }


def flat(messages: Any, at: str = "") -> dict[str, list[str]]:
    """Marshmallow's nested sentences by field, named as the rules name them: `phones-1-phone_number_val`."""
    if not isinstance(messages, Mapping):
        return {at: [str(one) for one in messages] if isinstance(messages, list | tuple) else [str(messages)]}
    found: dict[str, list[str]] = {}
    for key, inner in messages.items():
        name = at if key == "_schema" else f"{at}-{key}" if at else str(key)
        found |= flat(inner, name)
    return found
