"""Sterilisation: the runs of the autoclaves, what came out of them, and at whose visits it was used."""

from collections.abc import Sequence
from datetime import UTC, datetime
from typing import Any

import sqlalchemy as sa
from flask import abort, flash, g, redirect, request, url_for
from flask_appbuilder import aggregate_count, expose
from flask_appbuilder.models.sqla.interface import SQLAInterface
from sqlalchemy import ColumnElement
from sqlalchemy.orm import Session
from werkzeug.wrappers import Response

from app.clinical import queries as clinical
from app.db import sqla
from app.kernel.dates import clinic_date
from app.kernel.keys import parse_key
from app.kernel.text import TC, T
from app.stock import actions, queries
from app.stock.models import SterilePackage, SterilisationCycle
from app.stock.rules import MOST_PACKAGES, CycleResult, sterile_until, why_not_sterile
from app.stock.views.items import StockView
from app.web import fields, saving, who
from app.web.access import reads, writes
from app.web.cells import with_word
from app.web.forms import ClinicForm, make_form
from app.web.listing import like
from app.web.lookups import Lookup, add_lookup
from app.web.related import VIEWS
from app.web.text import day, lazy, moment, say, today
from app.web.views import ClinicPage
from app.workflows import sterile

AT_FIRST = 20  # packages of a cycle, as the form offers them

PackagesForm = make_form(
    "PackagesForm",
    {
        "count": fields.NumberField(lazy(T("How many")), least=1, most=MOST_PACKAGES, validators=[fields.required]),
        "first": fields.TextField(lazy(T("First number")), longest=24, validators=[fields.required]),
        "expires_on": fields.DayField(lazy(T("Sterile until")), validators=[fields.required]),
    },
)


def _cycles(session: Session, typed: str, limit: int) -> Sequence[SterilisationCycle]:
    statement = sa.select(SterilisationCycle).order_by(SterilisationCycle.started_at.desc()).limit(limit)
    if typed:
        key = parse_key(typed.lstrip("#"))
        statement = statement.where(
            sa.or_(like(SterilisationCycle.autoclave, typed), SterilisationCycle.sterilisation_cycle_id == (key or 0))
        )
    return session.scalars(statement).all()


def _packages(session: Session, typed: str, limit: int) -> Sequence[SterilePackage]:
    statement = sa.select(SterilePackage).order_by(SterilePackage.sterile_package_id.desc()).limit(limit)
    if typed:
        number = typed.upper()
        statement = statement.where(SterilePackage.number >= number, SterilePackage.number < number + "\x7f")
    return session.scalars(statement).all() if typed.isascii() else []


add_lookup(Lookup(SterilisationCycle, _cycles, lambda row: moment(row.started_at)))
add_lookup(Lookup(SterilePackage, _packages, lambda row: day(row.expires_on)))


class SterilisationCycleView(StockView):
    """The runs of the autoclaves; what they came to is said by one click."""

    datamodel = SQLAInterface(SterilisationCycle)
    route_base = "/sterilisation"
    title_one, title_many = T("Sterilisation cycle"), T("Sterilisation")
    list_columns = ("started_at", "title", "program", "result", "indicator", "packages")
    extra_types = {"packages": sa.Integer()}
    show_columns = ("autoclave", "program", "started_at", "result", "indicator", "created_at", "updated_at")
    add_columns = edit_columns = ("autoclave", "program", "started_at", "indicator")
    search_columns = ("autoclave", "program", "result", "started_at")
    order_columns = ("started_at", "program", "result")
    default_order = ("started_at", "desc")
    chart_date = "started_at"
    show_template = "stock/cycle.html"
    definitions = [
        {"label": T("Cycles by month"), "group": "started_at", "series": [(aggregate_count, "")]},
        {"label": T("Cycles by result"), "group": "result", "series": [(aggregate_count, "")]},
        {"label": T("Cycles by autoclave"), "group": "autoclave", "series": [(aggregate_count, "")]},
    ]

    def extras(self, session: Session, rows: Sequence[Any]) -> dict[Any, dict[str, Any]]:
        """How many packages came out of each, and a word for one that still runs."""
        counts = queries.package_counts(session, [row.row_id for row in rows])
        running = {"result": with_word("", T("No result yet"), "tag-warn")}
        return {row.row_id: {"packages": counts.get(row.row_id, 0), **({} if row.result else running)} for row in rows}

    def show_context(self, row: Any) -> dict[str, Any]:
        """The forms of the record, and whose visits its packages were used at."""
        used = clinical.visits_of_cycle(sqla.session(), row.row_id)
        form = g.pop("refused_packages", None) or packages_form(row)
        return {"form": form, "used": used, "may_open": who.may("read", "/treatments/{id}")}

    def preset(self) -> dict[str, Any]:
        """Now, in the autoclave and with the program of the last time."""
        last = sqla.session.scalar(
            sa.select(SterilisationCycle).order_by(SterilisationCycle.started_at.desc()).limit(1)
        )
        usual = {"autoclave": last.autoclave, "program": last.program} if last is not None else {}
        return {"started_at": datetime.now(UTC).replace(second=0, microsecond=0), **usual, **super().preset()}

    def create(self, session: Session, values: dict[str, Any]) -> SterilisationCycle:
        """It runs, or ran."""
        return actions.save_cycle(session, SterilisationCycle(), values, now=datetime.now(UTC))

    def change(self, session: Session, row: Any, values: dict[str, Any]) -> SterilisationCycle:
        """What was written wrongly."""
        return actions.save_cycle(session, row, values, now=datetime.now(UTC))


def packages_form(row: SterilisationCycle) -> ClinicForm:
    """The next numbers, sterile as long as the clinic says."""
    until = sterile_until(clinic_date(row.started_at, who.clinic().zone), who.setting("stock.sterile_days"))
    first = queries.next_number(sqla.session())
    return PackagesForm(formdata=None, data={"count": AT_FIRST, "first": first, "expires_on": until})


class SterilisationPage(ClinicPage):
    """What the record of a cycle does."""

    page, route_base = "/inventory", "/sterilisation"

    @expose("/<int:pk>/result", methods=["POST"])
    @writes
    def judge(self, pk: int) -> Response:
        """Passed or failed, by one click."""
        result = {one.word: one for one in CycleResult}.get(request.form.get("result", ""))
        if result is None:
            abort(422)
        form, now = ClinicForm(), datetime.now(UTC)
        _, status = saving.save(form, lambda session: sterile.judge(session, pk, result, now=now))
        if status == 404:
            abort(404)
        flash(say(T("Saved.")) if status == 200 else " ".join(text for *_, text in form.problems()),
              "success" if status == 200 else "danger")  # fmt: skip
        return redirect(url_for("SterilisationCycleView.show", pk=pk), 303)

    @expose("/<int:pk>/packages")
    @reads
    def packages(self, pk: int) -> Response:
        """The address of a refused form, loaded again."""
        return redirect(url_for("SterilisationCycleView.show", pk=pk))

    @expose("/<int:pk>/packages", methods=["POST"])
    @writes
    def add_packages(self, pk: int) -> Any:
        """So many packages, numbered on from the first."""
        view, form, status, on = VIEWS[SterilisationCycle], PackagesForm(), 422, today()
        view.find(pk, ())
        if form.validate():
            asked = (pk, form.first.data, form.count.data)
            until = form.expires_on.data
            made, status = saving.save(
                form, lambda session: actions.add_packages(session, *asked, expires_on=until, today=on)
            )
        if status == 200:
            told = T("%(count)s packages: %(first)s–%(last)s.", count=len(made), first=made[0].number,
                     last=made[-1].number)  # fmt: skip
            flash(say(told), "success")
            return redirect(url_for("SterilisationCycleView.show", pk=pk), 303)
        g.refused_packages = form
        return view.show(pk), status


class SterilePackageView(StockView):
    """All packages."""

    datamodel = SQLAInterface(SterilePackage)
    route_base = "/sterile-packages"
    title_one, title_many = T("Sterile package"), T("Sterile packages")
    list_columns = ("number", "cycle", "expires_on", "state")
    show_columns = ("number", "cycle", "expires_on", "state", "created_at")
    search_columns = ("number", "sterilisation_cycle_id", "expires_on")
    order_columns = ("number", "expires_on")
    default_order = ("number", "desc")
    chart_date = "created_at"
    can_delete = True
    definitions = [
        {"label": T("Packages by month"), "group": "created_at", "series": [(aggregate_count, "")]},
        {"label": T("Packages by the month until which they are sterile"), "group": "expires_on",
         "series": [(aggregate_count, "")]},
    ]  # fmt: skip

    def search_condition(self, session: Session, typed: str) -> ColumnElement[bool]:
        """By the beginning of the number."""
        number = typed.upper()
        if not number.isascii():
            return sa.false()
        return sa.and_(SterilePackage.number >= number, SterilePackage.number < number + "\x7f")

    def extras(self, session: Session, rows: Sequence[Any]) -> dict[Any, dict[str, Any]]:
        """Whether it may be opened, or at whose visit it was."""
        cycles = {row.sterilisation_cycle_id: row.cycle for row in rows}
        used = clinical.used_packages(session, [row.row_id for row in rows])
        found = {}
        for row in rows:
            why = why_not_sterile(cycles[row.sterilisation_cycle_id].result, row.expires_on, today())
            word, css = (TC("package", "Used"), "") if row.row_id in used else (T("Sterile"), "tag-ok")
            if why is not None and row.row_id not in used:
                word, css = T("Don't open: %(why)s", why=why), "tag-danger"
            elif why is not None and cycles[row.sterilisation_cycle_id].result is CycleResult.FAIL:
                word, css = T("Used, but %(why)s", why=why), "tag-danger"
            found[row.row_id] = {"state": with_word("", word, css)}
        return found
