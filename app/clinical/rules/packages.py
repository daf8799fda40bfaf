"""Which sterile packages a visit needs before it is closed.

Source: lessons.md, sterilisation; mongolia.md, its card.
"""

from collections.abc import Iterable

from app.kernel.text import T, Text

Opened = tuple[str, Text | None]  # a package's number, and why it must not be opened


def what_lacks(has_work: bool, opened: Iterable[Opened]) -> Text | None:
    """What doesn't fit about the packages of a visit, or None: work without one, or one that isn't sterile."""
    found = list(opened)
    for number, why in found:
        if why is not None:
            return T("Package %(number)s: %(why)s.", number=number, why=why)
    return T("No sterile package is linked to this visit.") if has_work and not found else None
