"""All benchmarks: `make bench`. Each time stands beside a bare query's, so that machines can be compared."""

import argparse
import sys

from bench import pages, search, start
from bench.clinics import add_arguments, large_clinics

parser = argparse.ArgumentParser(prog="python -m bench", description=__doc__)
add_arguments(parser)
given = parser.parse_args()
is_good = start.main() == 0
for clinic in large_clinics(given.database, given.patients):
    is_good = search.measure(explain=False) and is_good
    pages.measure(clinic)
sys.exit(0 if is_good else 1)
