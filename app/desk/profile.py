"""One's own profile: name, language, password, phones. The phone one signs in with is an Admin's to change."""

from datetime import UTC, datetime
from typing import Any

import sqlalchemy as sa
from flask import abort, flash, redirect, request, session
from flask_appbuilder import expose
from sqlalchemy.orm import Session
from werkzeug.wrappers import Response
from wtforms import PasswordField

from app.billing import queries as billing
from app.db import sqla, unit
from app.kernel.errors import RuleError
from app.kernel.phones import show_phone
from app.kernel.text import T
from app.people import actions as people_actions
from app.people import queries as people
from app.people.models import Employee, Patient, PatientPhone
from app.scheduling import queries as scheduling
from app.security import actions, door, identity
from app.security import queries as security
from app.security.models import User, UserProfile
from app.security.rules import Locale, SessionType, Theme
from app.web import fields, forms, saving, who
from app.web.access import local, reads, signed_in, writes
from app.web.text import lazy, say
from app.web.views import ClinicPage

WRONG_PASSWORD = T("This is not your password, or too many attempts failed: then wait a while.")
PHONE_COLUMNS = ("phone_number_val", "label", "is_primary")
PhoneRow = forms.make_row_form(
    "OwnPhoneRow",
    {
        "phone_number_val": fields.PhoneField(lazy(T("Phone number"))),
        "label": forms.field_for(PatientPhone.__table__.c.label),
        "is_primary": forms.field_for(PatientPhone.__table__.c.is_primary),
    },
)


class NameForm(forms.ClinicForm):
    """Name and language."""

    display_name = fields.TextField(lazy(T("Name")), validators=[fields.required])
    locale = fields.ChoiceField(lazy(T("Language")), enum_class=Locale, validators=[fields.required])


class PasswordForm(forms.ClinicForm):
    """The password, once old and twice new."""

    old = PasswordField(lazy(T("Password now")))
    password = PasswordField(lazy(T("New password")))
    again = PasswordField(lazy(T("New password once more")))


class PhonesForm(forms.ClinicForm):
    """One's own phones."""

    phones = forms.RowsField(PhoneRow, label=T("Phone numbers"), least=2)


class ProfilePage(ClinicPage):
    """`/profile`."""

    page, route_base = "/profile", "/profile"

    @expose("/")
    @reads
    def index(self) -> Any:
        """Everything on one page."""
        return self._page()

    def _page(self, status: int = 200, **refused: forms.ClinicForm) -> Any:
        db = sqla.session()
        profile = db.get_one(UserProfile, who.me().user_id)
        phones = self._phones(db)
        shown = {
            "name_form": NameForm(formdata=None, obj=profile),
            "password_form": PasswordForm(formdata=None),
            "phones_form": PhonesForm(formdata=None, data={"phones": phones}) if phones is not None else None,
            **refused,
        }
        page = self.render_template(
            "desk/profile.html",
            title=say(T("Profile")),
            sign_in_phone=show_phone(who.me().phone),
            must_change=who.me().must_change_password,
            own=self._own_visits(db),
            devices=security.live_sessions(db, profile.user_id, datetime.now(UTC), identity.limits()),
            this_device=door.selector(),
            has_factor=bool(profile.totp_secret),
            codes_left=len(profile.recovery_codes or ()),
            has_visits=bool(who.me().patient_id or "Doctor" in who.me().roles),
            **shown,
        )
        return page, status

    def _own_visits(self, db: Session) -> dict[str, Any] | None:
        """A patient's next visit and what they owe."""
        key = who.me().patient_id
        if not key:
            return None
        return {
            "next": scheduling.next_start(db, key, datetime.now(UTC)),
            "balance": billing.account_of(db, key).balance,
        }

    def _person(self, db: Session) -> Employee | Patient | None:
        me = who.me()
        if me.employee_id:
            return db.get(Employee, me.employee_id)
        return db.get(Patient, me.patient_id) if me.patient_id else None

    def _phones(self, db: Session) -> list[dict[str, Any]] | None:
        person = self._person(db)
        if person is None:
            return None
        found: dict[int, list[Any]] = (
            people.phones_of_employees(db, [person.employee_id])
            if isinstance(person, Employee)
            else people.phones_of_patients(db, [person.patient_id])  # type: ignore[assignment]  # both are phones
        )
        return [{name: getattr(row, name) for name in PHONE_COLUMNS} for row in found.get(person.row_id, [])]

    @expose("/name", methods=["POST"])
    @writes
    def change_name(self) -> Any:
        """Name and language."""
        form = NameForm()
        if not form.validate():
            return self._page(422, name_form=form)
        user_id, values = who.me().user_id, form.values()
        _, status = saving.save(form, lambda db: saving.fill(db.get_one(UserProfile, user_id), values))
        if status != 200:
            return self._page(status, name_form=form)
        session["locale"] = values["locale"].value
        flash(say(T("Saved.")), "success")
        return redirect("/profile")

    @expose("/password", methods=["POST"])
    @writes
    def change_password(self) -> Any:
        """A new password signs every device out; this one signs in again by itself."""
        form = PasswordForm()
        user_id, now = who.me().user_id or 0, datetime.now(UTC)
        if not door.is_own_password(str(form.old.data or "")):
            form.refuse(RuleError(WRONG_PASSWORD, field="old"))
        elif form.password.data != form.again.data:
            form.refuse(RuleError(T("The two new passwords differ."), field="again"))
        if form.problems():
            return self._page(422, password_form=form)
        least = who.setting("security.password_length")
        kind = SessionType.PATIENT if who.me().roles == {"Patient"} else SessionType.STAFF

        def write(db: Session) -> str:
            person = db.get_one(User, user_id)
            actions.set_password(db, person, str(form.password.data), least=least, now=now, temporary=False)
            return door.open_here(db, user_id, kind, now)

        token, status = saving.save(form, write)
        if status != 200:
            return self._page(status, password_form=form)
        session[identity.COOKIE] = token
        flash(say(T("Your password is changed. All other devices are signed out.")), "success")
        return redirect("/profile")

    @expose("/phones", methods=["POST"])
    @writes
    def change_phones(self) -> Any:
        """One's own phones; the number one signs in with stays."""
        form = PhonesForm()
        if self._person(sqla.session()) is None:
            abort(404)
        if form.validate():
            rows = form.phones.rows()

            def write(db: Session) -> None:
                person = self._person(db)
                if person is not None:
                    people_actions.change_phones(db, person, rows)

            _, status = saving.save(form, write)
            if status == 200:
                flash(say(T("Saved.")), "success")
                return redirect("/profile")
            return self._page(status, phones_form=form)
        return self._page(422, phones_form=form)

    @expose("/theme", methods=["POST"])
    @signed_in
    def change_theme(self) -> Response:
        """Light, dark, or as the device."""
        wanted = request.form.get("theme", "")
        if wanted not in set(Theme):
            abort(422)
        user_id = who.me().user_id

        def write(db: Session) -> None:
            db.execute(sa.select(UserProfile).where(UserProfile.user_id == user_id)).scalar_one().theme = Theme(wanted)

        unit(write)
        return redirect(_back())


def _back() -> str:
    referrer = request.referrer or ""
    own = request.host_url
    return local("/" + referrer[len(own) :], "/profile") if referrer.startswith(own) else "/profile"
