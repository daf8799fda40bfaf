"""The screens of insurers, plans and policies."""

from typing import Any

from flask_appbuilder import aggregate_count
from flask_appbuilder.models.sqla.interface import SQLAInterface
from sqlalchemy import ColumnElement
from sqlalchemy.orm import Session

from app.insurance import queries
from app.insurance.models import InsurancePlan, InsuranceProvider, PatientInsurance
from app.insurance.words import LABELS
from app.kernel.text import T
from app.people import queries as people
from app.web.lookups import Lookup, add_lookup, by_text
from app.web.views import ClinicView
from app.web.vocabulary import add_labels

add_labels(LABELS)
add_lookup(by_text(InsuranceProvider, "name"))
add_lookup(Lookup(InsurancePlan, queries.find_plans))


class PatientInsuranceView(ClinicView):
    """`/insurance`: the policies of patients."""

    datamodel = SQLAInterface(PatientInsurance)
    page, route_base = "/insurance", "/insurance"
    title_one, title_many = T("Policy"), T("Policies")
    list_columns = ("policy_number", "patient", "plan", "order", "valid_until", "used_this_year", "verified_at")
    show_columns = (*list_columns, "holder", "valid_from", "created_at", "updated_at")
    add_columns = edit_columns = (
        "patient_id", "insurance_plan_id", "policy_number", "holder", "order", "valid_from", "valid_until",
        "verified_at", "used_this_year",
    )  # fmt: skip
    search_columns = ("patient_id", "insurance_plan_id", "order", "valid_until")
    order_columns = ("policy_number", "valid_until", "used_this_year")
    definitions = [
        {"label": T("Policies by plan"), "group": "insurance_plan_id", "series": [(aggregate_count, "")]},
        {"label": T("New policies by month"), "group": "created_at", "series": [(aggregate_count, "")]},
    ]

    def search_condition(self, session: Session, typed: str) -> ColumnElement[bool]:
        """By patient."""
        return people.matching_condition(PatientInsurance.patient_id, typed)


class InsuranceProviderView(ClinicView):
    """The insurers."""

    datamodel = SQLAInterface(InsuranceProvider)
    page, route_base = "/insurance", "/insurance-providers"
    title_one, title_many = T("Insurance provider"), T("Insurance providers")
    list_columns = ("name", "kind", "contact")
    show_columns = add_columns = edit_columns = ("name", "kind", "contact")
    search_columns = ("name", "kind")
    order_columns = ("name", "kind")
    default_order = ("name", "asc")
    definitions = [{"label": T("Insurers by kind"), "group": "kind", "series": [(aggregate_count, "")]}]
    chart_date = ""


class InsurancePlanView(ClinicView):
    """What insurers offer."""

    datamodel = SQLAInterface(InsurancePlan)
    page, route_base = "/insurance", "/insurance-plans"
    title_one, title_many = T("Insurance plan"), T("Insurance plans")
    list_columns = ("name", "provider", "annual_maximum", "deductible")
    show_columns = list_columns
    add_columns = edit_columns = ("insurance_provider_id", "name", "annual_maximum", "deductible")
    search_columns = ("name", "insurance_provider_id")
    order_columns = ("name", "annual_maximum")
    default_order = ("name", "asc")
    definitions = [
        {"label": T("Plans by insurer"), "group": "insurance_provider_id", "series": [(aggregate_count, "")]},
    ]
    chart_date = ""


VIEWS: tuple[Any, ...] = (PatientInsuranceView, InsuranceProviderView, InsurancePlanView)
