"""Finds writes that pass by the session's listeners, however they are spelled (trap 12)."""

import ast
import re
from collections.abc import Iterator

VERBS = {"insert", "update", "delete"}
BULK = {"bulk_insert_mappings", "bulk_update_mappings", "bulk_save_objects"}
RUNS = {"execute", "executemany", "executescript", "exec_driver_sql", "text", "scalar", "scalars"}
WRITES = re.compile(
    r"^\s*(?:insert|update|delete|replace|truncate|merge|with\b.*\b(?:insert|update|delete))\b.", re.I | re.S
)
SQL = re.compile(
    r"^\s*(?:insert\s+into|update\s+\S+\s+set|delete\s+from|replace\s+into|truncate\s+table|merge\s+into"
    r"|with\b.*\b(?:insert\s+into|delete\s+from|update\s+\S+\s+set))\b",
    re.I | re.S,
)


def bulk_writes(tree: ast.Module) -> list[int]:
    """The lines of a module that write without the ORM's unit of work."""
    return sorted({node.lineno for node in _found(tree)})


def _found(tree: ast.Module) -> Iterator[ast.expr]:
    queries = _names_of_queries(tree)
    verbs, modules = _imported(tree)
    for node in ast.walk(tree):
        if (
            (isinstance(node, ast.Name) and isinstance(node.ctx, ast.Load) and node.id in verbs)
            or (isinstance(node, ast.Attribute) and _is_verb_of_module(node, modules))
            or (isinstance(node, ast.Call) and _is_write(node, queries, modules))
            or (isinstance(node, ast.Constant | ast.JoinedStr | ast.BinOp) and SQL.match(_text(node)))
        ):
            yield node


def _imported(tree: ast.Module) -> tuple[set[str], set[str]]:
    """(names of SQLAlchemy's verbs, names of modules that have them), under whatever alias."""
    verbs: set[str] = set()
    modules = {"sa", "sqlalchemy"}
    for node in ast.walk(tree):
        if isinstance(node, ast.Import):
            modules |= {a.asname or a.name.split(".")[0] for a in node.names if a.name.split(".")[0] == "sqlalchemy"}
        elif isinstance(node, ast.ImportFrom) and (node.module or "").split(".")[0] == "sqlalchemy":
            verbs |= {alias.asname or alias.name for alias in node.names if alias.name in VERBS}
            modules |= {alias.asname or alias.name for alias in node.names if alias.name in ("mysql", "sqlite", "sql")}
    return verbs, modules


def _is_verb_of_module(node: ast.Attribute, modules: set[str]) -> bool:
    """`sa.insert`, also where it is only handed on."""
    return node.attr in VERBS and isinstance(node.value, ast.Name | ast.Attribute) and _root(node.value) in modules


def _is_write(node: ast.Call, queries: set[str], modules: set[str]) -> bool:
    called = node.func
    if isinstance(called, ast.Name) and called.id == "getattr" and len(node.args) > 1:
        return _root(node.args[0]) in modules and _text(node.args[1]) in VERBS
    name = called.attr if isinstance(called, ast.Attribute) else called.id if isinstance(called, ast.Name) else ""
    if name in BULK:
        return True
    if name in RUNS and node.args and WRITES.match(_text(node.args[0])):
        return True
    return isinstance(called, ast.Attribute) and name in VERBS and _is_table_or_query(called.value, queries)


def _is_table_or_query(value: ast.expr, queries: set[str]) -> bool:
    written = ast.unparse(value)
    if re.search(r"__table__|\.tables\[|\.table$|\.local_table|\bTable\(", written):
        return True
    return bool(re.search(r"\.query\(", written)) or _root(value) in queries


def _names_of_queries(tree: ast.Module) -> set[str]:
    """`q` of `q = session.query(…)`."""
    found = set()
    for node in ast.walk(tree):
        if isinstance(node, ast.Assign) and re.search(r"\.query\(|__table__$|\.tables\[", ast.unparse(node.value)):
            found |= {target.id for target in node.targets if isinstance(target, ast.Name)}
    return found


def _root(node: ast.expr) -> str:
    while isinstance(node, ast.Attribute | ast.Call | ast.Subscript):
        node = node.func if isinstance(node, ast.Call) else node.value
    return node.id if isinstance(node, ast.Name) else ""


def _text(node: ast.expr) -> str:
    """The beginning of a text, as far as it stands in the source."""
    if isinstance(node, ast.Constant):
        return node.value if isinstance(node.value, str) else ""
    if isinstance(node, ast.JoinedStr):
        return "".join(part.value if isinstance(part, ast.Constant) else "{}" for part in node.values)
    if isinstance(node, ast.BinOp) and isinstance(node.op, ast.Add | ast.Mod):
        return _text(node.left)
    return ""
