"""What a report is made of: data, so that a new one is a few lines.

A report adds up `parts` of its rows in SQL, for each key of a group, so that groups add up to the whole; a measure is a
figure made of those parts. Its groups are columns; days, weeks and months are groups of every report that has a day.
"""

import enum
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import date
from typing import TYPE_CHECKING, Any

from app.kernel.text import Text
from app.reporting.queries import Span
from app.reporting.rules import Period

if TYPE_CHECKING:
    from app.reporting.reports.asking import Ask

Parts = Mapping[str, int]  # part → its sum


class Unit(enum.Enum):
    """How a figure is written: a number, tögrög, a share in basis points, a mean in tenths."""

    COUNT = enum.auto()
    MONEY = enum.auto()
    SHARE = enum.auto()
    TENTHS = enum.auto()


@dataclass(frozen=True, slots=True)
class Rows:
    """The list behind a report: its view, the filters that take the day, the doctor and the service, and fixed ones."""

    view: str
    day: str = ""
    doctor: str = ""
    service: str = ""
    fixed: Mapping[str, str] = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class Measure:
    """A figure: its words, its unit, how it follows from the parts, and the list behind it if not the report's."""

    key: str
    label: Text
    value: Callable[[Parts, Period], int | None]
    unit: Unit = Unit.COUNT
    rows: Rows | None = None
    is_cost: bool = False  # more of it is worse
    clinic_only: bool = False  # not known for one doctor


@dataclass(frozen=True, slots=True)
class Group:
    """What a report can be cut by. `column` may depend on the clinic's date; `names` says what a key is called."""

    key: str
    label: Text
    column: Any
    names: Any = None  # a model, or {key: words}; an enum says itself
    param: str = ""  # the filter of the list behind that takes the key
    params: Callable[[Any, date], dict[str, str]] | None = None  # or several
    narrows: str = ""  # the filter of the report itself that takes it: "doctor", "service"


@dataclass(frozen=True, slots=True)
class Report:
    """A report. `source` gives what is summed, for a period where `at` alone doesn't say which rows belong to it."""

    key: str
    label: Text
    about: Text
    source: Callable[["Ask", Span, date | None], Any]
    parts: Mapping[str, Any]
    measures: Sequence[Measure]
    groups: Sequence[Group]
    at: Any = None  # the column of the day; None: as it stands today
    is_bounded: bool = False  # the source keeps to the period by itself
    where: Sequence[Any] = ()
    # "doctor" and "service" → the column; None where the source sees to it
    filters: Mapping[str, Any] = field(default_factory=dict)
    rows: Rows | None = None
    has_steps: bool = True  # can be cut by day, week and month
    is_kept: bool = False  # reads kept sums: needs to know until when they are

    def measure(self, key: str) -> Measure | None:
        """The measure of this key."""
        return next((one for one in self.measures if one.key == key), None)


def part(key: str) -> Callable[[Parts, Period], int | None]:
    """The figure that is one part as it stands."""
    return lambda parts, _period: parts[key]
