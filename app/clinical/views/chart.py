"""The tooth chart as the page draws it: which teeth stand where, what each shows and says."""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field

from app.catalogue.rules import (
    TEETH,
    Arch,
    Surface,
    Tooth,
    ToothDentition,
    ToothSystem,
    surface_name,
    tooth_of,
)
from app.clinical.models import ToothFinding, TreatmentItem, TreatmentItemTooth
from app.clinical.numbering import numbering, shown_tooth
from app.clinical.rules import ON_SURFACES, Condition, Layer, fills_itself
from app.kernel.text import T
from app.people.rules import Dentition
from app.web.text import say

NEEDS_CARE = frozenset({Condition.CARIES, Condition.FRACTURE, Condition.MOBILITY})
_SHAPES = {
    Condition.MISSING: "gone",
    Condition.UNERUPTED: "hidden-tooth",
    Condition.ROOT_CANAL: "canal",
    Condition.IMPLANT: "implant",
    Condition.CROWN: "ring",
    Condition.BRIDGE: "ring",
    Condition.DENTURE: "ring",
    Condition.VENEER: "ring",
    Condition.MOBILITY: "loose",
}


@dataclass(slots=True)
class Face:
    """One of a tooth's five surfaces: its letter, where it stands, its colour and its name."""

    letter: str
    place: str
    css: str
    name: str
    is_picked: bool


@dataclass(slots=True)
class Cell:
    """One tooth of the chart."""

    code: str
    shown: str
    says: str
    css: str
    is_picked: bool
    faces: list[Face]


@dataclass(slots=True)
class Mark:
    """What a tooth has: colours by surface, shapes of the whole tooth, and the words."""

    faces: dict[str, str] = field(default_factory=dict)
    shapes: set[str] = field(default_factory=set)
    words: list[str] = field(default_factory=list)


def teeth_text(rows: Iterable[TreatmentItemTooth]) -> str:
    """`36 MO, 37` of an item's teeth."""
    return ", ".join(f"{shown_tooth(row.tooth.code)} {row.surfaces}".strip() for row in rows)


def item_teeth(item: TreatmentItem, rows: Iterable[TreatmentItemTooth]) -> str:
    """The teeth of an item in a few letters: `36 MO, 37`, or the arch they are."""
    return say(item.scope) if fills_itself(item.scope) else teeth_text(rows)


def marks_of(findings: Sequence[ToothFinding], worked: Iterable[TreatmentItemTooth]) -> dict[str, Mark]:
    """What the chart shows of findings and of this visit's work, by FDI code."""
    marks: dict[str, Mark] = {}
    for row in sorted(findings, key=lambda one: [Layer.EXISTING, Layer.PLANNED, Layer.DONE].index(one.layer)):
        mark = marks.setdefault(row.tooth.code, Mark())
        mark.words.append(finding_text(row))
        if row.condition in _SHAPES:
            mark.shapes |= {_SHAPES[row.condition], f"{_SHAPES[row.condition]}-{row.layer.value}"}
        if row.condition in ON_SURFACES:
            colour = row.layer.value
            if row.layer is Layer.EXISTING and row.condition in NEEDS_CARE:
                colour = "care"
            mark.faces.update(dict.fromkeys(row.surfaces or tooth_of(row.tooth.code).surfaces, colour))
    for part in worked:
        mark = marks.setdefault(part.tooth.code, Mark())
        mark.faces.update(dict.fromkeys(part.surfaces, "now"))
        mark.shapes.add("worked")
        mark.words.append(say(T("work of this visit")))
    return marks


def finding_text(row: ToothFinding) -> str:
    """`Caries O (existing)`."""
    what = f"{say(row.condition)} {row.surfaces}".strip()
    return f"{what} ({say(row.layer).lower()})"


def chart_rows(
    dentition: Dentition, marks: Mapping[str, Mark], picks: Mapping[str, str], with_primary: bool
) -> list[list[Cell]]:
    """The rows of the chart from above: upper, upper primary, lower primary, lower; primary ones where needed."""
    system = numbering()
    has_primary = with_primary or dentition is not Dentition.PERMANENT
    has_primary = has_primary or any(int(code[0]) > 4 for code in (*marks, *picks) if code in TEETH)
    wanted = [(ToothDentition.PERMANENT, Arch.UPPER), (ToothDentition.PERMANENT, Arch.LOWER)]
    if has_primary:
        wanted[1:1] = [(ToothDentition.PRIMARY, Arch.UPPER), (ToothDentition.PRIMARY, Arch.LOWER)]
    return [
        [_cell(tooth, system, marks.get(tooth.code, Mark()), picks) for tooth in _row(kind, arch)]
        for kind, arch in wanted
    ]


def _row(kind: ToothDentition, arch: Arch) -> list[Tooth]:
    row = [tooth for tooth in TEETH.values() if tooth.dentition is kind and tooth.arch is arch]
    return row if arch is Arch.UPPER else row[::-1]  # TEETH goes round the mouth; a chart goes left to right


def _cell(tooth: Tooth, system: ToothSystem, mark: Mark, picks: Mapping[str, str]) -> Cell:
    shown = tooth.shown_in(system)
    picked = picks.get(tooth.code)
    faces = [
        Face(
            letter,
            _place(tooth, letter),
            mark.faces.get(letter, ""),
            f"{shown}: {say(surface_name(tooth.code, Surface(letter)))}",
            picked is not None and letter in picked,
        )
        for letter in tooth.surfaces
    ]
    says = say(T("Tooth %(tooth)s", tooth=shown))
    says = f"{says}: {'; '.join(mark.words)}" if mark.words else says
    css = " ".join(sorted(mark.shapes))
    return Cell(tooth.code, shown, says, css, picked is not None, faces)


def _place(tooth: Tooth, letter: str) -> str:
    """Where a surface lies on the chart, which shows the mouth as the dentist sees it."""
    if letter in "OI":
        return "centre"
    if letter in "BL":
        return "top" if (letter == "B") == (tooth.arch is Arch.UPPER) else "bottom"
    is_left_half = tooth.corner in (1, 4)
    return "right" if (letter == "M") == is_left_half else "left"
