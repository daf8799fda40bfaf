"""The job behind the pages of an import: the check of a list, and its import.

Both go through all rows in steps. An import notes with each step, in its transaction, how far it is; whoever
takes the job after a crash goes on behind that row. The rows that were not added are noted in a file beside the
list until the end, and then packed into the job's result.
"""

import json
from collections.abc import Sequence
from datetime import datetime
from itertools import islice
from pathlib import Path
from typing import Any

import sqlalchemy as sa
from sqlalchemy.exc import IntegrityError
from sqlalchemy.orm import Session

from app.db import sqla
from app.db.unit import TryAgain
from app.files.lists.report import TOLD, Counts, pack, tell
from app.files.lists.store import Draft, Store, layout_as_json, layout_from_json
from app.jobs.actions import enqueue
from app.jobs.models import Job
from app.jobs.worker import Task
from app.kernel.dates import clinic_date
from app.kernel.errors import NotFound
from app.kernel.lists import Fate
from app.web import who
from app.workflows.imports.engine import Importable, Setting, Verdicts, Write, add_all, check

SHOWN = 300  # rows of each fate that a check lists


def start(
    session: Session,
    source: Importable,
    draft: Draft,
    *,
    is_check: bool,
    now: datetime,
    by: int | None,
    may_price: bool,
) -> Job:
    """Queue the check or the import of a list; asked again, it is the same job."""
    key = check_key(source, draft) if is_check else import_key(source, draft)
    known = find(session, key)
    if known is not None:
        return known
    payload = {
        "list": source.name,
        "file": draft.key,
        "name": draft.name,
        "rows": draft.rows,
        "layout": layout_as_json(draft.layout),
        "is_check": is_check,
        "turn": draft.turn,
        "update": draft.update,
        "may_price": may_price,
    }
    try:
        return enqueue(session, source.job_kind, payload, now=now, made_by=by, dedupe_key=key)
    except IntegrityError as error:
        raise TryAgain from error


def check_key(source: Importable, draft: Draft) -> str:
    """Under which key the check of these columns runs: once."""
    return f"{source.dedupe}-check:{draft.key}:{draft.turn}"


def import_key(source: Importable, draft: Draft) -> str:
    """Under which key the list is imported: once."""
    return f"{source.dedupe}-import:{draft.key}"


def find(session: Session, dedupe_key: str) -> Job | None:
    """The job of this key."""
    return session.scalar(sa.select(Job).where(Job.dedupe_key == dedupe_key))


def imports(session: Session, source: Importable, made_by: int | None, limit: int = 10) -> Sequence[Job]:
    """The latest imports of this kind, of one user or (None) of all."""
    own = () if made_by is None else (Job.made_by == made_by,)
    of_kind = (Job.kind == source.job_kind, Job.dedupe_key.startswith(f"{source.dedupe}-import:"))
    statement = sa.select(Job).where(*of_kind, *own)
    return session.scalars(statement.order_by(Job.job_id.desc()).limit(limit)).all()


def run(task: Task, source: Importable) -> dict[str, Any]:
    """The handler: a check or an import."""
    zone = who.clinic().zone
    layout = layout_from_json(task.payload["layout"], source.heads())
    store, key = Store(task.instance, source.name, source.heads()), str(task.payload["file"])
    setting = Setting(
        layout,
        clinic_date(task.clock(), zone),
        zone,
        task.made_by,
        now=task.clock(),
        update=bool(task.payload.get("update")),
        may_price=bool(task.payload.get("may_price", True)),
        first=source.survey(store.rows(key, layout.header_row), layout),
    )
    job = _Check(task, source, setting, store) if task.payload["is_check"] else _Import(task, source, setting, store)
    return job.run()


class _Run:
    def __init__(self, task: Task, source: Importable, setting: Setting, store: Store) -> None:
        self.task, self.source, self.setting = task, source, setting
        self.store, self.key = store, str(task.payload["file"])

    def progress(self, line: int) -> int:
        """How far a row is, 0–99."""
        below: int = line - self.setting.layout.header_row
        rows = int(self.task.payload["rows"])
        return max(0, min(99, below * 100 // max(1, rows)))


class _Check(_Run):
    """What an import would do now; a check whose columns were corrected meanwhile ends early."""

    def run(self) -> dict[str, Any]:
        """Go through all rows without writing one of them."""
        counts = Counts()
        shown: dict[Fate, list[str]] = {fate: [] for fate in TOLD}
        rows = self.store.rows(self.key, self.setting.layout.header_row)
        for verdicts in check(self.source, sqla.session, rows, self.setting):
            counts.add(verdicts)
            for fate, lines in shown.items():
                told = (verdict for verdict in verdicts if verdict.fate is fate)
                lines += [json.dumps(tell(verdict)) for verdict in islice(told, SHOWN - len(lines))]
            progress = self.progress(verdicts[-1].entry.line)
            self.task.step(lambda _session: None, lambda _nothing: (progress, {}))  # noqa: B023 - runs here and now
            if self.is_outdated():
                return {"outdated": True}
        return counts.facts() | {"told": pack(line for lines in shown.values() for line in lines)}

    def is_outdated(self) -> bool:
        """Whether the columns were corrected since, or the list is gone."""
        try:
            return self.store.find(self.key).turn != int(self.task.payload["turn"])
        except NotFound:
            return True


class _Import(_Run):
    """The import: goes on where the job stands."""

    def __init__(self, task: Task, source: Importable, setting: Setting, store: Store) -> None:
        super().__init__(task, source, setting, store)
        self.counts = Counts.from_facts(task.so_far, source.faults)
        self.line = int(task.so_far.get("line", setting.layout.header_row))
        self.report = self.store.report(self.key, task.lease_token)
        self.size = self._take_over(task.so_far.get("report"), int(task.so_far.get("size", 0)))

    def _take_over(self, name: str | None, size: int) -> int:
        """Go on with the report of the worker before, as far as its steps were committed."""
        before = self.store.folder / name if name else None
        self.report.write_bytes(before.read_bytes()[:size] if before is not None else b"")
        return size

    def run(self) -> dict[str, Any]:
        """Write all rows behind the last step."""
        for _ in add_all(self.source, self.store.rows(self.key, self.line), self.setting, self._step):
            pass  # each step has noted what it did
        self.task.when_done = lambda: self.store.forget(self.key)
        return self.counts.facts() | {"told": pack(_lines(self.report))}

    def _step(self, write: Write) -> Verdicts:
        """One unit: its rows, its counts and where the next worker would go on, all or nothing."""
        noted: list[tuple[Counts, int, int]] = []

        def note(verdicts: Verdicts) -> tuple[int, dict[str, Any]]:
            counts = Counts.from_facts(self.counts.facts(), self.source.faults)
            counts.add(verdicts)
            line, size = verdicts[-1].entry.line, self._tell(verdicts)
            noted.append((counts, line, size))
            return self.progress(line), counts.facts() | {"line": line, "size": size, "report": self.report.name}

        verdicts = self.task.step(write, note)
        self.counts, self.line, self.size = noted[-1]
        return verdicts

    def _tell(self, verdicts: Verdicts) -> int:
        """Note the rows that were not added behind those of the steps before. Returns the report's new size."""
        with self.report.open("r+b") as file:
            file.truncate(self.size)  # what a unit that is run again wrote the first time
            file.seek(self.size)
            for verdict in verdicts:
                if verdict.fate in TOLD:
                    file.write(json.dumps(tell(verdict), ensure_ascii=False).encode() + b"\n")
            return int(file.tell())


def _lines(path: Path) -> list[str]:
    return path.read_text(encoding="utf-8").splitlines()
