"""What becomes of each row of a patient list: added, a duplicate, blank, or refused and why.

The one place where that is decided: the preview, the command and the job all ask `judge`.
Source: rules.md, People. Nothing of a row is lost silently: what can't be read but isn't needed stays in the note.
"""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field
from datetime import date
from typing import Any

from app.kernel.enums import Word
from app.kernel.lists import Fate, Refusal
from app.kernel.text import T, Text
from app.people.rules.columns import ImportColumn


def judge(entry: "Entry", roll: "Roll") -> "Verdict":
    """The fate of one row that was read. A row that is taken counts as known for the rows after it.

    Somebody who is known is a duplicate whatever else the row says: there is nothing to add.
    """
    if entry.is_blank:
        return Verdict(entry, Fate.BLANK)
    known = roll.find(entry.person)
    if known is not None:
        return Verdict(entry, Fate.DUPLICATE, (known,))
    refusals = [*entry.refusals, *roll.clashes(entry.person)]
    if refusals:
        return Verdict(entry, Fate.REFUSED, refusals=tuple(refusals))
    roll.add(entry.person)
    return Verdict(entry, Fate.OK)


class Fault(Word):
    """What is wrong with a row."""

    FIRST_NAME = "first name", T("First name is missing")
    REGISTER = "register number", T("Register number is wrong")
    PHONE = "phone", T("Phone number is wrong or missing")
    SECOND_PHONE = "second phone", T("Second phone number is wrong or missing")
    CONTRADICTS = "birthday contradicts", T("Birthday contradicts the register number")
    FUTURE = "birthday in the future", T("Birthday is in the future")
    BIRTHDAY = "birthday", T("Birthday is wrong or missing")
    GENDER = "gender", T("Gender is wrong, missing or contradicts the register number")
    NUMBER = "number taken", T("A number is somebody else's or can't be stored")
    LENGTH = "too long", T("A text is too long")
    STORAGE = "not stored", T("The database refused it")


@dataclass(frozen=True, slots=True)
class Person:
    """By what somebody is known. `where` says who it is: a record of the clinic, or a row of the list above."""

    where: Text
    patient_id: int | None = None
    register: str | None = None
    passport: str | None = None
    card: str | None = None
    given: str = ""
    family: str = ""
    birthday: date | None = None
    phones: tuple[str, ...] = ()


@dataclass(slots=True)
class Entry:
    """A row that was read: what would be stored, and what is wrong with it."""

    line: int
    cells: Sequence[str]
    person: Person
    is_blank: bool = False
    values: dict[str, Any] = field(default_factory=dict)
    phones: list[str] = field(default_factory=list)
    first_visit: date | None = None
    last_visit: date | None = None
    refusals: list[Refusal] = field(default_factory=list)
    remarks: list[Text] = field(default_factory=list)


@dataclass(frozen=True, slots=True)
class Verdict:
    """A row and its fate; for a duplicate who it is, for a refused one why."""

    entry: Entry
    fate: Fate
    known: tuple[Person, ...] = ()
    refusals: tuple[Refusal, ...] = ()

    @property
    def reasons(self) -> list[Text]:
        """The sentences for people."""
        if self.fate is Fate.DUPLICATE:
            return [person.where for person in self.known]
        return [refusal.sentence for refusal in self.refusals]

    @property
    def record(self) -> int | None:
        """The patient who is known already."""
        return next((person.patient_id for person in self.known), None)


class Roll:
    """Everybody who is known so far: the clinic's patients whom a row may mean, and the rows taken before it.

    The same register or passport number is the same person. Without one to compare, it is the same given
    name with the same family name (or its initial), and the same birthday or a phone in common.
    """

    def __init__(self) -> None:
        self._by_number: dict[tuple[str, str], Person] = {}
        self._by_trait: dict[tuple[str, date | str], list[Person]] = {}

    def add(self, person: Person) -> None:
        """Know somebody."""
        for key in _numbers(person):
            self._by_number.setdefault(key, person)
        for trait in _traits(person):
            self._by_trait.setdefault((person.given, trait), []).append(person)

    def find(self, person: Person) -> Person | None:
        """Who this is, if they are known."""
        for key in _numbers(person):
            if key[0] != CARD and key in self._by_number:
                return self._by_number[key]
        for trait in _traits(person):
            for other in self._by_trait.get((person.given, trait), ()):
                if _may_be_same(person, other):
                    return other
        return None

    def clashes(self, person: Person) -> list[Refusal]:
        """Card numbers that are somebody else's."""
        other = self._by_number.get((CARD, person.card)) if person.card else None
        if other is None:
            return []
        text = T("%(card)s is taken: %(where)s", card=person.card, where=other.where)
        return [Refusal(Fault.NUMBER, ImportColumn.CARD, text)]


REGISTER, PASSPORT, CARD = "register", "passport", "card"


def _numbers(person: Person) -> list[tuple[str, str]]:
    known = ((REGISTER, person.register), (PASSPORT, person.passport), (CARD, person.card))
    return [(kind, number) for kind, number in known if number]


def _traits(person: Person) -> Iterable[date | str]:
    if not person.given:
        return ()
    return (*((person.birthday,) if person.birthday else ()), *person.phones)


def _may_be_same(one: Person, other: Person) -> bool:
    if one.register and other.register and one.register != other.register:
        return False
    short, long = sorted((one.family, other.family), key=len)
    return short == long or not short or (len(short) <= 2 and long.startswith(short))
