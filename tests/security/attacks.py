"""Marks a test as one attack: what is tried, and the requirement of OWASP ASVS 5.0 it stands for."""

import os
from typing import Any

import pytest

# `make security` tries every case; `make test` a part of the longest lists, another part on each form
IS_WHOLE = "SOYOO_ATTACKS" in os.environ


def attack(tried: str, asvs: str) -> Any:
    """The mark; the table of docs/security.md is made of these."""
    return pytest.mark.attack(tried=tried, asvs=asvs)
