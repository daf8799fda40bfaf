"""What people choose for themselves: filters under a name, columns and their order."""

from collections.abc import Mapping, Sequence
from copy import deepcopy
from typing import Any

from sqlalchemy.orm import Session

from app.kernel.errors import NotFound, RuleError
from app.kernel.text import T
from app.security.models import UserProfile

MOST_FILTERS, LONGEST_NAME, LONGEST_VALUE, MOST_KEYS = 20, 40, 100, 30


def save_filter(
    session: Session, user_id: int, view: str, name: str, query: Mapping[str, str], *, is_start: bool = False
) -> None:
    """Keep a filter under a name; the same name again replaces it. Raises RuleError."""
    name = " ".join(name.split())
    if not name or len(name) > LONGEST_NAME:
        raise RuleError(T("Give the filter a name of at most %(longest)s letters.", longest=LONGEST_NAME), field="name")
    if len(query) > MOST_KEYS or any(len(value) > LONGEST_VALUE for value in query.values()):
        raise RuleError(T("This filter is too long to be kept."), field="name")
    profile, kept = _locked(session, user_id, view)
    others = [one for one in kept.get("saved", []) if one["name"].casefold() != name.casefold()]
    if len(others) >= MOST_FILTERS:
        raise RuleError(T("At most %(most)s filters a list: delete one first.", most=MOST_FILTERS), field="name")
    kept["saved"] = sorted([*others, {"name": name, "query": dict(query)}], key=lambda one: one["name"].casefold())
    if is_start:
        kept["start"] = name
    elif kept.get("start", "").casefold() == name.casefold():
        kept.pop("start")
    _keep(profile, view, kept)


def drop_filter(session: Session, user_id: int, view: str, name: str) -> None:
    """Forget a filter."""
    profile, kept = _locked(session, user_id, view)
    kept["saved"] = [one for one in kept.get("saved", []) if one["name"] != name]
    if kept.get("start") == name:
        kept.pop("start")
    _keep(profile, view, kept)


def choose_columns(session: Session, user_id: int, view: str, columns: Sequence[str]) -> None:
    """Remember a list's columns in their order; none: as they come with the list."""
    profile, kept = _locked(session, user_id, view)
    kept.pop("columns", None)
    if columns:
        kept["columns"] = list(columns)
    _keep(profile, view, kept)


def _locked(session: Session, user_id: int, view: str) -> tuple[UserProfile, dict[str, Any]]:
    profile = session.get(UserProfile, user_id, with_for_update=True)
    if profile is None:
        raise NotFound(T("This record no longer exists."))
    return profile, deepcopy((profile.preferences or {}).get("lists", {}).get(view, {}))


def _keep(profile: UserProfile, view: str, kept: dict[str, Any]) -> None:
    preferences = deepcopy(profile.preferences or {})
    lists = preferences.setdefault("lists", {})
    lists[view] = {key: value for key, value in kept.items() if value}
    profile.preferences = preferences
