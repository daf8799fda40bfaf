"""Which lists stand inside which record. The composition root declares them (`app/related.py`); every record shows
those that its reader may open, a few newest rows each, under the rights and row rules of the related table."""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from functools import cache
from typing import Any

from flask import url_for

from app.kernel.text import Text
from app.web import who
from app.web.access import address

NEWEST = 6


@dataclass(frozen=True, slots=True)
class Related:
    """Rows of `model` whose column `by` holds the record's key."""

    model: type[Any]
    by: str
    order: str = ""  # the column whose largest come first; without one, the key
    only: Mapping[str, str] = field(default_factory=dict)  # filters that hold besides: {"contact_type": "patient"}
    label: Text | None = None  # where the table's own name would not say what these rows are
    add: str = ""  # the endpoint that makes one, where it isn't the table's own form
    add_right: str = ""


@dataclass(frozen=True, slots=True)
class Section:
    """One related list as a person sees it in a record."""

    label: Text
    rows_url: str
    list_url: str
    related: Related


LISTS: dict[type[Any], list[Related]] = {}  # whose records → the lists in them
VIEWS: dict[type[Any], Any] = {}  # model → its view; filled as views register


def relate(parent: type[Any], *lists: Related) -> None:
    """Declare which lists stand in the records of `parent`, in this order."""
    LISTS.setdefault(parent, []).extend(lists)


def find(parent: str, model: type[Any], column: str) -> Related | None:
    """The declared list of `model` in records of the table `parent`."""
    return next((one for whose, one in _of(model, column) if whose.__tablename__ == parent), None)


def _of(model: type[Any], column: str) -> Iterator[tuple[type[Any], Related]]:
    for parent, lists in LISTS.items():
        yield from ((parent, one) for one in lists if one.model is model and one.by == column)


def parent_of(model: type[Any], column: str, args: Mapping[str, str]) -> type[Any] | None:
    """Whose key this column holds, in a list that is narrowed as `args` say; None: no record leads here."""
    for parent, one in _of(model, column):
        if all(args.get(name) == value for name, value in one.only.items()):
            return parent
    return None


def is_key(model: type[Any], column: str) -> bool:
    """Whether the column holds the key of records that show this list."""
    return any(True for _ in _of(model, column))


@cache
def filters_of(model: type[Any]) -> frozenset[str]:
    """The columns by which a list may be narrowed besides those that it offers: what its related lists lead to."""
    found = [one for lists in LISTS.values() for one in lists if one.model is model]
    return frozenset({one.by for one in found} | {name for one in found for name in one.only})


def lists_of(row: Any, *models: type[Any]) -> list[Section]:
    """The related lists in this record (of these models, if any are named) that the person may open. Asks nothing."""
    return [one for one in _sections(type(row), row.row_id) if not models or one.related.model in models]


def _sections(parent: type[Any], key: Any) -> Iterator[Section]:
    for one in LISTS.get(parent, ()):
        view = VIEWS.get(one.model)
        if view is not None and who.may("read", view.page):
            rows_url = url_for(f"{view.endpoint}.by", parent=parent.__tablename__, column=one.by, key=key)
            yield Section(one.label or view.title_many, rows_url, list_url(one, key), one)


def history_url(row: Any) -> str:
    """The address of the record's history, if the person may read it."""
    view = VIEWS.get(type(row))
    if view is None or "changes" in view.exclude_route_methods or not who.may("read", view.page):
        return ""
    return url_for(f"{view.endpoint}.changes", pk=row.row_id)


def list_url(one: Related, key: Any) -> str:
    """The address of the whole list."""
    return address(f"{VIEWS[one.model].endpoint}.list", {one.by: key, **one.only})


def add_url(one: Related, key: Any) -> str:
    """The address of the form for one more row, if the person may write one here; else nothing."""
    view = VIEWS[one.model]
    if not who.may("write", view.page) or (one.add_right and not who.has_right(one.add_right)):
        return ""
    if one.add:
        return address(one.add, {one.by: key})
    return address(f"{view.endpoint}.add", {one.by: key}) if one.by in view.add_columns else ""
