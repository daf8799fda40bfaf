"""What a list of the API is asked: filters, order and page, read from the Rison in `q`, for this request alone."""

import functools
import json
from collections.abc import Callable, Mapping
from typing import Any

import jsonschema
import prison
import sqlalchemy as sa
from flask import request
from marshmallow import ValidationError
from sqlalchemy import ColumnElement

from app.db.base import sqla
from app.kernel.text import TC, T, Text
from app.web import listing
from app.web.api.answers import Unreadable
from app.web.api.fields import TextField, YesField, flat
from app.web.text import say

MOST_FILTERS, MOST_VALUES, LONGEST_Q = 30, 100, 8_000
LARGEST_PAGE, DEEPEST = listing.LARGEST_PAGE, listing.DEEPEST
SEARCH = "search"

Condition = Callable[[Any, Any], ColumnElement[bool]]


def _starts_with(column: Any, typed: str) -> ColumnElement[bool]:
    escaped = typed.replace("\\", "\\\\").replace("%", "\\%").replace("_", "\\_")
    return listing.contains_text(column, f"{escaped}%")


OPERATORS: Mapping[str, tuple[Text, Condition]] = {
    "eq": (TC("filter", "Is"), lambda column, value: column == value),
    "neq": (TC("filter", "Is not"), lambda column, value: column != value),
    "gt": (TC("filter", "After or more than"), lambda column, value: column > value),
    "lt": (TC("filter", "Before or less than"), lambda column, value: column < value),
    "gte": (TC("filter", "At least, or from"), lambda column, value: column >= value),
    "lte": (TC("filter", "At most, or until"), lambda column, value: column <= value),
    "sw": (TC("filter", "Starts with"), _starts_with),
    "ct": (TC("filter", "Contains"), listing.like),
    "in": (TC("filter", "Is one of"), lambda column, value: column.in_(value)),
    "rel_o_m": (TC("filter", "Refers to"), lambda column, value: column == value),
}
EXACT, ORDERED, WORDS = ("eq", "neq", "in"), ("eq", "neq", "gt", "lt", "gte", "lte", "in"), ("eq", "neq", "sw", "ct")


def operators_of(column: Any, field: Any) -> tuple[str, ...]:
    """The operators that a column can be filtered with."""
    if isinstance(field, YesField):
        return ("eq", "neq")
    if isinstance(field, TextField):
        return WORDS
    if column.foreign_keys:
        return ("rel_o_m", *EXACT)
    return EXACT if hasattr(field, "words") else ORDERED


def reads_q(schema: Mapping[str, Any]) -> Callable[[Any], Any]:
    """Give the method `rison`: what stands in `?q=`, as Rison or JSON, checked against the schema."""

    def mark(method: Any) -> Any:
        @functools.wraps(method)
        def reading(self: Any, *args: Any, **kwargs: Any) -> Any:
            return method(self, *args, rison=_question(schema), **kwargs)

        return reading

    return mark


def _question(schema: Mapping[str, Any]) -> dict[str, Any]:
    typed = request.args.get("q", "")
    found = _parsed(typed) if typed else {}
    try:
        jsonschema.validate(instance=found, schema=schema)
    except (jsonschema.ValidationError, RecursionError) as error:
        raise Unreadable(say(T("The question in `q` does not have the right form."))) from error
    return dict(found)


def _parsed(typed: str) -> Any:
    for read in (prison.loads, json.loads):
        try:
            return read(typed[: LONGEST_Q + 1]) if len(typed) <= LONGEST_Q else None
        except Exception:  # noqa: S112 - prison raises whatever its parser stumbles over
            continue
    raise Unreadable(say(T("The question in `q` is neither Rison nor JSON.")))


def page_of(asked: Mapping[str, Any], default: int) -> tuple[int, int]:
    """(page from 0, rows on a page): at most a hundred, whatever was asked for."""
    size = int(asked.get("page_size") or default)
    size = size if 1 <= size <= LARGEST_PAGE else LARGEST_PAGE
    return max(0, min(DEEPEST, int(asked.get("page") or 0))), size


def conditions(api: Any, asked: Mapping[str, Any]) -> list[ColumnElement[bool]]:
    """The filters as SQL. Raises Unreadable for a column that can't be filtered, an operator or a value it hasn't."""
    wanted = asked.get("filters") or []
    if len(wanted) > MOST_FILTERS:
        raise Unreadable(say(T("At most %(most)s filters.", most=MOST_FILTERS)))
    return [_condition(api, flt["col"], flt["opr"], flt["value"]) for flt in wanted]


def _condition(api: Any, name: str, operator: str, value: Any) -> ColumnElement[bool]:
    if name == SEARCH and operator == "ct" and isinstance(value, str):
        typed = " ".join(value.split())[:100]
        found: ColumnElement[bool] = api.screen.search_condition(sqla.session(), typed) if typed else sa.true()
        return found
    if name not in api.search_columns:
        raise Unreadable(say(T("This list can't be filtered by “%(column)s”.", column=name[:60])))
    if operator not in api.operators(name):
        raise Unreadable(say(T("“%(column)s” has no filter “%(filter)s”.", column=name, filter=operator[:20])))
    return OPERATORS[operator][1](api.column(name), _value(api.filter_fields[name], name, operator, value))


def _value(field: Any, name: str, operator: str, value: Any) -> Any:
    values = value if operator == "in" and isinstance(value, list) else [value]
    try:
        found = [field.deserialize(one) for one in values[:MOST_VALUES]]
    except ValidationError as error:
        sentence = " ".join(text for texts in flat(error.messages).values() for text in texts)
        raise Unreadable(f"{name}: {sentence}") from error
    return found if operator == "in" else found[0]


def order(api: Any, asked: Mapping[str, Any]) -> list[Any]:
    """ORDER BY: what was asked for, then the key, so that pages never overlap. Raises Unreadable."""
    name, direction = asked.get("order_column") or "", asked.get("order_direction") or "asc"
    if not name:
        name, direction = api.base_order
    elif name not in api.order_columns:
        raise Unreadable(say(T("This list can't be ordered by “%(column)s”.", column=name[:60])))
    columns = [api.column(name), api.key]
    return [column.desc() if direction == "desc" else column.asc() for column in columns]
