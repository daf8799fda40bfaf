"""The files of lists that wait to be imported: under random names in the instance's folder, never served.

Beside the rows (one JSON list a line: line n is row n) stands what is known of them. Both go when the import is
done; one that nobody started goes after a week.
"""

import json
import os
import re
import secrets
import tempfile
from collections.abc import Iterator
from contextlib import suppress
from dataclasses import asdict, dataclass, replace
from datetime import datetime, timedelta
from pathlib import Path
from typing import IO, Any

from app.files.depot import copy_limited
from app.files.lists.sheets import MOST_ROWS, read_rows
from app.kernel.errors import NotFound, RuleError
from app.kernel.lists import HEADER_WITHIN, Heads, Layout
from app.kernel.text import T

FOLDER = "imports"
KEEP = timedelta(days=7)
_KEY = re.compile(r"[0-9a-f]{32}")


@dataclass(frozen=True, slots=True)
class Draft:
    """A list that was brought along: whose, what it is called, how many rows, and what its columns hold."""

    key: str
    name: str
    made_by: int | None
    made_at: str
    length: int
    head: list[list[str]]  # the first rows, for choosing the columns
    layout: Layout[Any]
    turn: int = 0  # how often its columns were corrected
    kind: str = "patients"  # what it is a list of
    update: bool = False  # whether what is known already is brought up to date

    @property
    def rows(self) -> int:
        """How many rows stand below the header."""
        return max(0, self.length - self.layout.header_row)


class Store:
    """The folder `imports` of one instance, for lists of one kind."""

    def __init__(self, instance: Path, kind: str, heads: Heads[Any]) -> None:
        self.folder, self.kind, self.heads = instance / FOLDER, kind, heads

    def path(self, key: str, kind: str) -> Path:
        """The file of a list. Raises NotFound for a key that we never made."""
        if not _KEY.fullmatch(key):
            raise NotFound(T("This list is no longer here. Choose the file again."))
        return self.folder / f"{key}.{kind}"

    def bring(self, file: IO[bytes], name: str, *, largest_mb: int, made_by: int | None, now: datetime) -> Draft:
        """Keep an uploaded file as rows. Raises RuleError for one that is too large or no list."""
        self.folder.mkdir(parents=True, exist_ok=True, mode=0o700)
        self.sweep(now)
        handle, raw = tempfile.mkstemp(dir=self.folder, suffix=".raw")
        try:
            with os.fdopen(handle, "wb") as target:
                copy_limited(file, target, largest_mb)
            return self.take(Path(raw), name, made_by=made_by, now=now)
        finally:
            os.unlink(raw)

    def take(self, path: Path, name: str, *, made_by: int | None, now: datetime) -> Draft:
        """Keep a file on this machine as rows, and recognise its columns. Raises RuleError."""
        self.folder.mkdir(parents=True, exist_ok=True, mode=0o700)
        key = secrets.token_hex(16)
        head: list[list[str]] = []
        length = 0
        try:
            with self.path(key, "rows").open("w", encoding="utf-8") as target:
                for length, row in enumerate(read_rows(path, self.heads), start=1):
                    if length <= HEADER_WITHIN * 2:
                        head.append([cell[:200] for cell in row])
                    target.write(json.dumps(row, ensure_ascii=False) + "\n")
            draft = Draft(key, name, made_by, now.isoformat(), length, head, self.heads.recognise(head), kind=self.kind)
            if draft.rows > MOST_ROWS:
                text = T("This list has more than %(most)s rows. Cut it into parts.", most=f"{MOST_ROWS:,}")
                raise RuleError(text, field="file")
            self.save(draft)
        except BaseException:
            self.forget(key)
            raise
        return draft

    def save(self, draft: Draft) -> None:
        """Keep what is known of a list."""
        facts = asdict(draft) | {"layout": layout_as_json(draft.layout)}
        path = self.path(draft.key, "json")
        path.with_suffix(".new").write_text(json.dumps(facts, ensure_ascii=False), encoding="utf-8")
        path.with_suffix(".new").replace(path)

    def find(self, key: str) -> Draft:
        """What is known of a list. Raises NotFound."""
        try:
            facts = json.loads(self.path(key, "json").read_text(encoding="utf-8"))
        except FileNotFoundError:
            raise NotFound(T("This list is no longer here. Choose the file again.")) from None
        if facts.get("kind", "patients") != self.kind:
            raise NotFound(T("This list is no longer here. Choose the file again."))
        return Draft(**facts | {"layout": layout_from_json(facts["layout"], self.heads)})

    def rearrange(self, draft: Draft, layout: Layout[Any], update: bool = False) -> Draft:
        """The list with columns, or a choice, that somebody corrected."""
        changed = replace(draft, layout=layout, update=update, turn=draft.turn + 1)
        self.save(changed)
        return changed

    def rows(self, key: str, after: int = 0) -> Iterator[tuple[int, list[str]]]:
        """(row number, cells) of every row behind row `after`. Raises NotFound."""
        path = self.path(key, "rows")
        if not path.exists():
            raise NotFound(T("This list is no longer here. Choose the file again."))
        with path.open(encoding="utf-8") as file:
            for number, line in enumerate(file, start=1):
                if number > after:
                    yield number, json.loads(line)

    def report(self, key: str, token: str) -> Path:
        """Where an import notes the rows that it did not add, one file for each worker that took it."""
        return self.path(key, f"{token}.report")

    def forget(self, key: str) -> None:
        """Remove everything of a list."""
        for path in self.folder.glob(f"{key}.*"):
            path.unlink(missing_ok=True)

    def sweep(self, now: datetime) -> None:
        """Remove what nobody imported within a week."""
        for path in self.folder.glob("*.*"):
            with suppress(FileNotFoundError):
                if now.timestamp() - path.stat().st_mtime > KEEP.total_seconds():
                    path.unlink()


def layout_as_json(layout: Layout[Any]) -> dict[str, Any]:
    """A layout as a job's payload and a file carry it."""
    columns = [column.value if column else None for column in layout.columns]
    return {"header_row": layout.header_row, "headers": list(layout.headers), "columns": columns}


def layout_from_json(facts: dict[str, Any], heads: Heads[Any]) -> Any:
    """The layout again."""
    return heads.layout(facts["header_row"], facts["headers"], facts["columns"])
