"""`/search`: patients first, then whatever else one may open; `/`, three letters, Enter."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Any

import sqlalchemy as sa
from flask import request
from flask_appbuilder import expose
from sqlalchemy.orm import Session, joinedload

from app.billing.models import Invoice, Payment
from app.catalogue.models import Medicine, ServiceCatalog
from app.clinical.models import Prescription
from app.db import sqla
from app.desk import search_tables
from app.kernel.phones import show_phone
from app.kernel.text import T, Text
from app.people import queries as people
from app.people.models import Employee
from app.web import cells, who
from app.web.access import reads
from app.web.lookups import LOOKUPS, by_number
from app.web.text import day, say
from app.web.views import ClinicPage

MOST = 8


@dataclass(frozen=True, slots=True)
class Found:
    """A line of the answer."""

    url: str
    text: str
    detail: str


@dataclass(frozen=True, slots=True)
class Source:
    """What is searched: for whom, under which heading, how."""

    page: str
    label: Text
    find: Callable[[Session, str, int], Sequence[Found]]


def _patients(session: Session, typed: str, limit: int) -> Sequence[Found]:
    rows = people.find_patients(session, typed, limit)
    phones = people.phones_of_patients(session, [row.patient_id for row in rows])
    found = []
    for row in rows:
        numbers = [show_phone(phone.phone_number_val) for phone in phones.get(row.patient_id, [])[:2]]
        known = (row.card_number, row.register_number, day(row.birthday), *numbers)
        found.append(Found(cells.record_url(row) or "", row.full_name, " · ".join(filter(None, known))))
    return found


def _looked_up(model: type[Any]) -> Callable[[Session, str, int], Sequence[Found]]:
    """A table as its lookup finds it when something refers to it."""

    def find(session: Session, typed: str, limit: int) -> Sequence[Found]:
        return _lines(model, LOOKUPS[model.__tablename__].search(session, typed, limit))

    return find


def _numbered(model: type[Any]) -> Callable[[Session, str, int], Sequence[Found]]:
    """Documents by their number alone: their patients are found as patients."""

    def find(session: Session, typed: str, limit: int) -> Sequence[Found]:
        if typed.startswith(("#", "№")) or not any(letter.isdigit() for letter in typed):
            return []
        statement = sa.select(model).options(joinedload(model.patient)).where(by_number(model.number, typed))
        return _lines(model, session.scalars(statement.order_by(model.number.desc()).limit(limit)).all())

    return find


def _lines(model: type[Any], rows: Sequence[Any]) -> list[Found]:
    detail = LOOKUPS[model.__tablename__].detail or (lambda _row: "")
    return [Found(url, cells.name_of(row), say(detail(row))) for row in rows if (url := cells.record_url(row))]


SOURCES: tuple[Source, ...] = (
    Source("/patients", T("Patients"), _patients),
    Source("/invoices", T("Invoices"), _numbered(Invoice)),
    Source("/payments", T("Payments"), _numbered(Payment)),
    Source("/prescriptions", T("Prescriptions"), _numbered(Prescription)),
    Source("/employees", T("Employees"), _looked_up(Employee)),
    Source("/services", T("Services"), _looked_up(ServiceCatalog)),
    Source("/prescriptions", T("Medicines"), _looked_up(Medicine)),
)


class SearchPage(ClinicPage):
    """The box in the head of every page, and its page."""

    page, route_base = "/search", "/search"

    @expose("/")
    @reads
    def index(self) -> str:
        """What was found, as a list under the box or as a page."""
        typed = " ".join(request.args.get("q", "").split())[:100]
        session = sqla.session()
        groups = []
        if len(typed) > 1:
            for source in SOURCES:
                if who.may("read", source.page) and (found := source.find(session, typed, MOST)):
                    groups.append((say(source.label), found))
            for heading, lines in search_tables.find(session, typed, MOST):
                groups.append((heading, [Found(*line) for line in lines]))
        part = bool(request.headers.get("HX-Request"))
        template = "desk/_results.html" if part else "desk/search.html"
        return self.render_template(
            template,
            title=say(T("Search")),
            typed=typed,
            groups=groups,
            global_query=typed,
            may_add=who.may("write", "/patients"),
        )


VIEWS: tuple[Any, ...] = (SearchPage,)
