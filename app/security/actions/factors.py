"""A second factor: turned on by a code, used up step by step, turned off. The profile is locked by the caller."""

import hmac
from datetime import datetime

from app.kernel.errors import Conflict, RuleError
from app.kernel.text import T
from app.security import second_factor
from app.security.models import UserProfile
from app.security.rules.second_factor import RECOVERY_CODES, matching_step, spelled


def use_factor(profile: UserProfile, typed: str, app_key: str, now: datetime) -> bool:
    """Whether `typed` is the authenticator's code or a recovery code; either opens once."""
    if not profile.totp_secret:
        return False
    secret = second_factor.secret_of(app_key, profile.totp_secret)
    step = matching_step(secret, typed, now, profile.totp_step)
    if step is not None:
        profile.totp_step = step
        return True
    given, kept = second_factor.hash_code(app_key, profile.user_id, typed), profile.recovery_codes or []
    rest = [code for code in kept if not hmac.compare_digest(code, given)]
    if len(rest) < len(kept):
        profile.recovery_codes = rest
        return True
    return False


def turn_on(profile: UserProfile, seed: str, typed: str, app_key: str, now: datetime) -> list[str]:
    """Turn the second factor on once a code shows that the authenticator has it. Returns the recovery codes.

    Raises Conflict where there is one already, RuleError for a wrong code.
    """
    if profile.totp_secret:
        raise Conflict(T("Your second factor is on already."))
    step = matching_step(second_factor.secret_of(app_key, seed), typed, now)
    if step is None:
        raise RuleError(T("This is not the code that the app shows now."), field="code")
    profile.totp_secret, profile.totp_step = seed, step
    return renew_codes(profile, app_key)


def renew_codes(profile: UserProfile, app_key: str) -> list[str]:
    """New recovery codes, as people read them; the old ones count no more."""
    codes = [second_factor.new_code() for _ in range(RECOVERY_CODES)]
    profile.recovery_codes = [second_factor.hash_code(app_key, profile.user_id, code) for code in codes]
    return [spelled(code) for code in codes]


def turn_off(profile: UserProfile) -> None:
    """Back to the password alone."""
    profile.totp_secret, profile.totp_step, profile.recovery_codes = None, None, None
