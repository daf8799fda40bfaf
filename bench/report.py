"""The tables of docs/performance.md that the benchmarks write."""

import os
import platform
import re
from collections.abc import Sequence
from datetime import UTC, datetime
from pathlib import Path

from bench.clinics import Loaded
from bench.figures import AIMS, Figure, cpu_of

DOCUMENT = Path(__file__).resolve().parent.parent / "docs" / "performance.md"
BEGIN, END = "<!-- measured: begin -->", "<!-- measured: end -->"
HEAD = f"  {'':<30}{'ours ms':>10}{'bare ms':>10}{'ratio':>8}{'aim':>8}{'asked':>8}{'CPU ms':>10}{'ratio':>8}"


def title_of(clinic: Loaded) -> str:
    """Which clinic was measured."""
    loaded = f", loaded in {clinic.seconds:.0f} s" if clinic.seconds > 1 else ""
    return f"{clinic.database}: {clinic.patients:,} patients, {clinic.appointments:,} appointments{loaded}"


def as_markdown(clinic: Loaded, figures: Sequence[Figure]) -> str:
    """A clinic's figures as a table."""
    lines = [
        f"**{title_of(clinic)}**",
        "",
        "| | ours, ms | bare, ms | ratio | aim | statements | CPU, ms | CPU ratio |",
    ]
    lines.append("| --- | --: | --: | --: | --: | --: | --: | --: |")
    for figure in figures:
        bare = "" if figure.bare is None else f"{figure.bare:.2f}"
        ratio = "" if figure.ratio is None else f"{figure.ratio:.2f}{' (over)' if figure.is_missed else ''}"
        cells = " | ".join([*cpu_of(figure).split(), "", ""][:2])
        aim = AIMS.get(figure.name, "")
        lines.append(f"| {figure.name} | {figure.ms:.2f} | {bare} | {ratio} | {aim} | {figure.statements} | {cells} |")
    return "\n".join(lines)


def write(parts: Sequence[str]) -> None:
    """Replace what was measured before."""
    load = os.getloadavg()[0]
    machine = f"Python {platform.python_version()}, {os.cpu_count()} cores, load {load:.1f} at the end"
    about = f"{datetime.now(UTC):%Y-%m-%d}, {machine}."
    text = "\n\n".join([BEGIN, about, *parts, END])
    found = DOCUMENT.read_text()
    DOCUMENT.write_text(re.sub(f"{BEGIN}.*?{END}", lambda _: text, found, flags=re.DOTALL))
