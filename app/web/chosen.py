"""What a person has chosen for a list: its columns, its saved filters, the one it opens with."""

from collections.abc import Mapping, Sequence
from typing import Any

import sqlalchemy as sa

from app.db.types import BigKey
from app.web import who
from app.web.access import address

LISTS = "lists"


def of_list(view: Any) -> Mapping[str, Any]:
    """All that is kept of this person and this list."""
    found: Mapping[str, Any] = (who.me().preferences.get(LISTS) or {}).get(view.endpoint) or {}
    return found


def columns_to_choose(view: Any) -> list[str]:
    """The list's columns and those of its record that a list can show at no cost for each row."""
    mapper = sa.inspect(view.model)
    kept = {key for key, column in mapper.columns.items() if not _is_technical(column)}
    kept |= {relation.key for relation in mapper.relationships if not relation.uselist}
    more = [name for name in view.show_columns if name in kept and name not in view.list_columns]
    rights = view.column_rights
    return [name for name in (*view.list_columns, *more) if name not in rights or who.has_right(rights[name])]


def _is_technical(column: "sa.Column[Any]") -> bool:
    return bool(column.info.get("secret") or column.primary_key or column.foreign_keys) or column.type is BigKey


def columns(view: Any) -> list[str]:
    """The columns that this person wants to see, in their order; the first opens the record and always stays."""
    offered = columns_to_choose(view)
    wanted = [name for name in of_list(view).get("columns", ()) if name in offered]
    if not wanted:
        return [name for name in offered if name in view.list_columns]
    return [offered[0], *(name for name in wanted if name != offered[0])]


def saved(view: Any) -> Sequence[Mapping[str, Any]]:
    """The filters kept for this list: a name and what stands behind the question mark."""
    found: Sequence[Mapping[str, Any]] = of_list(view).get("saved", ())
    return found


def saved_url(view: Any, one: Mapping[str, Any]) -> str:
    """The address of the list under a saved filter."""
    return address(f"{view.endpoint}.list", one["query"])


def start(view: Any) -> str:
    """The address of the filter that the list opens with; nothing where none was chosen."""
    name = of_list(view).get("start")
    return next((saved_url(view, one) for one in saved(view) if name and one["name"] == name), "")


def whole(view: Any) -> str:
    """The address of the list without any filter."""
    return address(f"{view.endpoint}.list", {"all": "yes"} if start(view) or view.opening() else {})
