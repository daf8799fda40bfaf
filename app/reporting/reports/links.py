"""The rows behind a figure: the list, filtered alike, where the list can filter so and the person may open it."""

from typing import Any
from urllib.parse import urlencode

from flask import current_app, url_for

from app.catalogue.models import ServiceCatalog
from app.kernel.enums import Code, Word
from app.people.models import Employee
from app.reporting.reports.asking import Ask
from app.reporting.reports.kinds import Rows
from app.reporting.rules import Period, Preset, Step
from app.web import who

FILTERED: dict[str, type[Any]] = {"doctor": Employee, "service": ServiceCatalog}


def behind(ask: Ask, key: Any, period: Period) -> str | None:
    """Where a row of the report leads: to the list behind it, else to the same report narrowed to it."""
    return _list(ask, key, period) or _narrower(ask, key, period)


def _list(ask: Ask, key: Any, period: Period) -> str | None:
    rows = ask.chosen().rows or ask.report.rows
    view = _view(rows.view) if rows else None
    if rows is None or view is None or not who.may("read", view.page):
        return None
    wanted = {**rows.fixed, **_days(rows, period), **_filters(ask, rows)}
    if ask.group is not None:
        found = _of_key(ask, key)
        if not found:
            return None
        wanted |= found
    if "" in wanted or not all(_can_filter(view, name) for name in wanted):
        return None
    return f"{url_for(f'{view.endpoint}.list')}?{urlencode(wanted)}"


def _days(rows: Rows, period: Period) -> dict[str, str]:
    return {f"{rows.day}_from": f"{period.first}", f"{rows.day}_to": f"{period.last}"} if rows.day else {}


def _filters(ask: Ask, rows: Rows) -> dict[str, str]:
    """The report's own filters, under the names the list knows them by; "" for one it does not know."""
    asked = {rows.doctor: ask.doctor, rows.service: ask.service}
    return {name: str(value) for name, value in asked.items() if value}


def _of_key(ask: Ask, key: Any) -> dict[str, str]:
    group = ask.group
    if group is None or key is None:
        return {}
    if group.params is not None:
        return group.params(key, ask.today)
    return {group.param: key.word if isinstance(key, Code | Word) else _word(key)} if group.param else {}


def _word(key: Any) -> str:
    return ("yes" if key else "no") if isinstance(key, bool) else str(key)


def _can_filter(view: Any, name: str) -> bool:
    return name in view.search_columns or name.removesuffix("_from").removesuffix("_to") in view.search_columns


def _view(name: str) -> Any:
    views = current_app.appbuilder.baseviews  # type: ignore[attr-defined]  # set by Flask-AppBuilder
    return next((view for view in views if type(view).__name__ == name), None)


def _narrower(ask: Ask, key: Any, period: Period) -> str | None:
    """The same report of one doctor or service by month, or of a month by day."""
    if ask.group is not None and ask.group.narrows and key is not None and ask.report.at is not None:
        changes = {ask.group.narrows: str(key), "by": Step.MONTH.value}
    elif ask.step in (Step.MONTH, Step.WEEK):
        days = {"from": f"{period.first}", "to": f"{period.last}"}
        changes = {"period": Preset.CUSTOM.value, **days, "by": Step.DAY.value}
    else:
        return None
    return f"{url_for('ReportsPage.report', key=ask.report.key)}?{urlencode(ask.query(**changes))}"
