"""`/scheduling/no-shows`: who did not come of late, and has no other visit booked."""

from datetime import UTC, datetime, timedelta
from typing import Any

from flask_appbuilder import expose

from app.db import sqla
from app.kernel.text import T
from app.people import queries as people
from app.scheduling.queries.missed import missed_visits
from app.scheduling.rules import MISSED_OFTEN
from app.web import who
from app.web.access import reads
from app.web.text import say
from app.web.views import ClinicPage

BACK, MOST = timedelta(days=90), 100


class NoShowPage(ClinicPage):
    """The list of visits nobody came to."""

    page, route_base = "/scheduling", "/scheduling/no-shows"

    @expose("/")
    @reads
    def index(self) -> Any:
        """The last missed visit of each, the latest first."""
        session, now = sqla.session(), datetime.now(UTC)
        found = missed_visits(session, now - BACK, now, limit=MOST + 1)
        return self.render_template(
            "scheduling/no_shows.html",
            title=say(T("No-shows")),
            rows=found[:MOST],
            has_more=len(found) > MOST,
            often=MISSED_OFTEN,
            phones=people.phones_of_patients(session, {row.patient_id for row, _ in found}),
            may_book=who.may("write", "/appointments"),
        )
