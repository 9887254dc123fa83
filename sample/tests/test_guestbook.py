"""The guestbook with its real neighbours: the database, and the broker where there is one."""

import os
from collections.abc import Iterator
from pathlib import Path

import pytest
from django.conf import settings
from django.core.files.uploadedfile import SimpleUploadedFile
from django.test import Client, override_settings

from config.celery import app
from guestbook.models import Entry
from guestbook.tasks import count_words

pytestmark = pytest.mark.django_db


@pytest.fixture(autouse=True)
def site(tmp_path: Path) -> Iterator[None]:
    """The settings of production, but for the places of files: static ones are not collected here."""
    storages = {**settings.STORAGES, "staticfiles": {"BACKEND": "django.contrib.staticfiles.storage.StaticFilesStorage"}}
    with override_settings(MEDIA_ROOT=tmp_path / "media", STATIC_ROOT=tmp_path, STORAGES=storages):
        yield


@pytest.fixture
def visitor() -> Client:
    """A browser, as the site sees it through the TLS proxy."""
    return Client(headers={"X-Forwarded-Proto": "https"})


def sign(visitor: Client, message: str, picture: str = "cat.gif") -> int:
    form = {"name": "Ann", "message": message, "picture": SimpleUploadedFile(picture, b"GIF89a")}
    return visitor.post("/", form).status_code


def test_a_visitor_signs_and_is_read(visitor: Client) -> None:
    assert sign(visitor, "three short words") == 302
    assert "three short words" in visitor.get("/").content.decode()


def test_a_file_that_is_no_picture_is_refused(visitor: Client) -> None:
    assert sign(visitor, "a page", "page.html") == 400
    assert not Entry.objects.exists()


def test_the_words_of_an_entry_are_counted() -> None:
    entry = Entry.objects.create(name="Ann", message="three short words")
    count_words(entry.pk)
    entry.refresh_from_db()
    assert entry.words == 3


@pytest.mark.skipif(not os.environ.get("CELERY_BROKER_URL"), reason="there is no broker here: CELERY_BROKER_URL is not set")
def test_the_broker_takes_the_work_of_counting(visitor: Client) -> None:
    with app.connection_for_read() as connection, connection.SimpleQueue("celery") as queue:
        queue.clear()
        sign(visitor, "three short words")
        message = queue.get(timeout=10)
        message.ack()
    assert message.headers["task"] == "guestbook.tasks.count_words"


def test_a_site_whose_tables_are_as_they_must_be_is_healthy() -> None:
    assert Client().get("/healthz").json()["status"] == "ok"
