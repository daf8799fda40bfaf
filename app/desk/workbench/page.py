"""The routes of the workbench: the list, a plan, its visits with their times, arranging and booking them."""

from collections.abc import Callable
from datetime import UTC, datetime
from typing import Any

from flask import Response, abort, flash, redirect, request, url_for
from flask_appbuilder import expose
from sqlalchemy.orm import Session

from app.clinical.queries.steps import Layout
from app.db import sqla
from app.desk.workbench import PAGE, asking, booked_visits, list_context, plan_terms, purpose_of, visits_context
from app.kernel.errors import NotFound, RuleError
from app.kernel.keys import parse_key
from app.kernel.text import T
from app.scheduling.terms import terms
from app.web import saving, who
from app.web.access import is_part, reads, writes
from app.web.forms import ClinicForm
from app.web.text import say
from app.web.views import ClinicPage
from app.workflows import plan_visits
from app.workflows.plan_visits import Booker, PlanTerms, book_series, read_layout

TITLE = T("Scheduling workbench")


class WorkbenchPage(ClinicPage):
    """From accepted plan to booked visits."""

    page, route_base = PAGE, PAGE

    @expose("/")
    @reads
    def index(self) -> Any:
        """The plans that wait for their visits."""
        context = list_context(sqla.session())
        return self.render_template("scheduling/workbench.html", title=say(TITLE), laid=None, **context)

    @expose("/plans/<int:pk>")
    @reads
    def plan(self, pk: int) -> Any:
        """One of them, beside the list; its visits come by themselves."""
        session = sqla.session()
        laid = _laid(session, pk)
        form, wishes = asking.wish_form(laid)
        return self.render_template(
            "scheduling/workbench.html", title=say(TITLE), laid=laid, booked=booked_visits(laid), wish_form=form,
            wishes=wishes, **list_context(session, pk),
        )  # fmt: skip

    @expose("/plans/<int:pk>/visits")
    @reads
    def visits(self, pk: int) -> Any:
        """The visits of a plan with the times that are proposed for them."""
        session = sqla.session()
        return self.render_template("scheduling/_workbench_visits.html", **visits_context(session, _laid(session, pk)))

    @expose("/plans/<int:pk>/arrange", methods=["POST"])
    @writes
    def arrange(self, pk: int) -> Any:
        """Move a step or a visit, or go back to what the rules propose."""
        write = _move(request.form.get("move", "")[:80])
        state, known = request.form.get("state", "")[:64], plan_terms()
        return self._answer(pk, lambda session: write(session, pk, state, known))

    @expose("/plans/<int:pk>/book", methods=["POST"])
    @writes
    def book(self, pk: int) -> Any:
        """Book every visit at its time: all or none."""
        me, now, known, times = who.me(), datetime.now(UTC), plan_terms(), terms()
        laid = _laid(sqla.session(), pk)
        asked = asking.times_asked(laid)
        chosen = [asked[visit.number] for visit in laid.visits if visit.number in asked]
        state = request.form.get("state", "")[:64]
        booker = Booker(me.user_id, me.employee_id, purpose_of)

        def write(session: Session) -> Any:
            return book_series(session, pk, chosen, state=state, booker=booker, plan_terms=known, now=now, terms=times)

        return self._answer(pk, write, done=T("All visits are booked."))

    def _answer(self, pk: int, write: Callable[[Session], Any], done: Any = None) -> Any:
        """The visits as they stand now with what was refused; where all is booked, the plan."""
        form = ClinicForm(formdata=None)
        _, status = saving.save(form, write)
        if status == 404:
            abort(404)
        problems = " ".join(text for _, _, text in form.problems())
        plan_url = url_for("WorkbenchPage.plan", pk=pk)
        if (done and status == 200) or form.refusal.get("is_booked"):
            flash(problems or say(done), "info" if problems else "success")
            return Response(headers={"HX-Redirect": plan_url}) if is_part() else redirect(plan_url, 303)
        if not is_part():
            if problems:
                flash(problems, "danger")
            return redirect(plan_url, 303)
        session = sqla.session()
        failed = parse_key(str(form.refusal.get("visit", ""))) or 0
        context = visits_context(session, _laid(session, pk), keep=max(failed - 1, 0))
        return self.render_template(
            "scheduling/_workbench_visits.html", refused=problems, failed=failed, **context
        ), status


def _laid(session: Session, pk: int) -> Layout:
    """An accepted plan. 404 for one that there isn't, or that nobody has accepted."""
    try:
        return read_layout(session, pk, plan_terms())
    except (NotFound, RuleError):
        abort(404)


def _move(asked: str) -> Callable[[Session, int, str, PlanTerms], Any]:
    """`step:12:3` into visit 3, `step:12:3:new` into a new one before it, `visit:2:1` before the first, `reset`."""
    kind, *rest = asked.split(":")
    numbers = [parse_key(one) for one in rest[:2]]
    if kind == "reset":
        return lambda session, pk, state, known: plan_visits.forget_arrangement(session, pk, state=state, terms=known)
    if len(numbers) < 2 or numbers[0] is None or numbers[1] is None:
        abort(422)
    one, to, is_new = numbers[0], numbers[1], rest[2:] == ["new"]
    if kind == "step":
        return lambda session, pk, state, known: plan_visits.move_step(
            session, pk, one, to, is_new=is_new, state=state, terms=known
        )
    if kind != "visit":
        abort(422)
    return lambda session, pk, state, known: plan_visits.move_visit_to(session, pk, one, to, state=state, terms=known)


VIEWS: tuple[Any, ...] = (WorkbenchPage,)
