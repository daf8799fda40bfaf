"""The bare queries: the rows and columns that our pages show, by the driver alone, written by plain WSGI.

What nothing can be faster than. Each answers one address, as a page of ours does.
"""

import csv
import io
import re
from collections.abc import Callable, Iterable, Sequence
from html import escape
from typing import Any

from app.db import sqla

Rows = Sequence[Sequence[Any]]
APPOINTMENTS = (
    "SELECT a.appointment_id, p.first_name, p.last_name, a.start_at, a.end_at, e.first_name, e.last_name, c.name, "
    "s.doctor_display_name_mn, a.status FROM (SELECT * FROM appointment {where} ORDER BY start_at DESC, "
    "appointment_id DESC {limit}) a JOIN patient p ON p.patient_id = a.patient_id "
    "LEFT JOIN employee e ON e.employee_id = a.doctor_id LEFT JOIN chair c ON c.chair_id = a.chair_id "
    "LEFT JOIN service_catalog s ON s.service_id = a.planned_service ORDER BY a.start_at DESC, a.appointment_id DESC"
)
WEEK = (
    "SELECT a.appointment_id, a.start_at, a.end_at, a.status, a.version, a.doctor_id, a.chair_id, a.is_new_patient, "
    "a.purpose, a.series_id, p.first_name, p.last_name, p.is_provisional, e.first_name, e.last_name, "
    "e.calendar_colour, c.name, s.doctor_display_name_mn, EXISTS (SELECT 1 FROM medical_history_entry h "
    "WHERE h.patient_id = a.patient_id AND h.severity = 2 AND (h.until IS NULL OR h.until >= {m})) "
    "FROM appointment a JOIN patient p ON p.patient_id = a.patient_id JOIN employee e ON e.employee_id = a.doctor_id "
    "LEFT JOIN chair c ON c.chair_id = a.chair_id LEFT JOIN service_catalog s ON s.service_id = a.planned_service "
    "WHERE a.doctor_id IN (%(doctors)s) AND a.start_at >= {m} AND a.start_at < {m} "
    "ORDER BY a.start_at, a.appointment_id"
)
COUNT = "SELECT count(*) FROM (SELECT 1 FROM appointment LIMIT 1001) x"
SEARCH = (
    "SELECT p.patient_id, p.card_number, p.register_number, p.first_name, p.last_name, p.birthday, p.last_seen_at, "
    "f.phone_number_val FROM patient p LEFT JOIN patient_phone f ON f.patient_id = p.patient_id AND f.is_primary = 1 "
    "WHERE p.first_name LIKE {m} OR p.last_name LIKE {m} OR p.register_number LIKE {m} OR EXISTS (SELECT 1 FROM "
    "patient_phone g WHERE g.patient_id = p.patient_id AND g.phone_number_val LIKE {m}) "
    "ORDER BY p.sort_name, p.patient_id LIMIT 25"
)
PROFILE = (
    "SELECT * FROM patient WHERE patient_id = {m}",
    "SELECT * FROM patient_phone WHERE patient_id = {m}",
    "SELECT * FROM medical_history_entry WHERE patient_id = {m}",
    "SELECT * FROM patient_account WHERE patient_id = {m}",
    "SELECT a.*, e.first_name FROM appointment a JOIN employee e ON e.employee_id = a.doctor_id "
    "WHERE a.patient_id = {m} ORDER BY a.start_at DESC LIMIT 1",
    "SELECT i.*, n.name FROM patient_insurance i JOIN insurance_plan n ON n.insurance_plan_id = i.insurance_plan_id "
    "WHERE i.patient_id = {m}",
    "SELECT r.kind, q.first_name, q.last_name FROM patient_relation r JOIN patient q "
    "ON q.patient_id = r.related_patient_id WHERE r.patient_id = {m}",
    "SELECT count(*) FROM appointment WHERE patient_id = {m}",
    "SELECT count(*) FROM treatment WHERE patient_id = {m}",
    "SELECT count(*) FROM invoice WHERE patient_id = {m}",
)
REVENUE = (
    "SELECT t.doctor_id, {month}, SUM(i.total), SUM(i.paid) FROM invoice i JOIN treatment t "
    "ON t.treatment_id = i.treatment_id WHERE i.issued_at IS NOT NULL GROUP BY t.doctor_id, {month}"
)
AGING = (
    "SELECT i.due_on, SUM(i.total - i.adjusted - COALESCE(a.paid, 0)) FROM invoice i LEFT JOIN (SELECT invoice_id, "
    "SUM(amount) AS paid FROM payment_allocation GROUP BY invoice_id) a ON a.invoice_id = i.invoice_id "
    "WHERE i.issued_at IS NOT NULL AND i.voided_at IS NULL GROUP BY i.due_on"
)


class Driver:
    """A connection of the driver's own."""

    def __init__(self) -> None:
        self.connection: Any = sqla.engine.raw_connection()
        self.is_sqlite = sqla.engine.dialect.name == "sqlite"
        self.mark = "?" if self.is_sqlite else "%s"

    def ask(self, sql: str, *values: Any) -> Rows:
        """The rows of a statement."""
        cursor = self.connection.cursor()
        each = values if len(values) > 1 else values * max(1, sql.count("{m}"))
        given = (each,) if values else ()  # PyMySQL reads % only where values are given
        cursor.execute(sql.replace("{m}", self.mark), *given)
        rows: Rows = cursor.fetchall()
        return rows

    def make_like(self, table: str) -> None:
        """An empty table `bench_…` with the columns, keys and indexes of another, where there is none yet."""
        cursor = self.connection.cursor()
        if not self.is_sqlite:
            cursor.execute(f"CREATE TABLE IF NOT EXISTS bench_{table} LIKE {table}")
        elif not self.ask("SELECT 1 FROM sqlite_master WHERE name = {m}", f"bench_{table}"):
            made = "SELECT sql FROM sqlite_master WHERE tbl_name = {m} AND type IN ('table', 'index') AND sql <> ''"
            for (sql,) in self.ask(made, table):
                named = re.sub(r"INDEX \"?(\w+)\"?", r"INDEX bench_\1", sql, count=1)
                cursor.execute(re.sub(rf"(TABLE|ON) \"?{table}\"?", rf"\1 bench_{table}", named, count=1))
        self.end(keep=True)

    def end(self, keep: bool = False) -> None:
        """End the transaction."""
        if self.is_sqlite:
            if self.connection.in_transaction:
                self.connection.cursor().execute("COMMIT" if keep else "ROLLBACK")
        else:
            (self.connection.commit if keep else self.connection.rollback)()


def page(work: Callable[[], Iterable[str]], kind: str = "text/html") -> Callable[[Any, Any], Iterable[bytes]]:
    """A WSGI application that answers with what `work` writes."""

    def answer(_environ: Any, start_response: Any) -> Iterable[bytes]:
        start_response("200 OK", [("Content-Type", f"{kind}; charset=utf-8")])
        return [part.encode() for part in work()]

    return answer


def table(rows: Rows) -> str:
    """Rows as HTML."""
    body = "".join(f"<tr>{''.join(f'<td>{escape(str(cell))}</td>' for cell in row)}</tr>" for row in rows)
    return f"<!doctype html><title>Rows</title><table>{body}</table>"


def as_csv(rows: Rows) -> Iterable[str]:
    """Rows as CSV."""
    out = io.StringIO()
    csv.writer(out).writerows(rows)
    return [out.getvalue()]


def form(fields: Sequence[tuple[str, Sequence[str]]]) -> str:
    """A form of these fields, each with its options."""
    made = []
    for name, options in fields:
        if options:
            inner = "".join(f'<option value="{escape(o)}">{escape(o)}</option>' for o in options)
            made.append(f'<label for="{name}">{escape(name)}</label><select id="{name}" name="{name}">{inner}</select>')
        else:
            made.append(f'<label for="{name}">{escape(name)}</label><input id="{name}" name="{name}" value="">')
    return f"<!doctype html><title>Form</title><form method=post>{''.join(made)}<button>Save</button></form>"
