"""`/search`: patients first, then whatever else one may open; `/`, three letters, Enter."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Any

from flask import request
from flask_appbuilder import expose
from sqlalchemy.orm import Session

from app.db import sqla
from app.kernel.phones import show_phone
from app.kernel.text import T, Text
from app.people import queries as people
from app.web import cells, who
from app.web.access import reads
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


def of_rows(rows: Sequence[Any], detail: Callable[[Any], Any] = lambda _row: "") -> list[Found]:
    """Lines for rows that have a record."""
    return [Found(url, cells.name_of(row), say(detail(row))) for row in rows if (url := cells.record_url(row))]


SOURCES: tuple[Source, ...] = (Source("/patients", T("Patients"), _patients),)


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
