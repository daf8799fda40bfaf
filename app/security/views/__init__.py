"""Sign-in, users, roles, settings, and the technical tables an Admin may look at."""

from app.security.views.audit import VIEWS as AUDIT_VIEWS
from app.security.views.devices import OwnDevicesPage, SessionTokenView
from app.security.views.lists import ListChoicesPage
from app.security.views.roles import RolesPage
from app.security.views.second_factor import SecondFactorPage
from app.security.views.settings import ClinicRowView, SettingsPage, SettingView
from app.security.views.sign_in import LanguageView, ResetPage, SignInView
from app.security.views.technical import (
    DocumentCounterView,
    JobView,
    LoginAttemptView,
    RoleSeedView,
    ShareLinkView,
)
from app.security.views.users import UserResetPage, UserView

VIEWS = (
    SignInView,
    ResetPage,
    LanguageView,
    UserView,
    UserResetPage,
    OwnDevicesPage,
    SecondFactorPage,
    ListChoicesPage,
    RolesPage,
    SettingsPage,
    SettingView,
    ClinicRowView,
    SessionTokenView,
    LoginAttemptView,
    RoleSeedView,
    ShareLinkView,
    *AUDIT_VIEWS,
    JobView,
    DocumentCounterView,
)
