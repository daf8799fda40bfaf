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
