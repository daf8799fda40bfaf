"""The job behind `/patients/import`: the check of a list, and its import.

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
from app.jobs.actions import enqueue
from app.jobs.models import Job
from app.jobs.rules import JobKind
from app.jobs.worker import Task
from app.kernel.dates import clinic_date
from app.kernel.errors import NotFound
from app.people.importing.report import Counts, pack, tell
from app.people.importing.store import Draft, Store, layout_as_json, layout_from_json
from app.people.rules.importing import Fate, Verdict
from app.web import who
from app.workflows.patient_import import Setting, Write, add_all, check

SHOWN = 300  # rows that a check lists
IMPORT, CHECK = "patient-import", "patient-check"  # how the dedupe keys begin


def start(session: Session, draft: Draft, *, is_check: bool, now: datetime, by: int | None) -> Job:
    """Queue the check or the import of a list; asked again, it is the same job."""
    key = check_key(draft) if is_check else import_key(draft)
    known = find(session, key)
    if known is not None:
        return known
    payload = {
        "file": draft.key,
        "name": draft.name,
        "rows": draft.rows,
        "layout": layout_as_json(draft.layout),
        "is_check": is_check,
        "turn": draft.turn,
    }
    try:
        return enqueue(session, JobKind.PATIENT_IMPORT, payload, now=now, made_by=by, dedupe_key=key)
    except IntegrityError as error:
        raise TryAgain from error


def check_key(draft: Draft) -> str:
    """Under which key the check of these columns runs: once."""
    return f"{CHECK}:{draft.key}:{draft.turn}"


def import_key(draft: Draft) -> str:
    """Under which key the list is imported: once."""
    return f"{IMPORT}:{draft.key}"


def find(session: Session, dedupe_key: str) -> Job | None:
    """The job of this key."""
    return session.scalar(sa.select(Job).where(Job.dedupe_key == dedupe_key))


def imports(session: Session, made_by: int | None, limit: int = 10) -> Sequence[Job]:
    """The latest imports, of one user or (None) of all."""
    own = () if made_by is None else (Job.made_by == made_by,)
    statement = sa.select(Job).where(Job.kind == JobKind.PATIENT_IMPORT, Job.dedupe_key.startswith(IMPORT + ":"), *own)
    return session.scalars(statement.order_by(Job.job_id.desc()).limit(limit)).all()


def run(task: Task) -> dict[str, Any]:
    """The handler: a check or an import."""
    zone = who.clinic().zone
    layout = layout_from_json(task.payload["layout"])
    setting = Setting(layout, clinic_date(task.clock(), zone), zone, task.made_by)
    job = _Check(task, setting) if task.payload["is_check"] else _Import(task, setting)
    return job.run()


class _Run:
    def __init__(self, task: Task, setting: Setting) -> None:
        self.task, self.setting = task, setting
        self.store, self.key = Store(task.instance), str(task.payload["file"])

    def progress(self, line: int) -> int:
        """How far a row is, 0–99."""
        below = line - self.setting.layout.header_row
        return max(0, min(99, below * 100 // max(1, int(self.task.payload["rows"]))))


class _Check(_Run):
    """What an import would do now; a check whose columns were corrected meanwhile ends early."""

    def run(self) -> dict[str, Any]:
        """Go through all rows without writing a patient."""
        counts = Counts()
        shown: list[str] = []
        rows = self.store.rows(self.key, self.setting.layout.header_row)
        for verdicts in check(sqla.session, rows, self.setting):
            counts.add(verdicts)
            told = (verdict for verdict in verdicts if verdict.fate in (Fate.DUPLICATE, Fate.REFUSED))
            shown += [json.dumps(tell(verdict)) for verdict in islice(told, SHOWN - len(shown))]
            progress = self.progress(verdicts[-1].entry.line)
            self.task.step(lambda _session: None, lambda _nothing: (progress, {}))  # noqa: B023 - runs here and now
            if self.is_outdated():
                return {"outdated": True}
        return counts.facts() | {"told": pack(shown)}

    def is_outdated(self) -> bool:
        """Whether the columns were corrected since, or the list is gone."""
        try:
            return self.store.find(self.key).turn != int(self.task.payload["turn"])
        except NotFound:
            return True


class _Import(_Run):
    """The import: goes on where the job stands."""

    def __init__(self, task: Task, setting: Setting) -> None:
        super().__init__(task, setting)
        self.counts = Counts.from_facts(task.so_far)
        self.line = int(task.so_far.get("line", setting.layout.header_row))
        self.report = self.store.report(self.key, task.lease_token)
        self.size = self._take_over(task.so_far.get("report"), int(task.so_far.get("size", 0)))

    def _take_over(self, name: str | None, size: int) -> int:
        """Go on with the report of the worker before, as far as its steps were committed."""
        before = self.store.folder / name if name else None
        self.report.write_bytes(before.read_bytes()[:size] if before is not None else b"")
        return size

    def run(self) -> dict[str, Any]:
        """Add the patients of all rows behind the last step."""
        for _ in add_all(self.store.rows(self.key, self.line), self.setting, self._step):
            pass  # each step has noted what it did
        self.task.when_done = lambda: self.store.forget(self.key)
        return self.counts.facts() | {"told": pack(_lines(self.report))}

    def _step(self, write: Write) -> list[Verdict]:
        """One unit: its patients, its counts and where the next worker would go on, all or nothing."""
        noted: list[tuple[Counts, int, int]] = []

        def note(verdicts: list[Verdict]) -> tuple[int, dict[str, Any]]:
            counts = Counts.from_facts(self.counts.facts())
            counts.add(verdicts)
            line, size = verdicts[-1].entry.line, self._tell(verdicts)
            noted.append((counts, line, size))
            return self.progress(line), counts.facts() | {"line": line, "size": size, "report": self.report.name}

        verdicts = self.task.step(write, note)
        self.counts, self.line, self.size = noted[-1]
        return verdicts

    def _tell(self, verdicts: list[Verdict]) -> int:
        """Note the rows that were not added behind those of the steps before. Returns the report's new size."""
        with self.report.open("r+b") as file:
            file.truncate(self.size)  # what a unit that is run again wrote the first time
            file.seek(self.size)
            for verdict in verdicts:
                if verdict.fate in (Fate.DUPLICATE, Fate.REFUSED):
                    file.write(json.dumps(tell(verdict), ensure_ascii=False).encode() + b"\n")
            return file.tell()


def _lines(path: Path) -> list[str]:
    return path.read_text(encoding="utf-8").splitlines()
