"""`/communication`: calls, texts and messages by time, of one person or of the whole clinic."""

from datetime import UTC, datetime
from typing import Any

from flask import request
from flask_appbuilder import expose

from app.communication import queries
from app.communication.queries.log import CALL, MESSAGE, TEXT
from app.communication.rules import Channel
from app.communication.views import shared
from app.db import sqla
from app.kernel.dates import day_bounds, parse_date
from app.kernel.errors import RuleError
from app.kernel.keys import parse_key
from app.kernel.text import T
from app.people import queries as people
from app.people.models import Patient
from app.web import who
from app.web.access import reads
from app.web.text import say
from app.web.views import ClinicPage

SIZE, DEEPEST = 30, 100
KINDS = ((CALL, T("Calls")), (TEXT, T("Text messages")), (MESSAGE, T("Outbox")))
RECORDS = {
    CALL: ("CallView.show", "/calls"),
    TEXT: ("SmsView.show", "/sms"),
    MESSAGE: ("MessageView.show", "/communication"),
}


class CommunicationPage(ClinicPage):
    """One log of everything that was said between the clinic and its patients."""

    page, route_base = "/communication", "/communication"

    @expose("/")
    @reads
    def index(self) -> Any:
        """The log, newest first."""
        session, args = sqla.session(), request.args
        patient = session.get(Patient, parse_key(args.get("patient_id")) or 0)
        kind = args.get("kind") if args.get("kind") in {key for key, _ in KINDS} else ""
        page = max(1, min(DEEPEST, parse_key(args.get("page")) or 1))
        since, until = _days()
        if kind != MESSAGE:  # what is yet to be sent stands in the outbox
            until = until or datetime.now(UTC)
        wanted = queries.Wanted(patient.patient_id if patient else None, kind or "", since, until)
        entries, has_more = queries.log(session, wanted, SIZE, page)
        return self.render_template(
            "communication/log.html",
            title=say(T("Communication")),
            entries=entries,
            behind=queries.whose(session, entries) if entries else {},
            has_more=has_more and page < DEEPEST,
            page=page,
            patient=patient,
            phones=people.phones_of_patients(session, [patient.patient_id])[patient.patient_id] if patient else [],
            kind=kind,
            kinds=KINDS,
            records=RECORDS,
            shared=shared,
            email=Channel.EMAIL,
        )


def _days() -> tuple[Any, Any]:
    """The first and the last day of the address as moments; what is no day is none."""
    found: list[Any] = []
    for name, end in (("from", 0), ("to", 1)):
        try:
            found.append(day_bounds(parse_date(request.args.get(name, "")), who.clinic().zone)[end])
        except RuleError:
            found.append(None)
    return found[0], found[1]
