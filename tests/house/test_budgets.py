"""Files, functions and view classes stay small enough to be read."""

import ast
import statistics

import pytest

from tests.house.tree import Module, modules

FILE, FUNCTION, VIEW_METHODS = 400, 30, 60
# Longer ones, each with its reason.
LONGER: dict[str, str] = {}


@pytest.mark.parametrize("module", modules(), ids=lambda m: m.name)
def test_a_file_has_at_most_400_lines(module: Module) -> None:
    assert len(module.path.read_text(encoding="utf-8").splitlines()) <= FILE, "make it a folder of the same name"


def functions(module: Module) -> list[ast.FunctionDef]:
    return [node for node in ast.walk(module.tree()) if isinstance(node, ast.FunctionDef)]


def length(node: ast.FunctionDef) -> int:
    """Lines of the body, the docstring left out."""
    body = node.body[1:] if ast.get_docstring(node) else node.body
    return (node.end_lineno or 0) - body[0].lineno + 1 if body else 0


@pytest.mark.parametrize("module", modules(), ids=lambda m: m.name)
def test_a_function_has_at_most_30_lines(module: Module) -> None:
    long = [
        f"{f.name}: {length(f)}"
        for f in functions(module)
        if length(f) > FUNCTION and f"{module.name}.{f.name}" not in LONGER
    ]
    assert not long


def test_the_median_function_is_under_ten_lines() -> None:
    assert statistics.median(length(f) for m in modules() for f in functions(m)) < 10


@pytest.mark.parametrize(
    "module", [m for m in modules() if m.layer == "views" and m.room != "web"], ids=lambda m: m.name
)
def test_a_view_class_declares_rather_than_decides(module: Module) -> None:
    for node in module.tree().body:
        if isinstance(node, ast.ClassDef):
            logic = sum((n.end_lineno or 0) - n.lineno + 1 for n in node.body if isinstance(n, ast.FunctionDef))
            assert logic <= VIEW_METHODS, f"{node.name}: {logic} lines of methods"


@pytest.mark.parametrize("module", modules(), ids=lambda m: m.name)
def test_public_functions_and_classes_say_what_they_are(module: Module) -> None:
    silent = []
    for node in ast.walk(module.tree()):
        if isinstance(node, ast.ClassDef | ast.FunctionDef) and not node.name.startswith("_"):
            in_function = any(
                isinstance(p, ast.FunctionDef) and node in ast.walk(p) and p is not node for p in functions(module)
            )
            if (
                not in_function
                and not ast.get_docstring(node)
                and node.name
                not in (
                    "process_formdata",
                    "pre_validate",
                    "read",
                    "show",
                    "gettext",
                    "get_translations",
                    "ngettext",
                    "load_dialect_impl",
                    "process_bind_param",
                    "process_result_value",
                    "literals",
                    "Meta",
                )
            ):
                silent.append(node.name)
    assert not silent, silent
