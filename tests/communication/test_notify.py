"""Who is told what in their bell, once."""

from datetime import UTC, date, datetime, time
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from app.communication.actions import notify
from app.communication.models import Notification
from app.communication.rules import Channel, Direction, as_json, from_json
from app.db import Actor, acting_as
from app.kernel.text import TC, Names, T, Text
from app.people.models import Patient
from app.security import actions as security
from app.security.models import User
from tests.factories.clinic import Clinic

NOW = datetime(2026, 11, 20, 3, 0, tzinfo=UTC)


def tell(clinic: Clinic, **values: Any) -> None:
    given = {"text": T("Saved."), "link": "/patients", "now": NOW, **values}
    clinic.unit(lambda s: notify(s, **given))


def told(clinic: Clinic) -> set[int | None]:
    return {row.user_id for row in clinic.session.query(Notification)}


@pytest.mark.both
def test_a_role_reaches_everybody_who_holds_it_now_and_is_kept(clinic: Clinic) -> None:
    second = clinic.unit(
        lambda s: security.add_user(s, phone="99110001", name="Х", roles=["Receptionist"], password="soyoo-demo-1").id
    )
    gone = clinic.unit(
        lambda s: security.add_user(s, phone="99110002", name="Г", roles=["Receptionist"], password="soyoo-demo-1").id
    )
    clinic.unit(lambda s: setattr(s.get_one(User, gone), "active", False))
    tell(clinic, roles=["Receptionist"])
    assert told(clinic) == {clinic.user("Receptionist").id, second}
    assert {row.role for row in clinic.session.query(Notification)} == {"Receptionist"}


def test_somebody_named_and_reached_by_a_role_is_told_once(clinic: Clinic) -> None:
    me = clinic.user("Manager").id
    tell(clinic, roles=["Manager", "Admin"], user_ids=[me, me])
    assert clinic.count(Notification) == 2


def test_nobody_there_is_no_error(clinic: Clinic) -> None:
    tell(clinic, roles=["No such role"])
    tell(clinic)
    assert clinic.count(Notification) == 0


@pytest.mark.both
def test_the_same_key_tells_each_person_once_also_inside_one_unit(clinic: Clinic) -> None:
    tell(clinic, roles=["Assistant"], dedupe_key="stock:7:low")
    tell(clinic, roles=["Assistant", "Admin"], dedupe_key="stock:7:low")

    def twice(session: Any) -> None:
        for _ in range(2):
            notify(session, text=T("Saved."), link="/", roles=["Nurse"], dedupe_key="a", now=NOW)

    clinic.unit(twice)
    assert told(clinic) == {clinic.user(role).id for role in ("Assistant", "Admin", "Nurse")}
    assert clinic.count(Notification) == 3


@pytest.mark.both
def test_a_patient_may_cause_one_though_they_see_only_their_own(clinic: Clinic) -> None:
    mine = clinic.session.query(Patient).filter(Patient.user_id.is_not(None)).one().patient_id
    with acting_as(Actor(user_id=clinic.user("Patient").id, own_patient_id=mine, is_limited=True)):
        for _ in range(2):
            tell(clinic, roles=["Doctor"], patient_id=mine, dedupe_key="booking:1")
    assert clinic.count(Notification) == 2


def test_a_mark_comes_back_as_it_was() -> None:
    mark = T(
        "%(a)s %(b)s %(c)s %(d)s %(e)s",
        a=Names("Ломбо", "Filling"), b=Direction.IN, c=NOW, d=date(2026, 1, 5), e=TC("message", "Sent"),
    )  # fmt: skip
    back = from_json(as_json(mark))
    assert back.params["a"] == Names("Ломбо", "Filling")
    assert (back.params["b"], back.params["c"], back.params["d"]) == (Direction.IN.label, NOW, "2026-01-05")
    assert back.params["e"].context == "message"


plain = st.one_of(st.none(), st.booleans(), st.integers(), st.text(), st.datetimes(timezones=st.just(UTC)))
marks = st.recursive(
    st.builds(Text, st.text(), st.dictionaries(st.text(), plain), st.none() | st.text(min_size=1)),
    lambda inner: st.builds(Text, st.text(), st.dictionaries(st.text(), inner)),
)


@given(marks)
def test_any_mark_survives(mark: Text) -> None:
    import json

    assert from_json(json.loads(json.dumps(as_json(mark)))) == mark


def test_what_is_no_plain_value_becomes_one() -> None:
    kept = as_json(T("%(a)s %(b)s", a=time(9, 5), b=Channel.SMS))
    assert kept["params"]["a"] == "09:05"
