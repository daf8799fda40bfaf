"""`python run.py`: a production server that answers soon, works on the jobs, and stops cleanly."""

import os
import re
import signal
import subprocess
import sys
import time
import urllib.request
from collections.abc import Iterator
from contextlib import suppress
from pathlib import Path

import pytest

from app.cli.deploy import now
from app.db import unit
from app.jobs import actions
from app.jobs.models import Job
from app.jobs.rules import JobKind
from tests.factories.clinic import Clinic
from tests.factories.servers import free_port

ROOT = Path(__file__).resolve().parents[2]


def start(clinic: Clinic, port: int, *arguments: str) -> "subprocess.Popen[str]":
    """The server on this test's database."""
    environ = {
        **os.environ,
        "SOYOO_ENV": "test",
        "SOYOO_DATABASE_URL": clinic.app.config["SQLALCHEMY_DATABASE_URI"],
        "SOYOO_INSTANCE": str(clinic.app.config["INSTANCE"]),
        "HOST": "127.0.0.1",
        "PORT": str(port),
    }
    return subprocess.Popen(
        [sys.executable, "run.py", *arguments],
        cwd=ROOT,
        env=environ,
        stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT,
        text=True,
        start_new_session=True,
    )


@pytest.fixture
def server(clinic: Clinic) -> Iterator[tuple["subprocess.Popen[str]", int]]:
    """A server that answers, and its port."""
    port = free_port()
    process = start(clinic, port)
    try:
        answers(port)
        yield process, port
    finally:
        # its workers too: one that outlives it would take the jobs of the next test
        with suppress(ProcessLookupError):
            os.killpg(process.pid, signal.SIGKILL)
        process.wait(10)


def answers(port: int, seconds: float = 30) -> str:
    """What the server answers, waiting until it does."""
    end = time.monotonic() + seconds
    while True:
        try:
            with urllib.request.urlopen(f"http://127.0.0.1:{port}/healthz", timeout=5) as answer:
                return str(answer.read().decode())
        except OSError:
            if time.monotonic() > end:
                raise
            time.sleep(0.05)


def test_the_server_says_where_it_is_works_on_jobs_and_stops_when_told(
    clinic: Clinic, server: tuple["subprocess.Popen[str]", int]
) -> None:
    process, port = server
    key = unit(
        lambda s: actions.enqueue(s, JobKind.PATIENT_IMPORT, {"is_check": True, "file": "gone"}, now=now()).job_id
    )
    for _ in range(200):
        job = clinic.session.get(Job, key)
        assert job is not None
        if job.last_error or job.done_at:
            break
        time.sleep(0.05)
    assert job.attempts == 1, "its worker took the job"
    process.send_signal(signal.SIGTERM)
    output, _ = process.communicate(timeout=25)
    assert process.returncode == 0, output
    assert re.search(rf"http://127\.0\.0\.1:{port}\b", output)


def test_a_worker_process_is_small(server: tuple["subprocess.Popen[str]", int]) -> None:
    process, port = server
    for _ in range(5):
        answers(port)
    children = Path(f"/proc/{process.pid}/task/{process.pid}/children")
    if not children.exists():
        pytest.skip("needs /proc")
    for pid in children.read_text().split():
        pages = int(Path(f"/proc/{pid}/statm").read_text().split()[1])
        assert pages * os.sysconf("SC_PAGE_SIZE") < 150 * 2**20
