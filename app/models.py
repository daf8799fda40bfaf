"""The barrel: every room's models and nothing else, for migrations and tests."""

import app.audit.models
import app.billing.models
import app.catalogue.models
import app.clinical.models
import app.communication.models
import app.db.rows
import app.files.models
import app.insurance.models
import app.jobs.models
import app.lab.models
import app.people.models
import app.reporting.models
import app.scheduling.models
import app.security.models
import app.stock.models  # noqa: F401
