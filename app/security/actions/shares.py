"""Secret addresses under `/s/`: of their tokens only the hash is kept. A printed document's is made from its row."""

import base64
import hashlib
import hmac
import secrets
from collections.abc import Sequence
from datetime import datetime

import sqlalchemy as sa
from sqlalchemy.orm import Session

from app.kernel.errors import RuleError
from app.kernel.text import T
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


def open_address(
    session: Session, kind: ShareKind, table: str, row: int, patient: int | None, *, most: int, now: datetime
) -> str:
    """Make a new secret address for a row, besides those there are. Returns its token, which is kept nowhere.

    Raises RuleError where `most` of them are open already.
    """
    if len(open_addresses(session, kind, table, (row,), now)) >= most:
        raise RuleError(T("There are %(count)s addresses already. Revoke one that is not needed.", count=most))
    token = secrets.token_urlsafe(24)
    session.add(ShareLink(token_hash=hash_token(token), kind=kind, table=table, row=row, patient_number=patient))
    session.flush()
    return token


def open_addresses(
    session: Session, kind: ShareKind, table: str, rows: Sequence[int], now: datetime
) -> Sequence[ShareLink]:
    """The addresses of this kind that open one of these rows, the newest first."""
    statement = sa.select(ShareLink).where(
        ShareLink.kind == kind,
        ShareLink.table == table,
        ShareLink.row.in_(rows),
        ShareLink.revoked_at.is_(None),
        sa.or_(ShareLink.expires_at.is_(None), ShareLink.expires_at > now),
    )
    return session.scalars(statement.order_by(ShareLink.share_link_id.desc())).all()


def revoke_address(session: Session, link: ShareLink, now: datetime) -> None:
    """It opens nothing any more, for good."""
    if link.revoked_at is None:
        link.revoked_at = now
    session.flush()
