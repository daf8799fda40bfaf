"""What a treatment plan amounts to: its complexity, value, urgency and sums, and what its procedures must be.

Source: rules.md, Clinical (Complexity, Value).
"""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from app.catalogue.rules import check_surfaces
from app.clinical.rules.kinds import PLAN_MOVES, PlanStatus, ProcedureStatus, Urgency, ValueCategory
from app.kernel.errors import RuleError
from app.kernel.money import format_tugrug
from app.kernel.moves import Moves
from app.kernel.text import T, Text

MOST_COMPLEX, MOST_FOR_VISITS = 10, 3
MOST_PROCEDURES = 50


@dataclass(frozen=True, slots=True)
class Step:
    """What a service adds to a plan: its complexity, and whether a lab works on it."""

    complexity: int
    needs_lab: bool


@dataclass(frozen=True, slots=True)
class PlanTerms:
    """The clinic's thresholds: tögrög, the minutes of the longest visit, and the days a lab needs."""

    low_value: int
    high_value: int
    visit_minutes: int
    lab_days: int = 7


def complexity_score(steps: Sequence[Step], visits: int) -> int:
    """The highest complexity, +1 for each visit after the first (at most +3), +1 for a lab; at most 10.

    `visits`: how many the work is put into by `visits.group`.

    >>> complexity_score([Step(5, False), Step(6, True)], 3)
    9
    """
    if not steps:
        return 0
    score = max(step.complexity for step in steps) + min(max(visits - 1, 0), MOST_FOR_VISITS)
    return min(score + any(step.needs_lab for step in steps), MOST_COMPLEX)


def value_of(total: int, terms: PlanTerms) -> ValueCategory:
    """Low below the one threshold, high above the other."""
    if total < terms.low_value:
        return ValueCategory.LOW
    return ValueCategory.HIGH if total > terms.high_value else ValueCategory.MEDIUM


def highest(urgencies: Iterable[Urgency]) -> Urgency:
    """The most urgent of them; routine where there is none."""
    order = list(Urgency)
    return max(urgencies, key=order.index, default=Urgency.ROUTINE)


def check_is_pending(status: PlanStatus) -> None:
    """Only a plan that is being prepared can be changed. Raises RuleError."""
    if status is not PlanStatus.PENDING:
        raise RuleError(
            T("A plan that was presented can't be changed. Take it back first, or make another one.")
            if PLAN_MOVES.allows(status, PlanStatus.PENDING)
            else T("An accepted plan can't be changed. Make another one for what is new.")
        )


def check_procedures(rows: Sequence[tuple[int, Mapping[str, Any]]], teeth: Mapping[int, str]) -> list[dict[str, Any]]:
    """The procedures of a form (position, values) in normal form: surfaces that the tooth has, parts within the fee.

    `teeth`: key → FDI code. Raises RuleError on the field it concerns.
    """
    if not rows:
        raise RuleError(T("A plan needs a procedure."), field="procedures")
    errors: list[tuple[str | None, Text]] = []
    checked = []
    for position, values in rows:
        row, field = dict(values), f"procedures-{position}-"
        try:
            row["surfaces"] = _surfaces(row, teeth)
        except RuleError as error:
            errors.append((f"{field}{error.field}", error.text))
        if row.get("fee") is not None and (row.get("insurance_part") or 0) > row["fee"]:
            text = T("At most the fee: %(fee)s.", fee=format_tugrug(row["fee"]))
            errors.append((field + "insurance_part", text))
        checked.append(row)
    if errors:
        raise RuleError.many(errors)
    return checked


def _surfaces(row: Mapping[str, Any], teeth: Mapping[int, str]) -> str:
    typed, tooth = row.get("surfaces") or "", row.get("tooth_id")
    if not typed:
        return ""
    if tooth is None or tooth not in teeth:
        raise RuleError(T("Choose the tooth."), field="tooth_id")
    return check_surfaces(teeth[tooth], typed)


_P = ProcedureStatus
OPEN_PROCEDURES = frozenset({_P.PLANNED, _P.SCHEDULED, _P.IN_PROGRESS, _P.PENDING})
PROCEDURE_MOVES: Moves[ProcedureStatus] = Moves(
    {
        _P.PLANNED: {_P.SCHEDULED, _P.IN_PROGRESS, _P.COMPLETED, _P.PENDING, _P.DECLINED},
        _P.SCHEDULED: {_P.PLANNED, _P.IN_PROGRESS, _P.COMPLETED, _P.PENDING, _P.DECLINED},
        _P.IN_PROGRESS: {_P.COMPLETED, _P.PLANNED},
        _P.PENDING: {_P.PLANNED, _P.DECLINED},
        _P.DECLINED: {_P.PLANNED},
        _P.COMPLETED: {_P.IN_PROGRESS},
    }
)


def check_procedure_move(plan: PlanStatus, before: ProcedureStatus, to: ProcedureStatus) -> None:
    """Work goes on only in a plan that the patient accepted, by the table. Raises RuleError."""
    if plan not in (PlanStatus.ACCEPTED, PlanStatus.IN_PROGRESS, PlanStatus.COMPLETED):
        raise RuleError(T("Work begins when the patient has accepted the plan."), field="status")
    PROCEDURE_MOVES.check(before, to)


def plan_status(status: PlanStatus, procedures: Iterable[ProcedureStatus]) -> PlanStatus:
    """What an accepted plan is by its procedures: in progress with the first work, completed with the last."""
    states = list(procedures)
    if status not in (PlanStatus.ACCEPTED, PlanStatus.IN_PROGRESS, PlanStatus.COMPLETED):
        return status
    begun = any(state in (_P.COMPLETED, _P.IN_PROGRESS) for state in states)
    if begun and not OPEN_PROCEDURES & set(states):
        return PlanStatus.COMPLETED
    return PlanStatus.IN_PROGRESS if begun or status is not PlanStatus.ACCEPTED else PlanStatus.ACCEPTED
