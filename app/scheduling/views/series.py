"""The series: visits that belong together."""

from collections.abc import Sequence
from datetime import UTC, datetime
from typing import Any

import sqlalchemy as sa
from flask_appbuilder import aggregate_count
from flask_appbuilder.models.sqla.interface import SQLAInterface
from sqlalchemy import ColumnElement
from sqlalchemy.orm import Session

from app.catalogue.queries import names_of_users
from app.db.types import Instant
from app.kernel.text import T
from app.people.queries import matching_condition
from app.scheduling.models import AppointmentSeries
from app.scheduling.queries.series import visits_of_series
from app.web.views import ClinicView


class AppointmentSeriesView(ClinicView):
    """All series; a series comes from the workbench, and its visits are moved on the board."""

    datamodel = SQLAInterface(AppointmentSeries)
    page, route_base = "/appointments", "/appointment-series"
    title_one, title_many = T("Series of visits"), T("Series of visits")
    list_columns = ("number", "patient", "visits", "next_visit", "made_by", "created_at")
    show_columns = (*list_columns, "note", "updated_at")
    search_columns = ("patient_id", "created_at")
    order_columns = ("created_at",)
    extra_types = {"visits": sa.Integer(), "next_visit": Instant(), "made_by": None}
    definitions = [
        {"label": T("Series by month"), "group": "created_at", "series": [(aggregate_count, "")]},
    ]

    def search_condition(self, session: Session, typed: str) -> ColumnElement[bool]:
        """By patient."""
        return matching_condition(AppointmentSeries.patient_id, typed)

    def extras(self, session: Session, rows: Sequence[Any]) -> dict[Any, dict[str, Any]]:
        """Number, how many visits, the next one, and who made it."""
        found = visits_of_series(session, [row.row_id for row in rows], datetime.now(UTC))
        names = names_of_users(session, {row.made_by for row in rows if row.made_by})
        return {
            row.row_id: {
                "number": f"#{row.row_id}",
                "visits": found[row.row_id].count if row.row_id in found else 0,
                "next_visit": found[row.row_id].next_at if row.row_id in found else None,
                "made_by": names.get(row.made_by),
            }
            for row in rows
        }
