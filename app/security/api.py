"""`/api/v1/security/login`: programs sign in with phone and password, and get a token of a session."""

from datetime import UTC, datetime, timedelta
from typing import Any

from flask import Response, g
from flask_appbuilder.api import BaseApi, expose

from app.db import unit
from app.security import door, identity
from app.security.views import letting_in
from app.security.views.sign_in import WRONG
from app.web.access import public, signed_in
from app.web.api.documents import MESSAGE, NUMBER, TEXT, answer, responses, schemas_of, sends
from app.web.api.fields import TextField, YesField, schema_of
from app.web.api.sent import read_body
from app.web.text import say

SIGN_IN = {
    "phone": TextField(60),
    "username": TextField(60),
    "password": TextField(door.LONGEST, required=True),
    "otp": TextField(20, allow_none=True),  # the authenticator's code, or a recovery code
    "provider": TextField(20, allow_none=True),  # what clients of Flask-AppBuilder send along
    "refresh": YesField(),
}


class SecurityApi(BaseApi):
    """Signing in, in Flask-AppBuilder's format, by the same door as the form."""

    resource_name = "security"
    base_permissions: list[str] = []
    allow_browser_login, csrf_exempt = False, False
    schema = schema_of("sign_in", SIGN_IN)

    @classmethod
    def schemas(cls) -> dict[str, Any]:
        """What is sent to sign in."""
        return schemas_of(cls.schema, {})

    @classmethod
    def paths(cls) -> dict[str, Any]:
        """Signing in and out, for the OpenAPI document."""
        properties = {"access_token": TEXT, "token_type": TEXT, "expires_in": NUMBER}
        token = answer("The token", {"type": "object", "required": list(properties), "properties": properties})
        common = {"tags": ["security"]}
        sign_in = {**common, "summary": "Sign in", "security": [], **sends("sign_in")}
        sign_in["responses"] = responses({"200": token}, "400", "401", "403", "422", "503")
        sign_out = {**common, "summary": "End the session of the token"}
        sign_out["responses"] = responses({"200": answer("Signed out", MESSAGE)}, "400", "401")
        base = "/api/v1/security"
        return {f"{base}/login": {"post": sign_in}, f"{base}/logout": {"post": sign_out}}

    @expose("/login", methods=["POST"])
    @public
    def login(self) -> Response:
        """Phone and password, and the second factor where there is one; the answer is the token."""
        asked = read_body(self.schema)
        phone = asked.get("phone") or asked.get("username") or ""
        opened = letting_in.sign_in(phone, asked["password"], asked.get("otp"), is_program=True)
        if not isinstance(opened, str):
            return self.response(401, message=say(WRONG))
        now = datetime.now(UTC)
        lasts = timedelta(hours=identity.setting("security.session_hours"))
        token = identity.program_token(opened, now, now + lasts)
        return self.response(200, access_token=token, token_type="Bearer", expires_in=int(lasts.total_seconds()))  # noqa: S106 - a scheme

    @expose("/logout", methods=["POST"])
    @signed_in
    def logout(self) -> Response:
        """End the session of the token."""
        unit(lambda session: letting_in.leave(session, g.session_selector))
        return self.response(200, message="OK")


VIEWS = (SecurityApi,)
