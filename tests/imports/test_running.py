"""How an import runs: whole workbooks, several at once, killed and taken up again."""

import threading
from datetime import UTC, date, datetime, timedelta
from pathlib import Path
from typing import Any

import pytest
import sqlalchemy as sa
import xlsxwriter

from app.catalogue.models import ServiceCatalog
from app.jobs.worker import Worker
from app.kernel.lists import Fate
from app.workflows.imports import SERVICES, engine
from app.workflows.jobs import HANDLERS, make_worker
from tests.imports.lists import as_csv, bring_in, command, counts, decide, fates, last_job, upload

HEADER = ["Код", "Төрөл", "Нэр", "Үнэ"]


def row(number: int) -> list[str]:
    return [f"NEW-{number}", "THERAPY", f"Ломбо {number}", "90,000"]


def test_a_workbook_with_merged_cells_formulas_and_dates_is_read_row_by_row(clinic: Any, tmp_path: Path) -> None:
    path = tmp_path / "list.xlsx"
    with xlsxwriter.Workbook(path) as book:
        sheet = book.add_worksheet()
        sheet.write_row(0, 0, HEADER)
        for number in range(1, 6):
            sheet.write_row(number, 0, [f"NEW-{number}", "THERAPY", "Ломбо", 90_000.0])
        sheet.merge_range(1, 1, 2, 1, "THERAPY", book.add_format({"valign": "top"}))
        sheet.write_formula(3, 3, "=50000*2", None, 100_000)
        sheet.write_datetime(4, 3, date(2026, 11, 21), book.add_format({"num_format": "yyyy-mm-dd"}))
        sheet.write(5, 3, 1e30)
    result = command(clinic, "services", str(path))
    assert counts(result) == {"rows": 5, "added": 2, "updated": 0, "duplicate": 0, "blank": 0, "refused": 3}
    assert [line.split(":")[0] for line in result.output.splitlines()[:-1]] == ["row 3", "row 5", "row 6"]
    made = clinic.session.scalars(sa.select(ServiceCatalog).where(ServiceCatalog.code == "NEW-3")).one()
    assert made.price == 100_000


@pytest.mark.both
def test_three_imports_of_one_list_at_once_add_each_service_once(clinic: Any) -> None:
    rows = [HEADER, *map(row, range(40))]
    before, found, failures = clinic.count(ServiceCatalog), [], []

    def run() -> None:
        with clinic.app.app_context():
            try:
                found.extend(fates(bring_in(clinic, SERVICES, rows)))
            except Exception as error:
                failures.append(error)

    threads = [threading.Thread(target=run) for _ in range(3)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert not failures
    assert found.count(Fate.OK) == 40, found
    assert clinic.count(ServiceCatalog) == before + 40


@pytest.mark.both
def test_an_import_whose_worker_is_killed_goes_on_where_it_stood(clinic: Any, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(engine, "UNIT", 10)
    manager = clinic.client("Manager")
    rows = [HEADER, *(row(number % 45) for number in range(50))]
    started = manager.submit(f"{upload(manager, '/services', as_csv(rows)).location}/start").location
    make_worker(clinic.app).run_next()

    class Killed(BaseException):
        """Nothing gets to clean up."""

    steps, real = {"left": 2}, engine.add_part

    def die(*arguments: Any) -> Any:
        if not steps["left"]:
            raise Killed
        steps["left"] -= 1
        return real(*arguments)

    monkeypatch.setattr(engine, "add_part", die)
    with pytest.raises(Killed):
        make_worker(clinic.app).run_next()
    monkeypatch.setattr(engine, "add_part", real)
    assert last_job(clinic).result["line"] == 21
    clinic.session.rollback()
    in_an_hour = datetime.now(UTC) + timedelta(hours=1)
    assert Worker(clinic.app.app_context, HANDLERS, clinic.app.config["INSTANCE"], lambda: in_an_hour).run_all() == 1
    assert last_job(clinic).result["fates"] == {"ok": 45, "refused": 5}, "those that stand in it twice"
    assert manager.get(started).status_code == 200


@pytest.mark.both
def test_how_many_statements_a_check_takes_does_not_grow_with_the_rows(clinic: Any) -> None:
    def statements(count: int) -> int:
        with clinic.statements() as seen:
            decide(clinic, SERVICES, [HEADER, *map(row, range(count))], update=True)
        return len(seen)

    statements(1)
    assert statements(300) == statements(3) <= 4
