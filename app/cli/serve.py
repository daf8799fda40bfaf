"""Serving: gunicorn with threads (waitress on Windows), and a worker for the jobs in each server process."""

import argparse
import ctypes
import gc
import importlib
import importlib.util
import os
from collections.abc import Sequence
from contextlib import suppress
from typing import Any

import sqlalchemy as sa
from flask import Flask

from app.cli.deploy import deploy
from app.cli.ready import refuse_unready
from app.db import sqla
from app.people.models import Patient
from app.security import identity, queries
from app.security.models import User, UserProfile
from app.workflows.jobs import make_worker

DEMO = "app.workflows.demo"
# glibc's names for mallopt: from which size on a block is given back by itself, and how many heaps threads share
M_MMAP_THRESHOLD, M_ARENA_MAX = -3, -8


def spare_collector() -> None:
    """Have the collector pass over what is loaded, which stays, and look less often at the rest: a page makes thousands
    of objects and hardly a circle. A tenth of a page's work."""
    gc.freeze()
    gc.set_threshold(10_000, 10, 10)
    gc.enable()


def main(flask_app: Flask, arguments: Sequence[str]) -> int:
    """Serve until stopped."""
    parser = argparse.ArgumentParser(prog="python run.py")
    parser.add_argument("--prepare", action="store_true", help="migrate; fill an empty database with the demo clinic")
    parser.add_argument("--debug", action="store_true", help="Flask's own server with its reloader, for development")
    given = parser.parse_args(arguments)
    if given.debug and flask_app.config["ENV_NAME"] == "production":
        parser.error("--debug shows the program to everybody: not with SOYOO_ENV=production")
    is_reloaded = os.environ.get("WERKZEUG_RUN_MAIN") == "true"
    if given.prepare and not is_reloaded:
        prepare(flask_app)
    refuse_unready(flask_app)
    host, port = os.environ.get("HOST") or "127.0.0.1", int(os.environ.get("PORT") or 5000)
    if not is_reloaded:
        print(welcome(flask_app, host, port), flush=True)
    if given.debug:
        _debug(flask_app, host, port, is_reloaded)
    elif os.name == "nt":
        _serve_windows(flask_app, host, port)
    else:
        _serve(flask_app, host, port)
    return 0


def prepare(flask_app: Flask) -> None:
    """Bring the database to this release; an empty one gets the demo clinic, but never in production."""
    with flask_app.app_context():
        deploy(flask_app)
        is_empty = sqla.session.scalar(sa.select(Patient.patient_id).limit(1)) is None
        if is_empty and flask_app.config["ENV_NAME"] != "production" and importlib.util.find_spec(DEMO):
            load = getattr(importlib.import_module(DEMO), "load_demo", None)
            if load is not None:
                load()


def welcome(flask_app: Flask, host: str, port: int) -> str:
    """Where it can be reached; in a demo clinic also who can sign in."""
    shown = f"[{host}]" if ":" in host else host
    lines = [f"Soyoo: http://{shown}:{port}"]
    with flask_app.app_context():
        if identity.the_clinic().is_demo:
            lines += ["", *_sign_ins()]
        sqla.session.remove()
    return "\n".join(lines)


def _sign_ins() -> list[str]:
    """Phone, name and roles of everybody who can sign in to the demo clinic."""
    demo = importlib.import_module(DEMO) if importlib.util.find_spec(DEMO) else None
    statement = sa.select(User.id, User.username, UserProfile.display_name).join(
        UserProfile, UserProfile.user_id == User.id
    )
    session = sqla.session()
    people = [
        (", ".join(sorted(queries.role_names(session, row.id))), row.username.removeprefix("+976"), row.display_name)
        for row in session.execute(statement.where(User.active.is_(True)).order_by(User.id).limit(20))
    ]
    lines = [f"  {role:<14} {phone}  {name}" for role, phone, name in people]
    return [*lines, f"Password of each: {getattr(demo, 'PASSWORD', 'soyoo-demo-1')}"]


def _debug(flask_app: Flask, host: str, port: int, is_reloaded: bool) -> None:
    if is_reloaded:  # the first process only watches the files
        make_worker(flask_app).start()
    flask_app.run(host=host, port=port, debug=True, threaded=True)


def _serve_windows(flask_app: Flask, host: str, port: int) -> None:
    from waitress import serve

    make_worker(flask_app).start()
    serve(flask_app, host=host, port=port, threads=_number("SOYOO_THREADS", 8), ident=None)


def _serve(flask_app: Flask, host: str, port: int) -> None:
    from gunicorn.app.base import BaseApplication

    class Server(BaseApplication):  # type: ignore[misc]  # it has no types
        def load_config(self) -> None:
            for name, value in _settings(flask_app, host, port).items():
                self.cfg.set(name, value)

        def load(self) -> Flask:
            return flask_app

    with flask_app.app_context():
        sqla.engine.dispose()  # no connection may be open when the process forks
    _give_memory_back()
    Server().run()


def _give_memory_back() -> None:
    """Have glibc return large blocks at once. Checking a password takes 19 MB, and each thread's heap would keep them:
    sixteen sign-ins at once left a worker at 269 MB, so they leave it at 120.
    """
    with suppress(OSError, AttributeError):  # another C library keeps its own ways
        libc = ctypes.CDLL("libc.so.6")
        libc.mallopt(M_MMAP_THRESHOLD, 1 << 20)
        libc.mallopt(M_ARENA_MAX, 2)


def _settings(flask_app: Flask, host: str, port: int) -> dict[str, Any]:
    workers: dict[int, Any] = {}

    def begin(server_worker: Any) -> None:
        workers[server_worker.pid] = worker = make_worker(flask_app)
        worker.start()

    def end(_server: Any, server_worker: Any) -> None:
        if server_worker.pid in workers:
            workers[server_worker.pid].close()

    shown = f"[{host}]" if ":" in host else host
    return {
        "bind": f"{shown}:{port}",
        "worker_class": "gthread",
        "workers": _number("SOYOO_WORKERS", 1),
        "threads": _number("SOYOO_THREADS", 8),
        "timeout": 120,
        "graceful_timeout": 20,
        "keepalive": 15,
        "loglevel": "warning",
        "proc_name": "soyoo",
        "control_socket_disable": True,
        "post_worker_init": begin,
        "worker_exit": end,
    }


def _number(name: str, default: int) -> int:
    typed = os.environ.get(name, "")
    return max(1, min(64, int(typed))) if typed.isdigit() else default
