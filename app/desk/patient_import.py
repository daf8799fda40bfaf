"""`/patients/import`: a patient list is brought, its columns corrected, all its rows checked, and then imported.

The check and the import are jobs: their pages tell how far they are, and can be left and come back to.
"""

from datetime import UTC, datetime, timedelta
from functools import cached_property
from typing import Any

import sqlalchemy as sa
from flask import Response, abort, current_app, flash, redirect, request, url_for
from flask_appbuilder import expose
from sqlalchemy.orm import Session

from app.db import sqla, unit
from app.jobs.models import Job
from app.jobs.rules import JobKind
from app.kernel.errors import RuleError
from app.kernel.phones import show_phone
from app.kernel.text import T
from app.people.importing.report import Counts, Told, unpack
from app.people.importing.sheets import MOST_ROWS
from app.people.importing.store import Draft, Store
from app.people.rules.columns import BY_WORD, HEADER_WITHIN, HEADERS, PHONES, ImportColumn, Layout, layout_at
from app.people.rules.importing import Fate, Roll, Verdict
from app.security.models import UserProfile
from app.web import export, who
from app.web.access import needs_right
from app.web.text import day, say, today
from app.web.views import ClinicPage
from app.workflows import patient_import_job as jobs
from app.workflows.patient_import import Setting, decide

RIGHT = "import"
PREVIEWED, LISTED, EXAMPLES = 20, 300, 3
PATIENCE = timedelta(seconds=15)  # a job that nobody took by then has no worker


class PatientImportPage(ClinicPage):
    """The import of a patient list."""

    page, route_base = "/patients/import", "/patients/import"

    @expose("/")
    @needs_right(RIGHT)
    def index(self) -> Any:
        """Choose a file; the imports before."""
        return self._choose()

    def _choose(self, problem: str = "", status: int = 200) -> Any:
        session = sqla.session()
        earlier = jobs.imports(session, None if _sees_all() else who.me().user_id)
        page = self.render_template(
            "desk/import.html",
            title=say(T("Import a patient list")),
            problem=problem,
            largest=who.setting("files.largest_mb"),
            most=f"{MOST_ROWS:,}",
            earlier=[State(job) for job in earlier],
            names=_names(session, {job.made_by for job in earlier}),
            sample=[say(header) for header in HEADERS.values()],
        )
        return page, status

    @expose("/", methods=["POST"])
    @needs_right(RIGHT)
    def upload(self) -> Any:
        """Bring a list; where its columns are understood, all rows are checked at once."""
        file = request.files.get("file")
        if file is None or not file.filename:
            return self._choose(say(T("Choose a file first.")), 422)
        name = file.filename.replace("\\", "/").rpartition("/")[2][-120:]
        largest, now = who.setting("files.largest_mb"), datetime.now(UTC)
        try:
            draft = _store().bring(file.stream, name, largest_mb=largest, made_by=who.me().user_id, now=now)
        except RuleError as error:
            return self._choose(say(error.text), error.status)
        _check(draft)
        return redirect(url_for(f"{self.endpoint}.columns", key=draft.key))

    @expose("/sample.csv")
    @needs_right(RIGHT)
    def sample(self) -> Response:
        """An empty list whose columns are all recognised."""
        return export.csv_answer("patients", [say(header) for header in HEADERS.values()], [])

    @expose("/<key>")
    @needs_right(RIGHT)
    def columns(self, key: str) -> Any:
        """What each column holds, the first rows as they would be stored, and the check of all rows."""
        return self._columns(_draft(key))

    def _columns(self, draft: Draft, problem: str = "", status: int = 200, layout: Layout | None = None) -> Any:
        layout = layout or draft.layout
        job = None if problem else jobs.find(sqla.session(), jobs.check_key(draft))
        page = self.render_template(
            "desk/import_columns.html",
            title=say(T("Columns of the list")),
            draft=draft,
            layout=layout,
            problem=problem,
            missing=layout.missing(),
            choices=list(ImportColumn),
            header_rows=range(1, min(HEADER_WITHIN, len(draft.head)) + 1),
            examples=_examples(draft, layout),
            preview=[] if problem else _preview(draft),
            shown=shown,
            state=State(job) if job else None,
        )
        return page, status

    @expose("/<key>", methods=["POST"])
    @needs_right(RIGHT)
    def arrange(self, key: str) -> Any:
        """Correct the columns; all rows are checked again."""
        draft = _draft(key)
        layout = _typed_layout(draft)
        try:
            layout.check()
        except RuleError as error:
            return self._columns(draft, say(error.text), error.status, layout)
        if layout != draft.layout:
            draft = _store().rearrange(draft, layout)
        _check(draft)
        return redirect(url_for(f"{self.endpoint}.columns", key=key))

    @expose("/<key>/check")
    @needs_right(RIGHT)
    def check(self, key: str) -> Any:
        """How far the check is, for the page that waits for it."""
        draft = _draft(key)
        job = jobs.find(sqla.session(), jobs.check_key(draft)) or abort(404)
        return self.render_template("desk/import_check.html", draft=draft, state=State(job))

    @expose("/<key>/start", methods=["POST"])
    @needs_right(RIGHT)
    def start(self, key: str) -> Any:
        """Import the list."""
        draft = _draft(key)
        try:
            draft.layout.check()
        except RuleError as error:
            return self._columns(draft, say(error.text), error.status)
        now, by = datetime.now(UTC), who.me().user_id
        job_id = unit(lambda session: jobs.start(session, draft, is_check=False, now=now, by=by).job_id)
        return redirect(url_for(f"{self.endpoint}.job", pk=job_id))

    @expose("/<key>/forget", methods=["POST"])
    @needs_right(RIGHT)
    def forget(self, key: str) -> Any:
        """Leave a list that was brought: its rows are removed."""
        draft = _draft(key)
        if jobs.find(sqla.session(), jobs.import_key(draft)) is None:
            _store().forget(key)
            flash(say(T("The list was removed. Nothing was imported.")), "success")
        return redirect(url_for(f"{self.endpoint}.index"))

    @expose("/jobs/<int:pk>")
    @needs_right(RIGHT)
    def job(self, pk: int) -> Any:
        """An import while it runs, and what it has done."""
        state = State(_job(pk))
        part = request.headers.get("HX-Request") and not request.headers.get("HX-Boosted")
        template = "desk/import_state.html" if part else "desk/import_job.html"
        return self.render_template(template, title=say(T("Import of a patient list")), state=state)

    @expose("/jobs/<int:pk>/rows.csv")
    @needs_right(RIGHT)
    def rows(self, pk: int) -> Response:
        """The rows that were not added: the list's own columns, and the reason."""
        state = State(_job(pk))
        who.hooks().record("export", "job", pk)
        headers = [export.harmless(header) for header in state.job.payload["layout"]["headers"]]
        width = max((len(told.cells) for told in state.told), default=len(headers))
        headers += [""] * (width - len(headers))
        rows = (
            [*told.cells, *[""] * (width - len(told.cells)), told.line, _fate(told), "; ".join(map(say, told.reasons))]
            for told in state.told
        )
        return export.csv_answer("not-imported", [*headers, say(T("Row")), say(T("Result")), say(T("Reason"))], rows)


class State:
    """A job as its page shows it."""

    def __init__(self, job: Job) -> None:
        self.job = job
        self.counts = Counts.from_facts(job.result or {})

    @cached_property
    def told(self) -> list[Told]:
        """The rows that were not added; of a check, the first of them."""
        return unpack((self.job.result or {}).get("told", ""))

    @property
    def is_over(self) -> bool:
        """Whether nothing more will happen."""
        return self.job.done_at is not None

    @property
    def is_done(self) -> bool:
        """Whether it went through to the end."""
        return self.is_over and not self.job.last_error and not (self.job.result or {}).get("outdated")

    @property
    def waits_in_vain(self) -> bool:
        """Whether nobody has taken the job although its time came: no worker runs."""
        is_free = self.job.lease_until is None and not self.is_over
        return is_free and self.job.run_after + PATIENCE < datetime.now(UTC)

    @property
    def tried_again_at(self) -> datetime | None:
        """When a job that failed is tried again."""
        return self.job.run_after if self.job.last_error and not self.is_over else None

    def listed(self, is_duplicate: bool) -> list[Told]:
        """The first rows that were refused, or that were there already."""
        return [told for told in self.told if told.is_duplicate is is_duplicate][:LISTED]


def _fate(told: Told) -> str:
    return say(Fate.DUPLICATE if told.is_duplicate else Fate.REFUSED)


def _store() -> Store:
    return Store(current_app.config["INSTANCE"])


def _sees_all() -> bool:
    return "Admin" in who.me().roles


def _names(session: Session, users: set[int | None]) -> dict[int, str]:
    statement = sa.select(UserProfile.user_id, UserProfile.display_name).where(UserProfile.user_id.in_(users - {None}))
    return {row.user_id: row.display_name for row in session.execute(statement)}


def _draft(key: str) -> Draft:
    """The list of this key, if it is one's own. 404 else, as for one that is gone."""
    draft = _store().find(key)
    return draft if draft.made_by == who.me().user_id or _sees_all() else abort(404)


def _job(pk: int) -> Job:
    found = sqla.session.get(Job, pk)
    if found is None or found.kind is not JobKind.PATIENT_IMPORT or found.payload.get("is_check"):
        abort(404)
    return found if found.made_by == who.me().user_id or _sees_all() else abort(404)


def _check(draft: Draft) -> None:
    """Check all rows in the background, if the columns make sense."""
    try:
        draft.layout.check()
    except RuleError:
        return
    now, by = datetime.now(UTC), who.me().user_id
    unit(lambda session: jobs.start(session, draft, is_check=True, now=now, by=by))


def _typed_layout(draft: Draft) -> Layout:
    typed = request.form.get("header_row", "")
    header_row = int(typed) if typed.isascii() and typed.isdigit() and len(typed) < 4 else draft.layout.header_row
    if header_row != draft.layout.header_row:
        return layout_at(draft.head, header_row)
    width = range(len(draft.layout.headers))
    return Layout(
        header_row, draft.layout.headers, tuple(BY_WORD.get(request.form.get(f"column-{i}", "")) for i in width)
    )


def _examples(draft: Draft, layout: Layout) -> list[list[str]]:
    """A few different cells of each column."""
    below = draft.head[layout.header_row :]
    columns = ([row[i].strip() for row in below if i < len(row)] for i in range(len(layout.headers)))
    return [list(dict.fromkeys(cell for cell in cells if cell))[:EXAMPLES] for cells in columns]


def _preview(draft: Draft) -> list[Verdict]:
    try:
        draft.layout.check()
    except RuleError:
        return []
    below = list(enumerate(draft.head, start=1))[draft.layout.header_row :][:PREVIEWED]
    setting = Setting(draft.layout, today(), who.clinic().zone, who.me().user_id)
    return decide(sqla.session(), below, setting, Roll())


def shown(verdict: Verdict, column: ImportColumn, cell: str) -> str:
    """What would be stored for a cell; the cell itself where it can't be read."""
    entry = verdict.entry
    if column in PHONES:
        place = PHONES.index(column)
        return show_phone(entry.phones[place]) if place < len(entry.phones) else cell
    if column is ImportColumn.FULL_NAME:
        return " ".join(filter(None, (entry.values.get("last_name"), entry.values.get("first_name")))) or cell
    visits = {ImportColumn.FIRST_VISIT: entry.first_visit, ImportColumn.LAST_VISIT: entry.last_visit}
    if column in visits:
        return day(visits[column]) or cell
    return say(entry.values.get(column.value)) or cell


VIEWS: tuple[Any, ...] = (PatientImportPage,)
