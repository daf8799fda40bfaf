"""The errors that mean "the clinic's rules say no"."""

from collections.abc import Mapping, Sequence
from typing import Any

from app.kernel.text import Text


class RuleError(Exception):
    """A rule refuses. Carries one sentence for each field it concerns (`None`: the whole form).

    `data` holds facts a page may offer beside the sentence, such as free times.
    """

    status = 422
    code = "rule"

    def __init__(self, text: Text, *, field: str | None = None, data: Mapping[str, Any] | None = None) -> None:
        super().__init__(str(text))
        self.errors: tuple[tuple[str | None, Text], ...] = ((field, text),)
        self.data: Mapping[str, Any] = data or {}

    @property
    def text(self) -> Text:
        """The first sentence."""
        return self.errors[0][1]

    @property
    def field(self) -> str | None:
        """The field of the first sentence."""
        return self.errors[0][0]

    @classmethod
    def many(cls, errors: Sequence[tuple[str | None, Text]]) -> "RuleError":
        """One error that names several fields at once; `errors` is not empty."""
        error = cls(errors[0][1], field=errors[0][0])
        error.errors = tuple(errors)
        return error


class Conflict(RuleError):
    """Somebody else was quicker: the time is taken, the row was changed, the key is used."""

    status = 409
    code = "conflict"


class NotAllowed(RuleError):
    """The person may not do this, though they may open the page."""

    status = 403
    code = "not_allowed"


class NotFound(RuleError):
    """The row does not exist, or not for this person."""

    status = 404
    code = "not_found"
