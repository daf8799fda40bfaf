"""Flask-AppBuilder's security manager, with its unsafe doors closed.

It registers none of Flask-AppBuilder's own security views or APIs, answers every question of access from the
identity that was read once, and leaves sign-in to `app.security.views`.
"""

from typing import Any

from flask_appbuilder.security.sqla.manager import SecurityManager
from flask_appbuilder.security.sqla.models import User
from flask_login import LoginManager

from app.db import sqla
from app.security.matrix import rights
from app.web import who
from app.web.who import RIGHTS, USE


class ClinicSecurityManager(SecurityManager):
    """See the module."""

    def register_views(self) -> None:
        """No sign-in form, user screens or login API of Flask-AppBuilder's (traps 1, 5)."""

    def create_login_manager(self, app: Any) -> LoginManager:
        """Flask-Login's current user is the identity's; it is loaded only where somebody asks."""
        manager = LoginManager(app, add_context_processor=False)  # it would load the user for every page
        manager.request_loader(lambda _request: self._current())
        return manager

    def _current(self) -> User | None:
        user_id = who.me().user_id
        return None if user_id is None else sqla.session.get(User, user_id)

    def has_access(self, permission_name: str, view_name: str) -> bool:
        """Whether the person behind the request holds this permission."""
        return (permission_name, view_name) in who.me().permissions

    def is_item_public(self, permission_name: str, view_name: str) -> bool:
        """Nothing is public by permission: public routes say so themselves."""
        return False

    def add_permissions_view(self, base_permissions: list[str], view_menu: str) -> None:
        """Add what is missing; several views share a page, so nothing is ever removed here."""
        for permission in base_permissions:
            self._ensure(permission, view_menu)

    def add_right_permissions(self) -> None:
        """The finer rights, as permissions of their own."""
        for right in rights():
            self._ensure(USE, RIGHTS + right.name)

    def _ensure(self, permission: str, view_menu: str) -> None:
        grant = self.find_permission_view_menu(permission, view_menu)
        grant = grant or self.add_permission_view_menu(permission, view_menu)
        role = self.find_role(self.auth_role_admin)
        if role is not None and grant not in role.permissions:
            self.add_permission_role(role, grant)
