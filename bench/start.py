"""How soon a server answers, and how much memory its worker takes: `python -m bench.start`.

`python run.py` on a deployed database; the first answer is the sign-in page. Then somebody signs in and opens pages,
papers too, and the worker is weighed again. Exits 1 above 2 s or 150 MB. The ratio is to `import flask` alone.
"""

import os
import re
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
ROUNDS, SECONDS, MEGABYTES = 5, 2.0, 150
OPENED = ("/dashboard", "/patients", "/patients?q=мөнх", "/appointments", "/invoices", "/patients/add", "/services")


def main(_arguments: Sequence[str] = ()) -> int:
    """Measure and print."""
    bare = min(timed([sys.executable, "-c", "import flask"]) for _ in range(ROUNDS))
    print("\nstart")
    print(f"  {'':<24} {'first answer s':>15} {'ratio':>6} {'worker MB':>10} {'after use MB':>13}")
    print(f"  {'import flask alone':<24} {bare:>15.2f} {1:>6.1f}")
    results = []
    with tempfile.TemporaryDirectory(prefix="soyoo-bench-") as folder:
        for name, url in databases("both", Path(folder)):
            instance = Path(folder) / name
            paper = prepare(url, instance)
            seconds, fresh, used = [], 0.0, 0.0
            for _ in range(ROUNDS):
                took, fresh, used = serve(url, instance, paper)
                seconds.append(took)
            first = min(seconds)
            results.append(first <= SECONDS and used <= MEGABYTES)
            over = "" if results[-1] else "  OVER"
            print(f"  {name:<24} {first:>15.2f} {first / bare:>6.1f} {fresh:>10.0f} {used:>13.0f}{over}", flush=True)
    return 0 if all(results) else 1


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


def timed(command: list[str]) -> float:
    """Seconds until a command has ended."""
    started = time.perf_counter()
    subprocess.run(command, check=True, cwd=ROOT)  # noqa: S603 - our own interpreter
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
