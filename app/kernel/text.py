"""Text marks: sentences that are named here and translated only where they are shown.

Rules speak in `T("…")`. The string is found by the extractor, and `app.web.text.say` turns
the mark into the reader's language.
"""

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any


@dataclass(frozen=True, slots=True)
class Text:
    """A translatable sentence with its parameters (`%(name)s` placeholders)."""

    msgid: str
    params: Mapping[str, Any] = field(default_factory=dict)
    context: str | None = None

    def __str__(self) -> str:
        """The English source; for logs and the command line, never for a page."""
        return self.msgid % self.params

    def __hash__(self) -> int:
        return hash((self.msgid, self.context))


def T(msgid: str, **params: Any) -> Text:  # noqa: N802 - reads as a mark, not as a call
    """Mark `msgid` for translation; `params` fill its placeholders when it is shown."""
    return Text(msgid, params)


def TC(context: str, msgid: str, **params: Any) -> Text:  # noqa: N802 - see T
    """Like `T`, for an English word that needs different words in different places."""
    return Text(msgid, params, context)


@dataclass(frozen=True, slots=True)
class Names:
    """A name that is stored in both languages; the reader's is shown, the other where it is empty."""

    mn: str
    en: str

    def __str__(self) -> str:
        return self.en or self.mn
