"""Imports in a hurry: nobody waits between two units."""

import shutil
from typing import Any

import pytest

from app.files.lists.store import FOLDER
from app.workflows.imports import engine


@pytest.fixture(autouse=True)
def _alone_and_in_a_hurry(clinic: Any, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(engine, "BREATH", 0)
    shutil.rmtree(clinic.app.config["INSTANCE"] / FOLDER, ignore_errors=True)
