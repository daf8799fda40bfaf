"""The small tables of the global search, all of them in one statement."""

from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from typing import Any

import sqlalchemy as sa
from flask import url_for
from sqlalchemy import ColumnElement
from sqlalchemy.orm import Session

from app.catalogue.models import DiagnosisCode
from app.clinical.models.plans import TreatmentPlan
from app.communication.models import Call, MessageTemplate
from app.insurance.models import InsurancePlan, InsuranceProvider
from app.kernel.keys import parse_key
from app.kernel.phones import show_phone
from app.kernel.text import Names, T, Text
from app.lab.models import Lab, LabRequest
from app.people.models import Employee, EmployeePhone, Patient, Position, short_name
from app.scheduling.models import Chair, Room
from app.stock.models import Expense, ExpenseCategory, InventoryItem, Supplier
from app.web import cells, who
from app.web.listing import like
from app.web.text import money, say

Condition = Callable[[str], ColumnElement[bool] | None]
LEAST_DIGITS = 4


@dataclass(frozen=True, slots=True)
class Small:
    """A table: under which heading, which columns hold its words, when a row is meant, which record it opens."""

    label: Text
    opens: type[Any]
    words: Sequence[Any]  # up to three columns
    when: Condition
    show: Callable[[Any, str | None, str | None, str | None], tuple[str, str]]  # (key, words…) → name, small print
    key: Any = None
    join: Any = None


def _text(*columns: Any) -> Condition:
    return lambda typed: sa.or_(*(like(column, typed) for column in columns))


def _number(column: Any) -> Condition:
    """`12`, `#12`, `№12`."""

    def when(typed: str) -> ColumnElement[bool] | None:
        key = parse_key(typed.lstrip("#№ "))
        return None if key is None else column == key

    return when


def _phone(column: Any) -> Condition:
    """The beginning of a number, with or without the country's."""

    def when(typed: str) -> ColumnElement[bool] | None:
        digits = typed.replace(" ", "").replace("-", "")
        bare = digits.removeprefix("+976")
        if not (bare.isascii() and bare.isdigit()) or not LEAST_DIGITS <= len(bare) <= 15:
            return None
        start = digits if digits.startswith("+") else f"+976{digits}"
        return sa.and_(column >= start, column < start + "\x7f")

    return when


def _names(_key: Any, mn: str | None, en: str | None, more: str | None) -> tuple[str, str]:
    return say(Names(mn or "", en or mn or "")), more or ""


def _coded(_key: Any, mn: str | None, en: str | None, code: str | None) -> tuple[str, str]:
    return f"{code} {say(Names(mn or '', en or ''))}", ""


def _one(_key: Any, name: str | None, more: str | None, _rest: str | None) -> tuple[str, str]:
    return name or "", more or ""


def _of_patient(key: Any, first: str | None, last: str | None, more: str | None) -> tuple[str, str]:
    return f"#{key} {short_name(first or '', last)}", (more or "")[:60]


def _called(_key: Any, number: str | None, moment: str | None, note: str | None) -> tuple[str, str]:
    return show_phone(number or ""), " · ".join(filter(None, ((moment or "")[:10], (note or "")[:60])))


def _owned_phone(_key: Any, first: str | None, last: str | None, number: str | None) -> tuple[str, str]:
    return short_name(first or "", last), show_phone(number or "")


def _spent(_key: Any, reference: str | None, on: str | None, amount: str | None) -> tuple[str, str]:
    return reference or "", f"{(on or '')[:10]} · {money(int(amount or 0))}"


Item, Request = InventoryItem, LabRequest
TABLES: tuple[Small, ...] = (
    Small(T("Lab requests"), Request, (Patient.first_name, Patient.last_name, Request.description),
          _number(Request.lab_request_id), _of_patient, join=(Patient, Patient.patient_id == Request.patient_id)),
    Small(T("Treatment plans"), TreatmentPlan, (Patient.first_name, Patient.last_name, Patient.card_number),
          _number(TreatmentPlan.treatment_plan_id), _of_patient,
          join=(Patient, Patient.patient_id == TreatmentPlan.patient_id)),
    Small(T("Calls"), Call, (Call.phone_number, Call.begin_call, Call.note), _phone(Call.phone_number), _called),
    Small(T("Employees' phones"), Employee, (Employee.first_name, Employee.last_name, EmployeePhone.phone_number_val),
          _phone(EmployeePhone.phone_number_val), _owned_phone,
          join=(EmployeePhone, EmployeePhone.employee_id == Employee.employee_id)),
    Small(T("Diagnosis codes"), DiagnosisCode, (DiagnosisCode.name_mn, DiagnosisCode.name_en, DiagnosisCode.code),
          _text(DiagnosisCode.name_mn, DiagnosisCode.name_en, DiagnosisCode.code), _coded),
    Small(T("Inventory"), Item, (Item.name_mn, Item.name_en, Item.sku),
          _text(Item.name_mn, Item.name_en, Item.sku), _names),
    Small(T("Suppliers"), Supplier, (Supplier.name, Supplier.phone),
          _text(Supplier.name, Supplier.register_number), _one),
    Small(T("Expenses"), Expense, (Expense.reference, Expense.spent_on, Expense.amount),
          _text(Expense.reference), _spent),
    Small(T("Expense categories"), ExpenseCategory, (ExpenseCategory.name_mn, ExpenseCategory.name_en),
          _text(ExpenseCategory.name_mn, ExpenseCategory.name_en), _names),
    Small(T("Labs"), Lab, (Lab.name, Lab.phones), _text(Lab.name), _one),
    Small(T("Message templates"), MessageTemplate, (MessageTemplate.code, MessageTemplate.subject_mn),
          _text(MessageTemplate.code, MessageTemplate.subject_mn, MessageTemplate.subject_en), _one),
    Small(T("Insurers"), InsuranceProvider, (InsuranceProvider.name,), _text(InsuranceProvider.name), _one),
    Small(T("Insurance plans"), InsurancePlan, (InsurancePlan.name,), _text(InsurancePlan.name), _one),
    Small(T("Rooms"), Room, (Room.name,), _text(Room.name), _one),
    Small(T("Chairs"), Chair, (Chair.name,), _text(Chair.name), _one),
    Small(T("Positions"), Position, (Position.display_name_mn, Position.display_name_en),
          _text(Position.display_name_mn, Position.display_name_en), _names),
)  # fmt: skip


def find(session: Session, typed: str, limit: int) -> Iterator[tuple[str, list[tuple[str, str, str]]]]:
    """(heading, [(address, name, small print)]) of each table that the person may open and that has something."""
    parts = [part for number, one in enumerate(TABLES) if (part := _part(number, one, typed, limit)) is not None]
    found: dict[int, list[Any]] = {}
    if parts:
        for row in session.execute(sa.union_all(*parts)):
            found.setdefault(row.source, []).append(row)
    for number, rows in sorted(found.items()):
        one = TABLES[number]
        endpoint = cells.RECORDS[one.opens][0]
        yield say(one.label), [(url_for(endpoint, pk=row.key), *one.show(row.key, *row[2:])) for row in rows]


def _part(number: int, one: Small, typed: str, limit: int) -> "sa.Select[Any] | None":
    endpoint, page = cells.RECORDS.get(one.opens, ("", ""))
    condition = one.when(typed) if endpoint and who.may("read", page) else None
    if condition is None:
        return None
    key = sa.inspect(one.opens).primary_key[0]
    words = [sa.cast(column, sa.String) for column in one.words]
    words += [sa.cast(sa.null(), sa.String)] * (3 - len(words))
    named = [word.label(f"word_{place}") for place, word in enumerate(words)]
    statement = sa.select(sa.literal(number).label("source"), key.label("key"), *named).select_from(one.opens)
    if one.join:
        statement = statement.join(*one.join)
    inner = statement.where(condition).order_by(key.desc()).limit(limit).subquery()
    return sa.select(inner)
