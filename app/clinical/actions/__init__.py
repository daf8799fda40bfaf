"""Writes about treatments, the tooth chart and prescriptions, inside the caller's transaction."""

from app.clinical.actions.findings import add_diagnosis, add_findings, end_finding, remove_diagnosis
from app.clinical.actions.items import Writer, add_item, change_item, locked_item, refill_item, remove_item
from app.clinical.actions.prescriptions import (
    DIRECTIONS,
    add_medicine,
    cancel_prescription,
    change_medicine,
    discard_draft,
    issue_prescription,
    locked_prescription,
    remove_medicine,
    repeat_prescription,
    usual_directions,
)
from app.clinical.actions.treatments import (
    add_treatment,
    begin_treatment,
    change_visit,
    check_ready,
    complete_treatment,
    lacking,
    locked_treatment,
    reopen_treatment,
    set_outcome,
)

__all__ = [
    "DIRECTIONS",
    "Writer",
    "add_diagnosis",
    "add_findings",
    "add_item",
    "add_medicine",
    "add_treatment",
    "begin_treatment",
    "cancel_prescription",
    "change_item",
    "change_medicine",
    "change_visit",
    "check_ready",
    "complete_treatment",
    "discard_draft",
    "end_finding",
    "issue_prescription",
    "lacking",
    "locked_item",
    "locked_prescription",
    "locked_treatment",
    "refill_item",
    "remove_diagnosis",
    "remove_item",
    "remove_medicine",
    "reopen_treatment",
    "repeat_prescription",
    "set_outcome",
    "usual_directions",
]
