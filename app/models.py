"""The barrel: every room's models and nothing else, for migrations and tests."""

import app.audit.models
import app.billing.models
import app.catalogue.models
import app.clinical.models
import app.db.rows
import app.insurance.models
import app.jobs.models
import app.people.models
import app.scheduling.models
import app.security.models  # noqa: F401
