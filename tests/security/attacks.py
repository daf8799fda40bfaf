"""Marks a test as one attack: what is tried, and the requirement of OWASP ASVS 5.0 it stands for."""

import os
from collections.abc import Iterable
from typing import Any, TypeVar

import pytest

IS_WHOLE = "SOYOO_ATTACKS" in os.environ
C = TypeVar("C")


def part_of(cases: Iterable[C], turn: int = 0, share: int = 2) -> list[C]:
    """All cases in `make security`; in `make test` one of `share`, others at another turn (the next form, a role)."""
    found = list(cases)
    return found if IS_WHOLE else found[turn % share :: share]


def attack(tried: str, asvs: str) -> Any:
    """The mark; the table of docs/security.md is made of these."""
    return pytest.mark.attack(tried=tried, asvs=asvs)
