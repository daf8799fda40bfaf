"""How soon a server answers, and how much memory its worker takes: `python -m bench.start`.

`python run.py` on a deployed database; the first answer is the sign-in page. Then somebody signs in and opens pages,
papers too, and the worker is weighed again. Exits 1 above 2 s or 250 MB, or where our application takes more than 1.3
times as long to answer for the first time as plain Flask-AppBuilder with a ModelView for each of our tables and its
permission sync off: both in a process of their own, without a server.
"""

import os
import re
import statistics
import subprocess
import sys
import tempfile
import time
import urllib.parse
import urllib.request
from collections.abc import Sequence
from http.cookiejar import CookieJar
from pathlib import Path

from app.db import sqla
from bench.clinics import databases
from tests.factories.clinic import CAST, PASSWORD, Clinic, build_app, build_template
from tests.factories.servers import free_port
from tests.web import crowd

ROOT = Path(__file__).resolve().parent.parent
ROUNDS, SECONDS, MEGABYTES, TIMES = 5, 2.0, 250, 1.3
OURS = """
import run  # what a server imports
assert run.app.test_client().get("/login/").status_code == 200
"""
PLAIN = """
import os, sys
from flask import Flask
from flask_appbuilder import AppBuilder, ModelView
from flask_appbuilder.models.sqla.interface import SQLAInterface
import app.models
from app.db.base import Base, sqla
from flask_appbuilder.models.sqla import Model
app = Flask("plain")
url = os.environ["SOYOO_DATABASE_URL"]
app.config.update(SECRET_KEY="plain", SQLALCHEMY_DATABASE_URI=url, FAB_UPDATE_PERMS=False, FAB_CREATE_DB=False)
sqla.init_app(app)
with app.app_context():
    builder = AppBuilder(app, sqla.session, update_perms=False)
    for mapper in list(Model.registry.mappers):
        if issubclass(mapper.class_, Base) and len(mapper.primary_key) == 1:
            name = mapper.class_.__name__
            view = type(f"Plain{name}", (ModelView,), {"datamodel": SQLAInterface(mapper.class_)})
            builder.add_view(view, name, category="Tables")
assert app.test_client().get("/login/").status_code == 200
"""
OPENED = ("/dashboard", "/patients", "/patients?q=мөнх", "/appointments", "/invoices", "/patients/add", "/services")


def main(_arguments: Sequence[str] = ()) -> int:
    """Measure and print."""
    return 0 if measure()[1] else 1


def measure() -> tuple[str, bool]:
    """(a table for the document, whether all is within its budget)."""
    lines = ["| start | first answer, s | × plain | worker, MB | after use, MB |", "| --- | --: | --: | --: | --: |"]
    results = []
    with tempfile.TemporaryDirectory(prefix="soyoo-bench-") as folder:
        for name, url in databases("both", Path(folder)):
            instance = Path(folder) / name
            paper = prepare(url, instance)
            environ = {"SOYOO_ENV": "test", "SOYOO_DATABASE_URL": url, "SOYOO_INSTANCE": str(instance)}
            pairs = [(timed(OURS, environ), timed(PLAIN, environ)) for _ in range(ROUNDS)]
            ours, plain = (statistics.median(column) for column in zip(*pairs, strict=True))
            served = [serve(url, instance, paper) for _ in range(2)]
            first, fresh, used = min(s for s, _, _ in served), served[-1][1], served[-1][2]
            results.append(first <= SECONDS and used <= MEGABYTES and ours / plain <= TIMES)
            lines.append(f"| {name} | {first:.2f} | {ours / plain:.2f} | {fresh:.0f} | {used:.0f} |")
            print(lines[-1], "" if results[-1] else "OVER", flush=True)
    return "\n".join(lines), all(results)


def prepare(url: str, instance: Path) -> str:
    """A deployed clinic with its cast. Returns the address of a paper."""
    app = build_app(url, instance)
    build_template(app)
    with app.app_context():
        clinic = Clinic(app, "")
        doctor = clinic.user("Doctor").id
        made = clinic.unit(lambda s: crowd.begin(s, doctor))
        sqla.session.remove()
        sqla.engine.dispose()
    return f"/invoices/{made.invoice}.pdf"


def timed(program: str, environ: dict[str, str]) -> float:
    """Seconds until a program has ended."""
    started = time.perf_counter()
    everything = {**os.environ, **environ}
    subprocess.run([sys.executable, "-c", program], check=True, cwd=ROOT, env=everything, capture_output=True)  # noqa: S603
    return time.perf_counter() - started


def serve(url: str, instance: Path, paper: str) -> tuple[float, float, float]:
    """(seconds to the first answer, megabytes of the worker then, and after use)."""
    port = free_port()
    environ = {**os.environ, "SOYOO_ENV": "test", "SOYOO_DATABASE_URL": url, "SOYOO_INSTANCE": str(instance)}
    started = time.perf_counter()
    process = subprocess.Popen(
        [sys.executable, "run.py"], cwd=ROOT, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL,
        env={**environ, "HOST": "127.0.0.1", "PORT": str(port)},
    )  # fmt: skip
    try:
        open_page = urllib.request.build_opener(urllib.request.HTTPCookieProcessor(CookieJar())).open
        home = f"http://127.0.0.1:{port}"
        form = _first_answer(open_page, f"{home}/login/")
        took = time.perf_counter() - started
        fresh = megabytes(process.pid)
        token = re.search(r'name="csrf_token"[^>]*value="([^"]+)"', form)
        assert token
        data = {"phone": CAST["Receptionist"], "password": PASSWORD, "csrf_token": token[1]}
        open_page(f"{home}/login/", urllib.parse.urlencode(data).encode())
        for path in (*OPENED, *OPENED, paper, paper):
            open_page(home + urllib.parse.quote(path, safe="/?=&")).read()
        return took, fresh, megabytes(process.pid)
    finally:
        process.terminate()
        process.wait(30)


def _first_answer(open_page: object, address: str) -> str:
    end = time.monotonic() + 30
    while True:
        try:
            return str(open_page(address, timeout=5).read().decode())  # type: ignore[operator]  # an opener's method
        except OSError:
            if time.monotonic() > end:
                raise
            time.sleep(0.005)


def megabytes(pid: int) -> float:
    """Memory of the server's largest worker process."""
    children = Path(f"/proc/{pid}/task/{pid}/children").read_text().split()
    pages = [int(Path(f"/proc/{child}/statm").read_text().split()[1]) for child in children]
    return max(pages) * os.sysconf("SC_PAGE_SIZE") / 2**20


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
