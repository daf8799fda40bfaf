"""Signing in and out, and the language."""

from datetime import UTC, datetime, timedelta
from typing import Any

from flask import abort, make_response, redirect, request, session
from flask_appbuilder import BaseView, expose
from flask_babel import refresh
from sqlalchemy.orm import Session
from werkzeug.wrappers import Response
from wtforms import PasswordField, StringField

from app.audit.actions import record
from app.audit.rules import AuditAction
from app.db import sqla, unit
from app.kernel.errors import NotAllowed, RuleError
from app.kernel.phones import parse_phone
from app.kernel.text import T, Text
from app.security import actions, identity, passwords, queries
from app.security.models import UserProfile
from app.security.rules import FIRST_OWN_PASSWORD, Locale, LoginOutcome, SessionType, is_totp
from app.web import who
from app.web.access import local, public
from app.web.forms import ClinicForm
from app.web.text import LOCALES, lazy, say

NO_API = T("The API is for the clinic's staff and programs.")
WRONG = T("This phone number and password don't belong together, or the account is locked for a while.")


class SignInForm(ClinicForm):
    """Phone number and password."""

    phone = StringField(lazy(T("Phone number")))
    password = PasswordField(lazy(T("Password")))


class SignInView(BaseView):
    """`/login/` and `/logout/`."""

    route_base, default_view = "", "login"

    @expose("/login/", methods=["GET", "POST"])
    @public
    def login(self) -> Any:
        """Sign in by phone number, however it is typed."""
        target = local(request.args.get("next"))
        if who.me().is_signed_in:
            return redirect(target)
        form, message, status = SignInForm(), "", 200
        if request.method == "POST":
            token = sign_in(str(form.phone.data or "")[:60], str(form.password.data or "")[:300])
            if token is not None:
                session.clear()  # a new session: what was planted before is gone
                session[identity.COOKIE] = token
                return redirect(target)
            message, status = say(WRONG), 401
        page = self.render_template("security/sign_in.html", form=form, message=message, title=say(T("Sign in")))
        return page, status

    @expose("/logout/", methods=["POST"])
    @public
    def logout(self) -> Response:
        """End this device's session."""
        selector = str(session.get(identity.COOKIE, "")).partition(".")[0]
        if selector:
            unit(lambda s: actions.close_session(s, selector, datetime.now(UTC)))
        language = session.get("locale")
        session.clear()
        if language:
            session["locale"] = language
        answer = make_response(redirect("/login/"))
        answer.headers["Clear-Site-Data"] = '"cache"'
        return answer


def sign_in(typed_phone: str, password: str, otp: str | None = None, *, is_program: bool = False) -> str | None:
    """Check phone, password and second factor; returns the new session's secret, or None. Every attempt is kept.

    The slow hash runs outside the transaction, and as long for an unknown phone as for a wrong password. A program's
    session is opened only for whoever may use the API. Raises NotAllowed.
    """
    try:
        phone = parse_phone(typed_phone)
    except RuleError:
        phone = typed_phone
    user = queries.user_by_phone(sqla.session(), phone)
    hashed, is_active = (user.password, bool(user.active)) if user else (None, True)
    outcome = _outcome(user is not None, passwords.is_password(hashed, password), is_active)
    opened = unit(lambda db: _open(db, phone, outcome, otp, is_program))
    if isinstance(opened, Text):
        raise NotAllowed(opened)
    return opened


def _outcome(is_known: bool, is_right: bool, is_active: bool) -> LoginOutcome:
    if not is_known:
        return LoginOutcome.UNKNOWN_PHONE
    if not is_right:
        return LoginOutcome.WRONG_PASSWORD
    return LoginOutcome.OK if is_active else LoginOutcome.INACTIVE


def _open(db: Session, phone: str, outcome: LoginOutcome, otp: str | None, is_program: bool) -> str | Text | None:
    now, agent, ip = datetime.now(UTC), request.headers.get("User-Agent", ""), request.remote_addr or ""
    person = queries.user_by_phone(db, phone)
    if outcome is LoginOutcome.OK and person is not None and not _is_second_factor(db, person.id, otp, now):
        outcome = LoginOutcome.WRONG_SECOND_FACTOR
    result = actions.note_attempt(
        db,
        phone=phone,
        user=person,
        outcome=outcome,
        now=now,
        ip=ip,
        user_agent=agent,
        most=identity.setting("security.failures"),
        window=timedelta(minutes=identity.setting("security.lock_minutes")),
    )
    if result is not LoginOutcome.OK or person is None:
        return None
    only_patient = {role.name for role in person.roles} == {"Patient"}
    if is_program and only_patient:
        return NO_API
    if is_program and db.get_one(UserProfile, person.id).must_change_password:
        return FIRST_OWN_PASSWORD
    kind = SessionType.PATIENT if only_patient else SessionType.PROGRAM if is_program else SessionType.STAFF
    hours = identity.setting("security.session_hours")
    person.last_login = now.replace(tzinfo=None)
    record(db, AuditAction.SIGN_IN, "ab_user", person.id)
    return actions.open_session(db, person.id, now=now, hours=hours, ip=ip, device=agent, session_type=kind)


def _is_second_factor(db: Session, user_id: int, otp: str | None, now: datetime) -> bool:
    profile = db.get(UserProfile, user_id)
    return profile is None or not profile.totp_secret or is_totp(profile.totp_secret, otp or "", now)


class LanguageView(BaseView):
    """`/lang/mn` and `/lang/en`: the same page in the other language."""

    route_base, default_view = "/lang", "switch"

    @expose("/<code>")
    @public
    def switch(self, code: str) -> Response:
        """Remember the language, for the person or for this browser."""
        if code not in LOCALES:
            abort(404)
        session["locale"] = code
        user_id = who.me().user_id
        if user_id is not None and who.me().locale != code:
            unit(lambda s: _keep_language(s, user_id, Locale(code)))
        refresh()
        return redirect(local(request.args.get("next")))


def _keep_language(db: Any, user_id: int, language: Locale) -> None:
    profile = db.get(UserProfile, user_id)
    if profile is not None:
        profile.locale = language
