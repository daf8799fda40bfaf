"""Which routes take files, and how much may be sent there. Every other form stays small: `MAX_CONTENT_LENGTH`."""

from collections.abc import Callable
from typing import Any, TypeVar

from flask import current_app, request

from app.web import who

F = TypeVar("F", bound=Callable[..., Any])
MEGABYTE, MOST_PARTS = 2**20, 60


def takes_files(count: int = 1) -> Callable[[F], F]:
    """Marks a route that takes as much as `count` of the largest files."""

    def mark(method: F) -> F:
        method.takes_files = count  # type: ignore[attr-defined]  # what `admit` reads
        return method

    return mark


def admit() -> None:
    """Let a request be as large as its route allows, for who may write there. It runs before anything is read."""
    view: Any = current_app.view_functions.get(request.endpoint or "")
    count = getattr(view, "takes_files", 0)
    page = getattr(getattr(view, "__self__", None), "class_permission_name", "")
    if count and request.method == "POST" and who.may("write", page):
        request.max_content_length = (who.setting("files.largest_mb") * count + 1) * MEGABYTE
        request.max_form_parts = MOST_PARTS
