"""Row rules: somebody who is only a patient reads and writes their own rows, whatever the page asks for.

They live in the session (trap 22), below every view, so that a forgotten filter shows nothing.
"""

from typing import Any

import sqlalchemy as sa
from flask_appbuilder.models.sqla import Model
from sqlalchemy.orm import ORMExecuteState, Session, with_loader_criteria

from app.db.base import AppendOnly, Base, sqla
from app.db.context import Actor, actor
from app.kernel.errors import NotAllowed
from app.kernel.text import T


@sa.event.listens_for(sqla.session, "do_orm_execute")
def _limit_reads(state: ORMExecuteState) -> None:
    who = actor()
    reads = state.is_select or state.is_update or state.is_delete
    if not who.is_limited or not reads or state.is_column_load or state.is_relationship_load:
        return
    state.statement = state.statement.options(
        *(with_loader_criteria(mapper.class_, own_rows(mapper.class_, who), include_aliases=True) for mapper in _ours())
    )


def own_rows(model: type[Base], who: Actor) -> "sa.ColumnElement[bool]":
    """The rows of `model` that are this person's, under each of their numbers (see `people.queries.patient_ids`)."""
    keys = (who.own_patient_id, *who.merged_patient_ids)
    return sa.or_(*(model.owned_by(key) for key in keys)) if len(keys) > 1 else model.owned_by(keys[0])


def _ours() -> list[sa.orm.Mapper[Any]]:
    return [mapper for mapper in Model.registry.mappers if issubclass(mapper.class_, Base)]


@sa.event.listens_for(sqla.session, "before_flush")
def _limit_writes(session: Session, _context: object, _instances: object) -> None:
    _append_only_stays(session)
    who = actor()
    if not who.is_limited:
        return
    for row in (*session.new, *session.dirty, *session.deleted):
        column = getattr(row, "patient_column", None)
        if column and getattr(row, column) not in (who.own_patient_id, *who.merged_patient_ids):
            raise NotAllowed(T("This belongs to somebody else."))


def _append_only_stays(session: Session) -> None:
    for row in (*session.deleted, *(row for row in session.dirty if session.is_modified(row))):
        if isinstance(row, AppendOnly):
            raise RuntimeError(f"{type(row).__name__} is append-only")
