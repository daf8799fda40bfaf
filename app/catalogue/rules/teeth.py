"""The teeth: how each is numbered in the three systems, and which surfaces it has.

Source: rules.md, Clinical; tables.md, tooth_definition. A tooth is known by its FDI code everywhere; the other
systems are only ways to show it.
"""

from collections.abc import Mapping
from dataclasses import dataclass
from functools import cache

from app.catalogue.rules.kinds import Arch, Surface, ToothDentition, ToothSystem
from app.kernel.errors import RuleError
from app.kernel.text import T, Text
from app.people.rules import Dentition


def check_surfaces(code: str, surfaces: str, field: str | None = "surfaces") -> str:
    """The surfaces of tooth `code` (FDI) in their normal form: `dom` of 36 → `MOD`, `FP` of 11 → `BL`.

    Case, spaces and repeats don't matter; F counts as B, P as L. Raises RuleError where the tooth doesn't exist
    or has no such surface: O on an 11, or I on a 36.
    """
    tooth = tooth_of(code, field)
    wanted = {_SAME.get(letter, letter) for letter in surfaces.upper() if letter not in " ,-"}
    for letter in sorted(wanted):
        if letter not in tooth.surfaces:
            text = T("Tooth %(tooth)s has no surface %(surface)s.", tooth=tooth.code, surface=letter[:1])
            raise RuleError(text, field=field)
    return "".join(letter for letter in tooth.surfaces if letter in wanted)


_SAME = {"F": "B", "P": "L"}  # facial, palatal
_FRONT = 3  # incisors and canines: the first three of a quadrant, in both dentitions
_CORNERS = {1: "UR", 2: "UL", 3: "LL", 4: "LR"}


@dataclass(frozen=True, slots=True)
class Tooth:
    """One tooth. `quadrant` is FDI's: 1–4 permanent, 5–8 primary; `index` counts from the middle."""

    quadrant: int
    index: int

    @property
    def code(self) -> str:
        """Its FDI code, by which everything refers to it: `36`."""
        return f"{self.quadrant}{self.index}"

    @property
    def dentition(self) -> ToothDentition:
        """Permanent or primary."""
        return ToothDentition.PERMANENT if self.quadrant <= 4 else ToothDentition.PRIMARY

    @property
    def corner(self) -> int:
        """The quarter of the mouth, 1–4, whichever dentition: upper right, upper left, lower left, lower right."""
        return (self.quadrant - 1) % 4 + 1

    @property
    def arch(self) -> Arch:
        """Upper or lower."""
        return Arch.UPPER if self.corner <= 2 else Arch.LOWER

    @property
    def is_front(self) -> bool:
        """An incisor or a canine."""
        return self.index <= _FRONT

    @property
    def surfaces(self) -> str:
        """The surfaces it has, in their normal order: `MODBL`, or `MIDBL` on incisors and canines."""
        return "MIDBL" if self.is_front else "MODBL"

    @property
    def ui_key(self) -> str:
        """One key for the tooth in all systems: `p36`, `d75`."""
        return f"{'p' if self.dentition is ToothDentition.PERMANENT else 'd'}{self.code}"

    @property
    def universal(self) -> str:
        """1–32 from 18 clockwise to 48, A–T from 55 clockwise to 85."""
        size = 8 if self.dentition is ToothDentition.PERMANENT else 5
        # clockwise, seen by the dentist: towards the middle in the first and third corner, away in the others
        step = size - self.index if self.corner in (1, 3) else self.index - 1
        place = (self.corner - 1) * size + step
        return str(place + 1) if self.dentition is ToothDentition.PERMANENT else chr(ord("A") + place)

    @property
    def palmer(self) -> str:
        """`6LL`; a primary tooth has a letter: `ELL`."""
        own = str(self.index) if self.dentition is ToothDentition.PERMANENT else chr(ord("A") + self.index - 1)
        return f"{own}{_CORNERS[self.corner]}"

    def shown_in(self, system: ToothSystem) -> str:
        """Its code in `system`."""
        shown = {ToothSystem.FDI: self.code, ToothSystem.UNIVERSAL: self.universal, ToothSystem.PALMER: self.palmer}
        return shown[system]


def _all_teeth() -> list[Tooth]:
    """The permanent teeth, then the primary ones, each from the patient's upper right round to the lower right."""
    return [
        Tooth(quadrant, index)
        for quadrants, size in (((1, 2, 3, 4), 8), ((5, 6, 7, 8), 5))
        for quadrant in quadrants
        for index in (range(size, 0, -1) if quadrant % 2 else range(1, size + 1))
    ]


TEETH: Mapping[str, Tooth] = {tooth.code: tooth for tooth in _all_teeth()}
_BY_SYSTEM = {(system, tooth.shown_in(system)): tooth for tooth in TEETH.values() for system in ToothSystem}


def tooth_of(code: str, field: str | None = None) -> Tooth:
    """The tooth of an FDI code. Raises RuleError where there is none."""
    found = TEETH.get(code.strip())
    if found is None:
        raise RuleError(T("There is no tooth %(tooth)s.", tooth=code.strip()[:8]), field=field)
    return found


def tooth_from(system: ToothSystem, code: str, field: str | None = None) -> Tooth:
    """The tooth that `system` calls `code`: Universal 19, Palmer 6LL → 36. Raises RuleError where there is none."""
    found = _BY_SYSTEM.get((system, code.strip().upper()))
    if found is None:
        raise RuleError(T("There is no tooth %(tooth)s.", tooth=code.strip()[:8]), field=field)
    return found


def show_tooth(code: str, system: ToothSystem) -> str:
    """An FDI code as a user wants to read it: 36 → `19` in Universal. Raises RuleError."""
    return tooth_of(code).shown_in(system)


@cache
def teeth_of(dentition: Dentition, arch: Arch | None = None) -> tuple[str, ...]:
    """The FDI codes of a chart's dentition, of one arch or of the mouth; a mixed one has both kinds of teeth."""
    kinds = {
        Dentition.PERMANENT: (ToothDentition.PERMANENT,),
        Dentition.PRIMARY: (ToothDentition.PRIMARY,),
        Dentition.MIXED: tuple(ToothDentition),
    }[dentition]
    return tuple(
        tooth.code for tooth in TEETH.values() if tooth.dentition in kinds and (arch is None or tooth.arch is arch)
    )


def surface_name(code: str, surface: Surface) -> Text:
    """What dentists call a surface of this tooth: labial in front, palatal in the upper arch. Raises RuleError."""
    tooth = tooth_of(code)
    if surface is Surface.BUCCAL and tooth.is_front:
        return T("Labial")
    if surface is Surface.LINGUAL and tooth.arch is Arch.UPPER:
        return T("Palatal")
    return surface.label
