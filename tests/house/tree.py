"""The source tree as the house's tests see it."""

import ast
from collections.abc import Iterator
from dataclasses import dataclass
from functools import cache
from pathlib import Path

ROOT = Path(__file__).resolve().parents[2]
APP = ROOT / "app"
LADDER = (
    "kernel", "db", "web", "security", "audit", "jobs", "files", "people", "stock", "catalogue", "scheduling",
    "clinical", "lab", "billing", "insurance", "communication", "portal", "reporting", "workflows",
)  # fmt: skip
LAYERS = {"rules", "models", "queries", "actions", "words"}
TOP = {"views", "pages", "charts", "api"}


@dataclass(frozen=True)
class Module:
    """A file of the application."""

    path: Path

    @property
    def name(self) -> str:
        parts = self.path.relative_to(ROOT).with_suffix("").parts
        return ".".join(parts[:-1] if parts[-1] == "__init__" else parts)

    @property
    def room(self) -> str:
        """`people` of app/people/rules.py; the file's own name for app/menu.py."""
        return self.name.split(".")[1] if "." in self.name else ""

    @property
    def layer(self) -> str:
        """`rules` of app/people/rules.py and of app/people/rules/prices.py."""
        parts = self.name.split(".")
        return parts[2] if len(parts) > 2 else ""

    @property
    def is_top(self) -> bool:
        """Stands above the workflows: a view, a page, the desk, the factory and its helpers."""
        return self.room not in LADDER or (self.layer in TOP and self.room != "web")

    def tree(self) -> ast.Module:
        return parse(self.path)

    def imports(self) -> tuple[tuple[int, str], ...]:
        """(line, module) of every import, inside functions too; `from app.web import who` counts as app.web.who."""
        return imported(self)


@cache
def imported(module: Module) -> tuple[tuple[int, str], ...]:
    def found() -> Iterator[tuple[int, str]]:
        for node in ast.walk(module.tree()):
            if isinstance(node, ast.Import):
                yield from ((node.lineno, alias.name) for alias in node.names)
            elif isinstance(node, ast.ImportFrom):
                base = node.module or ""
                for alias in node.names:
                    deeper = f"{base}.{alias.name}"
                    yield node.lineno, deeper if deeper in known_modules() else base

    return tuple(found())


@cache
def parse(path: Path) -> ast.Module:
    return ast.parse(path.read_text(encoding="utf-8"))


@cache
def modules() -> tuple[Module, ...]:
    return tuple(Module(path) for path in sorted(APP.rglob("*.py")))


@cache
def known_modules() -> frozenset[str]:
    return frozenset(module.name for module in modules())


def of(module: str) -> tuple[str, str]:
    """(room, layer) of a module's name."""
    parts = module.split(".")
    return (parts[1] if len(parts) > 1 else ""), (parts[2] if len(parts) > 2 else "")
