"""Rows of the tables that serve the machine, and of insurance, for tests."""

import itertools
from datetime import UTC, datetime
from typing import Any

import sqlalchemy as sa
from sqlalchemy.orm import Session

from app.audit import actions as audit
from app.audit.actions.seal import seal_some
from app.audit.models import AuditLog, AuditSeal
from app.audit.rules import AuditAction
from app.audit.rules.seal import key_of
from app.insurance.models import InsurancePlan, InsuranceProvider, PatientInsurance
from app.insurance.rules import ProviderKind
from app.jobs import actions as jobs
from app.jobs.models import DocumentCounter, Job
from app.jobs.rules import CounterKind, JobKind
from app.people.models import Patient
from app.security import actions as security
from app.security.models import LoginAttempt, SessionToken, Setting, ShareLink
from app.security.rules import LoginOutcome, SessionType, ShareKind
from tests.factories import people

_numbers = itertools.count(1)


def _newest(session: Session, model: type[Any]) -> Any:
    key = sa.inspect(model).primary_key[0]
    return session.scalars(sa.select(model).order_by(key.desc()).limit(1)).one()


def entry(session: Session, table: str = "patient", row: int = 1) -> AuditLog:
    """A line of the audit log."""
    audit.record(session, AuditAction.VIEW, table, row)
    found: AuditLog = _newest(session, AuditLog)
    return found


def seal(session: Session) -> AuditSeal:
    """A sealed line: the newest, when all before it are sealed too."""
    entry(session)
    while seal_some(session, key_of("the key of the tests"), datetime.now(UTC), late=True)[0]:
        pass
    found: AuditSeal = session.scalars(sa.select(AuditSeal).order_by(AuditSeal.sequence.desc()).limit(1)).one()
    return found


def job(session: Session) -> Job:
    """Work that waits."""
    return jobs.enqueue(session, next(iter(JobKind)), {}, now=datetime.now(UTC), dedupe_key=f"test:{next(_numbers)}")


def counter(session: Session, kind: CounterKind | None = None) -> DocumentCounter:
    """A counter that has counted once."""
    jobs.next_number(session, kind or next(iter(CounterKind)), 2020 + next(_numbers))
    return session.scalars(sa.select(DocumentCounter).order_by(DocumentCounter.year.desc()).limit(1)).one()


def attempt(session: Session, phone: str = "+97699000099") -> LoginAttempt:
    """Somebody who could not sign in."""
    row = LoginAttempt(phone=phone, outcome=LoginOutcome.WRONG_PASSWORD)
    session.add(row)
    session.flush()
    return row


def token(session: Session, user_id: int) -> SessionToken:
    """A device that is signed in."""
    start = {"now": datetime.now(UTC), "hours": 12, "ip": "", "device": "test", "session_type": SessionType.STAFF}
    security.open_session(session, user_id, **start)  # type: ignore[arg-type]  # as the names say
    session.flush()
    found: SessionToken = _newest(session, SessionToken)
    return found


def setting(session: Session, key: str = "billing.due_days", value: int = 30) -> Setting:
    """A changed threshold."""
    security.change_setting(session, key, value, None)
    return session.scalars(sa.select(Setting).where(Setting.key == key)).one()


def link(session: Session, table: str = "invoice", row: int = 1) -> ShareLink:
    """A secret address."""
    security.share(session, f"key {next(_numbers)}", ShareKind.VERIFY, table, row, None)
    found: ShareLink = _newest(session, ShareLink)
    return found


def insurer(session: Session, name: str | None = None) -> InsuranceProvider:
    """An insurer."""
    row = InsuranceProvider(name=name or f"Даатгал {next(_numbers)}", kind=ProviderKind.PRIVATE)
    session.add(row)
    session.flush()
    return row


def plan(session: Session, of: InsuranceProvider | None = None) -> InsurancePlan:
    """What an insurer offers."""
    provider = of or insurer(session)
    row = InsurancePlan(insurance_provider_id=provider.insurance_provider_id, name=f"Багц {next(_numbers)}")
    session.add(row)
    session.flush()
    return row


def policy(session: Session, patient: Patient | None = None) -> PatientInsurance:
    """A patient's policy."""
    owner, bought = patient or people.patient(session), plan(session)
    row = PatientInsurance(
        patient_id=owner.patient_id, insurance_plan_id=bought.insurance_plan_id, policy_number=f"P-{next(_numbers)}"
    )
    session.add(row)
    session.flush()
    return row
