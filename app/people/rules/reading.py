"""Reading a row of a patient list: what would be stored, and everything that is wrong with it.

Source: rules.md, People. Nothing of a row is lost silently: what can't be read but isn't needed stays in the note.
"""

from collections.abc import Callable, Mapping, Sequence
from datetime import date
from typing import Any

from app.kernel.cells import clean_cell, is_blank, one_line, read_day
from app.kernel.errors import RuleError
from app.kernel.folding import fold
from app.kernel.lists import Refusal
from app.kernel.register_number import parse_register_number
from app.kernel.text import T, Text
from app.people.rules.cells import read_gender, read_name, read_phones, split_name
from app.people.rules.columns import BY_WORD, PHONES, ImportColumn, Layout
from app.people.rules.core import (
    LEAST_PHONES,
    PatientSource,
    check_patient,
    check_phones,
    complete_from_register,
    is_email,
)
from app.people.rules.importing import Entry, Fault, Person


def read_row(line: int, cells: Sequence[str], layout: Layout, today: date) -> Entry:
    """Read a row of the list; everything that is wrong with it is noted, nothing is raised."""
    if is_blank(cells):
        return Entry(line, cells, Person(_here(line)), is_blank=True)
    return _Reader(line, cells, layout, today).read()


# The longest text of each column, as the table has it.
LIMITS: Mapping[ImportColumn, int] = {
    ImportColumn.FIRST_NAME: 30,
    ImportColumn.LAST_NAME: 30,
    ImportColumn.PASSPORT: 20,
    ImportColumn.CARD: 20,
    ImportColumn.EMAIL: 255,
    ImportColumn.ADDRESS: 255,
    ImportColumn.OCCUPATION: 120,
    ImportColumn.EMERGENCY: 160,
    ImportColumn.NOTE: 10_000,
}
_LINES = (ImportColumn.ADDRESS, ImportColumn.OCCUPATION, ImportColumn.EMERGENCY)


def _here(line: int) -> Text:
    return T("Row %(line)s of this list", line=line)


class _Reader:
    """One row while it is read."""

    def __init__(self, line: int, cells: Sequence[str], layout: Layout, today: date) -> None:
        self.layout, self.today = layout, today
        self.held: dict[ImportColumn, str] = {}
        self.notes: list[str] = []  # "note" may be said of several columns; each then keeps its name
        several = layout.columns.count(ImportColumn.NOTE) > 1
        for header, column, cell in zip(layout.headers, layout.columns, cells, strict=False):
            if column is ImportColumn.NOTE and (note := clean_cell(cell)):
                self.notes.append(f"{header.strip()}: {note}" if several and header.strip() else note)
            elif column is not None:
                self.held[column] = clean_cell(cell)
        self.entry = Entry(line, cells, Person(_here(line)))

    def read(self) -> Entry:
        """The row, read."""
        entry = self.entry
        self._names()
        self._numbers()
        self._who()
        self._phones()
        self._texts()
        entry.first_visit = self._visit(ImportColumn.FIRST_VISIT)
        entry.last_visit = self._visit(ImportColumn.LAST_VISIT)
        entry.values["note"] = "\n".join(self.notes) or None
        self._lengths()
        entry.person = self._person()
        order: list[Any] = list(Fault)
        entry.refusals.sort(key=lambda refusal: order.index(refusal.fault))
        return entry

    # --- hands

    def cell(self, column: ImportColumn) -> str:
        """What stands in a column."""
        return self.held.get(column, "")

    def line(self, column: ImportColumn) -> str | None:
        """What stands in a column, as one line; None for nothing."""
        return one_line(self.cell(column)) or None

    def refuse(self, fault: Fault, column: ImportColumn, text: Text) -> None:
        """Note that something is wrong."""
        self.entry.refusals.append(Refusal(fault, column, text))

    def attempt(self, fault: Fault, column: ImportColumn, read: Callable[[str], Any]) -> Any:
        """What `read` makes of a column; None, and noted, where it refuses."""
        try:
            return read(self.cell(column))
        except RuleError as error:
            self.refuse(fault, column, error.text)
            return None

    def is_refused(self, column: ImportColumn) -> bool:
        """Whether something is wrong with a column."""
        return any(refusal.column is column for refusal in self.entry.refusals)

    def keep(self, column: ImportColumn) -> None:
        """Keep in the note what can't be read as what its column says."""
        place, cell = self.layout.columns.index(column), self.line(column)
        self.notes.append(f"{self.layout.headers[place].strip() or place + 1}: {cell}")
        text = T("“%(column)s” can't be used and stays in the note: %(cell)s", column=column.label, cell=cell)
        self.entry.remarks.append(text)

    # --- the parts of a row

    def _names(self) -> None:
        if ImportColumn.FULL_NAME in self.layout.columns:
            family, given = split_name(self.cell(ImportColumn.FULL_NAME))
        else:
            family, given = (read_name(self.cell(c)) for c in (ImportColumn.LAST_NAME, ImportColumn.FIRST_NAME))
        self.entry.values |= {"first_name": given or None, "last_name": family or None}

    def _numbers(self) -> None:
        card = (self.line(ImportColumn.CARD) or "").removesuffix(".0")
        if not card.isascii():
            self.refuse(Fault.NUMBER, ImportColumn.CARD, T("A card number has Latin letters, digits and signs only."))
        passport = (self.line(ImportColumn.PASSPORT) or "").upper()
        self.entry.values |= {"card_number": card or None, "passport_number": passport or None}

    def _who(self) -> None:
        """Register number, birthday and gender: each read alone, then together by the rules of every form."""
        self.entry.values |= {
            "source": PatientSource.IMPORT,
            "register_number": self.line(ImportColumn.REGISTER),
            "birthday": self.attempt(Fault.BIRTHDAY, ImportColumn.BIRTHDAY, read_day),
            "gender": self.attempt(Fault.GENDER, ImportColumn.GENDER, read_gender),
        }
        try:
            self.entry.values = complete_from_register(self.entry.values)
        except RuleError as error:
            self._refuse_rule(error, Fault.CONTRADICTS)
        try:
            check_patient(self.entry.values, self.today)
        except RuleError as error:
            self._refuse_rule(error, Fault.BIRTHDAY)

    def _refuse_rule(self, error: RuleError, birthday_fault: Fault) -> None:
        faults = {
            "first_name": Fault.FIRST_NAME,
            "register_number": Fault.REGISTER,
            "birthday": birthday_fault,
            "gender": Fault.GENDER,
        }
        register_is_wrong = self.is_refused(ImportColumn.REGISTER)
        for name, text in error.errors:
            column, value = BY_WORD[str(name)], self.entry.values.get(str(name))
            if self.is_refused(column) or (register_is_wrong and value is None and name in ("birthday", "gender")):
                continue  # said already, or it would have come from the register number
            is_future = name == "birthday" and value is not None and value > self.today
            self.refuse(Fault.FUTURE if is_future else faults[str(name)], column, text)

    def _phones(self) -> None:
        before = len(self.entry.refusals)
        numbers: list[str] = []
        for column in PHONES:
            fault = Fault.PHONE if column is ImportColumn.PHONE else Fault.SECOND_PHONE
            numbers += self.attempt(fault, column, read_phones) or []
        self.entry.phones = numbers
        if len(self.entry.refusals) > before:
            return
        first_is_empty = not self.cell(ImportColumn.PHONE)
        try:
            check_phones([(position, {"phone_number_val": number}) for position, number in enumerate(numbers)])
        except RuleError as error:
            fault, column = Fault.SECOND_PHONE, ImportColumn.SECOND_PHONE
            if first_is_empty and len(numbers) < LEAST_PHONES:
                fault, column = Fault.PHONE, ImportColumn.PHONE
            self.refuse(fault, column, error.text)

    def _texts(self) -> None:
        email = self.line(ImportColumn.EMAIL)
        if email and not is_email(email):
            self.keep(ImportColumn.EMAIL)
            email = None
        self.entry.values |= {"email": email, **{column.value: self.line(column) for column in _LINES}}

    def _visit(self, column: ImportColumn) -> date | None:
        """A visit's date; one that can't be read, or is still to come, stays in the note."""
        try:
            day = read_day(self.cell(column))
        except RuleError:
            day = date.max
        if day is not None and day > self.today:
            self.keep(column)
            return None
        return day

    def _lengths(self) -> None:
        for column, most in LIMITS.items():
            length = len(self.entry.values.get(column.value) or "")
            if length > most:
                text = T("At most %(longest)s characters; this has %(length)s.", longest=most, length=length)
                self.refuse(Fault.LENGTH, column, text)

    def _person(self) -> Person:
        values = self.entry.values
        try:
            register = parse_register_number(values["register_number"] or "").value
        except RuleError:
            register = None
        return Person(
            self.entry.person.where,
            register=register,
            passport=values["passport_number"],
            card=values["card_number"],
            given=fold(values["first_name"] or ""),
            family=fold(values["last_name"] or ""),
            birthday=values["birthday"],
            phones=tuple(self.entry.phones),
        )
