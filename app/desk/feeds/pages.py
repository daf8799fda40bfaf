"""Where addresses of calendar feeds are made and revoked: by oneself on the profile, for a patient by the desk."""

from collections.abc import Callable
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Any

from flask import abort, flash, redirect, url_for
from flask_appbuilder import expose
from sqlalchemy.orm import Session
from werkzeug.wrappers import Response

from app.db import sqla, unit
from app.desk.feeds.answer import EMPLOYEE, PATIENT
from app.kernel.errors import NotFound, RuleError
from app.kernel.text import T
from app.people import queries as people
from app.people.models import Employee, Patient
from app.security.actions import shares
from app.security.models import ShareLink
from app.security.rules import ShareKind
from app.web import saving, who
from app.web.access import reads, writes
from app.web.text import say, today
from app.web.views import ClinicPage

MOST = 5  # a phone, a tablet, a computer, and two to spare


@dataclass(frozen=True, slots=True)
class Whose:
    """Whose visits a feed shows, the numbers they stand under, and the page that it is looked after on."""

    table: str
    rows: tuple[int, ...]
    patient: int | None
    name: str
    base: str
    back: str


def _own(session: Session) -> Whose:
    """One's own, for a doctor or a patient; anybody else has no visits."""
    me = who.me()
    back = {"base": "/profile/calendar", "back": url_for("ProfilePage.index")}
    doctor = session.get(Employee, me.employee_id) if me.employee_id else None
    if doctor is not None and is_doctor(session, doctor.employee_id):
        return Whose(EMPLOYEE, (doctor.employee_id,), None, doctor.title, **back)
    if me.patient_id:
        return _of_patient(session, me.patient_id, **back)
    raise NotFound(T("Only doctors and patients have visits of their own."))


def is_doctor(session: Session, employee_id: int) -> bool:
    """Whether somebody works as a doctor today."""
    statement = people.doctors_statement(today()).where(Employee.employee_id == employee_id)
    return session.scalar(statement) is not None


def _of_patient(session: Session, pk: int, base: str, back: str) -> Whose:
    patient = session.get(Patient, pk)
    if patient is None or patient.anonymised_at is not None or patient.merged_into_id is not None:
        raise NotFound(T("This patient does not exist."))
    return Whose(PATIENT, people.patient_ids(session, pk), pk, patient.full_name, base, back)


class FeedScreens(ClinicPage):
    """The addresses there are, a new one, and an end to one."""

    def _page(self, whose: Callable[[Session], Whose], address: str = "", status: int = 200) -> Any:
        """The addresses that are open; a new one is shown this once."""
        session = sqla.session()
        found = _found(lambda: whose(session))
        links = shares.open_addresses(session, ShareKind.ICAL, found.table, found.rows, datetime.now(UTC))
        title = say(T("Calendar on the phone"))
        page = self.render_template(
            "desk/feeds.html", title=title, whose=found, links=links, address=address, most=MOST
        )
        return page, status

    def _make(self, whose: Callable[[Session], Whose], instead: int | None = None) -> Any:
        """A new address, in place of another where one is given."""
        now = datetime.now(UTC)

        def write(session: Session) -> str:
            found = whose(session)
            _lock(session, found)
            if instead is not None:
                shares.revoke_address(session, _link(session, found, instead), now)
            kind = ShareKind.ICAL
            return shares.open_address(session, kind, found.table, found.rows[0], found.patient, most=MOST, now=now)

        try:
            token = _found(lambda: unit(write))
        except RuleError as refusal:
            flash(say(refusal.text), "danger")
            return self._page(whose, status=refusal.status)
        return self._page(whose, url_for("SharedPage.open", token=f"{token}.ics", _external=True))

    def _revoke(self, whose: Callable[[Session], Whose], key: int) -> Response:
        """An end to an address."""
        now = datetime.now(UTC)

        def write(session: Session) -> str:
            found = whose(session)
            shares.revoke_address(session, _link(session, found, key), now)
            return found.base

        base = _found(lambda: unit(write))
        flash(say(T("The address opens nothing any more.")), "success")
        return redirect(base)


def _found(ask: Callable[[], Any]) -> Any:
    try:
        return ask()
    except NotFound:
        abort(404)


def _lock(session: Session, whose: Whose) -> None:
    """Two who make an address at once are counted one after the other."""
    saving.locked(session, Patient if whose.table == PATIENT else Employee, whose.rows[0])


def _link(session: Session, whose: Whose, key: int) -> ShareLink:
    """An address of this person's. Raises NotFound."""
    row = session.get(ShareLink, key, with_for_update=True)
    if row is None or row.kind is not ShareKind.ICAL or row.table != whose.table or row.row not in whose.rows:
        raise NotFound(T("This record no longer exists."))
    return row


class OwnFeedPage(FeedScreens):
    """`/profile/calendar`: a doctor's or a patient's own."""

    page, route_base = "/profile", "/profile/calendar"

    @expose("/")
    @reads
    def index(self) -> Any:
        """The addresses; who has no visits is led back to the profile."""
        try:
            _own(sqla.session())
        except NotFound as refusal:
            flash(say(refusal.text), "info")
            return redirect(url_for("ProfilePage.index"))
        return self._page(_own)

    @expose("/new", methods=["POST"])
    @writes
    def make(self) -> Any:
        """A new one."""
        return self._make(_own)

    @expose("/<int:key>/replace", methods=["POST"])
    @writes
    def replace(self, key: int) -> Any:
        """A new one in place of this."""
        return self._make(_own, key)

    @expose("/<int:key>/revoke", methods=["POST"])
    @writes
    def revoke(self, key: int) -> Any:
        """An end to one."""
        return self._revoke(_own, key)


def _patient(pk: int) -> Callable[[Session], Whose]:
    base, back = f"/patients/{pk}/calendar", f"/patients/{pk}"
    return lambda session: _of_patient(session, pk, base, back)


class PatientFeedPage(FeedScreens):
    """`/patients/{id}/calendar`: the desk makes one for a patient who asks."""

    page, route_base = "/patients", "/patients"

    @expose("/<int:pk>/calendar")
    @writes
    def show(self, pk: int) -> Any:
        """The addresses."""
        return self._page(_patient(pk))

    @expose("/<int:pk>/calendar/new", methods=["POST"])
    @writes
    def make(self, pk: int) -> Any:
        """A new one."""
        return self._make(_patient(pk))

    @expose("/<int:pk>/calendar/<int:key>/replace", methods=["POST"])
    @writes
    def replace(self, pk: int, key: int) -> Any:
        """A new one in place of this."""
        return self._make(_patient(pk), key)

    @expose("/<int:pk>/calendar/<int:key>/revoke", methods=["POST"])
    @writes
    def revoke(self, pk: int, key: int) -> Any:
        """An end to one."""
        return self._revoke(_patient(pk), key)
