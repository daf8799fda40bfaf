"""How the API refuses: JSON with a sentence in the caller's language, and a sentence for each field."""

from collections.abc import Mapping
from datetime import datetime
from typing import Any

from flask import Response, jsonify

from app.kernel.errors import RuleError
from app.kernel.text import T
from app.web import who
from app.web.text import say


class Invalid(Exception):
    """The body could not be read: a sentence for each field."""

    def __init__(self, errors: Mapping[str, list[str]]) -> None:
        super().__init__(str(errors))
        self.errors = errors


class Unreadable(Exception):
    """The question itself could not be read (400)."""

    def __init__(self, sentence: str) -> None:
        super().__init__(sentence)
        self.sentence = sentence


def unreadable(error: Unreadable) -> Response:
    """400 with what is wrong with the question."""
    return _answer(400, {"message": error.sentence})


def invalid(error: Invalid) -> Response:
    """422 with a sentence for each field."""
    message = error.errors.get("") or [say(T("This could not be saved"))]
    return _answer(422, {"message": " ".join(message), "errors": {k: v for k, v in error.errors.items() if k}})


def refused(error: RuleError) -> Response:
    """A rule's refusal."""
    errors: dict[str, list[str]] = {}
    for field, text in error.errors:
        if field is not None:
            errors.setdefault(field, []).append(say(text))
    body: dict[str, Any] = {"message": " ".join(dict.fromkeys(say(text) for _, text in error.errors))}
    if error.status == 422 or errors:
        body["errors"] = errors
    if error.status != 422:
        body["code"] = "time_taken" if "busy" in error.data else error.code
    if error.status == 409:
        body |= {"free": [], **_facts(error.data)}
    return _answer(error.status, body)


def _facts(data: Mapping[str, Any]) -> dict[str, Any]:
    """What a refusal offers beside its sentence: free times, the numbers of rows it is about."""
    found: dict[str, Any] = {key: data[key] for key in ("patient_id", "payment_id") if key in data}
    if "free" in data:
        found["free"] = [_moment(start) for start in data["free"]]
    if "likely" in data:
        found["likely"] = [row[0] if isinstance(row, tuple) else row for row in data["likely"]]
    return found


def _moment(start: datetime) -> str:
    return start.astimezone(who.clinic().zone).isoformat()


def _answer(status: int, body: Mapping[str, Any]) -> Response:
    answer = jsonify(body)
    answer.status_code = status
    return answer
