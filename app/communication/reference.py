"""What comes with a new clinic: the wordings of what is sent, in both languages."""

from datetime import date
from pathlib import Path

import sqlalchemy as sa
from sqlalchemy.orm import Session

from app.communication.models import MessageTemplate
from app.communication.rules import Channel, Variant
from app.people.reference import member, read_table

DATA = Path(__file__).with_name("data")


def load(session: Session, today: date) -> None:
    """Add the templates that are missing; what a clinic has changed stays."""
    known = set(session.scalars(sa.select(MessageTemplate.code)))
    for row in read_table(DATA / "message_templates.csv"):
        if row["code"] not in known:
            texts = {name: row[name].replace("\\n", "\n") or None for name in ("subject_mn", "subject_en")}
            texts |= {name: row[name].replace("\\n", "\n") for name in ("body_mn", "body_en")}
            session.add(
                MessageTemplate(
                    code=row["code"], variant=Variant.A, channel=member(Channel, row["channel"]),
                    latin=row["latin"] == "1", **texts,
                )
            )  # fmt: skip
    session.flush()
