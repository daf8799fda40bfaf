"""The rights of the application's own user on MariaDB: all of the clinic's day, and no change of what is append-only."""

import uuid
from collections.abc import Iterator
from pathlib import Path

import pytest
import sqlalchemy as sa
from flask_appbuilder.models.sqla import Model

from app.audit import sealer
from app.audit.models import AuditSeal
from app.cli.deploy import now
from app.cli.grants import lines
from app.db import AppendOnly, sqla
from app.workflows.jobs import make_worker
from tests.factories import servers
from tests.factories.clinic import CAST, PASSWORD, Clinic, build_app
from tests.security.attacks import attack
from tests.web import crowd

TABLES = sorted(m.local_table.name for m in Model.registry.mappers if issubclass(m.class_, AppendOnly))


@pytest.fixture
def limited(clinic: Clinic, tmp_path: Path) -> Iterator[Clinic]:
    """The clinic, its application signed in to the database as its own user."""
    with clinic.app.app_context():
        database = str(sqla.engine.url.database)
    user, server = f"soyoo_{uuid.uuid4().hex[:8]}", sa.make_url(str(servers.mariadb_url()))
    root = sa.create_engine(server.set(database=""), isolation_level="AUTOCOMMIT")
    with root.connect() as connection:
        connection.exec_driver_sql(f"CREATE USER '{user}'@'%%' IDENTIFIED BY 'x'")
        for line in lines(user, "%", database):
            if not line.startswith("--"):
                connection.exec_driver_sql(line.replace("%", "%%").rstrip(";"))
    own = build_app(server.set(database=database, username=user, password="x").render_as_string(False), tmp_path)
    try:
        with own.app_context():
            assert sqla.engine.url.username == user
            yield Clinic(own, "mariadb")
            sqla.session.remove()
            sqla.engine.dispose()
    finally:
        with root.connect() as connection:
            connection.exec_driver_sql(f"DROP USER '{user}'@'%%'")
        clinic.app.extensions["maria"].touched.update(servers.tables())


@pytest.mark.mariadb
def test_the_day_goes_on_as_the_applications_user(limited: Clinic) -> None:
    limited.app.extensions["maria"] = None
    browser = limited.client(None)
    assert browser.submit("/login/", {"phone": CAST["Receptionist"], "password": PASSWORD}).status_code == 302
    assert browser.get("/patients").status_code == 200
    doctor = limited.user("Doctor").id
    main = limited.unit(lambda s: crowd.begin(s, doctor))  # registers, books, treats, prescribes, invoices, pays
    limited.unit(lambda s: crowd.grow(s, main, 1))  # seals a little, as somebody without this instance folder
    sealer.keep(sealer.keys_of(limited.app.config), limited.app.config["INSTANCE"])
    for path in (
        f"/patients/{main.patient}",
        f"/invoices/{main.invoice}",
        f"/invoices/{main.invoice}.pdf",
        "/appointments",
    ):
        assert limited.client("Admin").get(path).status_code == 200, path
    make_worker(limited.app).run_all()
    assert limited.app.test_cli_runner().invoke(args=["jobs", "nightly"]).exit_code == 0
    sealer.seal(sealer.keys_of(limited.app.config), limited.app.config["INSTANCE"], now)
    assert limited.count(AuditSeal) > 0
    assert sealer.verify(limited.app.config, [], now()).first is None
    assert limited.app.test_cli_runner().invoke(args=["billing", "verify"]).exit_code == 0


@pytest.mark.mariadb
@attack("Changing or deleting append-only rows with the application's own database user", "V13.2.2")
@pytest.mark.parametrize("table", TABLES)
def test_what_is_append_only_is_so_for_the_applications_user(limited: Clinic, table: str) -> None:
    for statement in (
        f"UPDATE `{table}` SET created_at = created_at",
        f"DELETE FROM `{table}`",
        f"TRUNCATE TABLE `{table}`",
        f"DROP TABLE `{table}`",
        f"ALTER TABLE `{table}` ADD COLUMN x INTEGER",
        f"REPLACE INTO `{table}` SELECT * FROM `{table}`",
        f"INSERT INTO `{table}` SELECT * FROM `{table}` ON DUPLICATE KEY UPDATE created_at = now()",
        f"CREATE TRIGGER t BEFORE INSERT ON `{table}` FOR EACH ROW SET NEW.created_at = now()",
    ):
        with sqla.engine.connect() as connection, pytest.raises(sa.exc.DBAPIError, match=r"1142|1044|denied"):
            connection.exec_driver_sql(statement)


def test_a_name_can_not_carry_sql(clinic: Clinic) -> None:
    run = clinic.app.test_cli_runner().invoke
    for wrong in ("x'; DROP TABLE audit_log; --", "", "a b", "`"):
        assert run(args=["db", "grants", "--user", wrong, "--database", "soyoo"]).exit_code != 0
    printed = run(args=["db", "grants", "--database", "soyoo"]).output
    assert "GRANT SELECT, INSERT ON `soyoo`.`audit_log` TO 'soyoo'@'localhost';" in printed
    assert "GRANT SELECT, INSERT, UPDATE, DELETE ON `soyoo`.`appointment` TO 'soyoo'@'localhost';" in printed
    assert "GRANT SELECT ON `soyoo`.`medical_record` TO" in printed
