"""What comes with a new clinic: the kinds of work."""

import csv
from collections.abc import Mapping
from datetime import date
from pathlib import Path
from typing import TypeVar

import sqlalchemy as sa
from sqlalchemy.orm import Session

from app.kernel.enums import Word
from app.people.models import Position
from app.people.rules import PositionCategory, PositionType

DATA = Path(__file__).with_name("data")
W = TypeVar("W", bound=Word)


def read_table(path: Path) -> list[dict[str, str]]:
    """The rows of a CSV file with a header, in UTF-8."""
    with path.open(encoding="utf-8", newline="") as file:
        return list(csv.DictReader(file))


def member(kind: type[W], word: str) -> W:
    """The member of an enum that a file names by its word. Raises KeyError."""
    return {member.value: member for member in kind}[word]


def load(session: Session, today: date) -> None:
    """Add the positions that are missing. One that the clinic renamed in one language is known by the other."""
    known = set()
    for kind, mn, en in session.execute(
        sa.select(Position.position_type, Position.display_name_mn, Position.display_name_en)
    ):
        known |= {(kind, mn), (kind, en)}
    for row in read_table(DATA / "positions.csv"):
        kind = member(PositionType, row["position_type"])
        if not {(kind, row["name_mn"]), (kind, row["name_en"])} & known:
            session.add(_position(kind, row))


def _position(kind: PositionType, row: Mapping[str, str]) -> Position:
    return Position(
        position_type=kind,
        category=PositionCategory.from_word(row["category"]),
        display_name_mn=row["name_mn"],
        display_name_en=row["name_en"],
    )
