"""`/s/{token}`: what a secret address opens. A check of a document says that it is genuine, and nothing private."""

from collections.abc import Callable
from typing import Any

import sqlalchemy as sa
from flask import abort
from flask_appbuilder import BaseView, expose
from sqlalchemy.orm import Session

from app.billing import queries as billing
from app.clinical import queries as clinical
from app.db import sqla
from app.db.types import utcnow
from app.desk import feeds
from app.kernel.text import T
from app.lab import queries as lab
from app.security.actions.shares import hash_token
from app.security.models import ShareLink
from app.security.rules import ShareKind
from app.web.access import public
from app.web.text import say

# table → what its verification shows: (label, value) pairs without anybody's name
VERIFIERS: dict[str, Callable[[Session, int], list[tuple[Any, Any]] | None]] = {
    "prescription": clinical.verify_facts,
    "invoice": billing.verify_facts_invoice,
    "payment": billing.verify_facts_payment,
    "lab_request": lab.verify_facts,
}


class SharedPage(BaseView):
    """Open to whoever holds the address."""

    route_base, default_view = "/s", "open"

    @expose("/<token>")
    @public
    def open(self, token: str) -> Any:
        """The shared thing, or 404 for an unknown, ended or revoked address. A calendar's may end with `.ics`."""
        session = sqla.session()
        bare = token[:100].removesuffix(".ics")
        link = session.scalar(sa.select(ShareLink).where(ShareLink.token_hash == hash_token(bare)))
        if link is None or link.revoked_at is not None or (link.expires_at is not None and link.expires_at < utcnow()):
            abort(404)
        if link.kind is ShareKind.ICAL:
            return feeds.answer(session, link)
        facts = VERIFIERS[link.table](session, link.row) if link.table in VERIFIERS else None
        if link.kind is not ShareKind.VERIFY or facts is None:
            abort(404)
        shown = [(say(label), value) for label, value in facts]
        return self.render_template("desk/verify.html", facts=shown, title=say(T("Check of a document")))
