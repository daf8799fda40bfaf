"""A job of an import as its pages show it."""

from datetime import UTC, datetime, timedelta
from functools import cached_property

from app.files.lists.report import Counts, Told, unpack
from app.jobs.models import Job
from app.workflows.imports.engine import Importable

LISTED = 300
PATIENCE = timedelta(seconds=15)  # a job that nobody took by then has no worker


class State:
    """A job as its page shows it."""

    def __init__(self, job: Job, source: Importable) -> None:
        self.job, self.source = job, source
        self.counts = Counts.from_facts(job.result or {}, source.faults)

    @cached_property
    def told(self) -> list[Told]:
        """The rows that were not added; of a check, the first of them."""
        return unpack((self.job.result or {}).get("told", ""))

    @property
    def is_over(self) -> bool:
        """Whether nothing more will happen."""
        return self.job.done_at is not None

    @property
    def is_done(self) -> bool:
        """Whether it went through to the end."""
        return self.is_over and not self.job.last_error and not (self.job.result or {}).get("outdated")

    @property
    def waits_in_vain(self) -> bool:
        """Whether nobody has taken the job although its time came: no worker runs."""
        is_free = self.job.lease_until is None and not self.is_over
        return is_free and self.job.run_after + PATIENCE < datetime.now(UTC)

    @property
    def tried_again_at(self) -> datetime | None:
        """When a job that failed is tried again."""
        return self.job.run_after if self.job.last_error and not self.is_over else None

    def listed(self, fate: str) -> list[Told]:
        """The first rows that were refused, updated, or that were there already."""
        return [told for told in self.told if told.fate.value == fate][:LISTED]

    @property
    def figures(self) -> dict[str, int]:
        """The counts, `updated` too."""
        return self.counts.as_json(updates=True)
