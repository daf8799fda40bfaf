"""Reads about the sterile packages that were opened at visits."""

from collections.abc import Iterable, Sequence

import sqlalchemy as sa
from sqlalchemy.orm import Session, joinedload

from app.clinical.models import Treatment, TreatmentItem
from app.clinical.models.packages import TreatmentSterilePackage
from app.stock.models import SterilePackage

MOST = 200


def packages_of(session: Session, treatment_id: int) -> Sequence[TreatmentSterilePackage]:
    """The packages of a visit with their cycles; one statement."""
    link = TreatmentSterilePackage
    statement = sa.select(link).where(link.treatment_id == treatment_id)
    cycle = joinedload(link.package).joinedload(SterilePackage.cycle)
    return session.scalars(statement.options(cycle).order_by(link.treatment_sterile_package_id)).all()


def use_of(session: Session, package_id: int) -> TreatmentSterilePackage | None:
    """The visit at which a package was opened."""
    link = TreatmentSterilePackage
    statement = sa.select(link).where(link.sterile_package_id == package_id)
    return session.scalar(statement.options(joinedload(link.treatment).joinedload(Treatment.patient)))


def used_packages(session: Session, package_ids: Iterable[int]) -> set[int]:
    """Those of these packages that were opened; one statement."""
    key = TreatmentSterilePackage.sterile_package_id
    return set(session.scalars(sa.select(key).where(key.in_(list(package_ids)))))


def visits_of_cycle(session: Session, cycle_id: int) -> Sequence[TreatmentSterilePackage]:
    """At whose visits the packages of a cycle were used; one statement."""
    link = TreatmentSterilePackage
    statement = sa.select(link).join(link.package).where(SterilePackage.sterilisation_cycle_id == cycle_id)
    visit = joinedload(link.treatment)
    whose = (visit.joinedload(Treatment.patient), visit.joinedload(Treatment.doctor), joinedload(link.package))
    return session.scalars(statement.options(*whose).order_by(link.treatment_sterile_package_id).limit(MOST)).all()


def has_items(session: Session, treatment_id: int) -> bool:
    """Whether any work is written for a visit."""
    statement = sa.select(TreatmentItem.treatment_item_id).where(TreatmentItem.treatment_id == treatment_id)
    return session.scalar(statement.limit(1)) is not None
