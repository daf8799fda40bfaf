"""What is done in the calendar of shifts: moving, copying, exchanging, deleting; and taking it back."""

from collections.abc import Callable, Sequence
from datetime import date
from typing import Any

from flask import abort, flash, redirect, request, url_for
from flask_appbuilder import expose
from sqlalchemy.orm import Session

from app.db import sqla
from app.kernel.dates import parse_date
from app.kernel.errors import NotFound, RuleError
from app.kernel.keys import parse_key
from app.kernel.text import T, Text
from app.people.models import Employee
from app.scheduling import queries
from app.scheduling.actions import shifts as actions
from app.scheduling.models import Shift
from app.scheduling.queries import patterns as reads
from app.scheduling.rules import ShiftKind
from app.scheduling.rules.shifts import monday_of
from app.scheduling.views.panel import is_part
from app.scheduling.views.shift_calendar import Asked, asked, render_calendar
from app.web import fields, saving, who
from app.web.access import writes
from app.web.text import say, today
from app.web.views import ClinicPage

Undo = tuple[str, list[tuple[str, Any]]]  # where it is sent, and what
Done = tuple[Text, Undo | None, list[tuple[str, Text]]]  # what happened, the way back, what to look at next
RESTORED = ("employee_id", "chair_id", "room_id", "shift_pattern_id")
TOLD = 5  # shifts that a message names


def _told(text: Text, undo: Any, links: Sequence[tuple[str, Text]]) -> dict[str, Any]:
    return {"text": say(text), "undo": undo, "links": [(url, say(words)) for url, words in links]}


def answer(view: ClinicPage, write: Callable[[Session], Done], wanted: Asked | None = None) -> Any:
    """Do it, and show the calendar as it stands now with what happened; to a plain form, lead back to it."""
    done, error = saving.attempt(write)
    status = error.status if error else 200
    toast: dict[str, Any] = {"text": say(error.text), "is_error": True} if error else _told(*done)
    shown = wanted or asked()
    if is_part():
        return render_calendar(view, shown, toast), status
    flash(toast["text"], "danger" if toast.get("is_error") else "success")
    links = toast.get("links") or []
    return redirect(links[0][0] if links else shown.url())


def locked(session: Session, pk: int) -> Shift:
    """The shift, locked. Raises NotFound."""
    row = session.get(Shift, pk, with_for_update=True)
    if row is None:
        raise NotFound(T("This shift no longer exists."))
    return row


def _key(name: str) -> int:
    return parse_key(request.form.get(name)) or abort(422)


def _day(name: str) -> date:
    try:
        return parse_date(request.form.get(name, "")[:40])
    except RuleError:
        abort(422)


def visits_left(session: Session, employee_ids: Any, day: date) -> list[tuple[str, Text]]:
    """Links to the visits that stand where their doctor no longer works."""
    links, zone = [], who.clinic().zone
    if who.may("read", "/appointments"):
        for key in employee_ids:
            count = len(reads.outside_shifts(session, key, day, day, now=today(), zone=zone))
            if count:
                url = url_for("ToMovePage.index", employee_id=key, day=day.isoformat())
                links.append((url, T("Visits to move: %(count)s", count=count)))
    return links


class ShiftMovesPage(ClinicPage):
    """Single shifts."""

    page, route_base = "/shifts", "/shifts"

    @expose("/<int:pk>/put", methods=["POST"])
    @writes
    def put(self, pk: int) -> Any:
        """To another day or person; with `copy`, the same there once more."""
        employee_id, day, is_copy = _key("employee_id"), _day("day"), bool(request.form.get("copy"))

        def write(session: Session) -> Done:
            row = locked(session, pk)
            if is_copy:
                made = actions.put_copy(session, row, employee_id, day)
                return T("Copied: %(shift)s.", shift=made.title), _drop_again([made.shift_id]), []
            before = row.employee_id, row.shift_date
            actions.put_shift(session, row, employee_id, day)
            back = [("employee_id", before[0]), ("day", before[1])]
            undo = (url_for("ShiftMovesPage.put", pk=pk), back)
            return T("Moved: %(shift)s.", shift=row.title), undo, visits_left(session, [before[0]], before[1])

        return answer(self, write)

    @expose("/drop", methods=["POST"])
    @writes
    def drop(self) -> Any:
        """Delete these shifts (`shift=12`, several)."""
        keys = [key for typed in request.form.getlist("shift")[:500] if (key := parse_key(typed))] or abort(422)

        def write(session: Session) -> Done:
            rows = actions.drop_shifts(session, keys)
            if len(rows) > 1:
                return T("Deleted: %(count)s shifts.", count=len(rows)), None, []
            links = visits_left(session, [rows[0].employee_id], rows[0].shift_date)
            return T("Deleted: %(shift)s.", shift=rows[0].title), _restore_again(rows[0]), links

        return answer(self, write)

    @expose("/restore", methods=["POST"])
    @writes
    def restore(self) -> Any:
        """A deleted shift as it was."""
        kind = next((kind for kind in ShiftKind if kind.word == request.form.get("kind")), None) or abort(422)
        values: dict[str, Any] = {name: parse_key(request.form.get(name)) for name in RESTORED}
        try:
            values |= {name: fields.parse_clock(request.form.get(name, "")) for name in ("start_time", "end_time")}
        except RuleError:
            abort(422)
        day = _day("shift_date")

        def write(session: Session) -> Done:
            if session.get(Employee, values["employee_id"] or 0) is None:
                raise NotFound(T("This record no longer exists."))
            row = actions.add_shifts(session, {**values, "kind": kind}, [day])[0]
            return T("It is back: %(shift)s.", shift=row.title), None, []

        return answer(self, write)


def _drop_again(keys: list[int]) -> Undo:
    return url_for("ShiftMovesPage.drop"), [("shift", key) for key in keys]


def _restore_again(row: Shift) -> Undo:
    kept = [(name, getattr(row, name)) for name in RESTORED if getattr(row, name) is not None]
    times = [(name, f"{getattr(row, name):%H:%M}") for name in ("start_time", "end_time")]
    return url_for("ShiftMovesPage.restore"), [
        *kept,
        *times,
        ("shift_date", row.shift_date),
        ("kind", row.kind.word),
    ]


class ShiftSwapPage(ClinicPage):
    """Two people's shifts of a day, and a whole week."""

    page, route_base = "/shifts", "/shifts"

    @expose("/<int:pk>/swap")
    @writes
    def choose(self, pk: int) -> str:
        """With whom: everybody who could, and when they work on that day."""
        session = sqla.session()
        row = session.get(Shift, pk) or abort(404)
        others = reads.colleagues(session, row.employee_id, row.shift_date)
        shifts = queries.shifts_between(session, row.shift_date, row.shift_date)
        by_person: dict[int, list[Shift]] = {}
        for shift in shifts:
            by_person.setdefault(shift.employee_id, []).append(shift)
        return self.render_template(
            "scheduling/shift_swap.html",
            title=say(T("Exchange or give away: %(shift)s", shift=row.title)),
            row=row,
            others=sorted(others, key=lambda other: other.employee_id not in by_person),
            by_person=by_person,
        )

    @expose("/swap", methods=["POST"])
    @writes
    def swap(self) -> Any:
        """Exchange the shifts of a day, or take the other's over: both or none."""
        giver, taker, day = _key("giver"), _key("taker"), _day("day")
        is_exchange = request.form.get("mode") != "take"

        def write(session: Session) -> Done:
            before = actions.swap_day(session, day, giver, taker, is_exchange=is_exchange)
            names = {row.employee_id: row.title for row in reads.employees(session, [giver, taker])}
            text = (
                T(
                    "%(day)s: %(one)s and %(other)s have exchanged their shifts.",
                    day=day,
                    one=names[giver],
                    other=names[taker],
                )
                if is_exchange
                else T("%(day)s: %(other)s works for %(one)s.", day=day, one=names[giver], other=names[taker])
            )
            undo = (url_for("ShiftSwapPage.give"), [("shift", f"{key}:{owner}") for key, owner in before.items()])
            return text, undo, visits_left(session, [giver, taker], day)

        return answer(self, write, Asked(day, False, "", "", False) if not is_part() else None)

    @expose("/give", methods=["POST"])
    @writes
    def give(self) -> Any:
        """Each shift to an employee (`shift=12:3`): how an exchange is taken back."""
        pairs = [typed.partition(":") for typed in request.form.getlist("shift")[:50]]
        found = {parse_key(key): parse_key(owner) for key, _, owner in pairs}
        owners = {key: owner for key, owner in found.items() if key and owner} or abort(422)

        def write(session: Session) -> Done:
            actions.give_shifts(session, owners)
            return T("The shifts are back as they were."), None, []

        return answer(self, write)

    @expose("/copy-week", methods=["POST"])
    @writes
    def copy_week(self) -> Any:
        """A week, everybody's or one person's, to another."""
        source, target = _day("source"), _day("target")
        person = parse_key(request.form.get("employee_id"))

        def write(session: Session) -> Done:
            done = actions.copy_week(session, source, target, person)
            return copied_text(done), _drop_again(done.made) if 0 < len(done.made) <= 500 else None, []

        return answer(self, write, Asked(monday_of(target), False, asked().group, asked().typed, asked().everybody))


def copied_text(done: actions.Copied) -> Text:
    """What was copied, and what was left out and why."""
    if not done.left:
        return T("Shifts copied: %(made)s.", made=len(done.made))
    told: Text | str = ""
    for one in done.left[:TOLD]:
        why = T("the clinic is closed") if one.is_closed else T("works then already")
        item = T("%(who)s %(day)s (%(why)s)", who=one.shift.employee.title, day=one.day, why=why)
        told = T("%(first)s, %(second)s", first=told, second=item) if told else item
    if len(done.left) > TOLD:
        told = T("%(first)s, %(second)s", first=told, second=T("and %(count)s more", count=len(done.left) - TOLD))
    return T(
        "Shifts copied: %(made)s. Left out: %(left)s: %(which)s.", made=len(done.made), left=len(done.left), which=told
    )
