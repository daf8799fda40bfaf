"""Supplies: what a movement does to the count, when an item is low, what is sterile. Source: rules.md, Stock."""

import re
from collections.abc import Mapping
from datetime import date, datetime, timedelta
from typing import Any

from app.kernel.enums import Word
from app.kernel.errors import RuleError
from app.kernel.money import LARGEST
from app.kernel.text import TC, T, Text

MOST_MOVED, MOST_HELD = 1_000_000, 100_000_000
LONGEST_REASON = 255


class Level(Word):
    """Whether there is enough of an item."""

    OUT = "out", T("Out of stock")
    LOW = "low", T("Low stock")
    ENOUGH = "enough", T("Enough")
    OFF = "off", T("Switched off")


def level_of(on_hand: int, minimum: int) -> Level:
    """Low is at or below the minimum; nothing there is out, whatever the minimum."""
    if on_hand <= 0:
        return Level.OUT
    return Level.LOW if on_hand <= minimum else Level.ENOUGH


class Unit(Word):
    """What an item is counted in."""

    PIECE = "piece", T("piece")
    BOX = "box", T("box")
    PACK = "pack", T("pack")
    BOTTLE = "bottle", T("bottle")
    TUBE = "tube", T("tube")
    SYRINGE = "syringe", T("syringe")
    AMPOULE = "ampoule", T("ampoule")
    CAPSULE = "capsule", T("capsule")
    PAIR = "pair", T("pair")
    ROLL = "roll", T("roll")
    SET = "set", T("set")
    MILLILITRE = "ml", T("ml")
    GRAM = "g", T("g")


class ItemCategory(Word):
    """What an item is for."""

    CONSUMABLE = "consumable", T("Consumables")
    ANAESTHETIC = "anaesthetic", T("Anaesthetics")
    FILLING = "filling", T("Filling materials")
    ENDODONTIC = "endodontic", T("Root canal materials")
    PROSTHETIC = "prosthetic", T("Prosthetic materials")
    ORTHODONTIC = "orthodontic", T("Orthodontic materials")
    SURGICAL = "surgical", T("Surgical materials")
    HYGIENE = "hygiene", T("Hygiene and protection")
    INSTRUMENT = "instrument", T("Instruments")
    EQUIPMENT = "equipment", T("Equipment")
    MEDICINE = "medicine", T("Medicines")
    OFFICE = "office", T("Office supplies")
    OTHER = "other", T("Other")


class Movement(Word):
    """Why the count of an item changed."""

    RECEIVED = "received", T("Received")
    USED = "used", T("Used")
    RETURNED = "returned", T("Returned to the supplier")
    ADJUSTED = "adjusted", T("Adjusted")
    EXPIRED = "expired", T("Expired")
    LOST = "lost", T("Lost or broken")


class CycleResult(Word):
    """What the indicator of a sterilisation said. While it runs there is none."""

    PASS = "pass", TC("sterilisation", "Passed")
    FAIL = "fail", TC("sterilisation", "Failed")


class Approval(Word):
    """Whether somebody looked at an expense."""

    WAITING = "waiting", T("Waiting for approval")
    APPROVED = "approved", T("Approved")


class ExpenseMethod(Word):
    """How an expense was paid."""

    CASH = "cash", T("Cash")
    CARD = "card", T("Card")
    BANK_TRANSFER = "bank transfer", T("Bank transfer")
    OTHER = "other", T("Other")


COMES = frozenset({Movement.RECEIVED})
GOES = frozenset({Movement.USED, Movement.RETURNED, Movement.EXPIRED, Movement.LOST})
NEEDS_REASON = frozenset({Movement.ADJUSTED, Movement.LOST})


def change_of(kind: Movement, count: int) -> int:
    """What `count` units do to the number on hand. Raises RuleError for none or too many.

    An adjustment has no direction of its own: see `correction`.
    """
    if not 1 <= count <= MOST_MOVED:
        raise RuleError(T("From %(least)s to %(most)s.", least="1", most=f"{MOST_MOVED:,}"), field="quantity")
    return count if kind in COMES else -count


def correction(counted: int, known: int) -> int:
    """What a recount does to the number on hand. Raises RuleError where it agrees."""
    if not 0 <= counted <= MOST_MOVED:
        raise RuleError(T("From %(least)s to %(most)s.", least="0", most=f"{MOST_MOVED:,}"), field="counted")
    if counted == known:
        raise RuleError(T("The count agrees with the stock: there is nothing to correct."), field="counted")
    return counted - known


def check_reason(kind: Movement, reason: str | None) -> str | None:
    """The reason without the space around it. Raises RuleError where one is needed, and for a long one."""
    clean = (reason or "").strip()
    if not clean and kind in NEEDS_REASON:
        raise RuleError(T("Say why."), field="reason")
    if len(clean) > LONGEST_REASON:
        text = T("At most %(longest)s characters; this has %(length)s.", longest=LONGEST_REASON, length=len(clean))
        raise RuleError(text, field="reason")
    return clean or None


def check_cost(cost: int | None) -> None:
    """Refuse a price that no item has. Raises RuleError."""
    if cost is not None and not 0 <= cost <= LARGEST:
        raise RuleError(T("This amount is too large."), field="cost")


def budget_share(spent: int, budget: int | None) -> int | None:
    """How much of a month's budget is spent, in percent, rounded down; None without a budget.

    Nothing may be spent of a budget of 0: what is spent all the same is over it.
    """
    if budget is None:
        return None
    if budget == 0:
        return 101 if spent else 0
    return spent * 100 // budget


def is_over(spent: int, budget: int | None) -> bool:
    """Whether a month's budget is overspent; exactly spent is not."""
    return budget is not None and spent > budget


def clean_sku(typed: str) -> str:
    """An item's code in capitals: letters, digits, dots and dashes, as a label carries it. Raises RuleError."""
    code = typed.strip().upper()
    if not re.fullmatch(r"[A-Z0-9][A-Z0-9.\-/]{0,39}", code):
        raise RuleError(T("Write a code of Latin letters and digits, such as GLV-M."), field="sku")
    return code


def check_item(values: Mapping[str, Any]) -> dict[str, Any]:
    """The description of an item with a clean code; what was left open is nothing. Raises RuleError."""
    check_cost(values.get("cost"))
    numbers = {name: values.get(name) or 0 for name in ("minimum_stock", "reorder_quantity", "cost")}
    unit = values.get("unit") or Unit.PIECE
    return {**values, **numbers, "unit": unit, "sku": clean_sku(values["sku"])}


def check_expense(values: Mapping[str, Any], today: date) -> None:
    """Refuse money that is not spent yet, and no money. Raises RuleError."""
    if values["spent_on"] > today:
        raise RuleError(T("This day has not come yet."), field="spent_on")
    if not 0 < values["amount"] <= LARGEST:
        raise RuleError(T("Write an amount above zero."), field="amount")


# --- what the autoclave made sterile

MOST_PACKAGES, LONGEST_NUMBER = 200, 24
_NUMBER = re.compile(r"[A-Z0-9][A-Z0-9.\-/]{0,23}")


def clean_number(typed: str | None, field: str = "number") -> str:
    """A package's number in capitals, as its label carries it. Raises RuleError."""
    number = (typed or "").strip().upper()
    if not _NUMBER.fullmatch(number):
        raise RuleError(T("Write the number as it stands on the package, such as 000123."), field=field)
    return number


def numbers_from(first: str, count: int) -> list[str]:
    """So many numbers in a row: `000123`, `000124`, …; the zeros in front stay. Raises RuleError."""
    number = clean_number(first, "first")
    if not 1 <= count <= MOST_PACKAGES:
        raise RuleError(T("From %(least)s to %(most)s.", least=1, most=MOST_PACKAGES), field="count")
    digits = re.search(r"[0-9]+$", number)
    if digits is None:
        raise RuleError(T("The number must end in digits, so that it can be counted on."), field="first")
    before, start, width = number[: digits.start()], int(digits[0]), len(digits[0])
    found = [f"{before}{start + place:0{width}d}" for place in range(count)]
    if len(found[-1]) > LONGEST_NUMBER:
        raise RuleError(T("At most %(longest)s characters; this has %(length)s.", longest=24, length=len(found[-1])),
                        field="first")  # fmt: skip
    return found


def sterile_until(cycle_day: date, days: int) -> date:
    """Until when a package stays sterile that nobody opens."""
    return cycle_day + timedelta(days=days)


def check_cycle_time(started_at: datetime, now: datetime) -> None:
    """A cycle is written down when it runs or later. Raises RuleError."""
    if started_at > now:
        raise RuleError(T("This time has not come yet."), field="started_at")


def why_not_sterile(result: CycleResult | None, expires_on: date, on: date) -> Text | None:
    """Why a package must not be opened on a day, or None."""
    if result is CycleResult.FAIL:
        return T("its sterilisation failed")
    if result is None:
        return T("its sterilisation isn't finished yet")
    return T("it was sterile until %(day)s", day=expires_on) if expires_on < on else None
