"""Writing calls and texts down, each linked to whoever has the number."""

from collections.abc import Iterable, Mapping
from datetime import datetime
from typing import Any

from sqlalchemy.orm import Session

from app.communication import queries, rules
from app.communication.models import Call, Sms
from app.communication.queries.contacts import unlinked
from app.communication.rules import Direction
from app.kernel.errors import Conflict
from app.kernel.text import T
from app.security.models import UserProfile


def record_call(session: Session, values: Mapping[str, Any], *, by: int | None, now: datetime) -> Call:
    """Write a call down. Raises RuleError; Conflict for a form that is sent twice."""
    begin, end, direction = values["begin_call"], values.get("end_call"), values.get("direction") or Direction.IN
    rules.check_call(begin, end, now)
    _one_at_a_time(session, by)
    if queries.call_of(session, values["phone_number"], direction, begin) is not None:
        raise Conflict(T("This call is written down already."), field="begin_call")
    call = Call(
        phone_number=values["phone_number"], direction=direction, begin_call=begin, end_call=end,
        note=values.get("note"), taken_by=by,
    )  # fmt: skip
    _link(session, call)
    session.add(call)
    session.flush()
    return call


def change_call(session: Session, call: Call, values: Mapping[str, Any], *, now: datetime) -> Call:
    """Correct a locked call. Raises RuleError."""
    rules.check_call(values["begin_call"], values.get("end_call"), now)
    if values["phone_number"] != call.phone_number:
        call.phone_number = values["phone_number"]
        _link(session, call)
    call.direction = values.get("direction") or call.direction
    call.begin_call, call.end_call, call.note = values["begin_call"], values.get("end_call"), values.get("note")
    session.flush()
    return call


def start_call(session: Session, number: str, direction: Direction, *, by: int | None, now: datetime) -> Call:
    """Somebody picks up, or dials. Whoever is in a call with this number already stays in it."""
    _one_at_a_time(session, by)
    for running in queries.running_calls(session, by, now - rules.LONGEST_CALL):
        if running.phone_number == number:
            return running
    return record_call(session, {"phone_number": number, "direction": direction, "begin_call": now}, by=by, now=now)


def end_call(call: Call, note: str | None, now: datetime) -> None:
    """Somebody hangs up; the second time changes nothing."""
    if call.end_call is None:
        call.end_call = max(call.begin_call, min(now, call.begin_call + rules.LONGEST_CALL))
    if note:
        call.note = f"{call.note}\n{note}" if call.note and note not in call.note else note


def record_text(session: Session, values: Mapping[str, Any], *, by: int | None, now: datetime) -> Sms:
    """Write down a text that came in. Raises RuleError; Conflict for a form that is sent twice."""
    rules.check_received(values["time"], now)
    _one_at_a_time(session, by)
    if queries.same_text(session, values["phone_number"], values["time"], values["sms_text"]) is not None:
        raise Conflict(T("This text is written down already."), field="sms_text")
    text = Sms(
        phone_number=values["phone_number"], direction=Direction.IN, time=values["time"],
        sms_text=values["sms_text"], note=values.get("note"),
    )  # fmt: skip
    _link(session, text)
    session.add(text)
    session.flush()
    return text


def _one_at_a_time(session: Session, by: int | None) -> None:
    """A form that one person sends twice is looked at once after the other."""
    if by is not None:
        session.get(UserProfile, by, with_for_update=True)


def _link(session: Session, row: Call | Sms) -> None:
    row.contact_type, row.contacter_id = queries.owner_of(session, row.phone_number)


def link_numbers(session: Session, numbers: Iterable[str]) -> int:
    """Link what these numbers' calls and texts are not linked to yet: somebody was given the number since. Returns
    how many rows were linked."""
    known, count = set(numbers), 0
    for model in (Call, Sms):
        for row in unlinked(session, model, known) if known else ():
            _link(session, row)
            count += row.contacter_id is not None
    return count
