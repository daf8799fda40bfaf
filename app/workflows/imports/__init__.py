"""The lists that a clinic brings along in spreadsheets, and the handler of the jobs that check and import them."""

from collections.abc import Mapping
from typing import Any

from app.jobs.worker import Task
from app.workflows.imports import job
from app.workflows.imports.engine import Importable
from app.workflows.imports.items import ItemList
from app.workflows.imports.medicines import MedicineList
from app.workflows.imports.patients import PatientList
from app.workflows.imports.services import ServiceList

PATIENTS, SERVICES, MEDICINES, ITEMS = PatientList(), ServiceList(), MedicineList(), ItemList()
LISTS: Mapping[str, Importable] = {source.name: source for source in (PATIENTS, SERVICES, MEDICINES, ITEMS)}


def run(task: Task) -> dict[str, Any]:
    """The handler: the check or the import of a list."""
    return job.run(task, LISTS[task.payload.get("list", PATIENTS.name)])
