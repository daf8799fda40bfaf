"""Marks a test as one attack: what is tried, and the requirement of OWASP ASVS 5.0 it stands for."""

from typing import Any

import pytest


def attack(tried: str, asvs: str) -> Any:
    """The mark; the table of docs/security.md is made of these."""
    return pytest.mark.attack(tried=tried, asvs=asvs)
