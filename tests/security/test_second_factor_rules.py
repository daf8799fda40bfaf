"""The second factor's arithmetic, and which passwords are refused: by example and by property."""

from datetime import UTC, datetime, timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from app.kernel.errors import RuleError
from app.security import passwords, second_factor
from app.security.rules import Limits, ends_at, is_session_alive
from app.security.rules.passwords import check_password, common_passwords, is_common, normal
from app.security.rules.second_factor import bare_code, is_required, matching_step, otp_address, spelled
from tests.security.authenticator import code_at

NOW = datetime(2026, 11, 21, 9, 0, tzinfo=UTC)
SEEDS = st.binary(min_size=20, max_size=20).map(bytes.hex)
MOMENTS = st.integers(1_600_000_000, 3_800_000_000).map(lambda at: datetime.fromtimestamp(at, UTC))


@given(SEEDS, MOMENTS, st.integers(-10, 10))
def test_a_code_counts_half_a_minute_early_or_late_and_no_longer(seed: str, now: datetime, steps: int) -> None:
    secret = second_factor.secret_of("a key", seed)
    shown = code_at(secret, now.timestamp() + 30 * steps)
    found = matching_step(secret, shown, now)
    if abs(steps) <= 1:
        assert found is not None
        assert matching_step(secret, f" {shown[:3]} {shown[3:]} ", now) == found
    elif found is not None:  # another step that happens to show the same six digits
        assert any(code_at(secret, now.timestamp() + 30 * near) == shown for near in (-1, 0, 1))


@given(SEEDS, MOMENTS)
def test_a_code_opens_once_and_none_before_it_does_any_more(seed: str, now: datetime) -> None:
    secret = second_factor.secret_of("a key", seed)
    used = matching_step(secret, code_at(secret, now.timestamp()), now)
    assert used is not None
    for earlier in (0, -30):
        assert (matching_step(secret, code_at(secret, now.timestamp() + earlier), now, used) or used + 1) > used
    assert matching_step(secret, code_at(secret, now.timestamp()), now, used + 1) is None


@given(st.text(max_size=30))
def test_nothing_typed_as_a_code_is_an_error(typed: str) -> None:
    assert matching_step(second_factor.secret_of("k", "ab"), typed, NOW, 10**12) is None
    assert set(bare_code(typed)) <= set("0123456789abcdefghijklmnopqrstuvwxyz")


@given(SEEDS)
def test_the_key_is_not_what_is_kept(seed: str) -> None:
    secret = second_factor.secret_of("a key", seed)
    assert len(secret) == 32
    assert second_factor.secret_of("another key", seed) != secret
    assert seed not in secret.lower()


def test_recovery_codes_differ_and_are_kept_as_keyed_hashes() -> None:
    codes = {second_factor.new_code() for _ in range(500)}
    assert len(codes) == 500
    code = codes.pop()
    kept = second_factor.hash_code("a key", 7, code)
    assert kept == second_factor.hash_code("a key", 7, f" {spelled(code).upper()} ")
    assert code not in kept
    assert kept not in (second_factor.hash_code("another", 7, code), second_factor.hash_code("a key", 8, code))


def test_the_picture_says_what_an_authenticator_reads() -> None:
    address = otp_address("ABC", "Soyoo Шүд", "9900 0001")
    assert address.startswith("otpauth://totp/Soyoo%20%D0%A8")
    assert "secret=ABC&issuer=Soyoo%20" in address
    drawn = second_factor.qr_code(address)
    assert drawn.startswith("<svg")
    assert "script" not in drawn


@given(st.sets(st.sampled_from(["Admin", "Manager", "Nurse"])), st.sets(st.sampled_from(["Admin", "Manager"])))
def test_who_must_have_one(roles: set[str], asked: set[str]) -> None:
    assert is_required(roles, asked) is bool(roles & asked)


# --- how long a session lasts


@given(st.integers(0, 48 * 60), st.integers(0, 48 * 60), st.integers(1, 24), st.integers(1, 24), st.integers(5, 720))
def test_no_use_makes_a_session_last_longer_and_a_shorter_setting_counts_at_once(
    age: int, unused: int, granted: int, hours: int, idle: int
) -> None:
    opened, seen = NOW - timedelta(minutes=age), NOW - timedelta(minutes=min(age, unused))
    limits = Limits(timedelta(hours=hours), timedelta(minutes=idle))
    expires = opened + timedelta(hours=granted)
    alive = is_session_alive(NOW, opened, expires, seen, None, limits)
    assert alive is (age < 60 * min(granted, hours) and min(age, unused) < idle)
    assert ends_at(opened, expires, limits) <= expires
    assert not is_session_alive(NOW, opened, expires, seen, NOW, limits)


# --- passwords


@pytest.mark.parametrize(
    "typed",
    [
        "password123", "Password123!", "P A S S W O R D 1 2 3", "qwertyuiop", "qwertyuiop[]", "1qaz2wsx3edc", "asdfghjkl;'", "0987654321",
        "фцужэнгшүз", "ФЦУЖЭНГШҮЗ", "йыбөахролд", "ячёсмитьвю", "йцукенгшщз", "фывапролдж",
        "зйыыцүжб123",  # password123, typed while the Mongolian layout was on
        "пароль123456", "нууцүг1234", "монголулс1", "чингисхаан2024", "улаанбаатар", "сайнбайнауу", "ganbaatar1", "nuutsug123", "bayarlalaa1",
        "abababababab", "1234123412", "aaaaaaaaaaaa", "абвгдеёжзи", "９９９９８８８８７７７７", "99 00 00 06 99000006", "qwerty qwerty", "administrator",
    ],
)  # fmt: skip
def test_what_others_would_try_first_is_refused(typed: str) -> None:
    with pytest.raises(RuleError):
        check_password(typed, "+97699000006", 10)


@pytest.mark.parametrize(
    "typed",
    ["шинэ нууц үг 7", "Хөх тэнгэрийн доор", "soyoo-demo-1", "цагаан морь уулын цаана", "ө" * 3 + "ү" * 3 + "ёщъью", "correct horse battery"],
)  # fmt: skip
def test_good_ones_are_accepted_in_either_alphabet(typed: str) -> None:
    check_password(typed, "+97699000006", 10)


@pytest.mark.parametrize("typed", ["нууц\x00үг шинэ", "a\ud800bcdefghijk", "tab\tтайнууцүг"])
def test_what_can_not_be_typed_again_is_refused(typed: str) -> None:
    with pytest.raises(RuleError):
        check_password(typed, "+97699000006", 10)


def test_the_list_is_a_real_one() -> None:
    assert len(common_passwords()) > 30_000
    assert {"password1", "iloveyou", "нууцүг123", "чингисхаан"} <= common_passwords()
    assert min(map(len, common_passwords())) >= 8


def test_the_same_letters_match_whichever_machine_typed_them() -> None:
    composed, apart = "Йөрөөл Ёслол 12", "И\u0306өрөөл Е\u0308слол 12"
    assert composed != apart
    assert passwords.is_password(passwords.hash_password(composed), apart)
    assert passwords.is_password(passwords.hash_password("ＡＢＣ нууц үг"), "ABC нууц үг")
    assert not passwords.is_password(passwords.hash_password(composed), composed.lower())


@given(st.text(max_size=60))
def test_no_password_is_an_error(typed: str) -> None:
    assert normal(normal(typed)) == normal(typed)
    is_common(typed)
    try:
        check_password(typed, "+97699000006", 10)
    except RuleError:
        return
    assert len(normal(typed)) >= 10
