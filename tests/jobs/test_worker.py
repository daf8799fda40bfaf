"""The worker: one job at a time and once only, across threads and databases; failures tried again; kills survived."""

import threading
import time
from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest

from app.db import actor, unit
from app.jobs import actions
from app.jobs.models import Job
from app.jobs.rules import LEASE, JobKind, retry_at
from app.jobs.worker import Task, Worker

KIND = JobKind.PATIENT_IMPORT
NOW = datetime(2026, 11, 21, 3, tzinfo=UTC)


def enqueue(clinic: Any, *, now: datetime = NOW, **payload: Any) -> int:
    return int(unit(lambda session: actions.enqueue(session, KIND, payload, now=now).job_id))


Handler = Callable[[Task], dict[str, Any]]


def worker(clinic: Any, handler: Handler, now: datetime | Callable[[], datetime] = NOW) -> Worker:
    clock = now if callable(now) else lambda: now
    return Worker(clinic.app.app_context, {KIND: handler}, clinic.app.config["INSTANCE"], clock)


def job(clinic: Any, job_id: int) -> Job:
    found = clinic.session.get(Job, job_id)
    assert found is not None
    return found


@pytest.mark.both
def test_a_due_job_runs_once_with_its_payload_and_keeps_its_result(clinic: Any) -> None:
    key = enqueue(clinic, name="Бат")
    seen: list[Any] = []

    def handler(task: Task) -> dict[str, Any]:
        seen.append(task.payload)
        return {"done": 1}

    hand = worker(clinic, handler)
    assert hand.run_all() == 1
    assert hand.run_all() == 0
    assert seen == [{"name": "Бат"}]
    done = job(clinic, key)
    assert (done.result, done.progress, done.lease_until, done.done_at) == ({"done": 1}, 100, None, NOW)


def test_a_job_that_is_not_due_waits(clinic: Any) -> None:
    enqueue(clinic, now=NOW + timedelta(seconds=1))
    assert worker(clinic, lambda _task: {}).run_all() == 0
    assert worker(clinic, lambda _task: {}, NOW + timedelta(seconds=1)).run_all() == 1


def test_the_oldest_job_comes_first_and_unknown_kinds_are_left_alone(clinic: Any) -> None:
    later, sooner = enqueue(clinic, name="later"), enqueue(clinic, name="sooner", now=NOW - timedelta(hours=1))
    order: list[int] = []
    hand = worker(clinic, lambda task: order.append(task.job_id) or {})
    assert Worker(clinic.app.app_context, {}, clinic.app.config["INSTANCE"], lambda: NOW).run_all() == 0
    hand.run_all()
    assert order == [sooner, later]


@pytest.mark.both
def test_many_workers_never_run_one_job_twice(clinic: Any) -> None:
    keys = {enqueue(clinic, number=n) for n in range(24)}
    ran: list[int] = []
    lock = threading.Lock()

    def handler(task: Task) -> dict[str, Any]:
        with lock:
            ran.append(task.job_id)
        time.sleep(0.005)
        return {}

    threads = [threading.Thread(target=worker(clinic, handler).run_all) for _ in range(6)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    worker(clinic, handler).run_all()  # whoever lost a race may have stopped early
    assert sorted(ran) == sorted(keys)
    assert clinic.count(Job, Job.done_at.is_(None)) == 0
    assert clinic.count(Job, Job.attempts != 1) == 0


@pytest.mark.both
def test_a_killed_workers_job_is_finished_by_another_from_where_it_stood(clinic: Any) -> None:
    key = enqueue(clinic)

    class Killed(BaseException):
        """Nothing gets to clean up."""

    def dies(task: Task) -> dict[str, Any]:
        task.step(lambda _session: None, lambda _nothing: (40, {"line": 4}))
        raise Killed

    with pytest.raises(Killed):
        worker(clinic, dies).run_next()
    half = job(clinic, key)
    assert (half.progress, half.result, half.done_at) == (40, {"line": 4}, None)

    def finishes(task: Task) -> dict[str, Any]:
        return {"from": task.so_far["line"]}

    assert worker(clinic, finishes, NOW + LEASE).run_all() == 0, "the lease still holds"
    assert worker(clinic, finishes, NOW + LEASE + timedelta(seconds=1)).run_all() == 1
    assert job(clinic, key).result == {"from": 4}


@pytest.mark.both
def test_a_worker_that_lost_its_lease_writes_nothing_more(clinic: Any) -> None:
    key = enqueue(clinic)
    wrote: list[str] = []

    def slow(task: Task) -> dict[str, Any]:
        # it sleeps so long that another takes the job, and finishes it
        assert worker(clinic, lambda _task: {"by": "the other"}, NOW + 2 * LEASE).run_all() == 1
        task.step(lambda _session: wrote.append("step"), lambda _nothing: (50, {}))
        wrote.append("after")
        return {"by": "the slow one"}

    worker(clinic, slow).run_next()
    assert job(clinic, key).result == {"by": "the other"}
    assert "after" not in wrote


def test_a_failure_is_tried_again_later_each_time_and_then_shown(clinic: Any) -> None:
    key = enqueue(clinic)
    now = [NOW]

    def fails(_task: Task) -> dict[str, Any]:
        raise ValueError("no luck")

    hand = worker(clinic, fails, lambda: now[0])
    waits = []
    for _ in range(4):
        assert hand.run_all() == 1
        waits.append((job(clinic, key).run_after - now[0]).total_seconds() / 60)
        assert hand.run_all() == 0, "not before its time"
        now[0] = job(clinic, key).run_after
    assert waits == [1, 5, 25, 125]
    hand.run_all()
    given_up = job(clinic, key)
    assert given_up.done_at is not None
    assert "no luck" in (given_up.last_error or "")
    assert retry_at(5, NOW) is None


def test_a_failure_undoes_its_step_and_not_the_steps_before(clinic: Any) -> None:
    key = enqueue(clinic)

    def handler(task: Task) -> dict[str, Any]:
        task.step(lambda _session: None, lambda _nothing: (10, {"steps": 1}))

        def broken(session: Any) -> None:
            session.get(Job, key).payload = {"changed": True}
            raise ValueError

        task.step(broken, lambda _nothing: (20, {"steps": 2}))
        return {}

    worker(clinic, handler).run_all()
    assert (job(clinic, key).result, job(clinic, key).payload) == ({"steps": 1}, {})


def test_a_server_that_stops_gives_its_job_back_at_once(clinic: Any) -> None:
    key = enqueue(clinic)
    hand = worker(clinic, lambda task: (hand.stop.set(), task.step(lambda _s: None, lambda _n: (1, {})), {})[2])
    hand.run_next()
    back = job(clinic, key)
    assert (back.lease_until, back.done_at, back.attempts) == (None, None, 0)
    assert worker(clinic, lambda _task: {}).run_all() == 1


def test_a_job_acts_in_the_name_of_who_queued_it(clinic: Any) -> None:
    user = clinic.user("Receptionist").id
    unit(lambda session: actions.enqueue(session, KIND, {}, now=NOW, made_by=user) and None)
    seen: list[int | None] = []
    worker(clinic, lambda _task: seen.append(actor().user_id) or {}).run_all()
    assert seen == [user]
    assert actor().user_id is None


def test_the_worker_of_a_process_is_woken_by_what_the_process_queues(clinic: Any) -> None:
    done = threading.Event()
    hand = worker(clinic, lambda _task: done.set() or {}, lambda: datetime.now(UTC))
    actions.WAKE.clear()
    hand.start()
    try:
        time.sleep(0.3)  # it has looked, found nothing and waits
        started = time.monotonic()
        enqueue(clinic, now=datetime.now(UTC))
        assert done.wait(3)
        assert time.monotonic() - started < 0.8, "it did not wait for its next look"
    finally:
        hand.close()
    assert hand.thread is not None
    assert not hand.thread.is_alive()


def test_looking_for_work_takes_no_lock_and_one_statement(clinic: Any) -> None:
    with clinic.statements() as seen:
        assert worker(clinic, lambda _task: {}).run_next() is False
    assert len(seen) == 1
    assert "FOR UPDATE" not in seen[0]


def test_a_unit_that_is_rolled_back_queues_nothing_and_wakes_nobody(clinic: Any) -> None:
    actions.WAKE.clear()

    def write(session: Any) -> None:
        actions.enqueue(session, KIND, {}, now=NOW)
        raise ValueError

    with pytest.raises(ValueError):  # noqa: PT011 - raised above
        unit(write)
    assert clinic.count(Job) == 0
    assert not actions.WAKE.is_set()


def test_the_command_runs_what_is_due(clinic: Any) -> None:
    from app.cli import work

    work.init(clinic.app)
    answer = clinic.app.test_cli_runner().invoke(args=["jobs", "work", "--once"])
    assert answer.exit_code == 0, answer.output
    assert "0 jobs" in answer.output
