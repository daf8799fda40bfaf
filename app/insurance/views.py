"""The screens of insurers, plans and policies."""

from collections.abc import Sequence
from typing import Any

import sqlalchemy as sa
from flask import request
from flask_appbuilder import aggregate_count
from flask_appbuilder.models.sqla.interface import SQLAInterface
from sqlalchemy import ColumnElement
from sqlalchemy.orm import Session

from app.db import Tugrug
from app.insurance import queries
from app.insurance.models import InsurancePlan, InsuranceProvider, PatientInsurance
from app.insurance.rules import Standing, left_of_year, standing
from app.insurance.words import LABELS
from app.kernel.text import T
from app.people import queries as people
from app.web.cells import quietly, with_word
from app.web.lookups import Lookup, add_lookup, by_text
from app.web.text import day, money, say, today
from app.web.views import ClinicView
from app.web.vocabulary import add_labels

add_labels(LABELS)
add_lookup(by_text(InsuranceProvider, "name"))
add_lookup(Lookup(InsurancePlan, queries.find_plans))


PARTS = (
    (Standing.VALID.value, T("Valid")),
    (Standing.ENDS_SOON.value, T("Ends soon")),
    (Standing.EXPIRED.value, T("Expired")),
    ("unchecked", T("Not checked yet")),
)
MARKS = {Standing.LATER: "tag-info", Standing.ENDS_SOON: "tag-warn", Standing.EXPIRED: "tag-danger is-over"}


def _until(row: PatientInsurance) -> Any:
    """The last day; what isn't simply valid says so in a word."""
    found = standing(row.valid_from, row.valid_until, today())
    shown = day(row.valid_until)
    return shown if found is Standing.VALID else with_word(shown, found.label, MARKS[found])


def _left(row: PatientInsurance) -> Any:
    """What is left of the year's limit."""
    left = left_of_year(row.plan.annual_maximum, row.used_this_year)
    if left == 0:
        return with_word(money(0), T("Used up"), "tag-danger")
    return quietly(T("No limit")) if left is None else left


class PatientInsuranceView(ClinicView):
    """`/insurance`: the policies of patients: what is left of them, and until when."""

    datamodel = SQLAInterface(PatientInsurance)
    page, route_base = "/insurance", "/insurance"
    title_one, title_many = T("Policy"), T("Policies")
    list_columns = ("policy_number", "patient", "plan", "order", "left", "used_this_year", "valid_until", "verified_at")
    show_columns = (*list_columns, "holder", "valid_from", "created_at", "updated_at")
    add_columns = edit_columns = (
        "patient_id", "insurance_plan_id", "policy_number", "holder", "order", "valid_from", "valid_until",
        "verified_at", "used_this_year",
    )  # fmt: skip
    search_columns = ("patient_id", "insurance_plan_id", "order", "valid_until", "verified_at")
    order_columns = ("policy_number", "valid_until", "used_this_year", "verified_at")
    extra_types = {"left": Tugrug()}
    list_template = "insurance/policies.html"
    definitions = [
        {"label": T("Policies by plan"), "group": "insurance_plan_id", "series": [(aggregate_count, "")]},
        {"label": T("New policies by month"), "group": "created_at", "series": [(aggregate_count, "")]},
    ]

    def base_where(self) -> list[ColumnElement[bool]]:
        """All, or (`?only=soon`) a part."""
        return queries.in_part(request.args.get("only", ""), today()) if request else []

    def list_context(self, found: Any) -> dict[str, Any]:
        """The parts of the list."""
        return {"parts": [(key, text, None) for key, text in PARTS], "only": request.args.get("only", "")}

    def search_condition(self, session: Session, typed: str) -> ColumnElement[bool]:
        """By patient."""
        return people.matching_condition(PatientInsurance.patient_id, typed)

    def extras(self, session: Session, rows: Sequence[Any]) -> dict[Any, dict[str, Any]]:
        """What is left, and whether it still holds."""
        return {row.row_id: {"left": _left(row), "valid_until": _until(row), "order": say(row.order)} for row in rows}


class InsuranceProviderView(ClinicView):
    """The insurers."""

    datamodel = SQLAInterface(InsuranceProvider)
    page, route_base = "/insurance", "/insurance-providers"
    title_one, title_many = T("Insurance provider"), T("Insurance providers")
    list_columns = ("name", "kind", "plans", "policies", "contact")
    extra_types = {"plans": sa.Integer(), "policies": sa.Integer()}
    show_columns = add_columns = edit_columns = ("name", "kind", "contact")
    search_columns = ("name", "kind")
    order_columns = ("name", "kind")
    default_order = ("name", "asc")
    definitions = [{"label": T("Insurers by kind"), "group": "kind", "series": [(aggregate_count, "")]}]
    chart_date = ""

    def extras(self, session: Session, rows: Sequence[Any]) -> dict[Any, dict[str, Any]]:
        """Their plans, and the policies that hold."""
        found = queries.of_insurers(session, (row.row_id for row in rows), today())
        nothing = (0, 0)
        return {
            row.row_id: {
                "plans": found.get(row.row_id, nothing)[0],
                "policies": found.get(row.row_id, nothing)[1],
            }
            for row in rows
        }


class InsurancePlanView(ClinicView):
    """What insurers offer."""

    datamodel = SQLAInterface(InsurancePlan)
    page, route_base = "/insurance", "/insurance-plans"
    title_one, title_many = T("Insurance plan"), T("Insurance plans")
    show_columns = ("name", "provider", "annual_maximum", "deductible")
    list_columns = (*show_columns, "policies")
    extra_types = {"policies": sa.Integer()}
    add_columns = edit_columns = ("insurance_provider_id", "name", "annual_maximum", "deductible")
    search_columns = ("name", "insurance_provider_id")
    order_columns = ("name", "annual_maximum")
    default_order = ("name", "asc")
    definitions = [
        {"label": T("Plans by insurer"), "group": "insurance_provider_id", "series": [(aggregate_count, "")]},
    ]
    chart_date = ""

    def extras(self, session: Session, rows: Sequence[Any]) -> dict[Any, dict[str, Any]]:
        """How many policies of it hold; a year without a limit says so."""
        counts = queries.policies_by_plan(session, (row.row_id for row in rows), today())
        found: dict[Any, dict[str, Any]] = {row.row_id: {"policies": counts.get(row.row_id, 0)} for row in rows}
        for row in rows:
            if row.annual_maximum is None:
                found[row.row_id]["annual_maximum"] = quietly(T("No limit"))
        return found


VIEWS: tuple[Any, ...] = (PatientInsuranceView, InsuranceProviderView, InsurancePlanView)
