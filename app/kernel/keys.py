"""The numbers of rows, as addresses and forms carry them."""

DIGITS = 15  # more than any table counts, well inside what a database holds


def parse_key(typed: str | None) -> int | None:
    """`"42"` → 42; None for anything that is no row's number."""
    if not typed or len(typed) > DIGITS or not typed.isascii() or not typed.isdigit():
        return None
    return int(typed)
