"""One vocabulary of labels: what a column is called, wherever it stands.

`table.column` wins over `column`. A column that is in neither fails a house test.
"""

from app.kernel.text import T, Text

LABELS: dict[str, Text] = {}
# What a row of a table is called; filled as views register. A refusal in the audit log is of a page.
TABLES: dict[str, Text] = {"page": T("Page")}


def add_labels(labels: dict[str, Text]) -> None:
    """A room's words. The same key twice with different words is a mistake in the rooms."""
    for key, text in labels.items():
        known = LABELS.get(key)
        if known is not None and known.msgid != text.msgid:
            raise ValueError(f"label {key!r} is both {known.msgid!r} and {text.msgid!r}")
        LABELS[key] = text


def label(column: str, table: str = "") -> Text:
    """The label of a column. Raises KeyError for one that nobody named."""
    for key in (f"{table}.{column}", column, column.removesuffix("_id")):
        if key in LABELS:
            return LABELS[key]
    raise KeyError(f"no label for {table}.{column}: add it to the vocabulary")


def table_name(table: str) -> Text | str:
    """What a row of a table is called; the table's own name where no screen shows it."""
    return TABLES.get(table, table)


add_labels(
    {
        "created_at": T("Made on"),
        "updated_at": T("Changed on"),
        "is_active": T("In use"),
        "note": T("Note"),
        "status": T("Status"),
        "reason": T("Reason"),
        "description": T("Description"),
        "name": T("Name"),
        "name_mn": T("Name in Mongolian"),
        "name_en": T("Name in English"),
        "display_name_mn": T("Name in Mongolian"),
        "display_name_en": T("Name in English"),
        "code": T("Code"),
        "kind": T("Kind"),
        "version": T("Version"),
        "user": T("User"),
        "email": T("Email"),
        "address": T("Address"),
        "title": T("Name"),
        "number": T("Number"),
    }
)
