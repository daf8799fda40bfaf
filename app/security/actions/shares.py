"""Secret addresses under `/s/`: the token is made from the row it opens, only its hash is kept."""

import base64
import hashlib
import hmac

import sqlalchemy as sa
from sqlalchemy.orm import Session

from app.security.models import ShareLink
from app.security.rules import ShareKind


def token_of(secret: str, kind: ShareKind, table: str, row: int) -> str:
    """The token for a row: always the same, so that every print of a document carries the same code."""
    digest = hmac.new(secret.encode(), f"{kind.value}:{table}:{row}".encode(), hashlib.sha256).digest()
    return base64.urlsafe_b64encode(digest[:18]).decode()


def hash_token(token: str) -> str:
    """What is kept of a token."""
    return hashlib.sha256(token.encode("utf-8", "replace")).hexdigest()


def share(session: Session, secret: str, kind: ShareKind, table: str, row: int, patient: int | None) -> str:
    """Make sure that an address opens this row. Returns its token."""
    token = token_of(secret, kind, table, row)
    hashed = hash_token(token)
    if session.scalar(sa.select(ShareLink.share_link_id).where(ShareLink.token_hash == hashed)) is None:
        session.add(ShareLink(token_hash=hashed, kind=kind, table=table, row=row, patient_number=patient))
        session.flush()
    return token
