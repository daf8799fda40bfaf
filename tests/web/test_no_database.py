"""The database is away: a plain page in both languages, and a health check that says so."""

from pathlib import Path

import pytest

from tests.factories.clinic import build_app

NOBODY_LISTENS = "mysql+pymysql://root@127.0.0.1:9/nothing?connect_timeout=1"


@pytest.mark.parametrize("path", ["/login/", "/patients", "/healthz"])
def test_every_page_says_that_the_data_is_away_in_both_languages(tmp_path: Path, path: str) -> None:
    client = build_app(NOBODY_LISTENS, tmp_path).test_client()
    with client.session_transaction() as cookie:
        cookie["token"] = "selector.secret"
    answer = client.get(path)
    assert answer.status_code == 503
    if path != "/healthz":
        assert 'lang="mn"' in answer.text
        assert 'lang="en"' in answer.text
        assert "pymysql" not in answer.text


def test_a_database_without_tables_is_no_traceback(tmp_path: Path) -> None:
    client = build_app(f"sqlite:///{tmp_path / 'empty.db'}", tmp_path).test_client()
    assert client.get("/login/").status_code == 503
