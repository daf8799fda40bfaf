"""Draw docs/erd.svg from the models: a column of boxes for each room, a line for each foreign key."""

import sys
from html import escape
from pathlib import Path
from typing import Any

ROOT = Path(__file__).resolve().parent.parent
sys.path.insert(0, str(ROOT))

import sqlalchemy as sa  # noqa: E402 - the path comes first
from flask_appbuilder.models.sqla import Model  # noqa: E402

import app.models  # noqa: E402, F401 - every table
from app.db.base import metadata  # noqa: E402

TARGET = ROOT / "docs" / "erd.svg"
ROOMS = (
    "framework",
    "security",
    "audit",
    "jobs",
    "files",
    "people",
    "stock",
    "catalogue",
    "scheduling",
    "clinical",
    "lab",
    "billing",
    "insurance",
    "communication",
    "reporting",
)
WIDTH, GAP_X, LINE, HEAD, GAP_Y, TOP = 250, 110, 16, 24, 26, 60


def room_of(table: sa.Table) -> str:
    """The room whose models module declares the table; Flask-AppBuilder's own are the framework's."""
    for mapper in Model.registry.mappers:
        if mapper.local_table is table:
            module = mapper.class_.__module__
            return module.split(".")[1] if module.startswith("app.") else "framework"
    return "framework"


def short_type(column: "sa.Column[Any]") -> str:
    """`bigint`, `varchar(30)`, `datetime`."""
    type_ = getattr(column.type, "impl_instance", column.type)
    name = (
        type(type_)
        .__name__.lower()
        .replace("biginteger", "bigint")
        .replace("string", "varchar")
        .replace("integer", "int")
    )
    return f"{name}({type_.length})" if getattr(type_, "length", None) else name


def draw() -> str:
    """The picture as SVG text."""
    columns: dict[str, list[sa.Table]] = {room: [] for room in ROOMS}
    for table in sorted(metadata.tables.values(), key=lambda t: t.name):
        columns[room_of(table)].append(table)
    places: dict[str, tuple[int, int, int]] = {}
    height = 0
    for index, room in enumerate(ROOMS):
        y = TOP
        for table in columns[room]:
            size = HEAD + LINE * len(table.columns) + 6
            places[table.name] = (20 + index * (WIDTH + GAP_X), y, size)
            y += size + GAP_Y
        height = max(height, y)
    width = 20 + len(ROOMS) * (WIDTH + GAP_X)
    parts = [
        f'<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 {width} {height}" font-family="Noto Sans, sans-serif" font-size="11">',
        "<style>.box{fill:#fff;stroke:#8a929c}.head{fill:#e0f2ef}.key{font-weight:600}.type{fill:#59626d}.line{fill:none;stroke:#0d7269;stroke-opacity:.45}.room{font-size:18px;font-weight:600}</style>",
        f'<rect width="{width}" height="{height}" fill="#f5f6f7"/>',
    ]
    parts += [f'<text class="room" x="{20 + i * (WIDTH + GAP_X)}" y="36">{room}</text>' for i, room in enumerate(ROOMS)]
    for table in metadata.tables.values():
        parts += [line(places, table, key) for key in sorted(table.foreign_keys, key=lambda k: k.parent.name)]
    for name in sorted(places):
        parts += box(metadata.tables[name], *places[name])
    return "\n".join([*parts, "</svg>", ""])


def row_y(table: sa.Table, column: str, top: int) -> int:
    """The height at which a column's text stands."""
    return top + HEAD + LINE * list(table.columns.keys()).index(column) + 12


def line(places: dict[str, tuple[int, int, int]], table: sa.Table, key: sa.ForeignKey) -> str:
    """A foreign key's curve."""
    x1, top1, _ = places[table.name]
    x2, top2, _ = places[key.column.table.name]
    y1, y2 = row_y(table, key.parent.key, top1) - 4, top2 + 12
    start, end = (x1, x2 + WIDTH) if x2 < x1 else (x1, x2) if x1 == x2 else (x1 + WIDTH, x2)
    bend = -40 if x2 <= x1 else 40
    return f'<path class="line" d="M{start},{y1} C{start + bend},{y1} {end - bend if x1 != x2 else end + bend},{y2} {end},{y2}"/>'


def box(table: sa.Table, x: int, y: int, size: int) -> list[str]:
    """A table's box."""
    parts = [
        f'<rect class="box" x="{x}" y="{y}" width="{WIDTH}" height="{size}" rx="5"/>',
        f'<rect class="head" x="{x + 1}" y="{y + 1}" width="{WIDTH - 2}" height="{HEAD - 4}" rx="4"/>',
        f'<text class="key" x="{x + 8}" y="{y + 15}">{escape(table.name)}</text>',
    ]
    for column in table.columns:
        at = row_y(table, column.key, y)
        mark = "PK" if column.primary_key else "FK" if column.foreign_keys else ""
        optional = "?" if column.nullable else ""
        parts.append(
            f'<text x="{x + 8}" y="{at}"{" class=" + chr(34) + "key" + chr(34) if mark == "PK" else ""}>{escape(column.name)}{optional}</text>'
        )
        parts.append(
            f'<text class="type" x="{x + WIDTH - 8}" y="{at}" text-anchor="end">{short_type(column)} {mark}</text>'
        )
    return parts


if __name__ == "__main__":
    TARGET.write_text(draw(), encoding="utf-8")
    print(f"{TARGET.relative_to(ROOT)}: {len(metadata.tables)} tables")
