"""The documents are true: pointers point at something, settings and commands exist, the picture is of these tables."""

import ast
import re
import subprocess
import sys

import pytest

from tests.house.tree import ROOT


def pointers() -> list[tuple[str, str]]:
    text = "".join((ROOT / "docs" / name).read_text(encoding="utf-8") for name in ("where.md", "traps.md"))
    found = re.findall(r"`((?:app|tests|config|tools|bench)[\w/.]*\.\w+)(?::([\w.]+))?`", text)
    return list(dict.fromkeys(found))


@pytest.mark.parametrize(("path", "name"), pointers(), ids=lambda v: v or "file")
def test_every_pointer_points_at_something(path: str, name: str) -> None:
    file = ROOT / path
    assert file.exists()
    if name:
        names = {n.name for n in ast.walk(ast.parse(file.read_text(encoding="utf-8"))) if hasattr(n, "name")}
        assigned = re.findall(rf"^{re.escape(name)}\b", file.read_text(encoding="utf-8"), re.MULTILINE)
        assert all(part in names for part in name.split(".")) or assigned, f"{path} has no {name}"


def test_where_answers_a_fair_number_of_questions() -> None:
    text = (ROOT / "docs" / "where.md").read_text(encoding="utf-8")
    assert text.count("?") >= 25
    assert "| Where does an invoice's total come from? | `app/billing/rules" in text


def test_every_trap_that_was_seen_has_a_test() -> None:
    text = (ROOT / "docs" / "traps.md").read_text(encoding="utf-8")
    rows = re.findall(r"^\| (\d+)\. .*\| (.*) \|$", text, re.MULTILINE)
    wanted = {*range(1, 7), 8, 9, 10, 13, 14, 16, *range(19, 24)}
    assert wanted <= {int(number) for number, _ in rows}
    assert all("`tests/" in tests for _, tests in rows)


def test_every_setting_is_in_the_readme_and_in_the_configuration() -> None:
    readme = (ROOT / "README.md").read_text(encoding="utf-8")
    known = set(re.findall(r"`(SOYOO_[A-Z_]+)`", readme.split("## Settings")[1].split("## Roles")[0]))
    used = set()
    for path in [ROOT / "config.py", *(ROOT / "app").rglob("*.py"), *(ROOT / "tests" / "factories").glob("*.py")]:
        used |= set(re.findall(r"[\"'](SOYOO_[A-Z_]+)[\"']", path.read_text(encoding="utf-8")))
    assert used == known


def test_every_command_of_the_readme_exists(sqlite_app: object) -> None:
    readme = (ROOT / "README.md").read_text(encoding="utf-8")
    commands = sqlite_app.cli.commands  # type: ignore[attr-defined]  # Flask's
    for line in re.findall(r"`flask --app run ([a-z]+)(?: ([a-z]+))?", readme):
        group, sub = line
        assert group in commands or group == "db", group
        if sub and group in commands and hasattr(commands[group], "commands"):
            assert sub in commands[group].commands, line
    targets = set(re.findall(r"^([a-z]+):", (ROOT / "Makefile").read_text(), re.MULTILINE))
    assert set(re.findall(r"`make ([a-z]+)", readme)) <= targets


def test_every_link_of_the_documents_leads_somewhere() -> None:
    for path in [*ROOT.glob("*.md"), *(ROOT / "docs").rglob("*.md")]:
        for target in re.findall(r"\]\(([^)#]+)\)", path.read_text(encoding="utf-8")):
            assert target.startswith("http") or (path.parent / target).exists(), f"{path.name}: {target}"


def test_the_picture_of_the_tables_is_of_these_models() -> None:
    script = "import sys; sys.argv=['erd']; sys.path[:0]=['tools']; import erd; sys.stdout.write(erd.draw())"
    drawn = subprocess.run([sys.executable, "-c", script], cwd=ROOT, capture_output=True, text=True, check=True).stdout
    assert drawn == (ROOT / "docs" / "erd.svg").read_text(encoding="utf-8"), "run `make erd`"


def test_the_catalogues_are_complete() -> None:
    done = subprocess.run([sys.executable, "tools/strings.py", "check"], cwd=ROOT, capture_output=True, text=True)
    assert done.returncode == 0, done.stdout
