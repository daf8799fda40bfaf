"""All benchmarks: `make bench`, or `python -m bench --large`. Exits with 1 where an aim is missed."""

import argparse
import sys

from bench import report, start
from bench.clinics import add_arguments, clinics
from bench.figures import Bench


def main() -> int:
    """Measure, print, and put the tables into docs/performance.md."""
    parser = argparse.ArgumentParser(prog="python -m bench", description=__doc__)
    add_arguments(parser)
    parser.add_argument("--write", action="store_true", help="put the tables into docs/performance.md")
    given = parser.parse_args()
    parts, missed = [], []
    for clinic in clinics(given):
        print(f"\n{report.title_of(clinic)}\n{report.HEAD}", flush=True)
        figures = Bench(clinic.app).run()
        parts.append(report.as_markdown(clinic, figures))
        missed += [f"{clinic.database}: {figure.name}" for figure in figures if figure.is_missed]
    if not given.url:
        text, is_good = start.measure()
        parts.append(text)
        missed += [] if is_good else ["start or memory"]
    if given.write:
        report.write(parts)
    print("\nevery aim is met" if not missed else "\nover its aim: " + "; ".join(missed))
    return 1 if missed else 0


if __name__ == "__main__":
    sys.exit(main())
