"""The screens of employees, doctors and their positions."""

from collections.abc import Sequence
from datetime import UTC, datetime
from typing import Any

import sqlalchemy as sa
from flask_appbuilder import aggregate_count
from flask_appbuilder.models.sqla.interface import SQLAInterface
from markupsafe import Markup
from sqlalchemy import ColumnElement
from sqlalchemy.orm import Session

from app.kernel.text import T
from app.people import actions, queries
from app.people.models import Employee, EmployeePhone, EmployeePosition, Position
from app.people.views.lookups import PHONES
from app.web.listing import like
from app.web.text import phone_link, say, today
from app.web.views import ClinicView, Inline
from app.workflows.employees import change_employee


class EmployeeView(ClinicView):
    """Everybody who works at the clinic."""

    datamodel = SQLAInterface(Employee)
    page, route_base = "/employees", "/employees"
    title_one, title_many = T("Employee"), T("Employees")
    list_columns = ("full_name", "employee_display_number", "positions", "phone", "status", "hired_at")
    show_columns = (
        "full_name", "employee_display_number", "positions", "phones", "status", "gender", "birthday", "email",
        "home_address", "hired_at", "fired_at", "licence_number", "specialization", "calendar_colour", "commission_bp",
        "chair_capacity",
    )  # fmt: skip
    add_columns = edit_columns = (
        "last_name", "first_name", "gender", "birthday", "status", "phones", "email", "home_address", "positions",
        "hired_at", "fired_at", "licence_number", "specialization", "calendar_colour", "commission_bp",
        "chair_capacity",
    )  # fmt: skip
    search_columns = ("status", "gender", "hired_at")
    order_columns = ("full_name", "employee_display_number", "hired_at", "status")
    default_order = ("full_name", "asc")
    sections = (
        (T("Who"), ("full_name", "employee_display_number", "last_name", "first_name", "gender", "birthday", "status")),
        (T("How to reach them"), ("phone", "phones", "email", "home_address")),
        (
            T("Work"),
            (
                "positions", "hired_at", "fired_at", "licence_number", "specialization", "calendar_colour",
                "commission_bp", "chair_capacity",
            ),
        ),
    )  # fmt: skip
    inlines = {
        "phones": Inline(
            EmployeePhone,
            ("phone_number_val", "label", "is_primary"),
            "employee_id",
            T("Phone numbers"),
            2,
            made=PHONES,
        ),
        "positions": Inline(
            EmployeePosition, ("position_id", "is_primary", "started_at", "ended_at"), "employee_id", T("Positions")
        ),
    }

    def column(self, name: str) -> Any:
        """The name sorts by the Mongolian alphabet."""
        return super().column("sort_name" if name == "full_name" else name)

    def search_condition(self, session: Session, typed: str) -> ColumnElement[bool]:
        """By either name."""
        return sa.or_(like(Employee.first_name, typed), like(Employee.last_name, typed))

    def extras(self, session: Session, rows: Sequence[Any]) -> dict[Any, dict[str, Any]]:
        """Phones and positions."""
        ids = [row.employee_id for row in rows]
        phones, held = queries.phones_of_employees(session, ids), queries.positions_of(session, ids)
        found: dict[Any, dict[str, Any]] = {}
        for key in ids:
            links = [phone_link(phone.phone_number_val) for phone in phones.get(key, [])]
            current = [row for row in held.get(key, []) if row.ended_at is None or row.ended_at >= today()]
            found[key] = {
                "phone": links[0] if links else None,
                "phones": Markup(", ").join(links),
                "positions": ", ".join(say(row.title) for row in current),
            }
        return found

    def create(self, session: Session, values: dict[str, Any]) -> Employee:
        """Employee, phones and positions in one transaction."""
        return actions.add_employee(session, values, values["phones"], values["positions"], today=today())

    def change(self, session: Session, row: Employee, values: dict[str, Any]) -> Employee:
        """Employee, phones and positions in one transaction."""
        phones, positions, now = values["phones"], values["positions"], datetime.now(UTC)
        return change_employee(session, row, values, phones, positions, today=today(), now=now)


class DoctorView(EmployeeView):
    """The employees with a current position as a doctor."""

    datamodel = SQLAInterface(Employee)
    page, route_base = "/doctors", "/doctors"
    title_one, title_many = T("Doctor"), T("Doctors")
    list_columns = ("full_name", "specialization", "positions", "phone", "status", "licence_number")
    order_columns = ("full_name", "specialization", "status")

    def base_where(self) -> list[ColumnElement[bool]]:
        """Only doctors."""
        return [queries.is_doctor(today())]


class EmployeePhoneView(ClinicView):
    """Phones of employees: changed on the employee's form."""

    datamodel = SQLAInterface(EmployeePhone)
    page, route_base = "/employees", "/employee-phones"
    title_one, title_many = T("Employee's phone"), T("Employees' phones")
    list_columns = ("phone_number_val", "employee", "label", "is_primary")
    show_columns = (*list_columns, "created_at", "updated_at")
    search_columns = ("employee_id", "label", "is_primary")
    order_columns = ("phone_number_val",)


class PositionView(ClinicView):
    """Kinds of work."""

    datamodel = SQLAInterface(Position)
    page, route_base = "/employees", "/positions"
    title_one, title_many = T("Position"), T("Positions")
    list_columns = ("title", "position_type", "category", "is_active")
    show_columns = ("display_name_mn", "display_name_en", "position_type", "category", "is_active", "description")
    add_columns = edit_columns = show_columns
    search_columns = ("display_name_mn", "display_name_en", "position_type", "category", "is_active")
    order_columns = ("position_type", "category")
    definitions = [
        {"label": T("Positions by kind of work"), "group": "position_type", "series": [(aggregate_count, "")]}
    ]
    chart_date = ""


class EmployeePositionView(ClinicView):
    """Who does which work, since when: changed on the employee's form."""

    datamodel = SQLAInterface(EmployeePosition)
    page, route_base = "/employees", "/employee-positions"
    title_one, title_many = T("Held position"), T("Held positions")
    list_columns = ("employee", "position", "is_primary", "started_at", "ended_at")
    show_columns = list_columns
    search_columns = ("employee_id", "position_id", "is_primary", "started_at")
    order_columns = ("started_at", "ended_at")
