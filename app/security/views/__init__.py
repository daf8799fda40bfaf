"""Sign-in, users, roles, settings, and the technical tables an Admin may look at."""

from app.security.views.lists import ListChoicesPage
from app.security.views.roles import RolesPage
from app.security.views.settings import ClinicRowView, SettingsPage, SettingView
from app.security.views.sign_in import LanguageView, SignInView
from app.security.views.technical import (
    AuditLogView,
    DocumentCounterView,
    JobView,
    LoginAttemptView,
    RoleSeedView,
    SessionTokenView,
    ShareLinkView,
)
from app.security.views.users import UserView

VIEWS = (
    SignInView,
    LanguageView,
    UserView,
    ListChoicesPage,
    RolesPage,
    SettingsPage,
    SettingView,
    ClinicRowView,
    SessionTokenView,
    LoginAttemptView,
    RoleSeedView,
    ShareLinkView,
    AuditLogView,
    JobView,
    DocumentCounterView,
)
