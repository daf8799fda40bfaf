"""What templates can use: icons, assets with their version, labels, links that keep the filters."""

import hashlib
from functools import cache
from pathlib import Path
from types import BuiltinFunctionType, FunctionType, MethodType
from typing import Any

import sqlalchemy as sa
from flask import Flask, render_template, request, url_for
from jinja2.runtime import Context
from jinja2.utils import htmlsafe_json_dumps
from markupsafe import Markup

from app.db.base import sqla
from app.db.types import CodeType, Instant, Tugrug, WordType
from app.kernel.keys import parse_key
from app.kernel.text import T
from app.web import cells, chosen, fields, related, text, who
from app.web.access import address, here
from app.web.headers import nonce
from app.web.text import WEEKDAYS, say

STATIC = Path(__file__).resolve().parent.parent / "static"
MONTHS = (
    T("January"), T("February"), T("March"), T("April"), T("May"), T("June"), T("July"), T("August"),
    T("September"), T("October"), T("November"), T("December"),
)  # fmt: skip
WEEKDAYS_SHORT = (T("Mon"), T("Tue"), T("Wed"), T("Thu"), T("Fri"), T("Sat"), T("Sun"))
# The browser's texts: Chromium has no Mongolian of its own (trap 19). The date picker's week begins on Sunday.
JS_TEXTS: dict[str, Any] = {
    "weekdays": [WEEKDAYS[6], *WEEKDAYS[:6]],
    "weekdaysShort": [WEEKDAYS_SHORT[6], *WEEKDAYS_SHORT[:6]],
    "months": list(MONTHS),
    "year": T("Year"),
    "month": T("Month"),
    "hour": T("Hour"),
    "minute": T("Minute"),
    "nothingFound": T("No records found"),
    "searching": T("Searching…"),
}


def js_texts() -> Markup:
    """`JS_TEXTS` in the reader's language, as JSON."""
    language = text.locale()
    if language not in _JS_KNOWN:
        said = {key: [say(t) for t in v] if isinstance(v, list) else say(v) for key, v in JS_TEXTS.items()}
        _JS_KNOWN[language] = htmlsafe_json_dumps(said)
    return _JS_KNOWN[language]


_JS_KNOWN: dict[str, Markup] = {}


@cache
def _version(path: str) -> str:
    return hashlib.sha256((STATIC / path).read_bytes()).hexdigest()[:10]


def asset(path: str, with_version: bool = True) -> str:
    """The address of a static file; its content's hash makes it cacheable for a year."""
    return _asset(request.script_root, path, with_version)


@cache
def _asset(_root: str, path: str, with_version: bool) -> str:
    return url_for("static", filename=path, v=_version(path)) if with_version else url_for("static", filename=path)


def icon(name: str) -> Markup:
    """An icon from the sprite; decoration only, the words stand beside it."""
    return _icon(request.script_root, name)


@cache
def _icon(root: str, name: str) -> Markup:
    sprite = _asset(root, "vendor/lucide/icons.svg", True)
    return Markup('<svg class="icon" aria-hidden="true"><use href="{}#{}"></use></svg>').format(sprite, name)


_MOST_PARTS = 2_000
_parts: dict[tuple[str, int, str], tuple[Any, Markup]] = {}


def menu_part(template: str) -> Markup:
    """A part of the frame that only tells the menu: written once for the same rights, language and place."""
    groups = who.hooks().navigation()
    key = (template, id(groups), request.script_root)
    known = _parts.get(key)
    if known is None or known[0] is not groups:
        if len(_parts) > _MOST_PARTS:
            _parts.clear()
        known = _parts[key] = (groups, Markup(render_template(template)))  # noqa: S704 - a template's own escaping
    return known[1]


def _address(**changes: Any) -> str:
    args = {key: value for key, value in request.args.items() if value}
    args.update(changes)
    kept = {key: value for key, value in args.items() if value is not None}
    return address(request.endpoint or "", kept, **(request.view_args or {}))


def at_page(page: int, after: Any = None) -> str:
    """This list's address at another page, which begins behind the row `after`."""
    return _address(page=page, after=after if type(after) is int else None)


def without(key: str) -> str:
    """This list's address without one filter; without the last one it is the whole list, however it opens."""
    order = {} if request.query_string else {"sort": None, "dir": None}  # the order it opened with
    left = {name for name, value in request.args.items() if value} - {key, "page", "after", *order}
    return _address(**{key: None, "page": None, "after": None, **order, **({} if left else {"all": "yes"})})


def sorted_by(listing: Any, name: str) -> str:
    """This list's address in the order of a column; the other way round where it is already."""
    turned = "desc" if listing.sort == name and listing.direction == "asc" else "asc"
    return _address(sort=name, dir=turned, page=None, after=None)


def export_url(view: Any, kind: str) -> str:
    """The address of the export of exactly what is filtered."""
    kept = {key: value for key, value in request.args.items() if value and key not in ("page", "size", "after")}
    return address(f"{view.endpoint}.export", kept, kind=kind)


def filter_boxes(view: Any, name: str) -> list[dict[str, Any]]:
    """The inputs that filter by a column."""
    column = view.column(name)
    caption = say(view.label(name))
    box: dict[str, Any] = {"key": name, "label": caption, "css": "", "choices": [], "lookup": "", "chosen": ""}
    if isinstance(column.type, CodeType | WordType):
        return [{**box, "choices": [(member.word, say(member)) for member in column.type.enum_class]}]
    if name in view.filter_choices:
        return [{**box, "choices": view.filter_choices[name]()}]
    if column.foreign_keys or name in view.lookups:
        return [{**box, "lookup": url_for(f"{view.endpoint}.lookup", column=name), "chosen": _chosen(view, name)}]
    if isinstance(column.type, sa.Boolean):
        return [{**box, "choices": [("yes", say(True)), ("no", say(False))]}]
    if isinstance(column.type, Instant | sa.Date | sa.Integer | Tugrug):
        css = "js-day" if isinstance(column.type, Instant | sa.Date) else "num"
        return [
            {**box, "key": f"{name}_from", "label": say(T("%(column)s, from", column=caption)), "css": css},
            {**box, "key": f"{name}_to", "label": say(T("%(column)s, to", column=caption)), "css": css},
        ]
    return [box]


def _chosen(view: Any, name: str) -> str:
    key = parse_key(request.args.get(name))
    parent = related.parent_of(view.model, name, request.args)
    if key is None:
        return ""
    return cells.name_of(sqla.session.get(parent, key) if parent else view.lookup_for(name).find(key))


def filter_text(view: Any, found: Any) -> str:
    """What a filter's chip says."""
    column = view.column(found.column)
    caption = say(view.label(found.column))
    value: Any = found.value
    if isinstance(column.type, CodeType | WordType):
        value = next(member for member in column.type.enum_class if member.word == found.value)
    elif column.foreign_keys or related.is_key(view.model, column.key) or found.column in view.lookups:
        value = _chosen(view, found.column) or found.value
    elif found.column in view.filter_choices:
        value = dict(view.filter_choices[found.column]()).get(found.value, found.value)
    elif isinstance(column.type, sa.Boolean):
        value = found.value == "yes"
    sign = "≥ " if found.key.endswith("_from") else "≤ " if found.key.endswith("_to") else ""
    return f"{caption}: {sign}{say(value)}"


GLOBALS: dict[str, Any] = {
    "asset": asset,
    "at_page": at_page,
    "csp_nonce": nonce,
    "export_url": export_url,
    "filter_boxes": filter_boxes,
    "filter_text": filter_text,
    "has_right": who.has_right,
    "here": here,
    "history_url": related.history_url,
    "icon": icon,
    "input_attributes": fields.input_attributes,
    "is_number": cells.is_number,
    "js_texts": js_texts,
    "may": who.may,
    "menu_part": menu_part,
    "name_of": cells.name_of,
    "navigation": lambda: who.hooks().navigation(),
    "opens_with": lambda view: chosen.of_list(view).get("start", ""),
    "record_url": cells.record_url,
    "related_lists": related.lists_of,
    "reference": cells.reference,
    "saved_filters": chosen.saved,
    "saved_url": chosen.saved_url,
    "say": say,
    "setting": who.setting,
    "shown": cells.show,
    "sorted_by": sorted_by,
    "spoken": cells.spoken,
    "whole_list": chosen.whole,
    "without": without,
}


class QuickContext(Context):
    """Calls plain functions directly; Jinja's own way asks each callable four questions first."""

    def call(self, called: Any, *args: Any, **kwargs: Any) -> Any:
        """Call `called` as a template does."""
        if type(called) in _PLAIN and not hasattr(called, "jinja_pass_arg"):
            kwargs.pop("_block_vars", None)
            kwargs.pop("_loop_vars", None)
            return called(*args, **kwargs)
        return super().call(called, *args, **kwargs)


_PLAIN = (FunctionType, MethodType, BuiltinFunctionType)


def speak_quickly(app: Flask) -> None:
    """Templates look their sentences up in what is known already; runs after Flask-Babel has put its own way there."""
    quick = {"_": text.template_text, "gettext": text.template_text, "pgettext": text.template_text_of}
    app.jinja_env.globals.update(quick)


def init_theme(app: Flask) -> None:
    """Attach filters and globals."""
    app.jinja_env.context_class = QuickContext
    app.jinja_env.filters.update(text.FILTERS)
    app.jinja_env.trim_blocks = app.jinja_env.lstrip_blocks = True
    app.jinja_env.globals.update(GLOBALS)

    @app.context_processor
    def everywhere() -> dict[str, Any]:
        return {
            "clinic": who.clinic(),
            "locale": text.locale(),
            "me": who.me(),
            "today": text.today(),
            "role_names": who.hooks().role_names,
        }

    @app.teardown_request
    def read_ends(_error: BaseException | None) -> None:
        sqla.session.rollback()
