"""The sterile packages of a visit: a part of the treatment page, and the table of all of them."""

from collections.abc import Mapping, Sequence
from typing import Any

import sqlalchemy as sa
from flask_appbuilder import aggregate_count
from flask_appbuilder.models.sqla.interface import SQLAInterface
from sqlalchemy import ColumnElement
from sqlalchemy.orm import Session, joinedload

from app.clinical import queries
from app.clinical.models import Treatment, TreatmentSterilePackage
from app.clinical.rules.packages import what_lacks
from app.kernel.dates import clinic_date
from app.kernel.text import T
from app.people.queries import matching_condition
from app.stock.models import SterilePackage
from app.stock.rules import why_not_sterile
from app.web import fields, who
from app.web.cells import reference
from app.web.forms import ClinicForm
from app.web.text import day, lazy
from app.web.views import ClinicView


class PackageForm(ClinicForm):
    """The number on the package's label, scanned or typed."""

    number = fields.TextField(lazy(T("Number of the package")), longest=40, validators=[fields.required])


def part(session: Session, treatment: Treatment, refused: Mapping[str, ClinicForm]) -> dict[str, Any]:
    """What was opened at a visit, and what doesn't fit about it."""
    links = queries.packages_of(session, treatment.treatment_id)
    on = clinic_date(treatment.treatment_date, who.clinic().zone)
    why = {link.row_id: why_not_sterile(link.package.cycle.result, link.package.expires_on, on) for link in links}
    return {
        "packages": links,
        "why_not": why,
        "package_form": refused.get("package") or PackageForm(formdata=None),
        "package_problem": refused.get("package_problem"),
        "opened": [(link.package.number, why[link.row_id]) for link in links],
        "what_lacks": what_lacks,
    }


class TreatmentSterilePackageView(ClinicView):
    """The packages of all visits: linked on the treatment page."""

    datamodel = SQLAInterface(TreatmentSterilePackage)
    page, route_base = "/treatments", "/opened-packages"
    title_one, title_many = T("Sterile package of a visit"), T("Sterile packages of visits")
    list_columns = ("package", "patient", "visit_date", "cycle", "result", "expires_on")
    show_columns = (*list_columns, "created_at")
    search_columns = ("sterile_package_id", "created_at")
    order_columns = ("created_at",)
    definitions = [{"label": T("Packages used by month"), "group": "created_at", "series": [(aggregate_count, "")]}]

    def search_condition(self, session: Session, typed: str) -> ColumnElement[bool]:
        """By patient, or by the beginning of the number."""
        own = sa.select(Treatment.treatment_id).where(matching_condition(Treatment.patient_id, typed))
        found = TreatmentSterilePackage.treatment_id.in_(own)
        if not typed.isascii():
            return found
        number = typed.upper()
        known = sa.select(SterilePackage.sterile_package_id).where(
            SterilePackage.number >= number, SterilePackage.number < number + "\x7f"
        )
        return sa.or_(found, TreatmentSterilePackage.sterile_package_id.in_(known))

    def extras(self, session: Session, rows: Sequence[Any]) -> dict[Any, dict[str, Any]]:
        """Whose visit, and what the cycle came to."""
        link = TreatmentSterilePackage
        whose = joinedload(link.treatment).joinedload(Treatment.patient)
        cycle = joinedload(link.package).joinedload(SterilePackage.cycle)
        keys = [row.row_id for row in rows]
        statement = sa.select(link).where(link.treatment_sterile_package_id.in_(keys)).options(whose, cycle)
        return {
            row.row_id: {
                "patient": reference(row.treatment),
                "visit_date": day(row.treatment.treatment_date),
                "cycle": row.package.cycle,
                "result": row.package.cycle.result,
                "expires_on": day(row.package.expires_on),
            }
            for row in session.scalars(statement.execution_options(populate_existing=True))
        }
