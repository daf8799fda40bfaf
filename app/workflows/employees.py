"""Changing somebody who works here: not below what they are booked for."""

from collections.abc import Mapping
from datetime import date, datetime
from typing import Any

from sqlalchemy.orm import Session

from app.kernel.errors import RuleError
from app.kernel.text import T
from app.people import actions
from app.people.actions import Rows
from app.people.models import Employee
from app.scheduling import queries


def change_employee(
    session: Session,
    employee: Employee,
    values: Mapping[str, Any],
    phones: Rows,
    positions: Rows,
    *,
    today: date,
    now: datetime,
) -> Employee:
    """Change a locked employee with phones and positions. Raises RuleError.

    The lock on the row is what a booking waits for, so nobody is booked at more chairs in between.
    """
    wanted = values.get("chair_capacity")
    if wanted is not None and wanted < employee.chair_capacity:
        over = queries.first_over(session, employee.employee_id, wanted, now)
        if over is not None:
            at, count = over
            text = T(
                "At %(when)s there are visits at %(count)s chairs at once. Move one of them first.",
                when=at,
                count=count,
            )
            raise RuleError(text, field="chair_capacity")
    return actions.change_employee(session, employee, values, phones, positions, today=today)
