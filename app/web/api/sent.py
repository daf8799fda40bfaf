"""Reading what a program sends."""

from typing import Any

from flask import request
from marshmallow import Schema, ValidationError
from werkzeug.exceptions import BadRequest

from app.kernel.text import T
from app.web.api.answers import Invalid, Unreadable
from app.web.api.fields import flat
from app.web.text import say


def read_body(schema: Schema) -> dict[str, Any]:
    """The object that was sent, read by the schema. Raises Unreadable, Invalid."""
    try:
        sent = request.get_json() if request.is_json else None
    except BadRequest:
        sent = None
    if not isinstance(sent, dict):
        raise Unreadable(say(T("Send an object as JSON.")))
    try:
        found: dict[str, Any] = schema.load(sent)
    except ValidationError as error:
        raise Invalid(flat(error.messages)) from error
    return found
