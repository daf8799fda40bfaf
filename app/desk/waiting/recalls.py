"""`/scheduling/recalls`: who is due again, and what came of calling them."""

from collections.abc import Callable, Mapping
from datetime import UTC, date, datetime, timedelta
from typing import Any

import sqlalchemy as sa
from flask import abort, current_app, flash, redirect, request, url_for
from flask_appbuilder import expose
from sqlalchemy import ColumnElement
from sqlalchemy.orm import Session
from werkzeug.wrappers import Response

from app.clinical.actions import recalls as actions
from app.clinical.models import Recall
from app.clinical.queries import recalls as queries
from app.clinical.rules import ContactOutcome, ContactWay, RecallStatus
from app.clinical.rules.recalls import OPEN
from app.db import sqla
from app.kernel.keys import parse_key
from app.kernel.text import T, Text
from app.people import queries as people
from app.web import fields, who
from app.web.access import local, reads, writes
from app.web.saving import attempt
from app.web.text import say, today
from app.web.views import ClinicPage

PAGE_ROWS, LAST_PAGE, AHEAD = 50, 1_000, timedelta(days=30)
SHOWN: Mapping[str, tuple[Text, Callable[[date], ColumnElement[bool]]]] = {
    "due": (T("Due now"), lambda day: sa.and_(Recall.status == RecallStatus.DUE, Recall.due_on <= day)),
    "coming": (
        T("In the next 30 days"),
        lambda day: sa.and_(Recall.status == RecallStatus.DUE, Recall.due_on > day, Recall.due_on <= day + AHEAD),
    ),
    "contacted": (T("Contacted"), lambda day: Recall.status == RecallStatus.CONTACTED),
    "all": (T("All open ones"), lambda day: Recall.status.in_(OPEN)),
}


class RecallPage(ClinicPage):
    """The recall list as the desk calls its way through it."""

    page, route_base = "/scheduling", "/scheduling/recalls"

    @expose("/")
    @reads
    def index(self) -> Any:
        """Who is due; who must not be called yet stands there only when asked for."""
        session, day = sqla.session(), today()
        show, at = request.args.get("show", ""), max(1, parse_key(request.args.get("page")) or 1)
        show, with_rest = show if show in SHOWN else "due", request.args.get("rest") == "yes"
        tabs, resting = _tabs(session, day, show)
        where = [SHOWN[show][1](day), *([] if with_rest else [_reachable(day)])]
        found = queries.recalls(session, *where, limit=PAGE_ROWS + 1, offset=(min(at, LAST_PAGE) - 1) * PAGE_ROWS)
        rows = found[:PAGE_ROWS]
        return self.render_template(
            "scheduling/recalls.html",
            title=say(T("Recalls")),
            rows=rows,
            tabs=tabs,
            show=show,
            at=at,
            has_more=len(found) > PAGE_ROWS,
            resting=resting,
            with_rest=with_rest,
            phones=people.phones_of_patients(session, {row.patient_id for row in rows}),
            tried=queries.tried(session, [row.recall_id for row in rows]),
            outcomes=[one for one in ContactOutcome if one is not ContactOutcome.NOT_REACHED],
            ways=list(ContactWay),
            day=day,
            view=_table(),
            may_write=who.may("write", self.page),
        )

    @expose("/<int:pk>/contact", methods=["POST"])
    @writes
    def contact(self, pk: int) -> Response:
        """Note an attempt; who wants to come is booked next."""
        outcome = {one.value: one for one in ContactOutcome}.get(request.form.get("outcome", "")) or abort(422)
        how = {one.value: one for one in ContactWay}.get(request.form.get("how", "phone")) or abort(422)
        note = fields.clean(" ".join(request.form.get("note", "").split()), 2_000) or None
        now, by = datetime.now(UTC), who.me().user_id

        def write(session: Session) -> tuple[Text, str]:
            row = actions.locked_recall(session, pk)
            actions.note_contact(session, row, outcome, now=now, by=by, how=how, note=note)
            return T("%(name)s: %(outcome)s", name=row.title, outcome=outcome), booking_url(row)

        made, error = attempt(write)
        if made is not None and outcome is ContactOutcome.BOOKED:
            return redirect(made[1])
        flash(say(error.text if error else made[0]), "danger" if error else "success")
        return redirect(_back())


def _reachable(day: date) -> ColumnElement[bool]:
    return sa.or_(Recall.do_not_contact_until.is_(None), Recall.do_not_contact_until <= day)


def _tabs(session: Session, day: date, show: str) -> tuple[list[tuple[str, Text, int]], int]:
    """(key, words, how many) of each tab; and how many of the shown one must not be called yet."""
    wanted = [sa.and_(make(day), _reachable(day)) for _, make in SHOWN.values()]
    resting = sa.and_(SHOWN[show][1](day), Recall.do_not_contact_until > day)
    *numbers, rest = queries.count_recalls(session, [*wanted, resting])
    return [(key, text, count) for (key, (text, _)), count in zip(SHOWN.items(), numbers, strict=True)], rest


def booking_url(row: Recall) -> str:
    """The booking form for a recall."""
    given = {"patient_id": row.patient_id, "planned_service": row.service_id, "recall": row.recall_id}
    return url_for("AppointmentView.add", **given)


def _back() -> str:
    return local(request.form.get("next"), url_for("RecallPage.index"))


def _table() -> Any:
    """The view of the table: its bulk actions stand below the list."""
    views = current_app.extensions["appbuilder"].baseviews
    return next(view for view in views if getattr(view, "model", None) is Recall)
