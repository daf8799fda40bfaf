"""What the next page says, such as "Saved.": kept in the session's row, for it may name a patient; cookies are read."""

import logging

from flask import Flask, Response, g, session
from sqlalchemy.exc import DBAPIError

from app.db import unit
from app.security import actions

log = logging.getLogger(__name__)
SAID = "_flashes"  # where Flask looks for them


def init_telling(flask_app: Flask) -> None:
    """Bring the messages to each request of somebody signed in, and put away what it leaves."""

    @flask_app.after_request
    def put_away(answer: Response) -> Response:
        selector = g.get("session_selector")
        if selector:
            left = [list(message) for message in session.pop(SAID, [])]
            if left != g.told:
                _keep(selector, left)
        return answer


def _keep(selector: str, left: list[list[str]]) -> None:
    """What was to be done is done by now: a message that can't be kept is lost, not the answer."""
    brought = g.told
    try:
        unit(lambda db: actions.keep_told(db, selector, left, brought))
    except DBAPIError:
        log.exception("a message for the next page could not be kept")


def bring() -> None:
    """Let this request's page say what was kept for it."""
    if g.get("told"):
        session[SAID] = [tuple(message) for message in g.told]
