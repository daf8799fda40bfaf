"""What the work of a visit needs: teeth by scope, surfaces, quantities, discounts; what can be marked on a tooth.

Source: rules.md, Clinical; rights.csv, discount. Teeth and surfaces themselves are the catalogue's rules.
"""

from collections.abc import Collection, Mapping, Sequence
from datetime import date

from app.catalogue.rules import Arch, Scope, check_surfaces, teeth_of, tooth_of
from app.clinical.rules.kinds import ON_SURFACES, Condition, Outcome
from app.kernel.errors import RuleError
from app.kernel.money import format_tugrug, share_of
from app.kernel.text import T, Text
from app.people.rules import Dentition

MOST_QUANTITY = 999
_ARCHES: Mapping[Scope, Arch | None] = {
    Scope.UPPER_ARCH: Arch.UPPER,
    Scope.LOWER_ARCH: Arch.LOWER,
    Scope.FULL_MOUTH: None,
}
_COUNTS: Mapping[Scope, tuple[int, int]] = {
    Scope.NONE: (0, 0),
    Scope.SINGLE_TOOTH: (1, 1),
    Scope.SEVERAL_TEETH: (2, 52),
}
Teeth = Mapping[str, str]  # FDI code → surfaces


def still_needed(scope: Scope, teeth: Teeth, surfaces_required: bool) -> Text | None:
    """What an item lacks before its visit counts as treated, or None.

    One tooth needs exactly one, several at least two; a service worked on surfaces needs them on every tooth.
    An arch may be without any tooth: a full denture stands on one.
    """
    least, most = _COUNTS.get(scope, (0, 52))
    if len(teeth) < least:
        return T("Choose the tooth.") if least == 1 else T("Choose at least two teeth.")
    if len(teeth) > most:
        return T("This work is on one tooth only.") if most else T("This work is on no tooth.")
    bare = sorted(code for code, surfaces in teeth.items() if not surfaces)
    if surfaces_required and scope not in _ARCHES and bare:
        return T("Choose the surfaces of %(teeth)s.", teeth=", ".join(bare))
    return None


def check_teeth(scope: Scope, teeth: Teeth) -> dict[str, str]:
    """The teeth of an item with their surfaces in normal form. Raises RuleError (teeth, scope).

    Open teeth are fine until the visit is treated; more than the scope allows never are, nor a surface that the
    tooth doesn't have.
    """
    most = _COUNTS.get(scope, (0, 52))[1]
    if len(teeth) > most:
        text = T("This work is on one tooth only.") if most else T("This work is on no tooth.")
        raise RuleError(text, field="scope")
    return _normal(teeth)


def _normal(teeth: Teeth) -> dict[str, str]:
    return {tooth_of(code, "teeth").code: check_surfaces(code, marks, "teeth") for code, marks in sorted(teeth.items())}


def fills_itself(scope: Scope) -> bool:
    """Whether the scope chooses its teeth: an arch or the mouth."""
    return scope in _ARCHES


def teeth_of_scope(scope: Scope, dentition: Dentition, missing: Collection[str]) -> dict[str, str]:
    """The teeth of an arch or of the mouth in the patient's dentition, without those marked missing."""
    return {code: "" for code in teeth_of(dentition, _ARCHES[scope]) if code not in missing}


def preset(usual: Scope, teeth: int) -> tuple[Scope, int]:
    """(scope, quantity) of an item for which nobody chose them, from the service's usual scope and the teeth picked.

    A service on one tooth that is done on three is done three times; one that has no tooth takes those picked.
    """
    if fills_itself(usual) or teeth == 0:
        return usual, 1
    if teeth == 1:
        return (usual, 1) if usual is Scope.SEVERAL_TEETH else (Scope.SINGLE_TOOTH, 1)
    return Scope.SEVERAL_TEETH, teeth if usual is Scope.SINGLE_TOOTH else 1


def all_surfaces(teeth: Teeth) -> str:
    """The surfaces of an item: those of its teeth together, in the normal order."""
    worked = "".join(teeth.values())
    return "".join(letter for letter in "MODIBL" if letter in worked)


def check_finding(condition: Condition, teeth: Teeth) -> dict[str, str]:
    """The teeth of a finding with their surfaces; what concerns the whole tooth has none. Raises RuleError (teeth)."""
    checked = _normal(teeth)
    return checked if condition in ON_SURFACES else dict.fromkeys(checked, "")


def new_surfaces(surfaces: str, known: Sequence[str]) -> str | None:
    """What of a mark isn't on the tooth yet: all of it, some surfaces, or nothing (None)."""
    if not known:
        return surfaces
    left = "".join(letter for letter in surfaces if letter not in "".join(known))
    return left or None


def check_line(quantity: int, unit_price: int, discount: int, limit_bp: int, given: int = 0) -> None:
    """Refuse a quantity that can't be, or a discount above `limit_bp` of the line. Raises RuleError.

    A discount that somebody with more rights has `given` already may stay, or be lowered.
    """
    if not 1 <= quantity <= MOST_QUANTITY:
        raise RuleError(T("From %(least)s to %(most)s.", least=1, most=MOST_QUANTITY), field="quantity")
    line = quantity * unit_price
    if discount < 0:
        raise RuleError(T("A discount can't be negative."), field="discount")
    if discount > line:
        text = T("At most %(most)s can be taken off this line.", most=format_tugrug(line))
        raise RuleError(text, field="discount")
    most = share_of(line, limit_bp)
    if discount > max(most, given):
        text = T("You may give a discount of at most %(most)s here.", most=format_tugrug(most))
        raise RuleError(text, field="discount")


def check_outcome(outcome: Outcome | None, on: date | None, worked_on: date, today: date) -> None:
    """Refuse an outcome without its day, or with a day before the work or after today. Raises RuleError."""
    if (outcome is None) != (on is None):
        raise RuleError(
            T("An outcome needs the day on which it was seen."), field="outcome_on" if outcome else "outcome"
        )
    if on is not None and not worked_on <= on <= today:
        raise RuleError(T("The day must lie between the work and today."), field="outcome_on")
