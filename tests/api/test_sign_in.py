"""Programs sign in by the same door: one lockout, one answer, and a token that ends with its session."""

import base64
import hmac
import json
import time
from datetime import UTC, datetime, timedelta
from typing import Any

import jwt
import pytest
import sqlalchemy as sa
import time_machine

from app.security import actions, identity, second_factor
from app.security.models import LoginAttempt, SessionToken, User, UserProfile
from app.security.rules import LoginOutcome, SessionType
from app.security.rules.second_factor import matching_step
from tests.api.program import LOGIN, Program, program, sign_in
from tests.factories.clinic import CAST, CSRF, PASSWORD, Clinic

LIST = "/api/v1/patients/"


def status_with(clinic: Clinic, token: str, path: str = LIST) -> int:
    return int(Program(clinic, token).get(path).status_code)


@pytest.mark.both
def test_phone_and_password_give_a_token_that_opens_the_api(clinic: Clinic) -> None:
    answer = sign_in(clinic, "Receptionist")
    assert answer.status_code == 200
    assert answer.json["token_type"] == "Bearer"
    assert answer.json["expires_in"] == 12 * 3600
    assert status_with(clinic, answer.json["access_token"]) == 200
    token = clinic.session.scalars(sa.select(SessionToken)).one()
    assert token.session_type is SessionType.PROGRAM
    assert not answer.headers.get_all("Set-Cookie")


@pytest.mark.parametrize(
    "body",
    [
        {"phone": "9900 0006"},
        {"username": "+97699000006"},
        {"username": "99000006", "provider": "db", "refresh": False},
    ],
)
def test_the_number_may_be_typed_in_any_usual_way(clinic: Clinic, body: dict[str, Any]) -> None:
    assert Program(clinic, None).post(LOGIN, {"password": PASSWORD, **body}).status_code == 200


def test_wrong_password_and_unknown_number_get_the_same_answer(clinic: Clinic) -> None:
    nobody = Program(clinic, None)
    wrong = nobody.post(LOGIN, {"phone": CAST["Admin"], "password": "not this one"})
    unknown = nobody.post(LOGIN, {"phone": "99009900", "password": "not this one"})
    assert wrong.status_code == unknown.status_code == 401
    assert wrong.data == unknown.data


def test_it_takes_as_long_for_an_unknown_number(clinic: Clinic) -> None:
    nobody = Program(clinic, None)

    def lasts(phone: str) -> float:
        start = time.perf_counter()
        nobody.post(LOGIN, {"phone": phone, "password": "not this one"})
        return time.perf_counter() - start

    lasts("99009900")
    known = sorted(lasts(CAST["Manager"]) for _ in range(4))[0]
    unknown = sorted(lasts("99009901") for _ in range(4))[0]
    assert 0.3 < known / unknown < 3


@pytest.mark.both
def test_failures_here_and_at_the_form_lock_the_same_account(clinic: Clinic) -> None:
    nobody = Program(clinic, None)
    for _ in range(3):
        assert nobody.post(LOGIN, {"phone": CAST["Nurse"], "password": "wrong"}).status_code == 401
    for _ in range(2):
        clinic.client().submit("/login/", {"phone": CAST["Nurse"], "password": "wrong"})
    assert sign_in(clinic, "Nurse").status_code == 401
    with time_machine.travel(datetime.now(UTC) + timedelta(minutes=16), tick=True):
        assert sign_in(clinic, "Nurse").status_code == 200


@pytest.mark.parametrize(
    "body",
    [
        {},
        {"phone": "99000006"},
        {"phone": 5, "password": PASSWORD},
        {"phone": "99000006", "password": PASSWORD, "role": "Admin"},
        {"phone": "9" * 70, "password": "x"},
    ],
)
def test_what_is_no_sign_in_is_told_on_its_field(clinic: Clinic, body: dict[str, Any]) -> None:
    answer = Program(clinic, None).post(LOGIN, body)
    assert answer.status_code == 422
    assert answer.json["errors"]
    assert clinic.count(LoginAttempt) == 0


@pytest.mark.parametrize("data", ["", "{", "[]", "null", "5", '"x"', "[" * 100_000])
def test_what_is_no_object_is_refused(clinic: Clinic, data: str) -> None:
    answer = Program(clinic, None).open("POST", LOGIN, data=data, content_type="application/json")
    assert answer.status_code == 400
    assert answer.json["message"]
    assert Program(clinic, None).open("POST", LOGIN, data={"phone": "1"}).status_code == 400


# --- the second factor


def code_at(secret: str, at: float) -> str:
    """As an authenticator shows it (RFC 6238)."""
    digest = hmac.new(base64.b32decode(secret), (int(at) // 30).to_bytes(8, "big"), "sha1").digest()
    start = digest[-1] & 15
    return f"{(int.from_bytes(digest[start : start + 4], 'big') & 0x7FFFFFFF) % 1_000_000:06d}"


def test_the_code_of_the_standards_example_is_the_one() -> None:
    secret = base64.b32encode(b"12345678901234567890").decode()
    assert matching_step(secret, "287082", datetime.fromtimestamp(59, UTC)) == 1  # RFC 6238, appendix B
    assert matching_step(secret, "081804", datetime.fromtimestamp(1111111109, UTC)) == 1111111109 // 30
    assert matching_step(secret, "287082", datetime.fromtimestamp(200, UTC)) is None
    for typed in ("", "28708", "abcdef", "２８７０８２", "\ud800"):
        assert matching_step(secret, typed, datetime.fromtimestamp(59, UTC)) is None
    assert matching_step("not base 32!", "287082", datetime.fromtimestamp(59, UTC)) is None


def test_a_second_factor_is_asked_for_and_its_failures_count(clinic: Clinic) -> None:
    seed, key = second_factor.new_seed(), clinic.user("Manager").id
    secret = second_factor.secret_of(str(clinic.app.secret_key), seed)
    clinic.unit(lambda s: setattr(s.get_one(UserProfile, key), "totp_secret", seed))
    assert sign_in(clinic, "Manager").status_code == 401
    assert sign_in(clinic, "Manager", otp="000000").status_code == 401
    assert sign_in(clinic, "Manager", otp=code_at(secret, time.time())).status_code == 200
    for _ in range(5):
        sign_in(clinic, "Manager", otp="000000")
    assert sign_in(clinic, "Manager", otp=code_at(secret, time.time() + 30)).status_code == 401
    outcomes = [row.outcome for row in clinic.session.scalars(sa.select(LoginAttempt))]
    assert LoginOutcome.WRONG_SECOND_FACTOR in outcomes
    assert outcomes[-1] is LoginOutcome.LOCKED


# --- how a token ends


@pytest.mark.both
def test_revoking_the_session_ends_the_token_at_once(clinic: Clinic) -> None:
    token = sign_in(clinic, "Doctor").json["access_token"]
    assert status_with(clinic, token) == 200
    clinic.unit(lambda s: actions.revoke_sessions(s, clinic_user(s, "Doctor"), datetime.now(UTC)))
    assert status_with(clinic, token) == 401


def clinic_user(session: Any, role: str) -> int:
    found = session.scalar(sa.select(User.id).where(User.username == f"+976{CAST[role]}"))
    assert found
    return int(found)


def test_a_switched_off_user_and_an_expired_or_idle_session_are_out(clinic: Clinic) -> None:
    token = sign_in(clinic, "Doctor").json["access_token"]
    with time_machine.travel(datetime.now(UTC) + timedelta(minutes=31), tick=True):
        assert status_with(clinic, token) == 401
    with time_machine.travel(datetime.now(UTC) + timedelta(hours=13), tick=True):
        assert status_with(clinic, token) == 401
    assert status_with(clinic, token) == 200
    clinic.unit(lambda s: setattr(s.get_one(User, clinic_user(s, "Doctor")), "active", False))
    assert status_with(clinic, token) == 401


def test_another_role_ends_the_token_at_once(clinic: Clinic) -> None:
    who = program(clinic, "Receptionist")
    assert who.get("/api/v1/payments/").status_code == 200
    key = clinic.user("Receptionist").id

    def give(role: str) -> None:
        clinic.unit(lambda s: actions.change_roles(s, s.get_one(User, key), [role], ["Admin"], datetime.now(UTC)))

    give("Nurse")
    assert who.get("/api/v1/patients/").status_code == 401
    again = program(clinic, "Receptionist")
    assert again.get("/api/v1/patients/").status_code == 200
    assert again.get("/api/v1/payments/").status_code == 403
    give("Patient")
    assert again.get("/api/v1/patients/").status_code == 401
    assert sign_in(clinic, "Receptionist").status_code == 403


def test_signing_out_ends_the_token(clinic: Clinic) -> None:
    who = program(clinic, "Doctor")
    assert who.post("/api/v1/security/logout").status_code == 200
    assert who.get(LIST).status_code == 401
    assert who.post("/api/v1/security/logout").status_code == 401


def test_who_must_choose_a_password_first_is_refused(clinic: Clinic) -> None:
    who, key = program(clinic, "Doctor"), clinic.user("Doctor").id
    clinic.unit(lambda s: setattr(s.get_one(UserProfile, key), "must_change_password", True))
    assert sign_in(clinic, "Doctor").status_code == 403
    answer = who.get(LIST)
    assert answer.status_code == 403
    assert answer.is_json


# --- forged tokens


def forged(clinic: Clinic, **changes: Any) -> dict[str, str]:
    """Tokens that nobody signed for."""
    good = sign_in(clinic, "Admin").json["access_token"]
    with clinic.app.app_context():
        key = identity._signing_key()
    claims = jwt.decode(good, key, ["HS256"])
    head, body, signature = good.split(".")
    none = base64.urlsafe_b64encode(json.dumps({"alg": "none", "typ": "JWT"}).encode()).decode().rstrip("=")
    now = datetime.now(UTC)
    other = sign_in(clinic, "Nurse").json["access_token"].split(".")
    return {
        "alg none": f"{none}.{body}.",
        "alg none with a signature": f"{none}.{body}.{signature}",
        "another key": jwt.encode(claims, "x" * 32, "HS256"),
        "the application's key itself": jwt.encode(claims, str(clinic.app.secret_key).ljust(32, "."), "HS256"),
        "another algorithm": jwt.encode(claims, key * 2, "HS512"),
        "expired": jwt.encode({**claims, "exp": now - timedelta(seconds=1)}, key, "HS256"),
        "not yet": jwt.encode({**claims, "nbf": now + timedelta(hours=1)}, key, "HS256"),
        "no end": jwt.encode({k: v for k, v in claims.items() if k != "exp"}, key, "HS256"),
        "no session": jwt.encode({k: v for k, v in claims.items() if k != "sid"}, key, "HS256"),
        "another secret": jwt.encode({**claims, "sid": claims["sid"].split(".")[0] + ".guess"}, key, "HS256"),
        "an unknown session": jwt.encode({**claims, "sid": "nobody.guess"}, key, "HS256"),
        "a session that is a number": jwt.encode({**claims, "sid": 7}, key, "HS256"),
        "another's signature": f"{head}.{body}.{other[2]}",
        "another's body": f"{head}.{other[1]}.{signature}",
        "garbage": "a.b.c",
        "nothing": "",
    }


def test_no_forged_token_opens_anything(clinic: Clinic) -> None:
    for name, token in forged(clinic).items():
        answer = Program(clinic, None).open("GET", LIST, headers={"Authorization": f"Bearer {token}"})
        assert answer.status_code == 401, name


def test_a_browsers_session_is_no_programs_and_the_other_way_round(clinic: Clinic) -> None:
    opened = clinic.unit(
        lambda s: actions.open_session(
            s, clinic_user(s, "Admin"), now=datetime.now(UTC), hours=1, ip="", device="", session_type=SessionType.STAFF
        )
    )
    with clinic.app.app_context():
        key = identity._signing_key()
    now = datetime.now(UTC)
    claims = {"sid": opened, "iat": now, "nbf": now, "exp": now + timedelta(hours=1), "type": "access"}
    assert status_with(clinic, jwt.encode(claims, key, "HS256")) == 401
    token = sign_in(clinic, "Admin").json["access_token"]
    thief = clinic.client()
    with thief.session_transaction() as cookie:
        cookie["token"] = jwt.decode(token, key, ["HS256"])["sid"]
    assert thief.get(LIST).status_code == 401
    assert thief.get("/patients").status_code == 302


def test_a_token_opens_no_page(clinic: Clinic) -> None:
    answer = program(clinic, "Admin").get("/patients")
    assert answer.status_code == 302
    assert answer.location.startswith("/login/")


# --- the browser's cookie on the API (trap 1)

NEW = {"first_name": "Бат", "is_provisional": True}


def test_a_cookie_alone_changes_nothing_and_with_the_token_it_may(clinic: Clinic) -> None:
    desk = clinic.client("Receptionist")
    assert desk.get(LIST).status_code == 200
    for method in (desk.post, desk.put, desk.delete):
        answer = method(LIST if method == desk.post else f"{LIST}1", json=NEW)
        assert answer.status_code in (400, 405)
        assert answer.is_json
    from itsdangerous import URLSafeTimedSerializer

    token = URLSafeTimedSerializer(clinic.app.secret_key, salt="wtf-csrf-token").dumps(CSRF)
    assert desk.put(f"{LIST}1", json={}, headers={"X-CSRFToken": token}).status_code == 200
    assert desk.put(f"{LIST}1", json={}, headers={"X-CSRFToken": "guess"}).status_code == 400


def test_a_bearer_token_beside_a_cookie_is_who_asks(clinic: Clinic) -> None:
    """No page can use somebody's cookie by adding a header: with the header the cookie counts for nothing."""
    desk = clinic.client("Receptionist")
    headers = {"Authorization": "Bearer x"}
    assert desk.get(LIST, headers=headers).status_code == 401
    assert desk.put(f"{LIST}1", json={}, headers=headers).status_code == 401
    nurse = sign_in(clinic, "Nurse").json["access_token"]
    assert desk.get("/api/v1/payments/", headers={"Authorization": f"Bearer {nurse}"}).status_code == 403
    assert desk.get("/patients", headers=headers).status_code == 302
    assert desk.post("/patients/add", data={}, headers=headers).status_code == 400
