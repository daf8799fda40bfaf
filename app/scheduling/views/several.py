"""Several visits by one form: first each of them is shown as it would be, then all are booked or none."""

import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Any

from flask import flash, g, redirect, request
from sqlalchemy.orm import Session

from app.db import sqla
from app.kernel.errors import RuleError
from app.kernel.text import T
from app.people.models import Patient
from app.scheduling import queries
from app.scheduling.rules.repeating import MOST_OF_A_FAMILY, MOST_TIMES, Occurrence, Repeat
from app.scheduling.terms import moment_of, terms
from app.scheduling.views import panel
from app.scheduling.views.booking_fields import FAMILY, REPEAT
from app.web import saving, who
from app.web.text import moment, say
from app.workflows.booking.family import Visits, check_family, ways_to_come
from app.workflows.booking.repeating import occurrences
from app.workflows.desk_booking import Booked, book_several

OURS = ("csrf_token", "pick", "again")
_PLACE = re.compile(r"([0-9]{1,15})@([0-9]{4}-[0-9]{2}-[0-9]{2} [0-9]{2}:[0-9]{2})@([0-9]{1,15})@([0-9]{0,15})")


def is_asked(sent: Any) -> bool:
    """Whether a sent form is for several visits, and not sent back to be changed."""
    return any(one.strip() for name in (*REPEAT, FAMILY[0]) for one in sent.getlist(name))


def answer(view: Any) -> Any:
    """The preview of what was asked for; with what was picked in it, all of it booked."""
    form = view.make_form(view.add_columns)()
    if request.form.get("again"):
        return view.render_form(form, None, 200)
    if not form.validate():
        return view.render_form(form, None, 422)
    values, status = view.form_values(form), 200
    try:
        _check_asked(values)
        if "pick" in request.form:
            visits = _picked(values, request.form.getlist("pick"))
            booked, status = saving.save(form, lambda session: _book(session, visits, values))
            if booked is not None:
                return redirect(view.after_save(_told(booked)))
            sqla.session.rollback()  # what stands in the way is read afresh
        return _preview(view, form, values), status
    except RuleError as error:
        form.refuse(error)
        return view.render_form(form, None, error.status)


def _check_asked(values: Mapping[str, Any]) -> None:
    if not values.get("patient_id") and not values.get("caller_name"):
        raise RuleError(T("Choose a patient, or write the name and phone of a caller."), field="patient_id")
    if values.get("also_for"):
        if values.get("repeat_weeks"):
            text = T("Book the family first; let each visit repeat afterwards.")
            raise RuleError(text, field="repeat_weeks")
        check_family(sqla.session(), values.get("patient_id"), values["also_for"])


def _preview(view: Any, form: Any, values: Mapping[str, Any]) -> str:
    session = sqla.session()
    found = _ways(session, values) if values.get("also_for") else _dates(session, values)
    # the reason is asked for here where a date needs one; all else that was sent is carried along
    ours = (*OURS, "override_reason") if found["asks_reason"] else OURS
    page: str = view.render_template(
        "scheduling/several.html",
        form=form,
        view=view,
        sent=[(name, one) for name, one in request.form.items(multi=True) if name not in ours],
        is_part=panel.is_part(),
        patient=session.get(Patient, values["patient_id"]) if values.get("patient_id") else None,
        wanted=values["start_at"],
        title=say(T("Before these visits are booked")),
        **found,
    )
    return page


@dataclass(frozen=True, slots=True)
class Choice:
    """A date of a visit that repeats, as it can be answered."""

    date: Occurrence
    may_keep: bool
    chosen: str


def _dates(session: Session, values: Mapping[str, Any]) -> dict[str, Any]:
    """Each date of a visit that repeats."""
    known, picked = terms(), request.form.getlist("pick")
    repeat = Repeat(values["repeat_weeks"], values["repeat_times"], values["repeat_until"])
    dates = occurrences(session, values, repeat, now=datetime.now(UTC), terms=known)
    choices = []
    for number, one in enumerate(dates):
        may_keep = not one.is_taken and (not one.broken or known.may_override)
        chosen = picked[number] if len(picked) == len(dates) else _first_choice(one, values)
        choices.append(Choice(one, may_keep, chosen))
    return {"dates": choices, "asks_reason": any(one.may_keep and one.date.broken for one in choices)}


def _first_choice(one: Occurrence, values: Mapping[str, Any]) -> str:
    if one.is_free or (one.broken and not one.is_taken and values.get("override_reason")):
        return moment(one.start)
    return moment(min(one.others, key=lambda other: abs(other - one.start))) if one.others else ""


def _ways(session: Session, values: Mapping[str, Any]) -> dict[str, Any]:
    """The ways in which a family can come."""
    now, known = datetime.now(UTC), terms()
    ways = ways_to_come(session, values, values["also_for"], values["family_way"], now=now, terms=known)
    placed = [place for way in ways for place in way.places]
    doctors, chairs = queries.places(
        session, [place.doctor_id for place in placed], [place.chair_id for place in placed]
    )
    coded = [(_encoded(way), way) for way in ways]
    fits = next((code for code, way in coded if way.start == values["start_at"]), None)
    picked = request.form.get("pick")
    return {
        "ways": coded,
        "fits": fits is not None,
        "chosen": picked if picked in dict(coded) else fits or next((code for code, _ in coded), None),
        "people": {row.patient_id: row for row in queries.patients(session, _everybody(values))},
        "doctors": doctors,
        "chairs": chairs,
        "asks_reason": any(way.broken for way in ways),
    }


def _everybody(values: Mapping[str, Any]) -> list[int]:
    return [values["patient_id"], *values["also_for"]]


def _encoded(way: Visits) -> str:
    """One way in which a family can come, as the form sends it back."""
    return ";".join(
        f"{place.patient_id}@{moment(place.start)}@{place.doctor_id}@{place.chair_id or ''}" for place in way.places
    )


def _picked(values: Mapping[str, Any], picks: Sequence[str]) -> list[dict[str, Any]]:
    """What to book of each visit that was picked. Raises RuleError."""
    return _picked_family(values, picks) if values.get("also_for") else _picked_dates(values, picks)


def _picked_dates(values: Mapping[str, Any], picks: Sequence[str]) -> list[dict[str, Any]]:
    starts = [moment_of(pick) for pick in picks if pick.strip()]
    if len(picks) > MOST_TIMES or None in starts or len(set(starts)) != len(starts):
        raise _incomplete()
    if not starts:
        raise RuleError(T("Every date was left out: there is nothing to book."), field="repeat_times")
    return [{**values, "start_at": start} for start in starts]


def _picked_family(values: Mapping[str, Any], picks: Sequence[str]) -> list[dict[str, Any]]:
    places = [_PLACE.fullmatch(one) for one in picks[0][: 100 * MOST_OF_A_FAMILY].split(";")]
    found = []
    for place in places:
        start = moment_of(place[2]) if place else None
        if place is None or start is None:
            raise _incomplete()
        found.append(
            {
                **values,
                "patient_id": int(place[1]),
                "start_at": start,
                "doctor_id": int(place[3]),
                "chair_id": int(place[4]) if place[4] else None,
                "assistant_id": values.get("assistant_id") if int(place[3]) == values["doctor_id"] else None,
            }
        )
    if sorted(one["patient_id"] for one in found) != sorted(_everybody(values)):
        raise _incomplete()
    return found


def _incomplete() -> RuleError:
    return RuleError(T("This form is incomplete. Load the page again."))


def _book(session: Session, visits: Sequence[Mapping[str, Any]], values: Mapping[str, Any]) -> Booked:
    me, now = who.me(), datetime.now(UTC)
    return book_several(
        session,
        visits,
        by_user=me.user_id,
        by_employee=me.employee_id,
        now=now,
        terms=terms(),
        is_series=not values.get("also_for"),
    )


def _told(booked: Booked) -> int:
    """Say how many are booked; the first one is what the page leads to."""
    keys = [row.appointment_id for row in booked.rows]
    g.saved_appointments = keys
    flash(say(T("%(count)s visits are booked.", count=len(keys))), "success")
    return keys[0]
