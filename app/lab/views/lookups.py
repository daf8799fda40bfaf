"""How labs, requests and doctors are found when something refers to them, and this room's words."""

from collections.abc import Sequence

import sqlalchemy as sa
from sqlalchemy.orm import Session, joinedload

from app.kernel.text import T
from app.lab.models import Lab, LabRequest
from app.lab.words import LABELS
from app.people import queries as people
from app.people.models import Employee
from app.web.listing import like
from app.web.lookups import Lookup, add_lookup, by_text
from app.web.text import day, say, today
from app.web.vocabulary import add_labels

add_labels(LABELS)


def _doctors(session: Session, typed: str, limit: int) -> Sequence[Employee]:
    statement = people.doctors_statement(today())
    if typed:
        statement = statement.where(sa.or_(like(Employee.first_name, typed), like(Employee.last_name, typed)))
    return session.scalars(statement.order_by(Employee.sort_name).limit(limit)).all()


def _requests(session: Session, typed: str, limit: int) -> Sequence[LabRequest]:
    statement = sa.select(LabRequest).options(joinedload(LabRequest.patient))
    if typed:
        statement = statement.where(people.matching_condition(LabRequest.patient_id, typed))
    return session.scalars(statement.order_by(LabRequest.lab_request_id.desc()).limit(limit)).all()


def _request_detail(row: LabRequest) -> str:
    return " · ".join((say(row.status), day(row.sent_at) or day(row.created_at), row.description[:60]))


DOCTORS = Lookup(Employee, _doctors, lambda row: row.specialization)
LABS = add_lookup(
    Lookup(Lab, by_text(Lab, "name").search, lambda row: T("%(days)s working days", days=row.working_days))
)
add_lookup(Lookup(LabRequest, _requests, _request_detail))
