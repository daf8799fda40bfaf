"""The pages of an import: a list is brought, its columns corrected, all its rows checked, and then imported.

The check and the import are jobs: their pages tell how far they are, and can be left and come back to.
"""

from dataclasses import replace
from datetime import UTC, datetime
from typing import Any, ClassVar

import sqlalchemy as sa
from flask import Response, abort, current_app, flash, redirect, request, url_for
from flask_appbuilder import expose
from sqlalchemy.orm import Session

from app.db import sqla, unit
from app.desk.imports.state import State
from app.desk.imports.words import Words
from app.files.lists.sheets import MOST_ROWS
from app.files.lists.store import Draft, Store
from app.files.rules import safe_name
from app.jobs.models import Job
from app.kernel.errors import RuleError
from app.kernel.lists import HEADER_WITHIN, Fate, Layout
from app.kernel.text import T, Text
from app.security.models import UserProfile
from app.web import export, who
from app.web.access import needs_right
from app.web.text import say, today
from app.web.uploads import takes_files
from app.web.views import ClinicPage
from app.workflows.imports import job as jobs
from app.workflows.imports.engine import Importable, Setting, Verdicts

PREVIEWED, EXAMPLES = 20, 3
may_import = needs_right("import", level="write")


class ImportPage(ClinicPage):
    """The import of one kind of list."""

    source: ClassVar[Importable]
    words: ClassVar[Words]
    back_to: ClassVar[str]  # the list that it fills
    record: ClassVar[tuple[str, str]]  # endpoint and page of what a row becomes

    @expose("/")
    @may_import
    def index(self) -> Any:
        """Choose a file; the imports before."""
        return self._choose()

    def _choose(self, problem: str = "", status: int = 200) -> Any:
        session = sqla.session()
        earlier = jobs.imports(session, self.source, None if _sees_all() else who.me().user_id)
        page = self.render_template(
            "desk/import.html",
            title=say(self.words.title),
            flow=self,
            problem=problem,
            largest=who.setting("files.largest_mb"),
            most=f"{MOST_ROWS:,}",
            earlier=[State(job, self.source) for job in earlier],
            names=_names(session, {job.made_by for job in earlier}),
            sample=[say(header) for header in self.source.sample()[0]],
        )
        return page, status

    @expose("/", methods=["POST"])
    @takes_files()
    @may_import
    def upload(self) -> Any:
        """Bring a list; where its columns are understood, all rows are checked at once."""
        file = request.files.get("file")
        if file is None or not file.filename:
            return self._choose(say(T("Choose a file first.")), 422)
        name = safe_name(file.filename)
        largest, now = who.setting("files.largest_mb"), datetime.now(UTC)
        try:
            draft = self._store().bring(file.stream, name, largest_mb=largest, made_by=who.me().user_id, now=now)
        except RuleError as error:
            return self._choose(say(error.text), error.status)
        self._check(draft)
        return redirect(url_for(f"{self.endpoint}.columns", key=draft.key))

    @expose("/sample.csv")
    @may_import
    def sample(self) -> Response:
        """A list to fill in, whose columns are all recognised."""
        header, *rows = self.source.sample()
        return export.csv_answer(self.source.name, list(map(say, header)), [list(map(say, row)) for row in rows])

    @expose("/<key>")
    @may_import
    def columns(self, key: str) -> Any:
        """What each column holds, the first rows as they would be stored, and the check of all rows."""
        return self._columns(self._draft(key))

    def _columns(self, draft: Draft, problem: str = "", status: int = 200) -> Any:
        layout = draft.layout
        job = None if problem else jobs.find(sqla.session(), jobs.check_key(self.source, draft))
        page = self.render_template(
            "desk/import_columns.html",
            title=say(T("Columns of the list")),
            flow=self,
            draft=draft,
            layout=layout,
            problem=problem,
            missing=layout.missing(),
            choices=self.source.heads().columns,
            header_rows=range(1, min(HEADER_WITHIN, len(draft.head)) + 1),
            examples=_examples(draft, layout),
            preview=[] if problem else self._preview(draft),
            shown=self.shown,
            state=State(job, self.source) if job else None,
            hint=self._hint(draft),
        )
        return page, status

    @expose("/<key>", methods=["POST"])
    @may_import
    def arrange(self, key: str) -> Any:
        """Correct the columns; all rows are checked again."""
        draft = self._draft(key)
        layout = _typed_layout(draft, self.source)
        update = self.source.can_update and bool(request.form.get("update"))
        try:
            layout.check()
        except RuleError as error:
            return self._columns(replace(draft, layout=layout, update=update), say(error.text), error.status)
        if (layout, update) != (draft.layout, draft.update):
            draft = self._store().rearrange(draft, layout, update)
        self._check(draft)
        return redirect(url_for(f"{self.endpoint}.columns", key=key))

    @expose("/<key>/check")
    @may_import
    def check(self, key: str) -> Any:
        """How far the check is, for the page that waits for it."""
        draft = self._draft(key)
        job = jobs.find(sqla.session(), jobs.check_key(self.source, draft)) or abort(404)
        return self.render_template("desk/import_check.html", flow=self, draft=draft, state=State(job, self.source))

    @expose("/<key>/start", methods=["POST"])
    @may_import
    def start(self, key: str) -> Any:
        """Import the list."""
        draft = self._draft(key)
        try:
            draft.layout.check()
        except RuleError as error:
            return self._columns(draft, say(error.text), error.status)
        return redirect(url_for(f"{self.endpoint}.job", pk=self._enqueue(draft, is_check=False)))

    @expose("/<key>/forget", methods=["POST"])
    @may_import
    def forget(self, key: str) -> Any:
        """Leave a list that was brought: its rows are removed."""
        draft = self._draft(key)
        if jobs.find(sqla.session(), jobs.import_key(self.source, draft)) is None:
            self._store().forget(key)
            flash(say(T("The list was removed. Nothing was imported.")), "success")
        return redirect(url_for(f"{self.endpoint}.index"))

    @expose("/jobs/<int:pk>")
    @may_import
    def job(self, pk: int) -> Any:
        """An import while it runs, and what it has done."""
        state = State(self._job(pk), self.source)
        part = request.headers.get("HX-Request") and not request.headers.get("HX-Boosted")
        template = "desk/import_state.html" if part else "desk/import_job.html"
        return self.render_template(template, title=say(self.words.of), flow=self, state=state)

    @expose("/jobs/<int:pk>/rows.csv")
    @may_import
    def rows(self, pk: int) -> Response:
        """The rows that were not added: the list's own columns, and the reason."""
        state = State(self._job(pk), self.source)
        told_rows = [told for told in state.told if told.fate is not Fate.CHANGED]
        who.hooks().record("export", "job", pk)
        headers = [export.harmless(header) for header in state.job.payload["layout"]["headers"]]
        width = max((len(told.cells) for told in told_rows), default=len(headers))
        headers += [""] * (width - len(headers))
        rows = (
            [
                *told.cells,
                *[""] * (width - len(told.cells)),
                told.line,
                say(told.fate),
                "; ".join(map(say, told.reasons)),
            ]
            for told in told_rows
        )
        return export.csv_answer("not-imported", [*headers, say(T("Row")), say(T("Result")), say(T("Reason"))], rows)

    # --- what the methods above share

    def shown(self, verdict: Any, column: Any, cell: str) -> str:
        """What would be stored for a cell; the cell itself where it can't be read."""
        return say(self.source.shown(verdict, column, cell))

    def link(self, record: int | None) -> str | None:
        """Where the record that a row was recognised as is shown, if the person may open it."""
        endpoint, page = self.record
        return url_for(endpoint, pk=record) if record and who.may("read", page) else None

    def counted(self, text: Text, count: int) -> str:
        """A sentence with its number of rows."""
        return say(replace(text, params={"count": f"{count:,}"}))

    def _store(self) -> Store:
        return Store(current_app.config["INSTANCE"], self.source.name, self.source.heads())

    def _draft(self, key: str) -> Draft:
        """The list of this key, if it is one's own. 404 else, as for one that is gone."""
        draft = self._store().find(key)
        return draft if draft.made_by == who.me().user_id or _sees_all() else abort(404)

    def _job(self, pk: int) -> Job:
        found = sqla.session.get(Job, pk)
        if found is None or found.kind is not self.source.job_kind or found.payload.get("is_check"):
            abort(404)
        if found.payload.get("list", self.source.name) != self.source.name:
            abort(404)
        return found if found.made_by == who.me().user_id or _sees_all() else abort(404)

    def _check(self, draft: Draft) -> None:
        """Check all rows in the background, if the columns make sense."""
        if not self._hint(draft):
            self._enqueue(draft, is_check=True)

    def _hint(self, draft: Draft) -> str:
        """Why the columns make no sense yet."""
        try:
            draft.layout.check()
        except RuleError as error:
            return say(error.text)
        return ""

    def _enqueue(self, draft: Draft, *, is_check: bool) -> int:
        facts: dict[str, Any] = {
            "now": datetime.now(UTC),
            "by": who.me().user_id,
            "may_price": who.has_right("change_price"),
        }
        return unit(lambda session: jobs.start(session, self.source, draft, is_check=is_check, **facts).job_id)

    def _preview(self, draft: Draft) -> Verdicts:
        if self._hint(draft):
            return []
        below = list(enumerate(draft.head, start=1))[draft.layout.header_row :][:PREVIEWED]
        setting = Setting(
            draft.layout,
            today(),
            who.clinic().zone,
            who.me().user_id,
            update=draft.update,
            may_price=who.has_right("change_price"),
            first=self.source.survey(below, draft.layout),
        )
        return self.source.decide(sqla.session(), below, setting, self.source.roll())


def _sees_all() -> bool:
    return "Admin" in who.me().roles


def _names(session: Session, users: set[int | None]) -> dict[int, str]:
    statement = sa.select(UserProfile.user_id, UserProfile.display_name).where(UserProfile.user_id.in_(users - {None}))
    return {row.user_id: row.display_name for row in session.execute(statement)}


def _typed_layout(draft: Draft, source: Importable) -> Any:
    typed = request.form.get("header_row", "")
    header_row = int(typed) if typed.isascii() and typed.isdigit() and len(typed) < 4 else draft.layout.header_row
    if header_row != draft.layout.header_row:
        return source.heads().layout_at(draft.head, header_row)
    headers = draft.layout.headers
    return source.heads().layout(header_row, headers, (request.form.get(f"column-{i}") for i in range(len(headers))))


def _examples(draft: Draft, layout: Layout[Any]) -> list[list[str]]:
    """A few different cells of each column."""
    below = draft.head[layout.header_row :]
    columns = ([row[i].strip() for row in below if i < len(row)] for i in range(len(layout.headers)))
    return [list(dict.fromkeys(cell for cell in cells if cell))[:EXAMPLES] for cells in columns]
