"""What the screens of this room show in the same way: who is behind a number, and what can be done with it."""

from collections.abc import Iterable, Sequence
from typing import Any

from flask import request, url_for
from markupsafe import Markup, escape
from sqlalchemy.orm import Session

from app.communication import queries
from app.communication.queries import Holder
from app.communication.rules import ContactType
from app.kernel.text import T
from app.people.models import Employee, Patient
from app.web import cells, who
from app.web.access import address
from app.web.text import say

MODELS = {ContactType.PATIENT: Patient, ContactType.EMPLOYEE: Employee}
MOST_NAMES = 3


def holder_url(holder: Holder) -> str:
    """The record of somebody behind a number, if the person may open it."""
    endpoint, page = cells.RECORDS[MODELS[holder.kind]]
    return url_for(endpoint, pk=holder.key) if who.may("read", page) else ""


def register_url(number: str) -> str:
    """The form that makes a patient of an unknown number, if the person may fill it in."""
    return address("PatientView.add", {"phone": number}) if who.may("write", "/patients") else ""


def names(holders: Sequence[Holder], number: str) -> Markup:
    """The people behind a number, linked; a number that nobody has offers to register somebody."""
    if not holders:
        url = "" if "/export." in request.path else register_url(number)
        offer = Markup(' · <a href="{}">{}</a>').format(url, say(T("Register"))) if url else Markup("")
        return escape(say(ContactType.NEW)) + offer
    shown = [_name(one) for one in holders[:MOST_NAMES]]
    return Markup(", ").join(shown)


def _name(holder: Holder) -> Markup:
    url = holder_url(holder)
    return Markup('<a href="{}">{}</a>').format(url, holder.name) if url else escape(holder.name)


def people_of(session: Session, rows: Sequence[Any]) -> dict[Any, dict[str, Any]]:
    """The column `person` of calls or texts."""
    found = queries.whose(session, rows)
    return {row.row_id: {"person": names(found[row.row_id], row.phone_number)} for row in rows}


def digits(typed: str) -> str:
    """The beginning of a number in E.164 as far as it was typed: `9911` → `+9769911`. Empty: no number was typed."""
    bare = "".join(sign for sign in typed if sign.isascii() and sign.isdigit())
    if not bare or any(sign.isalpha() for sign in typed):
        return ""
    return f"+{bare}" if typed.strip().startswith("+") or bare.startswith("976") else f"+976{bare}"


def first_line(text: str | None, longest: int = 90) -> str:
    """As much of a text as a list has room for."""
    line = " ".join((text or "").split())
    return line if len(line) <= longest else f"{line[: longest - 1]}…"


def shortened(rows: Iterable[Any], column: str) -> dict[Any, str]:
    """`first_line` of a column for each row."""
    return {row.row_id: first_line(getattr(row, column)) for row in rows}
