"""`/notifications` and the bell: what somebody was told, theirs alone."""

from datetime import UTC, datetime
from typing import Any

from flask import redirect, request
from flask_appbuilder import aggregate_count, expose
from flask_appbuilder.models.sqla.interface import SQLAInterface
from sqlalchemy import ColumnElement
from sqlalchemy.orm import Session
from werkzeug.wrappers import Response

from app.communication import actions, queries
from app.communication.models import Notification
from app.db import sqla, unit
from app.kernel.text import T
from app.web import saving, who
from app.web.access import local, quiet, reads
from app.web.views import BulkAction, ClinicView

IN_THE_BELL = 8


def _read(view: Any, session: Session, row: Notification) -> None:
    actions.read(row, who.me().user_id, datetime.now(UTC))


class NotificationView(ClinicView):
    """One's own notifications: opening one reads it."""

    datamodel = SQLAInterface(Notification)
    page, route_base = "/notifications", "/notifications"
    title_one, title_many = T("Notification"), T("Notifications")
    list_columns = ("title", "body", "created_at", "read_at")
    search_columns = ("created_at",)
    order_columns = ("created_at",)
    column_labels = {"title": T("Notification"), "created_at": T("When")}
    list_template, rows_template = "communication/notifications.html", "communication/_notification_rows.html"
    bulk = {"read": BulkAction(T("Mark as read"), _read, level="read")}
    definitions = [
        {"label": T("Notifications by month"), "group": "created_at", "series": [(aggregate_count, "")]},
    ]

    def base_where(self) -> list[ColumnElement[bool]]:
        """One's own, whoever one is."""
        return [queries.is_mine(who.me().user_id, who.me().patient_id)]

    @expose("/count")
    @reads
    @quiet
    def count(self) -> Any:
        """How many wait, for the bell."""
        return self.render_template("communication/_count.html")

    @expose("/latest")
    @reads
    def latest(self) -> Any:
        """The newest few, for the list under the bell."""
        me = who.me()
        found = queries.latest(sqla.session(), me.user_id, me.patient_id, IN_THE_BELL)
        return self.render_template("communication/_latest.html", rows=found)

    @expose("/<int:pk>/open")
    @reads
    def open(self, pk: int) -> Response:
        """Read it and go where it leads."""
        row, me, now = self.find(pk, ()), who.me(), datetime.now(UTC)
        if row.read_at is None:
            unit(lambda s: actions.read(saving.locked(s, Notification, pk), me.user_id, now))
        return redirect(local(row.link, self.route_base))

    @expose("/read", methods=["POST"])
    @reads
    def read_all(self) -> Response:
        """Mark all as read."""
        me, now = who.me(), datetime.now(UTC)
        unit(lambda s: actions.read_all(s, me.user_id, me.patient_id, now))
        return redirect(local(request.form.get("next"), self.route_base))
