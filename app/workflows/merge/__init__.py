"""Two records found to be one person's: put together, and taken apart again within a day.

What may change goes over to the record that is kept. What was posted is never rewritten: it keeps its patient, and
`people.queries.patient_ids` makes it be read and added up with the rest.
"""

from app.workflows.merge.joining import Comparison, compare, merge_patients
from app.workflows.merge.moving import words_of
from app.workflows.merge.undoing import undo_merge

__all__ = ["Comparison", "compare", "merge_patients", "undo_merge", "words_of"]
