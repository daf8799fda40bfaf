"""`flask demo …`."""

from flask import Flask


def init(flask_app: Flask) -> None:
    """Attach the group."""
