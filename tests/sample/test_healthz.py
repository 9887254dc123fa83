"""/healthz tells whether a release can serve, to whoever asks from inside."""

from collections.abc import Iterator

import pytest
from django.core.management import call_command
from django.db import connection
from django.test import Client


@pytest.fixture
def without_the_second_migration() -> Iterator[None]:
    call_command("migrate", "guestbook", "0001", verbosity=0)
    yield
    call_command("migrate", verbosity=0)


def test_a_healthy_site_tells_its_release(client: Client) -> None:
    answer = client.get("/healthz")
    assert (answer.status_code, answer.json()) == (200, {"status": "ok", "release": "sha256:0123"})


@pytest.mark.usefixtures("without_the_second_migration")
def test_a_missing_migration_makes_it_unhealthy_and_is_named(client: Client) -> None:
    answer = client.get("/healthz")
    assert answer.status_code == 503
    assert answer.json()["reason"] == "migrations not applied: guestbook.0002_entry_words"


def test_a_database_that_is_away_makes_it_unhealthy_and_is_not_named(client: Client, monkeypatch: pytest.MonkeyPatch) -> None:
    connection.close()
    with monkeypatch.context() as away:
        away.setitem(connection.settings_dict, "HOST", "/nowhere")
        answer = client.get("/healthz")
    assert answer.status_code == 503
    assert answer.json()["reason"] == "the database does not answer: OperationalError"


def test_it_needs_no_tls_and_no_session() -> None:
    answer = Client().get("/healthz")
    assert answer.status_code == 200
    assert not answer.cookies
