"""Attempts to change what the audit log says, to hide in it, or to read it: each leaves the log as it was, or is named.

Whoever changes rows here has the database itself in hand, as its root: only the seals stand against that.
"""

import re
from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import pytest
import sqlalchemy as sa
from hypothesis import given, settings
from hypothesis import strategies as st

from app.audit import sealer
from app.audit.actions import record
from app.audit.actions.seal import seal_some
from app.audit.models import AuditLog, AuditSeal
from app.audit.queries import seal as queries
from app.audit.rules import AuditAction
from app.audit.rules import seal as rules
from app.db import Actor, acting_as, sqla
from app.db.unit import TryAgain
from tests.factories import people
from tests.factories.clinic import CAST, PASSWORD, Clinic
from tests.security.attacks import attack

Run = Callable[..., Any]
KEY = rules.key_of("the key of the tests")


def now() -> datetime:
    return datetime.now(UTC)


def root(clinic: Clinic, *statements: str) -> None:
    """What somebody does who owns the database: triggers and foreign keys don't stop them."""
    sqla.session.rollback()
    with sqla.engine.connect() as connection:
        if clinic.backend == "sqlite":
            connection.exec_driver_sql("COMMIT")
            connection.exec_driver_sql("PRAGMA foreign_keys=OFF")
            for table in ("audit_log", "audit_seal"):
                for verb in ("update", "delete"):
                    connection.exec_driver_sql(f"DROP TRIGGER IF EXISTS {table}_no_{verb}")
            connection.exec_driver_sql("BEGIN")
        else:
            connection.exec_driver_sql("SET foreign_key_checks = 0")
        for statement in statements:
            connection.exec_driver_sql(statement)
        connection.exec_driver_sql("COMMIT" if clinic.backend == "sqlite" else "SET foreign_key_checks = 1")
        if clinic.backend == "sqlite":
            connection.exec_driver_sql("PRAGMA foreign_keys=ON")
            connection.exec_driver_sql("BEGIN")
        connection.commit()


@pytest.fixture
def sealed(clinic: Clinic) -> Clinic:
    """A clinic whose log is sealed, with six entries of a patient at its end."""
    (clinic.app.config["INSTANCE"] / sealer.FILE).unlink(missing_ok=True)

    def look(session: Any) -> None:
        with acting_as(Actor(user_id=3, request_id="r", ip="10.0.0.9")):
            for number in range(6):
                changes = {"address": [f"Гудамж {number}", "x"], "note": [None, "y"]}
                record(session, AuditAction.UPDATE, "patient", 40 + number, patient=7, changes=changes)

    clinic.unit(look)
    seal(clinic)
    assert verify(clinic) is None
    return clinic


def seal(clinic: Clinic, late: bool = False) -> int:
    config = clinic.app.config
    return sealer.seal(sealer.keys_of(config), config["INSTANCE"], now, late=late)


def verify(clinic: Clinic, *heads: tuple[int, str], at: datetime | None = None) -> str | None:
    """What `audit verify` says, None where nothing differs."""
    sqla.session.rollback()
    found = sealer.verify(clinic.app.config, heads, at or now()).first
    return None if found is None else str(found)


def last(clinic: Clinic) -> int:
    return clinic.session.scalar(sa.select(sa.func.max(AuditLog.audit_log_id))) or 0


CUTS = {
    "who it was": "UPDATE audit_log SET actor_number = 4 WHERE audit_log_id = {key}",
    "that it was somebody": "UPDATE audit_log SET actor_number = NULL WHERE audit_log_id = {key}",
    "a blanked ip": "UPDATE audit_log SET ip = '' WHERE audit_log_id = {key}",
    "the patient": "UPDATE audit_log SET patient_number = 8 WHERE audit_log_id = {key}",
    "when": "UPDATE audit_log SET created_at = '2026-01-01 00:00:00.000000' WHERE audit_log_id = {key}",
    "what was done": "UPDATE audit_log SET action = 'view' WHERE audit_log_id = {key}",
    "one key of the JSON": "UPDATE audit_log SET changes = replace(changes, 'note', 'name') WHERE audit_log_id = {key}",
    "a space in the JSON": "UPDATE audit_log SET changes = replace(changes, ', ', ',  ') WHERE audit_log_id = {key}",
    "nothing instead of the JSON": "UPDATE audit_log SET changes = NULL WHERE audit_log_id = {key}",
    "an empty text for none": "UPDATE audit_log SET changes = '\"\"' WHERE audit_log_id = {key}",
    "the request": "UPDATE audit_log SET request_id = 's' WHERE audit_log_id = {key}",
    "when it was sealed": "UPDATE audit_seal SET created_at = '2026-01-01 00:00:00.000000' WHERE audit_log_id = {key}",
    "the seal itself": "UPDATE audit_seal SET hash = previous_hash WHERE audit_log_id = {key}",
}  # fmt: skip


@pytest.mark.both
@pytest.mark.parametrize("what", CUTS)
@attack("Changing one column of a row of the audit log", "V16.4.2")
def test_a_changed_column_is_named(sealed: Clinic, what: str) -> None:
    key = last(sealed) - 3
    root(sealed, CUTS[what].format(key=key))
    assert f"audit_log {key}, seal" in str(verify(sealed))
    assert "altered" in str(verify(sealed))


@pytest.mark.both
@attack("Deleting a row of the audit log", "V16.4.2")
def test_a_deleted_row_is_named(sealed: Clinic) -> None:
    key = last(sealed) - 3
    root(sealed, f"DELETE FROM audit_log WHERE audit_log_id = {key}")
    assert re.match(rf"audit_log {key}, seal \d+: removed", str(verify(sealed)))


@pytest.mark.both
@attack("Deleting a row of the audit log together with its seal", "V16.4.2")
def test_a_deleted_row_is_named_when_its_seal_is_gone_too(sealed: Clinic) -> None:
    key = last(sealed) - 3
    number = sealed.session.scalar(sa.select(AuditSeal.sequence).where(AuditSeal.audit_log_id == key))
    root(sealed, *(f"DELETE FROM {table} WHERE audit_log_id = {key}" for table in ("audit_seal", "audit_log")))
    assert str(verify(sealed)).startswith(f"seal {number}: removed")


@pytest.mark.both
@attack("Closing the gap that a deleted row leaves", "V16.4.2")
def test_renumbered_seals_are_named(sealed: Clinic) -> None:
    key = last(sealed) - 3
    number = sealed.session.scalar(sa.select(AuditSeal.sequence).where(AuditSeal.audit_log_id == key))
    root(
        sealed,
        *(f"DELETE FROM {table} WHERE audit_log_id = {key}" for table in ("audit_seal", "audit_log")),
        *(f"UPDATE audit_seal SET sequence = {n} WHERE sequence = {n + 1}" for n in (number, number + 1, number + 2)),
    )
    assert "moved or put in" in str(verify(sealed))


@pytest.mark.both
@attack("Putting a row into the past of the audit log", "V16.4.2")
def test_a_row_of_the_past_is_named_and_never_sealed_by_itself(sealed: Clinic) -> None:
    root(
        sealed,
        "INSERT INTO audit_log (actor_number, action, `table`, `row`, request_id, ip, created_at)"
        " VALUES (3, 'view', 'patient', '7', '', '', '2026-01-05 09:00:00.000000')",
    )
    assert seal(sealed) == 0
    assert f"audit_log {last(sealed)}: not sealed" in str(verify(sealed))
    assert seal(sealed, late=True) == 1, "somebody has looked at it"
    assert verify(sealed) is None


@pytest.mark.both
@attack("Putting a row with a seal of one's own between two others", "V16.4.2")
def test_a_row_with_a_made_up_seal_is_named(sealed: Clinic) -> None:
    number = sealed.session.scalar(sa.select(sa.func.max(AuditSeal.sequence)))
    row = "(1, 'view', 'patient', '7', '', '', '2026-11-20 09:00:00.000000')"
    root(
        sealed,
        f"INSERT INTO audit_log (actor_number, action, `table`, `row`, request_id, ip, created_at) VALUES {row}",
        "INSERT INTO audit_seal (audit_log_id, sequence, previous_hash, hash, key_name, created_at)"
        f" SELECT max(audit_log_id), {number + 1}, (SELECT hash FROM audit_seal s WHERE s.sequence = {number}),"
        f" '{'a' * 64}', '{rules.name_of_key(KEY)}', '2026-11-20 09:00:00.000000' FROM audit_log",
    )
    assert f"audit_log {last(sealed)}, seal {number + 1}: altered" in str(verify(sealed))


@pytest.mark.both
@attack("Changing the order of two rows", "V16.4.2")
def test_two_rows_that_changed_places_are_named(sealed: Clinic) -> None:
    key = last(sealed) - 3
    swap = (
        f"UPDATE audit_log SET audit_log_id = {a} WHERE audit_log_id = {b}"
        for a, b in ((-1, key), (key, key + 1), (key + 1, -1))
    )
    root(sealed, *swap)
    assert f"audit_log {key}, seal" in str(verify(sealed))


@pytest.mark.both
@attack("Changing the order of two seals", "V16.4.2")
def test_two_seals_that_changed_places_are_named(sealed: Clinic) -> None:
    n = sealed.session.scalar(sa.select(sa.func.max(AuditSeal.sequence))) - 3
    root(
        sealed,
        *(f"UPDATE audit_seal SET sequence = {a} WHERE sequence = {b}" for a, b in ((-1, n), (n, n + 1), (n + 1, -1))),
    )
    assert f"seal {n}: moved or put in" in str(verify(sealed))


@pytest.mark.both
@attack("Cutting the end of the log off", "V16.4.2")
def test_a_cut_tail_is_named(sealed: Clinic) -> None:
    root(sealed, f"DELETE FROM audit_log WHERE audit_log_id > {last(sealed) - 3}")
    assert "removed" in str(verify(sealed))


@pytest.mark.both
@attack("Cutting the end of the log off together with its seals", "V16.4.2")
def test_a_cut_tail_is_named_when_its_seals_are_gone_too(sealed: Clinic) -> None:
    head, key = kept_head(sealed), last(sealed) - 3
    cut = [f"DELETE FROM {table} WHERE audit_log_id > {key}" for table in ("audit_seal", "audit_log")]
    root(sealed, *cut)
    assert "a head that was kept says that there were" in str(verify(sealed)), "the file in the instance folder"
    record_one(sealed)
    seal(sealed)
    assert verify(sealed) is not None, "the sealer goes on, and leaves the proof where it is"
    (sealed.app.config["INSTANCE"] / sealer.FILE).unlink()
    assert "missing" in str(verify(sealed))
    sealer.keep([KEY], sealed.app.config["INSTANCE"])  # what an attacker with the whole machine could do
    assert verify(sealed) is None
    assert verify(sealed, head) is not None, "a head from a backup says it all the same"


@pytest.mark.both
@attack("Deleting the whole log and beginning anew", "V16.4.2")
def test_an_empty_log_is_named(sealed: Clinic) -> None:
    root(sealed, "DELETE FROM audit_seal", "DELETE FROM audit_log")
    assert "says that there were" in str(verify(sealed))
    record_one(sealed)
    seal(sealed)
    assert "seal" in str(verify(sealed))


def kept_head(clinic: Clinic) -> tuple[int, str]:
    found = queries.head(clinic.session)
    return found.sequence, found.hash


def record_one(clinic: Clinic) -> None:
    clinic.unit(lambda s: record(s, AuditAction.VIEW, "patient", 1, patient=1))


@pytest.mark.both
@attack("Changing a row and sealing everything after it anew with a key of one's own", "V11.2.1")
def test_seals_with_another_key_are_named(sealed: Clinic) -> None:
    head, key, wrong = kept_head(sealed), last(sealed) - 3, rules.key_of("guessed")
    cut = (
        f"UPDATE audit_log SET actor_number = 1 WHERE audit_log_id = {key}",
        f"DELETE FROM audit_seal WHERE audit_log_id >= {key}",
    )
    root(sealed, *cut)
    sealed.unit(lambda s: seal_some(s, wrong, now(), late=True))
    assert "none of this application's" in str(verify(sealed))
    root(sealed, f"UPDATE audit_seal SET key_name = '{rules.name_of_key(KEY)}' WHERE audit_log_id >= {key}")
    assert f"audit_log {key}" in str(verify(sealed))
    assert "altered" in str(verify(sealed))
    root(sealed, f"DELETE FROM audit_seal WHERE audit_log_id >= {key}")
    sealed.unit(lambda s: seal_some(s, KEY, now(), late=True))  # with the right key, stolen
    assert "sealed anew" in str(verify(sealed))
    assert "sealed anew" in str(verify(sealed, head))


@attack("Forging the head that is kept beside the database", "V16.4.2")
def test_a_forged_head_is_named(sealed: Clinic) -> None:
    path: Path = sealed.app.config["INSTANCE"] / sealer.FILE
    head, at, _signature = path.read_text().split()
    for forged in (
        f"0:{'0' * 64} {at} {'0' * 64}",
        head,
        "",
        "\x00\n\n",
        f"{head} {at} {rules.signature(b'x', head, at)}",
    ):
        path.write_text(forged)
        assert verify(sealed) is not None
        record_one(sealed)
        seal(sealed)
        assert path.read_text() == forged, "it is no head to go on from"


@attack("Setting the clock back before writing", "V16.2.2")
def test_rows_of_a_clock_that_was_set_back_are_named(sealed: Clinic, monkeypatch: pytest.MonkeyPatch) -> None:
    for days in (-3, 400):
        monkeypatch.setattr("app.audit.actions.utcnow", lambda days=days: now() + timedelta(days=days))
        record_one(sealed)
        assert seal(sealed) == 0
        assert f"audit_log {last(sealed)}: not sealed" in str(verify(sealed))
        assert seal(sealed, late=True) == 1


@attack("Removing a seal, so that the row counts as new", "V16.4.2")
def test_a_row_whose_seal_was_removed_is_named(sealed: Clinic) -> None:
    root(sealed, f"DELETE FROM audit_seal WHERE audit_log_id > {last(sealed) - 2}")
    assert verify(sealed) is not None
    assert verify(sealed, at=now() + timedelta(hours=1)) is not None


@pytest.mark.both
@attack("Two sealers at once, to fork the chain", "V15.4.1")
def test_two_sealers_never_fork_the_chain(sealed: Clinic) -> None:
    record_one(sealed)
    rows = queries.without_seal(sealed.session, queries.EVERYTHING, 10)
    sqla.session.rollback()
    seal(sealed)  # the other one was quicker
    sealed.session  # noqa: B018 - ends the read

    def behind(session: Any) -> int:
        head = queries.head(session)
        stale = type(
            "Stale", (), {"sequence": head.sequence - 1, "hash": "0" * 64, "created_at": now(), "written_at": now()}
        )
        with pytest.MonkeyPatch.context() as patch:
            patch.setattr(queries, "head", lambda _s: stale)
            patch.setattr(queries, "without_seal", lambda *_rest: rows)
            return seal_some(session, KEY, now())[0]

    with pytest.raises(TryAgain):
        sealed.unit(behind)
    assert verify(sealed) is None


@pytest.mark.both
@attack("Hiding an entry in a transaction that commits late", "V16.4.2")
def test_a_row_that_commits_below_a_sealed_one_is_sealed_too(sealed: Clinic) -> None:
    """On MariaDB ids are given before the commit; on SQLite there is one writer at a time, so it is made by hand."""
    record_one(sealed)
    high = last(sealed)
    root(sealed, f"UPDATE audit_log SET audit_log_id = {high + 5} WHERE audit_log_id = {high}")
    assert seal(sealed) == 1
    at = rules.text_of(now())
    root(
        sealed,
        "INSERT INTO audit_log (audit_log_id, actor_number, action, `table`, `row`, request_id, ip, created_at)"
        f" VALUES ({high + 2}, 3, 'view', 'patient', '7', '', '', '{at}')",
    )
    assert seal(sealed) == 1
    assert verify(sealed) is None
    assert sealed.count(AuditSeal) == sealed.count(AuditLog)


@pytest.mark.mariadb
@attack("Hiding an entry in a transaction that stays open", "V16.4.2")
def test_what_is_not_committed_yet_is_sealed_when_it_is(sealed: Clinic) -> None:
    with sqla.engine.connect() as slow:
        slow.execute(
            sa.insert(AuditLog.__table__),
            {"action": "view", "table": "patient", "row": "7", "request_id": "", "ip": "", "created_at": now()},
        )
        record_one(sealed)
        assert seal(sealed) == 1
        slow.commit()
    assert seal(sealed) == 1
    assert verify(sealed) is None


@pytest.mark.both
def test_the_seal_is_the_same_on_both_databases(sealed: Clinic) -> None:
    """Whatever a driver makes of a row, what is sealed is the text below."""
    at = datetime(2026, 11, 21, 9, 30, 0, 7, tzinfo=UTC)
    values = {
        "actor_number": None, "action": AuditAction.UPDATE, "table": "patient", "row": "7", "patient_number": 7,
        "changes": {"б": ["Мөнхбат \U0001f9b7", None], "a": [1, 2.5]}, "request_id": "", "ip": "::1", "created_at": at,
    }  # fmt: skip
    sealed.unit(lambda s: s.execute(sa.insert(AuditLog), [values]))
    row = queries.without_seal(sealed.session, queries.EVERYTHING, 1)[0]
    values = [
        row[0], "2026-11-21 09:30:00.000007", None, "update", "patient", "7", 7,
        '{"\\u0431": ["\\u041c\\u04e9\\u043d\\u0445\\u0431\\u0430\\u0442 \\ud83e\\uddb7", null], "a": [1, 2.5]}', "", "::1",
    ]  # fmt: skip
    assert row[1] == rules.packed(values)
    assert set(rules.COLUMNS) == set(AuditLog.__table__.columns.keys()), "a new column needs a second form"
    made = rules.hasher(b"k" * 32)(1, "2026-11-21 09:30:00.000007", rules.FIRST, rules.packed([9, *values[1:]]))
    assert made == "0967c5c98dc4bc75e1b9037ac6c5c0dae5c00b2859a446829e34520550a5e76e"


@given(
    st.lists(st.one_of(st.none(), st.text(), st.integers()), min_size=1, max_size=5),
    st.lists(st.one_of(st.none(), st.text()), min_size=1, max_size=5),
)
def test_two_rows_have_one_form_only_if_they_hold_the_same(one: list[Any], other: list[Any]) -> None:
    as_text = [[None if v is None else str(v) for v in values] for values in (one, other)]
    assert (rules.packed(one) == rules.packed(other)) is (as_text[0] == as_text[1])


@pytest.mark.both
@settings(max_examples=25)
@given(text=st.text(st.characters(codec="utf-8", exclude_characters="\x00"), max_size=40))
def test_the_database_writes_the_form_that_the_rules_say(sealed: Clinic, text: str) -> None:
    values = {"action": "view", "table": text, "row": text[::-1], "patient_number": len(text), "changes": {text: text}}
    sealed.unit(lambda s: s.execute(sa.insert(AuditLog), [{**values, "request_id": "", "ip": "", "created_at": now()}]))
    bare = sealed.session.execute(
        sa.select(*(queries.bare(queries.LOG.c[name]) for name in rules.COLUMNS)).where(
            AuditLog.audit_log_id == last(sealed)
        )
    ).one()
    ((_, row),) = queries.without_seal(sealed.session, (last(sealed), *queries.EVERYTHING[1:]), 1)
    assert row == rules.packed(bare)
    assert (bare[4], bare[5]) == (text, text[::-1])


def test_the_key_may_change_and_what_was_sealed_before_is_still_checked(sealed: Clinic) -> None:
    config, old = sealed.app.config, sealed.app.config["SECRET_KEY"]
    turned = {**config, "SECRET_KEY": "a new key, long enough", "OLD_SECRET_KEYS": (old,)}
    record_one(sealed)
    assert sealer.seal(sealer.keys_of(turned), config["INSTANCE"], now) == 1
    assert sealer.verify(turned, [], now()).first is None
    assert "none of this" in str(sealer.verify({**turned, "OLD_SECRET_KEYS": ()}, [], now()).first)
    sealed.unit(lambda s: record(s, AuditAction.VIEW, "patient", 1))
    sealed.unit(lambda s: seal_some(s, rules.key_of(old), now()))  # whoever has the old key goes on with it
    assert "older key" in str(sealer.verify(turned, [], now()).first)


@pytest.mark.both
def test_the_commands_say_so_and_end_with_1(sealed: Clinic) -> None:
    run = sealed.app.test_cli_runner().invoke
    record_one(sealed)
    assert run(args=["audit", "seal"]).output == "sealed 1\n"
    head = run(args=["audit", "head"]).output.split()[0]
    good = run(args=["audit", "verify", "--head", head])
    assert (good.exit_code, f"head {head}" in good.output) == (0, True)
    assert run(args=["audit", "verify", "--head", "12"]).exit_code == 2
    wrong = head[:-1] + ("0" if head[-1] != "0" else "1")
    assert run(args=["audit", "verify", "--head", wrong]).exit_code == 1
    root(sealed, f"UPDATE audit_log SET ip = '' WHERE audit_log_id = {last(sealed) - 2}")
    bad = run(args=["audit", "verify"])
    assert bad.exit_code == 1
    assert f"audit_log {last(sealed) - 2}, seal" in bad.stderr
    assert "altered" in bad.stderr


@attack("Changing or deleting rows of the log on SQLite, which knows no rights", "V16.4.2")
@pytest.mark.parametrize("table", ["audit_log", "audit_seal"])
@pytest.mark.parametrize(
    "statement", ["UPDATE {} SET created_at = '2020-01-01'", "DELETE FROM {}", "REPLACE INTO {} SELECT * FROM {}"]
)
def test_the_tables_refuse_to_be_changed(sealed: Clinic, table: str, statement: str) -> None:
    sqla.session.rollback()
    with sqla.engine.connect() as connection, pytest.raises(sa.exc.DBAPIError, match="append-only"):
        connection.exec_driver_sql(statement.format(table, table))


# --- forging lines, hiding in them


FORGED = (
    'a"}\n{"action": "delete", "actor": 1}',
    "x\r\n2026-11-21 INFO admin signed in",
    "\x1b[2J\x1b[31mred",
    "‮gpj.exe",
    "\u2028second line",
    "a\x00b",
    '","changes":{"x":1},"y":"',
)


@pytest.mark.parametrize("text", FORGED)
@attack("Forging log lines by newlines, control characters and JSON in an address, a header or a name", "V16.4.1")
def test_nothing_that_is_sent_becomes_a_line_of_its_own(sealed: Clinic, text: str) -> None:
    before, count = last(sealed), sealed.count(AuditLog)
    browser = sealed.client("Nurse")
    with acting_as(Actor(user_id=1, request_id=text, ip=text)):
        sealed.unit(
            lambda s: record(s, AuditAction.VIEW, "patient", text, changes={"query": f"q={text}", "name": text})
        )
    browser.get(
        "/invoices",
        headers={
            "X-Forwarded-For": "1.2.3.4, " + text.replace("\n", " ").replace("\r", " ").replace("\x00", ""),
            "User-Agent": "x",
        },
    )
    browser.get(f"/users/{'a'}", query_string={"q": text})
    kept = list(sealed.session.scalars(sa.select(AuditLog).where(AuditLog.audit_log_id > before)))
    (forged,) = (row for row in kept if row.table == "patient")
    assert forged.ip == "", "what is no address is not kept as one"
    for row in kept:
        for value in (row.row, row.table, row.request_id, row.ip, (row.changes or {}).get("query", "")):
            assert not re.search(r"[\x00-\x1f\x7f\u2028\u202e]", value), repr(value)
        assert row.ip in ("", "127.0.0.1")
    assert sealed.count(AuditLog) - count == len(kept)
    seal(sealed)
    assert verify(sealed) is None


@attack("A name with fake JSON in it", "V16.4.1")
def test_a_name_with_json_in_it_stays_a_name(sealed: Clinic) -> None:
    name = '"],"first_name":["Хуурамч","'
    key = sealed.make(people.patient, first_name=name).patient_id
    row = sealed.session.scalars(sa.select(AuditLog).where(AuditLog.table == "patient", AuditLog.row == str(key))).one()
    assert row.changes is not None
    assert row.changes["first_name"] == [None, name]
    seal(sealed)
    assert verify(sealed) is None


@attack("Reading the audit log, its seals, reports or files as any other role", "V8.2.1")
@pytest.mark.parametrize("role", [role for role in CAST if role != "Admin"])
def test_nobody_but_an_admin_reads_the_log(sealed: Clinic, role: str) -> None:
    browser, key = sealed.client(role), last(sealed)
    for path in (
        "/audit", "/audit/", "/audit/list/", f"/audit/{key}", "/audit/export.csv", "/audit/export.xlsx",
        "/audit/lookup/actor_number", "/audit/days", "/audit/days.csv", "/audit/people/1", "/audit/patients/1",
        "/audit/patients/1.csv", "/audit/patients/1.pdf", "/audit-seals/", f"/audit-seals/{key}", "/audit-seals/export.csv",
    ):  # fmt: skip
        assert browser.get(path).status_code == 403, path


@attack("A formula in a name, run by the spreadsheet that opens an export of the log", "V1.2.10")
def test_an_export_of_the_log_holds_no_formula(sealed: Clinic) -> None:
    evil = sealed.make(people.patient, first_name="=cmd|' /C calc'!A0", last_name="+1").patient_id
    admin = sealed.client("Admin")
    admin.get(f"/patients/{evil}")
    with acting_as(Actor(user_id=sealed.user("Admin").id)):
        sealed.unit(lambda s: record(s, AuditAction.VIEW, "patient", "=1+1", patient=evil))
    for path in ("/audit/export.csv", f"/audit/patients/{evil}.csv", "/audit/days.csv"):
        answer = admin.get(path)
        assert answer.status_code == 200, path
        assert not re.search(r'(^|,)"?[=+@]', answer.text, re.M), path


@attack("Finding a password, code, token or hash in the log", "V16.2.5")
def test_no_secret_is_in_the_log(sealed: Clinic) -> None:
    browser = sealed.client(None)
    browser.submit("/login/", {"phone": CAST["Doctor"], "password": PASSWORD})
    browser.submit("/login/?next=/patients&token=abcdef", {"phone": CAST["Doctor"], "password": "hunter2-hunter2"})
    browser.submit("/login/", {"phone": "hunter3-hunter3", "password": "x"})
    with acting_as(Actor(user_id=1)):
        changes = {
            "token": "tok-1",
            "totp_secret": "tok-2",
            "nested": {"password": "tok-3", "rows": [{"recovery": "tok-4"}]},
        }
        sealed.unit(
            lambda s: record(s, AuditAction.VIEW, "x", 1, changes={**changes, "query": "secret=tok-5&csrf_token=tok-6"})
        )
    everything = " ".join(str((row.row, row.changes)) for row in sealed.session.scalars(sa.select(AuditLog)))
    for secret in ("hunter2", "hunter3", PASSWORD, "argon2", "abcdef", *(f"tok-{n}" for n in range(1, 7))):
        assert secret not in everything, secret
