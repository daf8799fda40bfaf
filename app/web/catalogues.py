"""The compiled catalogues: made from translations/*.po when they are missing or older, never committed."""

import os
from pathlib import Path

from babel.messages.mofile import write_mo
from babel.messages.pofile import read_po


def ensure_compiled(root: Path) -> None:
    """Write `messages.mo` beside each `messages.po` that is newer. Safe when several processes start at once."""
    for po in root.glob("*/LC_MESSAGES/messages.po"):
        mo = po.with_suffix(".mo")
        if mo.exists() and mo.stat().st_mtime_ns >= po.stat().st_mtime_ns:
            continue
        with po.open("rb") as file:
            catalogue = read_po(file, locale=po.parts[-3])
        unfinished = mo.with_name(f"{mo.name}.{os.getpid()}")
        with unfinished.open("wb") as file:
            write_mo(file, catalogue)
        unfinished.replace(mo)
