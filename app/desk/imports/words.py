"""What the pages of an import say of each kind of list."""

from dataclasses import dataclass

from app.kernel.text import T, Text


@dataclass(frozen=True, slots=True)
class Words:
    """The sentences of one kind of list. `start` and `done` take the number of rows."""

    title: Text
    of: Text
    back: Text
    to: Text
    icon: str
    needs: Text
    fates: Text
    added: Text
    nothing: Text
    running: Text
    start: Text
    done: Text
    stopped: Text


PATIENTS = Words(
    title=T("Import a patient list"),
    of=T("Import of a patient list"),
    back=T("Back to the patients"),
    to=T("To the patients"),
    icon="users",
    needs=T(
        "Every patient needs a first name, two phone numbers, and a register number or else birthday and gender. "
        "Columns may be named in Mongolian or English and stand in any order; you can correct them in the next step."
    ),
    fates=T(
        "Nothing is written before you have seen what would become of every row. Patients who are here already are "
        "skipped, so the same list can be brought again after its refused rows are corrected."
    ),
    added=T("Patients added"),
    nothing=T("There is nobody to add. Correct the columns below, or choose another list."),
    running=T("The patients are being added"),
    start=T("Import the patients: %(count)s"),
    done=T("The import is done. Patients added: %(count)s"),
    stopped=T(
        "The import stopped. Rows gone through: %(count)s. Choose the same list again: whoever was added is recognised "
        "and skipped."
    ),
)

_ROWS: dict[str, Text] = {
    "added": T("Added"),
    "nothing": T("There is nothing to import. Correct the columns below, or choose another list."),
    "running": T("The rows are being imported"),
    "start": T("Import the rows: %(count)s"),
    "done": T("The import is done. Rows added or updated: %(count)s"),
    "stopped": T(
        "The import stopped. Rows gone through: %(count)s. Choose the same list again: what was imported is recognised."
    ),
}
SERVICES = Words(
    title=T("Import a list of services"),
    of=T("Import of a list of services"),
    back=T("Back to the services"),
    to=T("To the services"),
    icon="tags",
    needs=T(
        "Every service needs a code, a service type (its code or name), one name and a price. What else is left out "
        "gets its usual value: 30 minutes, free of VAT, the same name for doctors and patients. A list that was "
        "exported here can be imported again."
    ),
    fates=T(
        "Nothing is written before you have seen what would become of every row. A service whose code is here already "
        "is skipped, or updated if you choose so in the next step; an empty cell changes nothing. A new price holds "
        "from today and is written into the history of prices; it needs the right to change prices."
    ),
    **_ROWS,
)
MEDICINES = Words(
    title=T("Import a list of medicines"),
    of=T("Import of a list of medicines"),
    back=T("Back to the medicines"),
    to=T("To the medicines"),
    icon="pill",
    needs=T(
        "Every medicine needs a name, a form and a strength; the strength may stand behind the name. Several allergens "
        "stand in one cell with commas between them. What is left out gets its usual value: in use, with VAT. A list "
        "that was exported here can be imported again."
    ),
    fates=T(
        "Nothing is written before you have seen what would become of every row. A medicine whose name, form and "
        "strength are here already is skipped, or updated if you choose so in the next step; an empty cell changes "
        "nothing. A sale price needs the right to change prices."
    ),
    **_ROWS,
)
ITEMS = Words(
    title=T("Import a list of supplies"),
    of=T("Import of a list of supplies"),
    back=T("Back to the inventory"),
    to=T("To the inventory"),
    icon="briefcase",
    needs=T(
        "Every item needs a code, one name and a category. What is left out gets its usual value: counted in pieces, "
        "no minimum. The stock on hand of a new item is written down as received. A list that was exported here can "
        "be imported again."
    ),
    fates=T(
        "Nothing is written before you have seen what would become of every row. An item whose code is here already "
        "is skipped, or updated if you choose so in the next step; an empty cell changes nothing, and its stock on "
        "hand stays as it was counted."
    ),
    **_ROWS,
)
