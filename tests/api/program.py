"""A program of the tests: signed in by token, speaking JSON."""

import contextvars
from typing import Any

import prison

from tests.factories.clinic import CAST, PASSWORD, Clinic

LOGIN = "/api/v1/security/login"
RESOURCES = {
    "patients": "/patients",
    "employees": "/employees",
    "services": "/services",
    "appointments": "/appointments",
    "treatments": "/treatments",
    "invoices": "/invoices",
    "payments": "/payments",
}


class Program:
    """Requests with a Bearer token and no cookies."""

    def __init__(self, clinic: Clinic, token: str | None, locale: str = "en") -> None:
        self.app, self.locale = clinic.app, locale
        self.headers = {"Accept-Language": locale} | ({"Authorization": f"Bearer {token}"} if token else {})

    def open(self, method: str, path: str, **kwargs: Any) -> Any:
        headers = {**self.headers, **kwargs.pop("headers", {})}
        browser = self.app.test_client(use_cookies=False)
        return contextvars.Context().run(browser.open, path, method=method, headers=headers, **kwargs)

    def get(self, path: str, q: Any = None) -> Any:
        return self.open("GET", path, query_string={"q": prison.dumps(q)} if q is not None else None)

    def post(self, path: str, body: Any = None) -> Any:
        return self.open("POST", path, json=body)

    def put(self, path: str, body: Any) -> Any:
        return self.open("PUT", path, json=body)

    def delete(self, path: str) -> Any:
        return self.open("DELETE", path)

    def rows(self, resource: str, **q: Any) -> list[dict[str, Any]]:
        answer = self.get(f"/api/v1/{resource}/", q)
        assert answer.status_code == 200, answer.text
        return list(answer.json["result"])


def sign_in(clinic: Clinic, role: str, **more: Any) -> Any:
    """What the sign-in answers to somebody of the cast."""
    return Program(clinic, None).post(LOGIN, {"username": CAST[role], "password": PASSWORD, **more})


def program(clinic: Clinic, role: str, locale: str = "en") -> Program:
    """A program signed in as somebody of the cast."""
    return Program(clinic, sign_in(clinic, role).json["access_token"], locale)
