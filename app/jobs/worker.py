"""The worker: takes due jobs one at a time and runs their handlers.

One thread of each server process is a worker; `flask jobs work` is one by itself. Two never run one job at
once: the job is leased. A worker that dies keeps its lease until it expires; then another goes on, so a
handler does its work in steps, each of them one transaction with the job's progress.
"""

import logging
import threading
import time
from collections.abc import Callable, Mapping, Sequence
from contextlib import AbstractContextManager
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path
from typing import Any, TypeVar

from sqlalchemy.orm import Session

from app.db import Actor, acting_as, sqla, unit
from app.jobs import actions
from app.jobs.rules import JobKind

log = logging.getLogger(__name__)
T = TypeVar("T")
LOOK_EVERY, AFTER_TROUBLE, CHORES_EVERY = 1.0, 5.0, 60.0  # seconds
Clock = Callable[[], datetime]


class LeaseLost(Exception):
    """The job is another worker's now: leave it at once."""


class Stopped(Exception):
    """The server stops: the job is given back."""


@dataclass(slots=True)
class Task:
    """A leased job, as its handler sees it."""

    job_id: int
    payload: dict[str, Any]
    so_far: dict[str, Any]  # what the steps before noted; empty at the first attempt
    made_by: int | None
    instance: Path
    clock: Clock
    lease_token: str
    stop: threading.Event
    when_done: Callable[[], None] = lambda: None  # runs once the job's end is committed

    def step(self, write: Callable[[Session], T], note: Callable[[T], tuple[int, dict[str, Any]]]) -> T:
        """Run `write` in one unit, together with what `note` says of what it returned: the job's progress
        (0–99) and what it has so far.

        Raises LeaseLost, Stopped; then nothing of the step is written.
        """
        if self.stop.is_set():
            raise Stopped

        def both(session: Session) -> T:
            done = write(session)
            progress, so_far = note(done)
            if not actions.note_progress(session, self.job_id, self.lease_token, progress, self.clock(), so_far):
                raise LeaseLost
            return done

        return unit(both)


Handler = Callable[[Task], dict[str, Any]]


class Worker:
    """Runs the handlers of an application's jobs."""

    def __init__(
        self,
        context: Callable[[], AbstractContextManager[Any]],
        handlers: Mapping[JobKind, Handler],
        instance: Path,
        clock: Clock,
        chores: Sequence[Callable[[], object]] = (),
    ) -> None:
        self.context, self.handlers, self.instance, self.clock = context, handlers, instance, clock
        self.chores, self.chores_done = chores, time.monotonic()
        self.stop = threading.Event()
        self.thread: threading.Thread | None = None

    def run_next(self) -> bool:
        """Run the oldest due job. False: nothing was due."""
        with self.context():
            kinds = list(self.handlers)
            is_due = actions.is_something_due(sqla.session(), self.clock(), kinds)
            sqla.session.rollback()
            return is_due and self._run_leased(kinds)

    def _run_leased(self, kinds: list[JobKind]) -> bool:
        job = unit(lambda session: actions.lease_next(session, self.clock(), kinds))
        if job is None:
            return False
        token = str(job.lease_token)
        task = Task(job.job_id, job.payload, job.result or {}, job.made_by, self.instance, self.clock, token, self.stop)
        with acting_as(Actor(user_id=job.made_by, request_id=f"job-{job.job_id}")):
            self._handle(self.handlers[job.kind], task)
        return True

    def _handle(self, handler: Handler, task: Task) -> None:
        job_id, token = task.job_id, task.lease_token
        try:
            result = handler(task)
            unit(lambda session: actions.finish(session, job_id, token, result, self.clock()))
            task.when_done()
        except LeaseLost:
            log.warning("job %s is another worker's now", job_id)
        except Stopped:
            unit(lambda session: actions.release(session, job_id, token))
        except Exception as error:
            log.exception("job %s failed", job_id)
            text = f"{type(error).__name__}: {error}"
            unit(lambda session: actions.fail(session, job_id, token, text, self.clock()))

    def run_all(self) -> int:
        """Run everything that is due now. Returns how many jobs that were."""
        count = 0
        while not self.stop.is_set() and self.run_next():
            count += 1
        return count

    def _run_chores(self) -> None:
        """What is done every minute, job or no job."""
        if time.monotonic() - self.chores_done >= CHORES_EVERY:
            self.chores_done = time.monotonic()
            with self.context():
                for chore in self.chores:
                    chore()

    def run_forever(self) -> None:
        """Run what becomes due, until `close`. Trouble with the database is waited out."""
        while not self.stop.is_set():
            try:
                self.run_all()
                self._run_chores()
            except Exception:
                log.exception("the worker could not look for jobs")
                self.stop.wait(AFTER_TROUBLE)
            actions.WAKE.wait(LOOK_EVERY)
            actions.WAKE.clear()

    def start(self) -> None:
        """Work in a thread of this process, which it never keeps alive."""
        self.thread = threading.Thread(target=self.run_forever, name="jobs", daemon=True)
        self.thread.start()

    def close(self, seconds: float = 10) -> None:
        """Stop at the next step; the job in hand is given back."""
        self.stop.set()
        actions.WAKE.set()
        if self.thread is not None:
            self.thread.join(seconds)
