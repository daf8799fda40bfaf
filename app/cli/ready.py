"""Whether this release may serve this database: in production it refuses to start on one that `deploy` has not seen."""

import sys
from pathlib import Path

from alembic.config import Config
from alembic.runtime.migration import MigrationContext
from alembic.script import ScriptDirectory
from flask import Flask
from sqlalchemy.exc import DBAPIError

from app.cli.deploy import registered_pages
from app.db import sqla
from app.security import matrix, queries

MEND = "run `flask --app run deploy`, then start again"


def refuse_unready(flask_app: Flask) -> None:
    """End the process with a sentence where a production server must not start."""
    if flask_app.config["ENV_NAME"] != "production":
        return
    with flask_app.app_context():
        found = why_unready(flask_app)
        sqla.session.remove()
        sqla.engine.dispose()
    if found:
        print(f"Soyoo does not start: {found}", file=sys.stderr, flush=True)
        sys.exit(1)
    if not flask_app.config["HTTPS"]:
        print("SOYOO_HTTPS is off: passwords and sessions travel unprotected.", file=sys.stderr, flush=True)


def why_unready(flask_app: Flask) -> str:
    """What differs between this release and its database, and what mends it; empty where nothing does."""
    try:
        return _migration() or _rights(flask_app)
    except DBAPIError as error:
        return f"the database can't be read ({str(error.orig)[:200]}): check SOYOO_DATABASE_URL, or {MEND}"


def _migration() -> str:
    settings = Config()
    settings.set_main_option("script_location", str(Path(__file__).resolve().parents[2] / "migrations"))
    script = ScriptDirectory.from_config(settings)
    wanted = set(script.get_heads())
    with sqla.engine.connect() as connection:
        have = set(MigrationContext.configure(connection).get_current_heads())
    if have == wanted:
        return ""
    at, needed = ", ".join(sorted(have)) or "nothing", ", ".join(sorted(wanted))
    if not have <= {revision.revision for revision in script.walk_revisions()}:
        return f"the database is at {at}, which this release doesn't know (it is at {needed}): start the newer release"
    return f"the database is at {at}, this release at {needed}: {MEND}"


def _rights(flask_app: Flask) -> str:
    """The matrix against what `deploy` synced of it; what an Admin changed since is no difference."""
    wanted, synced = matrix.wanted_grants(registered_pages(flask_app)), queries.seeded_grants(sqla.session())
    if wanted == synced:
        return ""
    more, fewer = len(wanted - synced), len(synced - wanted)
    return f"the rights of this release are not those in the database (+{more}, -{fewer}): {MEND}"
