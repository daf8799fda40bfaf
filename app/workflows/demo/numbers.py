"""The numbers of documents, counted on from where the clinic's counters stand."""

from datetime import datetime

import sqlalchemy as sa

from app.jobs.models import DocumentCounter
from app.jobs.rules import CounterKind, document_number
from app.kernel.dates import clinic_date
from app.workflows.demo.world import World


class Numbers:
    """Gapless numbers by kind and year; `keep` writes the counters back."""

    def __init__(self, world: World) -> None:
        self.world = world
        rows = world.session.scalars(sa.select(DocumentCounter))
        self.last = {(row.kind, row.year): row.last_number for row in rows if row.year}
        self.known = set(self.last)

    def next(self, kind: CounterKind, at: datetime) -> str:
        """The next number of the year in which the clinic's calendar stands at `at`."""
        year = clinic_date(at, self.world.zone).year
        self.last[kind, year] = self.last.get((kind, year), 0) + 1
        return document_number(self.world.clinic.document_prefix, year, self.last[kind, year])

    def keep(self) -> None:
        """Write the counters."""
        for (kind, year), number in sorted(self.last.items()):
            if (kind, year) in self.known:
                row = self.world.session.get_one(DocumentCounter, (kind, year))
                row.last_number = number
            else:
                self.world.session.add(DocumentCounter(kind=kind, year=year, last_number=number))
        self.world.session.flush()
