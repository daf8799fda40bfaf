"""What the audit log keeps of a value, what it masks, and what it cuts."""

import hashlib
import ipaddress
import json
import re
from collections.abc import Mapping
from datetime import date, datetime, time
from enum import Enum
from typing import Any
from urllib.parse import parse_qsl

from app.kernel.enums import Word
from app.kernel.text import T

MASK = "•••"
LONGEST = 2_000  # characters of a text, or of a list or dict written as JSON
_CONTROL = re.compile(r"[\x00-\x1f\x7f-\x9f\u200e\u200f\u2028-\u202e\u2066-\u2069\ud800-\udfff]")
_SECRET = re.compile(r"passw|secret|token|hash|totp|^otp|recovery|csrf|authorization|cookie", re.IGNORECASE)
_CODE = re.compile(r"\d(?:[ -]?\d){3,9}")


def kept_value(value: Any, is_secret: bool = False) -> Any:
    """The value as the log keeps it: secrets masked, moments as ISO text, what is long cut."""
    if value is None or isinstance(value, bool | int | float):
        return MASK if is_secret and value is not None else value
    if is_secret:
        return MASK
    if isinstance(value, Enum):
        return str(value.value)
    if isinstance(value, date | datetime | time):
        return value.isoformat()
    if isinstance(value, dict | list):
        kept = _without_secrets(value)
        text = json.dumps(kept, ensure_ascii=False, default=str)
        return kept if len(text) <= LONGEST else cut(text)
    return cut(str(value))


def cut(text: str, longest: int = LONGEST) -> str:
    """A text that is too long keeps its beginning, its length and the SHA-256 of the whole."""
    if len(text) <= longest:
        return text
    digest = hashlib.sha256(text.encode("utf-8", "surrogatepass")).hexdigest()
    return f"{text[:longest]}… ({len(text)} characters, SHA-256 {digest})"


def is_secret_name(name: str) -> bool:
    """Whether what has this name is kept masked, whatever it holds."""
    return bool(_SECRET.search(name))


def _without_secrets(value: Any) -> Any:
    if isinstance(value, Mapping):
        return {
            key: MASK if is_secret_name(str(key)) and kept else _without_secrets(kept) for key, kept in value.items()
        }
    return [_without_secrets(one) for one in value] if isinstance(value, list) else value


def without_codes(text: str | None) -> str | None:
    """A message as the log keeps it: what may be a code to sign in with is masked; the message itself has it."""
    return _CODE.sub(MASK, text) if text else text


def kept_query(query: str) -> str:
    """What stands behind the question mark of an address, without the secrets in it."""
    pairs = parse_qsl(query[:LONGEST], keep_blank_values=True)
    kept = [(name, MASK if is_secret_name(name) or name == "code" else value) for name, value in pairs]
    return cut("&".join(f"{_bare(name, 60)}={_bare(value, 200)}" for name, value in kept), 500)


def _bare(text: str, longest: int) -> str:
    return one_line(text, longest).replace("%", "%25").replace("&", "%26").replace("=", "%3D")


def one_line(text: str, longest: int) -> str:
    """A text that can't end a line, turn its direction or fill more than its column."""
    return _CONTROL.sub("\N{REPLACEMENT CHARACTER}", text)[:longest]


def kept_ip(ip: str) -> str:
    """An address as it is written; what is none, such as a forged header, is not kept."""
    try:
        return str(ipaddress.ip_address(ip.partition("%")[0].strip()))
    except ValueError:
        return ""


class AuditAction(Word):
    """What was done."""

    INSERT = "insert", T("Added")
    UPDATE = "update", T("Changed")
    DELETE = "delete", T("Deleted")
    VIEW = "view", T("Viewed")
    EXPORT = "export", T("Exported")
    PRINT = "print", T("Printed")
    SIGN_IN = "sign-in", T("Sign-in")
    PERMISSION = "permission", T("Changed a right")
    DENIED = "denied", T("Access refused")


CHANGES = (AuditAction.INSERT, AuditAction.UPDATE, AuditAction.DELETE)
