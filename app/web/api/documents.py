"""The API as an OpenAPI document, made of the same declarations that answer: what it says is what is done."""

from collections.abc import Iterable, Mapping
from typing import Any

from marshmallow import Schema, fields

from app.web.api import asked
from app.web.api.fields import RowsField, WordField

Json = dict[str, Any]
VERSION = "1"
_FORMATS: tuple[tuple[type[fields.Field], Json], ...] = (
    (fields.Boolean, {"type": "boolean"}),
    (fields.Integer, {"type": "integer", "format": "int64"}),
    (fields.DateTime, {"type": "string", "format": "date-time"}),
    (fields.Date, {"type": "string", "format": "date"}),
    (fields.String, {"type": "string"}),
    (fields.Field, {"type": "string"}),
)
_LIMITS = ("maxLength", "minimum", "maximum")
TEXT: Json = {"type": "string"}
TEXTS: Json = {"type": "array", "items": TEXT}
LABELS: Json = {"type": "object", "additionalProperties": TEXT}
ERRORS: Json = {"type": "object", "additionalProperties": TEXTS}
NUMBER: Json = {"type": "integer", "format": "int64"}
MESSAGE: Json = {"type": "object", "required": ["message"], "properties": {"message": TEXT, "code": TEXT}}


def answer(description: str, schema: Json) -> Json:
    """An answer with a JSON body."""
    return {"description": description, "content": {"application/json": {"schema": schema}}}


ANSWERS: dict[str, Json] = {
    "400": answer("The question or the body could not be read", MESSAGE),
    "401": answer("Not signed in: no token, or one that is wrong, expired or ended", MESSAGE),
    "403": answer("The person's roles don't allow it", {**MESSAGE, "additionalProperties": True}),
    "404": answer("There is no such row, or not for this person", MESSAGE),
    "409": answer(
        "Somebody was quicker: the time is taken, the row was changed, the key is used",
        {
            "type": "object",
            "required": ["message", "code", "free"],
            "properties": {
                "message": TEXT,
                "code": TEXT,
                "free": {"type": "array", "items": {"type": "string", "format": "date-time"}},
                "errors": ERRORS,
                "likely": {"type": "array", "items": NUMBER},
                "patient_id": NUMBER,
                "payment_id": NUMBER,
            },
        },
    ),
    "422": answer(
        "A rule refuses: a sentence for each field",
        {"type": "object", "required": ["message", "errors"], "properties": {"message": TEXT, "errors": ERRORS}},
    ),
    "503": answer("The clinic's data is busy: nothing was saved, try again", MESSAGE),
}
ABOUT_A_LIST = ("list_columns", "order_columns", "label_columns", "description_columns", "list_title", "none")
ABOUT_A_ROW = ("show_columns", "label_columns", "description_columns", "show_title", "none")
ABOUT_A_TABLE = ("add_columns", "edit_columns", "filters", "permissions", "none")
KEY_IN_PATH = {"in": "path", "name": "pk", "required": True, "schema": {**NUMBER, "minimum": 1}}


def schema_of_field(field: fields.Field) -> Json:
    """The JSON schema of one field."""
    if isinstance(field, RowsField):
        inner: Any = field.inner
        found: Json = {"type": "array", "maxItems": field.most, "items": ref(type(inner.schema).__name__)}
    else:
        found = dict(next(schema for kind, schema in _FORMATS if isinstance(field, kind)))
        found |= {key: field.metadata[key] for key in _LIMITS if key in field.metadata}
    if isinstance(field, WordField):
        found["enum"] = [*field.words, *([None] if field.allow_none else [])]
    if field.allow_none:
        found["nullable"] = True
    return found


def ref(name: str) -> Json:
    """A reference to a schema of the document."""
    return {"$ref": f"#/components/schemas/{name}"}


def _object(schema: Schema, labels: Mapping[str, str], *, is_answer: bool) -> Json:
    properties = {
        name: schema_of_field(field) | ({"title": labels[name]} if name in labels else {})
        for name, field in schema.fields.items()
    }
    found: Json = {"type": "object", "properties": properties, "additionalProperties": False}
    needed = [name for name, field in schema.fields.items() if field.required]
    return found | ({"required": needed} if needed and not is_answer else {})


def schemas_of(schema: Schema, labels: Mapping[str, str], *, is_answer: bool = False) -> dict[str, Json]:
    """The schema under its name, and those of the rows inside it."""
    found = {type(schema).__name__: _object(schema, labels, is_answer=is_answer)}
    for field in schema.fields.values():
        if isinstance(field, RowsField):
            inner: Any = field.inner
            found |= schemas_of(inner.schema, labels, is_answer=is_answer)
    return found


def question(schema: Json, example: Json) -> Json:
    """`?q=`: Rison, or JSON."""
    return {
        "in": "query",
        "name": "q",
        "description": "Rison or JSON",
        "content": {"application/json": {"schema": schema, "example": example}},
    }


def operation(summary: str, *, answer: str, body: str | None = None, conflict: str = "") -> Json:
    """A POST on one row that is more than a change of its fields."""
    found: Json = {
        "summary": summary,
        "parameters": [KEY_IN_PATH],
        "responses": responses({"200": written(answer)}, "400", "401", "403", "404", "409", "422", "503"),
    }
    return {"post": {**found, **(sends(body) if body else {}), "description": conflict}}


def sends(schema: str) -> Json:
    """The JSON body of a request."""
    return {"requestBody": {"required": True, "content": {"application/json": {"schema": ref(schema)}}}}


def written(record: str) -> Json:
    """The answer to a write."""
    return answer("The row as it stands now", _closed({"id": NUMBER, "result": ref(record)}))


def _closed(properties: Json) -> Json:
    return {"type": "object", "required": list(properties), "properties": properties}


def responses(own: Json, *refusals: str) -> Json:
    """An operation's answers."""
    return {**own, **{code: {"$ref": f"#/components/responses/{code}"} for code in refusals}}


def _list_operation(name: str, columns: Iterable[str], filters: Iterable[str], orders: Iterable[str]) -> Json:
    properties: Json = {
        "count": NUMBER,
        "ids": {"type": "array", "items": NUMBER},
        "result": {"type": "array", "items": ref(f"{name}.list")},
        "label_columns": LABELS,
        "description_columns": LABELS,
        "list_columns": TEXTS,
        "order_columns": TEXTS,
        "list_title": TEXT,
    }
    listed = {"type": "object", "required": ["count", "ids", "result"], "properties": properties}
    asking = {
        "columns": _some_of(columns),
        "filters": {"type": "array", "items": _filter(filters)},
        "order_column": {**TEXT, "enum": list(orders)},
        "order_direction": {**TEXT, "enum": ["asc", "desc"]},
        "page": {"type": "integer", "minimum": 0},
        "page_size": {"type": "integer", "minimum": 1, "maximum": asked.LARGEST_PAGE},
        "keys": _some_of(ABOUT_A_LIST),
    }
    return {
        "summary": "A page of the list",
        "parameters": [question({"type": "object", "properties": asking}, {"page": 0, "page_size": 20})],
        "responses": responses({"200": answer("Rows", listed)}, "400", "401", "403"),
    }


def _filter(columns: Iterable[str]) -> Json:
    kinds = [{"type": kind} for kind in ("integer", "string", "boolean")]
    properties = {
        "col": {**TEXT, "enum": [asked.SEARCH, *columns]},
        "opr": {**TEXT, "enum": list(asked.OPERATORS)},
        "value": {"anyOf": [*kinds, {"type": "array", "items": {"anyOf": kinds}}]},
    }
    return _closed(properties)


def _some_of(words: Iterable[str]) -> Json:
    return {"type": "array", "items": {**TEXT, "enum": list(words)}}


def _record_operation(name: str, columns: Iterable[str]) -> Json:
    properties: Json = {
        "id": NUMBER,
        "result": ref(f"{name}.record"),
        "label_columns": LABELS,
        "description_columns": LABELS,
        "show_columns": TEXTS,
        "show_title": TEXT,
    }
    asking = {
        "columns": _some_of(columns),
        "keys": _some_of(ABOUT_A_ROW),
    }
    shown = {"type": "object", "required": ["id", "result"], "properties": properties}
    return {
        "summary": "One row",
        "parameters": [KEY_IN_PATH, question({"type": "object", "properties": asking}, {"keys": ["none"]})],
        "responses": responses({"200": answer("The row", shown)}, "400", "401", "403", "404"),
    }


def _info_operation() -> Json:
    field = {"type": "object", "required": ["name"], "properties": {"name": TEXT, "label": TEXT}}
    operators = {"type": "array", "items": {"type": "object", "properties": {"name": TEXT, "operator": TEXT}}}
    properties = {
        "add_columns": {"type": "array", "items": field},
        "edit_columns": {"type": "array", "items": field},
        "filters": {"type": "object", "additionalProperties": operators},
        "permissions": TEXTS,
    }
    asking = {"keys": _some_of(ABOUT_A_TABLE)}
    return {
        "summary": "Which fields can be written, which filters there are, what one may do",
        "parameters": [question({"type": "object", "properties": asking}, {"keys": ["permissions"]})],
        "responses": responses(
            {"200": answer("About the table", {"type": "object", "properties": properties})}, "400", "401", "403"
        ),
    }


def paths_of(api: Any) -> dict[str, Json]:
    """The operations of a table."""
    name, base = api.resource_name, api.route_base
    writing = ("400", "401", "403", "409", "422", "503")
    many: Json = {"get": _list_operation(name, api.list_columns, api.search_columns, api.order_columns)}
    one: Json = {"get": _record_operation(name, api.show_columns)}
    if api.add_columns:
        made = {code: {**written(f"{name}.record"), "description": text} for code, text in api.made_answers.items()}
        many["post"] = {"summary": "A new row", **sends(f"{name}.new"), "responses": responses(made, *writing)}
    if api.edit_columns:
        one["put"] = {
            "summary": "Change a row: what is not named stays",
            "parameters": [KEY_IN_PATH],
            **sends(f"{name}.change"),
            "responses": responses({"200": written(f"{name}.record")}, "404", *writing),
        }
    if api.may_delete:
        one["delete"] = {
            "summary": "Delete a row",
            "parameters": [KEY_IN_PATH],
            "responses": responses({"200": answer("Deleted", MESSAGE)}, "401", "403", "404", "409", "422", "503"),
        }
    more = {base + path: dict(operations) for path, operations in api.more_operations.items()}
    return {f"{base}/_info": {"get": _info_operation()}, f"{base}/": many, f"{base}/{{pk}}": one, **more}


def document(title: str, tables: Iterable[Any], others: Iterable[Any]) -> Json:
    """The whole document; `others` are APIs of no table, which say themselves what they do."""
    paths: dict[str, Json] = {}
    found: dict[str, Json] = {}
    tags = []
    for api in others:
        paths |= api.paths()
        found |= api.schemas()
    for api in tables:
        tags.append({"name": api.resource_name, "description": api.title_many()})
        for path, operations in paths_of(api).items():
            paths[path] = {m: {**one, "tags": [api.resource_name]} for m, one in operations.items()}
        found |= api.schemas()
    return {
        "openapi": "3.0.3",
        "info": {"title": title, "version": VERSION},
        "tags": tags,
        "security": [{"jwt": []}, {"session": []}],
        "paths": paths,
        "components": {
            "schemas": found,
            "responses": ANSWERS,
            "securitySchemes": {
                "jwt": {"type": "http", "scheme": "bearer", "bearerFormat": "JWT"},
                "session": {"type": "apiKey", "in": "cookie", "name": "soyoo"},
            },
        },
    }
