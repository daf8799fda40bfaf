"""The slip of a lab request: A4, both languages side by side, since labs read either."""

from flask import current_app, url_for
from sqlalchemy.orm import Session

from app.db import sqla, unit
from app.kernel.text import T, Text
from app.lab.models import LabRequest
from app.security.actions import share
from app.security.rules import ShareKind
from app.web import who
from app.web.pdf import PAPERS, breakable, render_pdf
from app.web.text import LOCALES, say, speaking, today

WORDS: dict[str, Text] = {
    "title": T("Lab request"), "patient": T("Patient"), "age": T("Age and gender"), "card": T("Card number"),
    "doctor": T("Doctor"), "lab": T("Laboratory"), "kind": T("What is asked for"), "teeth": T("Teeth"),
    "shade": T("Shade"), "material": T("Material"), "description": T("What to make or test"),
    "sent": T("Sent on"), "due": T("Expected on"), "signature": T("Signature"), "given": T("Given to the lab"),
    "taken": T("Taken back"),
}  # fmt: skip


def slip(row: LabRequest) -> bytes:
    """The PDF, with the address that proves it where it was sent; each print is in the audit log."""
    key, patient, secret = row.lab_request_id, row.patient_id, current_app.config["SECRET_KEY"]

    def link(session: Session) -> str:
        return share(session, secret, ShareKind.VERIFY, "lab_request", key, patient)

    token = unit(link) if row.sent_at else None
    who.hooks().record("print", "lab_request", key, patient=patient)
    found = sqla.session().get_one(LabRequest, key)
    return render_pdf(
        "lab_request.html",
        "mn",
        row=found,
        patient=found.patient,
        age=found.patient.age_on(today()),
        words={name: _both(text) for name, text in WORDS.items()},
        both=_both,
        breakable=breakable,
        verify_url=url_for("SharedPage.open", token=token, _external=True) if token else None,
    )


def _both(text: object) -> str:
    """A mark in Mongolian and in English, once where they are the same."""
    spoken = []
    for language in LOCALES:
        with speaking(language):
            spoken.append(say(text))
    return " / ".join(dict.fromkeys(spoken))


def _paper_of(row: LabRequest) -> tuple[str, bytes] | None:
    return f"lab-request-{row.lab_request_id}", slip(row)


PAPERS[LabRequest] = _paper_of
