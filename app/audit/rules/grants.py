"""What the application's own user may do on MariaDB: append-only tables take new rows and give them back, no more."""

import re
from collections.abc import Iterable, Iterator

ALL, APPEND = "SELECT, INSERT, UPDATE, DELETE", "SELECT, INSERT"
_NAME, _HOST = re.compile(r"[A-Za-z0-9_$]{1,64}"), re.compile(r"[A-Za-z0-9_.:%/-]{1,255}")


def statements(
    database: str, user: str, host: str, tables: Iterable[str], append_only: Iterable[str], views: Iterable[str]
) -> Iterator[str]:
    """The GRANTs, table by table. Raises ValueError for a name that is none."""
    if not (_NAME.fullmatch(database) and _NAME.fullmatch(user) and _HOST.fullmatch(host)):
        raise ValueError("names of letters, digits and underscores")
    whom, kept, seen = f"'{user}'@'{host}'", set(append_only), set(views)
    for table in sorted(tables):
        rights = "SELECT" if table in seen else APPEND if table in kept else ALL
        yield f"GRANT {rights} ON `{database}`.`{table}` TO {whom};"
