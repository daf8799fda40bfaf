"""What may follow what, by table and by property: pure."""

from datetime import date, timedelta
from itertools import product

import pytest

from app.kernel.errors import RuleError
from app.scheduling.rules import (
    LIVE,
    MOVES,
    UNDO,
    AppointmentStatus,
    Standing,
    check_move,
    check_settled,
    check_undo,
    may_undo,
    offered,
    offers,
)
from tests.factories.scheduling import ZONE, at

S = AppointmentStatus
DAY = date(2026, 11, 23)
NOW = at(DAY, "11:00")
ALLOWED = {
    (S.RESERVED, S.CONFIRMED), (S.RESERVED, S.CAME), (S.RESERVED, S.CANCELLED), (S.RESERVED, S.NO_SHOW),
    (S.CONFIRMED, S.CAME), (S.CONFIRMED, S.CANCELLED), (S.CONFIRMED, S.NO_SHOW), (S.CONFIRMED, S.RESERVED),
    (S.CAME, S.IN_TREATMENT), (S.CAME, S.CANCELLED), (S.CAME, S.RESERVED),
    (S.IN_TREATMENT, S.TREATED), (S.IN_TREATMENT, S.CAME), (S.TREATED, S.FINISHED),
    (S.NO_SHOW, S.RESERVED), (S.CANCELLED, S.RESERVED),
}  # fmt: skip


def move(before, to, *, start="14:00", reason="why", came_from=S.RESERVED, began=None, now=NOW, day=DAY):
    at_ = Standing(before, at(day, start), came_from, began)
    check_move(at_, to, now=now, zone=ZONE, reason=reason)


@pytest.mark.parametrize(("before", "to"), list(product(S, S)))
def test_only_the_moves_of_the_table_are_allowed_and_a_refusal_names_both_states(before, to):
    if (before, to) in ALLOWED:
        move(before, to)
    else:
        with pytest.raises(RuleError) as refused:
            move(before, to)
        assert before.label in refused.value.text.params.values()
        assert to.label in refused.value.text.params.values()


def test_who_came_goes_back_only_to_what_it_was():
    move(S.CAME, S.CONFIRMED, came_from=S.CONFIRMED)
    for came_from, to in ((S.CONFIRMED, S.RESERVED), (S.RESERVED, S.CONFIRMED), (None, S.CONFIRMED)):
        with pytest.raises(RuleError):
            move(S.CAME, to, came_from=came_from)


def test_back_from_the_chair_needs_the_same_day_and_a_reason():
    move(S.IN_TREATMENT, S.CAME, began=at(DAY, "00:10"))
    with pytest.raises(RuleError) as refused:
        move(S.IN_TREATMENT, S.CAME, began=at(DAY, "10:00"), reason="  ")
    assert refused.value.field == "reason"
    with pytest.raises(RuleError):
        move(S.IN_TREATMENT, S.CAME, began=at(DAY - timedelta(days=1), "23:50"))


def test_the_day_is_the_clinics_and_not_utcs():
    began, now = at(DAY, "07:50"), at(DAY, "08:10")
    assert began.date() != now.date(), "another date in UTC"
    move(S.IN_TREATMENT, S.CAME, began=began, now=now)


@pytest.mark.parametrize("before", [S.NO_SHOW, S.CANCELLED])
def test_who_did_not_come_is_reserved_again_only_for_a_time_to_come(before):
    move(before, S.RESERVED, start="11:05")
    with pytest.raises(RuleError) as refused:
        move(before, S.RESERVED, start="11:00")
    assert refused.value.field == "start_at"


def test_finished_needs_the_visit_settled():
    check_settled(True)
    with pytest.raises(RuleError):
        check_settled(False)


def undo(**values):
    base = {"to": S.CAME, "reason": None, "at": NOW - timedelta(seconds=9), "status": S.CAME, "now": NOW, "seconds": 10}
    check_undo(**{**base, **values})


def test_the_last_move_is_undone_within_ten_seconds_and_not_twice():
    undo()
    undo(at=NOW - timedelta(seconds=10))
    for refused in ({"at": NOW - timedelta(seconds=11)}, {"status": S.IN_TREATMENT}, {"reason": UNDO}):
        with pytest.raises(RuleError):
            undo(**refused)


class Change:
    def __init__(self, **values):
        self.from_, self.to, self.at, self.reason = S.RESERVED, S.CAME, NOW, None
        self.__dict__.update(values)


def test_a_button_to_undo_is_offered_only_where_it_would_work():
    assert may_undo(Change(), S.CAME, NOW, 10)
    for other in (
        Change(from_=None),
        Change(reason=UNDO),
        Change(at=NOW - timedelta(seconds=11)),
        Change(to=S.TREATED),
    ):
        assert not may_undo(other, S.CAME, NOW, 10)


@pytest.mark.parametrize(("status", "start"), list(product(S, ["10:00", "14:00"])))
def test_every_move_that_is_offered_is_allowed(status, start):
    standing = Standing(status, at(DAY, start), S.CONFIRMED, NOW)
    for to in offered(standing, now=NOW, zone=ZONE):
        check_move(standing, to, now=NOW, zone=ZONE, reason="why")


def test_every_live_visit_of_today_has_a_button():
    for status in LIVE:
        assert offered(Standing(status, at(DAY, "14:00")), now=NOW, zone=ZONE)
    assert offered(Standing(S.FINISHED, at(DAY, "10:00")), now=NOW, zone=ZONE) == []
    assert set(MOVES.table) == set(S)


def test_check_in_is_first_on_the_day_and_not_offered_before_it():
    assert offered(Standing(S.RESERVED, at(DAY, "14:00")), now=NOW, zone=ZONE)[0] is S.CAME
    assert S.CAME not in offered(Standing(S.RESERVED, at(DAY + timedelta(days=1), "14:00")), now=NOW, zone=ZONE)


def test_cancelling_may_say_why_and_back_from_the_chair_must():
    asked = {offer.to: offer.asks for offer in offers(Standing(S.IN_TREATMENT, NOW, None, NOW), now=NOW, zone=ZONE)}
    assert asked == {S.TREATED: "", S.CAME: "must"}
    assert {o.to: o.asks for o in offers(Standing(S.CAME, NOW), now=NOW, zone=ZONE)}[S.CANCELLED] == "may"
