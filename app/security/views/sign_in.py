"""Signing in and out, and the language."""

from typing import Any

from flask import abort, flash, make_response, redirect, request, session, url_for
from flask_appbuilder import BaseView, expose
from flask_babel import refresh
from werkzeug.wrappers import Response
from wtforms import PasswordField, StringField

from app.db import unit
from app.kernel.errors import RuleError
from app.kernel.text import T
from app.security import door
from app.security.models import UserProfile
from app.security.rules import Locale
from app.security.views import letting_in
from app.web import who
from app.web.access import local, public
from app.web.forms import ClinicForm
from app.web.text import LOCALES, lazy, say

WRONG = T("This phone number and password don't belong together, or the account is locked for a while.")
WRONG_CODE = T("This code is wrong or was used already, or the account is locked for a while.")
WRONG_RESET = T(
    "This phone number and code don't belong together, or the code has expired. Ask an Admin for a new one."
)


class SignInForm(ClinicForm):
    """Phone number and password."""

    phone = StringField(lazy(T("Phone number")))
    password = PasswordField(lazy(T("Password")))


class CodeForm(ClinicForm):
    """The second step."""

    code = StringField(lazy(T("Code from the app, or a recovery code")))


class ResetForm(ClinicForm):
    """A new password with an Admin's code."""

    phone = StringField(lazy(T("Phone number")))
    code = StringField(lazy(T("One-time code")))
    password = PasswordField(lazy(T("New password")))
    again = PasswordField(lazy(T("New password once more")))


class SignInView(BaseView):
    """`/login/` and `/logout/`."""

    route_base, default_view = "", "login"

    @expose("/login/", methods=["GET", "POST"])
    @public
    def login(self) -> Any:
        """Sign in by phone number, however it is typed."""
        target = local(request.args.get("next"))
        form, message, status = SignInForm(), "", 200
        if request.method == "POST":
            opened = letting_in.sign_in(str(form.phone.data or "")[:60], str(form.password.data or ""))
            if isinstance(opened, letting_in.Half):
                letting_in.remember(opened)
                return redirect(url_for("SignInView.code", next=target))
            if opened is not None:
                door.enter(opened)
                return redirect(target)
            message, status = say(WRONG), 401
        elif who.me().is_signed_in:
            return redirect(target)
        page = self.render_template("security/sign_in.html", form=form, message=message, title=say(T("Sign in")))
        return page, status

    @expose("/login/code", methods=["GET", "POST"])
    @public
    def code(self) -> Any:
        """The code after the password, within five minutes and in the same browser."""
        target, half = local(request.args.get("next")), letting_in.halfway()
        if half is None:
            session.pop(letting_in.HALFWAY, None)
            return redirect(url_for("SignInView.login", next=target if target != "/" else None))
        form, message, status = CodeForm(), "", 200
        if request.method == "POST":
            opened = letting_in.second_step(half, str(form.code.data or "")[:60])
            if opened is not None:
                door.enter(opened)
                return redirect(target)
            message, status = say(WRONG_CODE), 401
        title = say(T("Second factor"))
        return self.render_template("security/sign_in_code.html", form=form, message=message, title=title), status

    @expose("/logout/", methods=["POST"])
    @public
    def logout(self) -> Response:
        """End this device's session."""
        selector = door.selector()
        if selector:
            unit(lambda s: letting_in.leave(s, selector))
        language = session.get("locale")
        session.clear()
        if language:
            session["locale"] = language
        answer = make_response(redirect("/login/"))
        answer.headers["Clear-Site-Data"] = '"cache"'
        return answer


class ResetPage(BaseView):
    """`/login/reset`: a new password with the one-time code that an Admin gave."""

    route_base, default_view = "/login/reset", "index"

    @expose("/", methods=["GET", "POST"])
    @public
    def index(self) -> Any:
        """Phone, code, and the new password twice."""
        form, status = ResetForm(), 200
        if request.method == "POST":
            status = self._reset(form)
            if status == 200:
                flash(say(T("Your new password is set. Sign in with it.")), "success")
                return redirect("/login/")
        title = say(T("New password"))
        return self.render_template("security/sign_in_reset.html", form=form, title=title), status

    def _reset(self, form: ResetForm) -> int:
        password = str(form.password.data or "")[: door.LONGEST]
        try:
            if password != str(form.again.data or "")[: door.LONGEST]:
                raise RuleError(T("The two new passwords differ."), field="again")
            if letting_in.use_reset_code(str(form.phone.data or "")[:60], str(form.code.data or ""), password):
                return 200
            raise RuleError(WRONG_RESET)
        except RuleError as error:
            form.refuse(error)
        return 422 if form.password.errors or form.again.errors else 401


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
