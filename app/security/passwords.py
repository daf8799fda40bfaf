"""Hashing: Argon2id for passwords, and cheaper for session secrets, which are random and long."""

from argon2 import PasswordHasher
from argon2.exceptions import InvalidHashError, VerificationError

from app.security.rules.passwords import normal

# OWASP's second recommendation: 19 MiB, two passes; four workers stay well under the memory budget.
_PASSWORDS = PasswordHasher(time_cost=2, memory_cost=19_456, parallelism=1)
_SECRETS = PasswordHasher(time_cost=1, memory_cost=1_024, parallelism=1)
# A hash of nothing anybody knows: checked for an unknown phone, so that both answers take as long.
_DUMMY = _PASSWORDS.hash("a password that nobody has")


def hash_password(password: str) -> str:
    """`$argon2id$…`"""
    return _PASSWORDS.hash(normal(password))


def is_password(hashed: str | None, password: str) -> bool:
    """Whether `password` is the one; takes as long for an unknown user (`hashed` None)."""
    return _verify(_PASSWORDS, hashed or _DUMMY, normal(password)) and hashed is not None


def hash_secret(secret: str) -> str:
    """The hash of a session's secret half."""
    return _SECRETS.hash(secret)


def is_secret(hashed: str, secret: str) -> bool:
    """Whether `secret` belongs to this session."""
    return _verify(_SECRETS, hashed, secret)


def _verify(hasher: PasswordHasher, hashed: str, given: str) -> bool:
    try:
        return hasher.verify(hashed, given)
    except (VerificationError, InvalidHashError, UnicodeEncodeError):
        return False
