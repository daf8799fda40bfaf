"""mypy --strict on the files that decide: kernel, rules, queries, actions, workflows."""

import subprocess
import sys
from pathlib import Path

APP = Path(__file__).resolve().parent.parent / "app"
LAYERS = ("rules", "queries", "actions")


def files() -> list[str]:
    """The files that are checked."""
    found = [*(APP / "kernel").glob("*.py"), *(APP / "workflows").rglob("*.py")]
    for layer in LAYERS:
        found += [*APP.glob(f"*/{layer}.py"), *APP.glob(f"*/{layer}/*.py")]
    return sorted(str(path) for path in found)


if __name__ == "__main__":
    sys.exit(subprocess.call([sys.executable, "-m", "mypy", "--strict", *files()]))
