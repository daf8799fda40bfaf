"""`/profile/second-factor`: on by a code, recovery codes shown once, off by password and code."""

from datetime import UTC, datetime
from typing import Any

from flask import flash, redirect
from flask_appbuilder import expose
from itsdangerous import BadData, URLSafeTimedSerializer
from markupsafe import Markup
from sqlalchemy.orm import Session
from wtforms import HiddenField, PasswordField, StringField

from app.db import sqla, unit
from app.kernel.errors import RuleError
from app.kernel.phones import show_phone
from app.kernel.text import T
from app.security import actions, door, identity, queries, second_factor
from app.security.models import UserProfile
from app.security.rules.second_factor import in_groups, is_required, otp_address
from app.web import saving, who
from app.web.access import writes
from app.web.forms import ClinicForm
from app.web.text import lazy, say
from app.web.views import ClinicPage

SEED_SECONDS = 1_800  # how long an enrolment may take


class EnrolForm(ClinicForm):
    """The first code; the seed that it belongs to travels signed and is worth nothing without the application's key."""

    seed = HiddenField()
    password = PasswordField(lazy(T("Your password")))
    code = StringField(lazy(T("Code that the app shows")))


class ProveForm(ClinicForm):
    """Password and code once more, before the second factor is changed."""

    password = PasswordField(lazy(T("Your password")))
    code = StringField(lazy(T("Code from the app, or a recovery code")))


class SecondFactorPage(ClinicPage):
    """Everybody's own."""

    page, route_base = "/profile", "/profile/second-factor"

    @expose("/")
    @expose("/on")  # where a form's answer stands, loaded again or in the other language
    @expose("/codes")
    @expose("/off")
    @writes
    def index(self) -> Any:
        """Where it stands; without one, the way to get one."""
        return self._page()

    def _page(self, form: ClinicForm | None = None, status: int = 200, codes: list[str] | None = None) -> Any:
        profile = sqla.session.get_one(UserProfile, who.me().user_id)
        shown: dict[str, Any] = {"codes": codes, "left": len(profile.recovery_codes or ()), "form": form}
        if not profile.totp_secret:
            shown |= _enrolment(form)
        elif form is None:
            shown["form"] = ProveForm(formdata=None)
        page = self.render_template(
            "security/second_factor.html",
            title=say(T("Second factor")),
            is_on=bool(profile.totp_secret),
            is_needed=is_required(who.me().roles, identity.setting("security.second_factor_roles")),
            **shown,
        )
        return page, status

    @expose("/on", methods=["POST"])
    @writes
    def turn_on(self) -> Any:
        """Once the code shows that the app has the key; all other devices are signed out."""
        form = EnrolForm()
        seed = _read_seed(form.seed.data or "")
        if seed is None:
            flash(say(T("This took too long. Scan the new picture.")), "warning")
            return redirect("/profile/second-factor")
        if not door.is_own_password(form.password.data or ""):
            form.refuse(RuleError(WRONG_PASSWORD, field="password"))
            return self._page(form, 422)
        user_id, key, now, this = who.me().user_id or 0, door.app_key(), datetime.now(UTC), door.selector()

        def write(db: Session) -> list[str]:
            profile = queries.locked_profile(db, user_id)
            codes = actions.turn_on(profile, seed, (form.code.data or "")[:20], key, now)
            actions.revoke_sessions(db, user_id, now, but=this)
            return codes

        codes, status = saving.save(form, write)
        return self._page(None if codes else form, status, codes)

    @expose("/codes", methods=["POST"])
    @writes
    def renew(self) -> Any:
        """Ten new recovery codes instead of those that are left."""
        form = ProveForm()
        if not _is_proved(form):
            return self._page(form, 422)
        user_id, key = who.me().user_id or 0, door.app_key()
        codes = unit(lambda db: actions.renew_codes(queries.locked_profile(db, user_id), key))
        return self._page(codes=codes)

    @expose("/off", methods=["POST"])
    @writes
    def turn_off(self) -> Any:
        """Back to the password alone; all other devices are signed out."""
        form, user_id, this = ProveForm(), who.me().user_id or 0, door.selector()
        if not _is_proved(form):
            return self._page(form, 422)

        def write(db: Session) -> None:
            actions.turn_off(queries.locked_profile(db, user_id))
            actions.revoke_sessions(db, user_id, datetime.now(UTC), but=this)

        unit(write)
        flash(say(T("Your second factor is off.")), "success")
        return redirect("/profile")


WRONG_PASSWORD = T("This is not your password, or too many attempts failed: then wait a while.")
WRONG_CODE = T("This code is wrong or was used already, or too many attempts failed: then wait a while.")


def _is_proved(form: ProveForm) -> bool:
    if not door.is_own_password(form.password.data or ""):
        form.refuse(RuleError(WRONG_PASSWORD, field="password"))
    elif not door.use_own_factor((form.code.data or "")[:60]):
        form.refuse(RuleError(WRONG_CODE, field="code"))
    return not form.problems()


def _enrolment(form: ClinicForm | None) -> dict[str, Any]:
    """The picture and the key of a new second factor, or once more those of a form that was refused."""
    kept = form if isinstance(form, EnrolForm) else EnrolForm(formdata=None)
    seed = _read_seed(kept.seed.data or "") or second_factor.new_seed()
    kept.seed.data = _signer().dumps([who.me().user_id, seed])
    secret = second_factor.secret_of(door.app_key(), seed)
    address = otp_address(secret, _issuer(), show_phone(who.me().phone))
    picture = Markup(second_factor.qr_code(address))  # noqa: S704 - drawn by ourselves
    return {"form": kept, "picture": picture, "secret": in_groups(secret), "address": address}


def _issuer() -> str:
    return f"Soyoo {who.clinic().name_en}".replace(":", " ")


def _read_seed(typed: str) -> str | None:
    try:
        user_id, seed = _signer().loads(typed, max_age=SEED_SECONDS)
    except (BadData, ValueError, TypeError):
        return None
    return str(seed) if user_id == who.me().user_id else None


def _signer() -> URLSafeTimedSerializer:
    return URLSafeTimedSerializer(door.app_key(), salt="enrolment")
