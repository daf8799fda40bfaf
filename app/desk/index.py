"""`/`, `/healthz`, and the first page of each role."""

from typing import Any

import sqlalchemy as sa
from flask import abort, jsonify, redirect
from flask_appbuilder import BaseView, expose
from sqlalchemy.exc import SQLAlchemyError
from werkzeug.wrappers import Response

from app.db import sqla
from app.web import who
from app.web.access import public, signed_in

# Where a role's day begins (contract.md); the first page that exists and that the person may open is taken.
IN_THE_ROOMS = ("/assisting", "/rooms")
FIRST_PAGES = ("/dashboard", "/assisting", "/rooms", "/portal", "/profile")


class IndexPage(BaseView):
    """The way in."""

    route_base, default_view = "", "index"

    @expose("/")
    @signed_in
    def index(self) -> Response:
        """Everybody lands on their own day; a role that lost every page is told so."""
        works_in_rooms = who.me().roles <= {"Nurse", "Assistant"}
        pages = (*IN_THE_ROOMS, *FIRST_PAGES) if works_in_rooms else FIRST_PAGES
        first = next((page for page in pages if who.may("read", page)), None)
        return redirect(first) if first else abort(403)

    @expose("/healthz")
    @public
    def healthz(self) -> Any:
        """200 when the database answers, else 503."""
        try:
            sqla.session.execute(sa.text("SELECT 1"))
        except SQLAlchemyError:
            return jsonify(status="database does not answer"), 503
        return jsonify(status="ok")
