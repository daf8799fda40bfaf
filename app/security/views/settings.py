"""`/settings`: whose clinic this is, when it is open, and every ⚙."""

from collections.abc import Iterator, Sequence
from datetime import time
from typing import Any

from flask import abort, flash, redirect, request
from flask_appbuilder import expose
from flask_appbuilder.models.sqla.interface import SQLAInterface
from sqlalchemy import ColumnElement
from sqlalchemy.orm import Session

from app.db import sqla, unit
from app.kernel.text import T
from app.security import actions, queries, rules
from app.security.models import Clinic, Setting
from app.security.settings import ROOMS, SETTINGS, SHARE, TUGRUG, Knob
from app.security.views.fields import RolesField
from app.web import fields, forms, saving, who
from app.web.access import reads, writes
from app.web.text import WEEKDAYS, lazy, percent, say
from app.web.views import ClinicPage, ClinicView

CLINIC_COLUMNS = (
    "name_mn", "name_en", "address", "phones", "registration_number", "tax_number", "time_zone", "document_prefix",
    "pdf_footer",
)  # fmt: skip


def _name(key: str) -> str:
    return key.replace(".", "__")


HourFields = {
    f"{which}_{day}": fields.ClockField(lazy(T("Opens at") if which == "open" else T("Closes at")))
    for day in range(7)
    for which in ("open", "close")
}
ClinicForm = forms.make_form(
    "ClinicForm", {**{name: forms.field_for(Clinic.__table__.c[name]) for name in CLINIC_COLUMNS}, **HourFields}
)


def _field(knob: Knob) -> Any:
    """The input of a ⚙."""
    if knob.words:
        return RolesField(lazy(knob.label))
    if isinstance(knob.default, bool):
        return fields.YesField(lazy(knob.label))
    if isinstance(knob.default, list):
        least, most = knob.least, knob.most
        return fields.NumbersField(lazy(knob.label), least=least, most=most, validators=[fields.required])
    if knob.unit is SHARE:
        return fields.PercentField(lazy(knob.label), validators=[fields.required])
    if knob.unit is TUGRUG:
        return fields.MoneyField(lazy(knob.label), validators=[fields.required])
    return fields.NumberField(lazy(knob.label), least=knob.least, most=knob.most, validators=[fields.required])


NumbersForm = forms.make_form("NumbersForm", {_name(key): _field(knob) for key, knob in SETTINGS.items()})


class SettingsPage(ClinicPage):
    """Read by Managers, changed by Admins."""

    page, route_base = "/settings", "/settings"

    @expose("/")
    @reads
    def index(self) -> Any:
        """Both forms."""
        return self._page()

    def _page(self, status: int = 200, **refused: forms.ClinicForm) -> Any:
        row = queries.the_clinic(sqla.session())
        values = {_name(key): who.setting(key) for key in SETTINGS}
        shown = {
            "clinic_form": ClinicForm(formdata=None, obj=row, data=_hours(row)),
            "numbers_form": NumbersForm(formdata=None, data=values),
            **refused,
        }
        page = self.render_template(
            "security/settings.html",
            title=say(T("Settings")),
            columns=CLINIC_COLUMNS,
            weekdays=list(enumerate(WEEKDAYS)),
            rooms=[(room, words, list(_knobs(room))) for room, words in ROOMS.items()],
            **shown,
        )
        return page, status

    @expose("/clinic", methods=["POST"])
    @writes
    def change_clinic(self) -> Any:
        """Name, address, hours."""
        form = ClinicForm()
        if not form.validate():
            return self._page(422, clinic_form=form)
        values = form.values()
        hours = [(day, values.pop(f"open_{day}"), values.pop(f"close_{day}")) for day in range(7)]
        values["document_prefix"] = values["document_prefix"] or ""

        def write(session: Any) -> None:
            kept = rules.check_opening_hours(hours)
            actions.change_clinic(session, {**values, "opening_hours": kept})

        _, status = saving.save(form, write)
        return _saved() if status == 200 else self._page(status, clinic_form=form)

    @expose("/numbers", methods=["POST"])
    @writes
    def change_numbers(self) -> Any:
        """Every ⚙ that was changed."""
        form = NumbersForm()
        if not form.validate():
            return self._page(422, numbers_form=form)
        by = who.me().user_id
        changed = {key: form[_name(key)].data for key in SETTINGS if form[_name(key)].data != who.setting(key)}

        def write(session: Any) -> None:
            for key, value in changed.items():
                actions.change_setting(session, key, value, by)

        _, status = saving.save(form, write)
        return _saved() if status == 200 else self._page(status, numbers_form=form)

    @expose("/reset", methods=["POST"])
    @writes
    def reset(self) -> Any:
        """One ⚙ back to what it came with."""
        key = request.form.get("key", "")
        if key not in SETTINGS:
            abort(404)
        unit(lambda session: actions.reset_setting(session, key))
        return _saved()


def _saved() -> Any:
    flash(say(T("Saved.")), "success")
    return redirect("/settings")


def _knobs(room: str) -> Iterator[tuple[str, str, Knob, str, bool]]:
    """The ⚙ of a room: key, field, declaration, default in words, whether it was changed."""
    for key, knob in SETTINGS.items():
        if key.partition(".")[0] == room:
            yield key, _name(key), knob, _with_unit(knob, knob.default), who.setting(key) != knob.default


def _hours(row: Clinic | None) -> dict[str, time | None]:
    found: dict[str, time | None] = {}
    for day in range(7):
        pair = (row.opening_hours or {}).get(str(day)) if row else None
        found[f"open_{day}"] = time.fromisoformat(pair[0]) if pair else None
        found[f"close_{day}"] = time.fromisoformat(pair[1]) if pair else None
    return found


def _with_unit(knob: Knob, value: Any) -> str:
    if knob.unit is SHARE:
        return percent(value)
    if knob.words:
        return ", ".join(say(role) for role in rules.Role if role.role_name in value) or say(T("none"))
    if isinstance(value, bool):
        return say(value)
    figures = ", ".join(f"{figure:,}" for figure in (value if isinstance(value, list) else [value]))
    return f"{figures} {say(knob.unit)}" if knob.unit else figures


class SettingView(ClinicView):
    """What differs from the defaults, and who changed it."""

    datamodel = SQLAInterface(Setting)
    page, route_base = "/settings", "/changed-settings"
    title_one, title_many = T("Changed setting"), T("Changed settings")
    list_columns = ("title", "value", "updated_at")
    search_columns = ("updated_at",)
    order_columns = ("updated_at",)
    default_order = ("updated_at", "desc")
    column_labels = {"title": T("Setting")}

    def base_where(self) -> list[ColumnElement[bool]]:
        """Not the counters by which processes notice a change."""
        return [Setting.key.in_(SETTINGS)]

    def search_condition(self, session: Session, typed: str) -> ColumnElement[bool]:
        """By what the settings are called in the reader's language."""
        wanted = typed.casefold()
        return Setting.key.in_([key for key, knob in SETTINGS.items() if wanted in say(knob.label).casefold()])

    def extras(self, session: Session, rows: Sequence[Any]) -> dict[Any, dict[str, Any]]:
        """What the settings are called, and their values with units."""
        found = {row.setting_id: (SETTINGS[row.key], row.value) for row in rows}
        return {key: {"title": knob.label, "value": _with_unit(knob, value)} for key, (knob, value) in found.items()}


class ClinicRowView(ClinicView):
    """The clinic's row as it is kept."""

    datamodel = SQLAInterface(Clinic)
    page, route_base = "/settings", "/clinic"
    title_one, title_many = T("Clinic"), T("Clinic")
    list_columns = ("title", "address", "phones", "time_zone", "is_demo")
    show_columns = (*CLINIC_COLUMNS, "opening_hours", "is_demo", "updated_at")
    search_columns = ("name_mn", "name_en")
    order_columns = ("name_mn",)
