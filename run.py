"""Starts the server: `python run.py`; also the Flask CLI's application (`flask --app run …`).

`--prepare` brings the database up first, with the demo clinic in an empty one; `--debug` is Flask's own reloader.
"""

import gc

gc.disable()  # nothing of what is loaded is garbage: looking for it would take a fifth of the start

import os  # noqa: E402
import sys  # noqa: E402

from app.cli.serve import spare_collector  # noqa: E402
from app.factory import create_app  # noqa: E402

app = create_app()
spare_collector()

if __name__ == "run" and not os.environ.get("FLASK_RUN_FROM_CLI"):  # another server's import, such as gunicorn's
    from app.cli.ready import refuse_unready

    refuse_unready(app)

if __name__ == "__main__":
    from app.cli.serve import main

    sys.exit(main(app, sys.argv[1:]))
