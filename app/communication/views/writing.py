"""`/sms/write`: a text to a patient or a number, from a template or one's own words, put into the outbox."""

import uuid
from datetime import UTC, datetime, time
from typing import Any

from flask import flash, redirect, request, url_for
from flask_appbuilder import expose
from sqlalchemy.orm import Session
from wtforms import HiddenField

from app.communication import actions, queries, rules
from app.communication.models import Message, MessageTemplate
from app.communication.rules import Channel
from app.db import sqla
from app.kernel.errors import RuleError
from app.kernel.keys import parse_key
from app.kernel.phones import parse_phone
from app.kernel.text import Names, T
from app.people import queries as people
from app.people.models import Patient
from app.web import fields, saving, who
from app.web.access import writes
from app.web.cells import name_of
from app.web.forms import ClinicForm
from app.web.lookups import LOOKUPS
from app.web.text import clock, day, lazy, moment, say
from app.web.views import ClinicPage


def patient_field() -> fields.ReferenceField:
    """A patient, found as everywhere."""
    return fields.ReferenceField(
        lazy(T("Patient")),
        url=lambda: url_for("MessageView.lookup", column="patient_id"),
        find=lambda key: LOOKUPS["patient"].find(key),
        name_of=name_of,
    )


class TextForm(ClinicForm):
    """A text to write: to a patient's main number, or to the number that is typed."""

    once = HiddenField()
    patient_id = patient_field()
    phone_number = fields.PhoneField(lazy(T("Or a number")))
    body = fields.LongTextField(lazy(T("Text")), longest=1_000, validators=[fields.required])
    latin = fields.YesField(lazy(T("Send in Latin letters")))
    is_offer = fields.YesField(lazy(T("This is an offer or an advertisement")))


class WriteTextPage(ClinicPage):
    """Writing a text."""

    page, route_base = "/sms", "/sms/write"

    @expose("/", methods=["GET", "POST"])
    @writes
    def write(self) -> Any:
        """The form; what is sent from it waits in the outbox."""
        form, status = TextForm(**({} if request.method == "POST" else begun())), 200
        if request.method == "POST":
            status = 422
            if form.validate():
                made, status = saving.save(form, lambda session: queue(session, form, datetime.now(UTC)))
                if status == 200:
                    flash(
                        say(T("The text waits in the outbox until %(time)s.", time=moment(made.send_after))), "success"
                    )
                    return redirect(url_for("MessageView.show", pk=made.message_id))
        page = self.render_template(
            "communication/write.html",
            form=form,
            title=say(T("Write a text")),
            wordings=queries.templates(sqla.session(), Channel.SMS),
            size=rules.size_of(form.body.data or ""),
            latin=rules.in_latin(form.body.data or ""),
            size_in_latin=rules.size_of(rules.in_latin(form.body.data or "")),
        )
        return page, status

    @expose("/size", methods=["POST"])
    @writes
    def size(self) -> Any:
        """How many parts a text takes, as it stands and in Latin letters, while one types."""
        text = request.form.get("body", "").replace("\r\n", "\n").strip()[:2_000]
        latin = rules.in_latin(text)
        return self.render_template(
            "communication/_size.html", size=rules.size_of(text), latin=latin, size_in_latin=rules.size_of(latin)
        )


def begun() -> dict[str, Any]:
    """What a new form starts with: the patient, number and template of the address."""
    session, found = sqla.session(), {"once": uuid.uuid4().hex}
    patient = session.get(Patient, parse_key(request.args.get("patient_id")) or 0)
    try:
        number = parse_phone(request.args.get("phone_number") or request.args.get("phone") or "")
    except RuleError:
        number = ""
    template = session.get(MessageTemplate, parse_key(request.args.get("template")) or 0)
    body = known_words(session, template, patient) if template is not None else request.args.get("body", "")[:1_000]
    latin = template is not None and template.latin
    return {
        **found,
        "patient_id": patient and patient.patient_id,
        "phone_number": number or None,
        "body": body,
        "latin": latin,
    }


def known_words(session: Session, template: MessageTemplate, patient: Patient | None) -> str:
    """The template in the patient's language with what is known of them and of their next visit."""
    clinic = who.clinic()
    is_mn = patient is None or patient.preferred_locale.value == "mn"
    names = Names(clinic.name_mn, clinic.name_en)
    values = {"clinic": names.mn if is_mn else names.en, "phone": (clinic.phones or "").split(",")[0]}
    if patient is not None:
        values["patient"] = patient.first_name
        visit = queries.next_visit(session, patient.patient_id, datetime.now(UTC))
        if visit is not None:
            told = {"date": day(visit.start_at), "time": clock(visit.start_at), "doctor": visit.doctor.title}
            values.update(told)
    return rules.fill_in(template.body_mn if is_mn else template.body_en, values)


def queue(session: Session, form: TextForm, now: datetime) -> Message:
    """Put the text into the outbox. Raises RuleError."""
    latin = bool(form.latin.data)
    rules.check_text(form.body.data, latin)
    patient = session.get(Patient, form.patient_id.data) if form.patient_id.data else None
    quiet = (time(who.setting("messages.quiet_from")), time(who.setting("messages.quiet_until")))
    return actions.queue_message(
        session,
        channel=Channel.SMS,
        to=form.phone_number.data or _main_number(session, patient),
        body=rules.in_latin(form.body.data) if latin else form.body.data,
        send_after=rules.by_day(now, who.clinic().zone, *quiet),
        patient=patient,
        is_offer=bool(form.is_offer.data),
        dedupe_key=f"text:{who.me().user_id}:{_once(form)}",
    )


def _once(form: TextForm) -> str:
    typed = form.once.data or ""
    return typed if typed.isascii() and typed.isalnum() and len(typed) <= 40 else uuid.uuid4().hex


def _main_number(session: Session, patient: Patient | None) -> str:
    if patient is None:
        raise RuleError(T("Choose a patient, or write a number."), field="patient_id")
    phones = people.phones_of_patients(session, [patient.patient_id]).get(patient.patient_id)
    if not phones:
        raise RuleError(T("This patient has no phone number."), field="patient_id")
    return phones[0].phone_number_val
