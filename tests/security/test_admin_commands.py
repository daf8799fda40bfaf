"""The way back in from the command line."""

import re

from app.security.models import UserProfile
from tests.factories.clinic import CAST, Clinic
from tests.security.authenticator import enrol
from tests.security.test_second_factor import use


def test_the_last_admin_gets_back_in_from_the_command_line(clinic: Clinic) -> None:
    enrol(clinic, "Admin")
    runner = clinic.app.test_cli_runner()
    told = runner.invoke(args=["admin", "reset", "--phone", CAST["Admin"], "--drop-second-factor"])
    assert told.exit_code == 0
    code = re.search(r"[2-9a-z]{5}-[2-9a-z]{5}", told.output)
    assert code
    assert use(clinic, "Admin", code[0]).status_code == 302
    assert clinic.session.get_one(UserProfile, clinic.user("Admin").id).totp_secret is None
    assert runner.invoke(args=["admin", "reset", "--phone", "99009900"]).exit_code == 1
