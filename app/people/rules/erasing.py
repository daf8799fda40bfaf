"""When the data of a patient may be removed, and what remains. Source: mongolia.md, the personal data law."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date

from app.kernel.dates import add_months
from app.kernel.errors import Conflict, RuleError
from app.kernel.money import format_tugrug
from app.kernel.text import T

NAMELESS = "Нэргүй"


@dataclass(frozen=True, slots=True)
class Standing:
    """What stands against removing somebody's data."""

    card_numbers: Sequence[str]  # of all their records, the kept one's first
    balance: int = 0
    drafts: int = 0
    live_visits: int = 0
    is_anonymised: bool = False
    merged_today: bool = False
    last_seen: date | None = None


def kept_until(last_seen: date | None, years: int) -> date | None:
    """Until when the law makes the clinic keep the medical record of somebody last treated then."""
    return add_months(last_seen, 12 * years) if last_seen is not None else None


def is_kept_by_law(standing: Standing, today: date, years: int) -> bool:
    """Whether that day lies ahead."""
    until = kept_until(standing.last_seen, years)
    return until is not None and until > today


def check_erasure(standing: Standing, today: date, years: int) -> None:
    """Refuse where something is still going on with this patient. Raises RuleError, Conflict."""
    if standing.is_anonymised:
        raise Conflict(T("The data of this patient was removed already."))
    if standing.balance:
        text = T("The balance is %(balance)s. Settle it first.", balance=format_tugrug(standing.balance))
        raise RuleError(text)
    if standing.drafts:
        raise RuleError(T("There is a draft of an invoice. Issue or void it first."))
    if standing.live_visits:
        raise RuleError(T("There is a visit that isn't over. Finish or cancel it first."))
    if standing.merged_today:
        raise RuleError(T("Records were merged into this one within a day. Wait until that can't be undone any more."))


def check_confirmed(standing: Standing, typed: str, reason: str, today: date, years: int) -> None:
    """The card number was typed, and a reason where the law still keeps the record. Raises RuleError."""
    if typed.strip() != standing.card_numbers[0]:
        raise RuleError(T("Type the card number %(card)s.", card=standing.card_numbers[0]), field="card_number")
    if is_kept_by_law(standing, today, years) and len(reason.strip()) < 10:
        until = kept_until(standing.last_seen, years)
        raise RuleError(
            T("The medical record is to be kept until %(until)s. Write why it is removed earlier.", until=until),
            field="reason",
        )


def year_alone(birthday: date | None) -> date | None:
    """Only the year of a birthday remains, so that statistics by age hold."""
    return date(birthday.year, 1, 1) if birthday else None
