"""What somebody did, who looked at a patient, and what happened on a day: pages of the audit log for the Admin."""

from collections.abc import Iterator, Sequence
from datetime import date, datetime, timedelta
from typing import Any

from flask import abort, request
from flask_appbuilder import expose
from sqlalchemy.orm import Session
from werkzeug.wrappers import Response

from app.audit.models import AuditLog
from app.audit.queries import trail
from app.audit.rules.days import Activity, Limits, odd
from app.db import sqla
from app.kernel.dates import day_bounds, parse_date
from app.kernel.errors import RuleError
from app.kernel.text import T, Text
from app.people.models import Patient
from app.scheduling.queries import had_a_visit
from app.security.models import UserProfile
from app.security.views import in_words
from app.web import export, who
from app.web.access import needs_right, reads
from app.web.charts import Bar, Chart
from app.web.pdf import pdf_answer, render_pdf
from app.web.text import locale, moment, say, today
from app.web.views import ClinicPage

BACK, MOST, ON_PAPER = 30, 500, 2_000
COLUMNS: Sequence[tuple[str, Text]] = (
    ("sign_ins", T("Sign-ins")), ("looks", T("Looks")), ("patients", T("Patients looked at")),
    ("without_visit", T("Without a visit")), ("changes", T("Changes")), ("prints", T("Prints")),
    ("exports", T("Exports")), ("refusals", T("Refusals")),
)  # fmt: skip
OF_ONE = [pair for pair in COLUMNS if pair[0] not in ("patients", "without_visit")]
SYSTEM = T("The system")


class TrailPage(ClinicPage):
    """`/audit/days`, `/audit/people/{user}`, `/audit/patients/{patient}`."""

    page, route_base = "/audit", "/audit"

    @expose("/days")
    @reads
    def days(self) -> str:
        """What everybody did on a day, and what of it is worth a second look."""
        day = _day("day", today())
        lines = _lines(sqla.session(), day)
        return self.render_template(
            "security/days.html", title=say(T("Activity of a day")), day=day, lines=lines, columns=COLUMNS,
            chart=_chart(T("Entries by person"), f"{day}", _bars(lines)),
            before=day - timedelta(days=1), after=day + timedelta(days=1) if day < today() else None,
        )  # fmt: skip

    @expose("/days.csv")
    @needs_right("export")
    def days_csv(self) -> Response:
        """The same for a spreadsheet."""
        day = _day("day", today())
        lines = _lines(sqla.session(), day)
        who.hooks().record("export", "audit_log", "days", changes={"query": f"day={day}", "rows": len(lines)})
        header = [say(T("User")), *(say(text) for _, text in COLUMNS), say(T("Worth a second look"))]
        rows = (
            [line["name"], *(getattr(line["one"], key) for key, _ in COLUMNS), "; ".join(line["odd"])] for line in lines
        )
        return export.csv_answer(f"audit-{day}", header, list(rows))

    @expose("/people/<int:pk>")
    @reads
    def person(self, pk: int) -> str:
        """What one person did, day by day."""
        session, zone = sqla.session(), who.clinic().zone
        profile = session.get(UserProfile, pk) or abort(404)
        first, last = _period()
        days = trail.days_of(session, pk, day_bounds(first, zone)[0], day_bounds(last, zone)[1], zone)
        bars = [(day.isoformat(), one.total) for day, one in reversed(days)]
        return self.render_template(
            "security/person.html", title=say(T("Activity of %(name)s", name=profile.display_name)), profile=profile,
            days=days, columns=OF_ONE, first=first, last=last,
            chart=_chart(T("Entries by day"), f"{first} – {last}", bars, is_timeline=True),
        )  # fmt: skip

    @expose("/patients/<int:pk>")
    @reads
    def patient(self, pk: int) -> str:
        """Who looked at a patient."""
        patient, first, last, entries = _looks(pk, MOST)
        return self.render_template(
            "security/looks.html", title=say(T("Who looked at %(name)s", name=patient.full_name)), patient=patient,
            first=first, last=last, most=MOST, people=_people(entries), columns=OF_ONE, told=list(_told(entries)),
        )  # fmt: skip

    @expose("/patients/<int:pk>.<kind>")
    @needs_right("export")
    def patient_file(self, pk: int, kind: str) -> Response:
        """The same on paper or for a spreadsheet: for a patient who asks."""
        if kind not in ("csv", "pdf"):
            abort(404)
        patient, first, last, entries = _looks(pk, ON_PAPER)
        told = list(_told(entries))
        facts = {"query": f"from={first}&to={last}", "rows": len(told)}
        who.hooks().record("print" if kind == "pdf" else "export", "audit_log", "patients", patient=pk, changes=facts)
        if kind == "csv":
            header = [say(text) for text in (T("When"), T("User"), T("What was done"), T("What"), T("IP address"))]
            rows = [[moment(at), name, say(action), what, ip] for at, name, action, what, ip in told]
            return export.csv_answer(f"looks-{pk}", header, rows)
        paper = render_pdf(
            "looks.html", locale(), patient=patient, first=first, last=last, told=told, is_cut=len(told) >= ON_PAPER,
            people=_people(entries), columns=OF_ONE,
        )  # fmt: skip
        return pdf_answer(paper, f"looks-{pk}")


def _day(name: str, default: date) -> date:
    try:
        return min(parse_date(request.args.get(name, "")), today())
    except RuleError:
        return default


def _period() -> tuple[date, date]:
    last = _day("to", today())
    first = _day("from", last - timedelta(days=BACK))
    return min(first, last), last


def _lines(session: Session, day: date) -> list[dict[str, Any]]:
    """Everybody's day, what stands out first."""
    start, end = day_bounds(day, who.clinic().zone)
    found = trail.activities(session, start, end, had_a_visit(start, end))
    names = in_words.users(session, [one.actor for one in found])
    limits = Limits(*(who.setting(f"security.odd_{name}") for name in ("looks", "exports", "refusals")))
    lines = [
        {"one": one, "name": _name(names, one.actor), "odd": [say(text) for text in odd(one, found, limits)]}
        for one in found
    ]
    return sorted(lines, key=lambda line: (line["one"].actor is None, not line["odd"]))


def _bars(lines: Sequence[dict[str, Any]]) -> list[tuple[str, int]]:
    """People; what runs by itself would dwarf them."""
    return [(line["name"], line["one"].total) for line in lines if line["one"].actor is not None]


def _chart(title: Text, period: str, bars: Sequence[tuple[str, int]], *, is_timeline: bool = False) -> Chart:
    """Bars that compare people or days."""
    return Chart(
        title=say(title), period=period, group_label="", is_money=False, is_timeline=is_timeline,
        bars=[Bar(label, value, 0, {}) for label, value in bars], has_before=False,
    )  # fmt: skip


def _looks(pk: int, most: int) -> tuple[Patient, date, date, Sequence[AuditLog]]:
    session, zone = sqla.session(), who.clinic().zone
    patient = session.get(Patient, pk) or abort(404)
    first, last = _period()
    entries = trail.of_patient(session, pk, day_bounds(first, zone)[0], day_bounds(last, zone)[1], most)
    return patient, first, last, entries


def _people(entries: Sequence[AuditLog]) -> list[tuple[str, Activity, datetime, datetime]]:
    names = in_words.users(sqla.session(), [entry.actor_number for entry in entries])
    return [(_name(names, actor), one, first, last) for actor, one, first, last in trail.by_person(entries)]


def _told(entries: Sequence[AuditLog]) -> Iterator[tuple[Any, str, Any, str, str]]:
    """(when, who, what was done, of what, from where)."""
    names = in_words.users(sqla.session(), [entry.actor_number for entry in entries])
    for entry in entries:
        what = f"{say(in_words.what(entry.table, entry.row))} {entry.row if entry.row.isdigit() else ''}".strip()
        yield entry.created_at, _name(names, entry.actor_number), entry.action, what, entry.ip


def _name(names: dict[int, str], actor: int | None) -> str:
    return names.get(actor, f"#{actor}") if actor is not None else say(SYSTEM)
