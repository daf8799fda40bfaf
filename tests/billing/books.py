"""What every test of the ledger asks at its end."""

from app.billing.queries import verify
from app.billing.queries.verify import Difference
from tests.factories.clinic import Clinic


def differences(clinic: Clinic) -> list[Difference]:
    """What `billing verify` would find."""
    return list(verify.differences(clinic.session))
