"""The `flask` commands: see docs and README. Each prints what it did, in one language: English."""

from flask import Flask

from app.cli import audit, billing, demo, files, grants, jobs, lists, reports, roles, stock, work
from app.cli.deploy import deploy

__all__ = ["deploy", "init_cli"]


def init_cli(flask_app: Flask) -> None:
    """Attach the commands."""
    for group in (roles, lists, billing, stock, files, reports, audit, jobs, work, demo, grants):
        group.init(flask_app)

    @flask_app.cli.command("deploy")
    def deploy_command() -> None:
        """Migrations, permissions, roles and reference data, in one process."""
        deploy(flask_app)
        print("the database is at this release")
