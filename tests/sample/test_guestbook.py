"""What a visitor can do, and what the workers do after it."""

from datetime import timedelta
from pathlib import Path
from unittest.mock import Mock

import pytest
from celery import beat
from config.celery import app
from django.conf import settings
from django.core.files.uploadedfile import SimpleUploadedFile
from django.test import Client
from django.utils import timezone
from guestbook.models import Entry, Tick
from guestbook.tasks import count_words

PICTURE = b"GIF89a-picture"


def sign(client: Client, file_name: str) -> int:
    """Sends the form of the home page; returns the status of the answer."""
    form = {"name": "Ann", "message": "three short words", "picture": SimpleUploadedFile(file_name, PICTURE)}
    return client.post("/", form).status_code


def test_plain_http_is_sent_to_tls() -> None:
    answer = Client().get("/?page=2")
    assert (answer.status_code, answer["Location"]) == (301, "https://testserver/?page=2")


def test_a_picture_is_stored_under_the_media_root_and_served(client: Client) -> None:
    assert sign(client, "cat.gif") == 302
    picture = Entry.objects.get().picture
    assert Path(picture.path).is_relative_to(settings.MEDIA_ROOT)
    served = client.get(picture.url)
    assert b"".join(served.streaming_content) == PICTURE
    assert served["Content-Type"] == "image/gif"


def test_a_file_that_is_no_picture_is_refused(client: Client) -> None:
    assert sign(client, "page.html") == 400
    assert not Entry.objects.exists()


def test_the_words_of_a_new_entry_are_counted_and_shown(client: Client) -> None:
    sign(client, "cat.gif")
    assert Entry.objects.get().words == 3
    assert "3 words by Ann" in client.get("/").content.decode()


def test_an_entry_is_kept_while_the_broker_is_away(client: Client, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(count_words, "delay", Mock(side_effect=count_words.OperationalError))
    assert sign(client, "cat.gif") == 302
    assert Entry.objects.get().words is None


def test_the_home_page_links_a_style_sheet_that_may_be_kept_for_ever(client: Client) -> None:
    page = client.get("/").content.decode()
    address = page.partition('<link rel="stylesheet" href="')[2].partition('"')[0]
    sheet = client.get(address)
    sheet.close()
    assert "immutable" in sheet["Cache-Control"]


def test_beat_writes_a_tick_every_ten_seconds_and_old_ones_go() -> None:
    old = Tick.objects.create()
    Tick.objects.filter(pk=old.pk).update(at=timezone.now() - timedelta(hours=2))
    app.loader.import_default_modules()
    scheduler = beat.Scheduler(app)
    entry = scheduler.schedule["tick"]
    assert entry.schedule.run_every == timedelta(seconds=10)
    scheduler.apply_entry(entry)
    assert Tick.objects.get().pk != old.pk


@pytest.mark.parametrize(("seconds", "status"), [("0", 200), ("-1", 400), ("nan", 400), ("soon", 400)])
def test_slow_sleeps_for_a_number_of_seconds_only(client: Client, seconds: str, status: int) -> None:
    assert client.get("/slow", {"s": seconds}).status_code == status


def test_slow_never_sleeps_for_more_than_a_minute(client: Client, monkeypatch: pytest.MonkeyPatch) -> None:
    slept: list[float] = []
    monkeypatch.setattr("time.sleep", slept.append)
    client.get("/slow?s=3600")
    assert slept == [60]


def test_echo_counts_a_body_that_is_larger_than_a_form_may_be() -> None:
    size = settings.DATA_UPLOAD_MAX_MEMORY_SIZE + 1
    client = Client(enforce_csrf_checks=True, headers={"X-Forwarded-Proto": "https"})
    answer = client.post("/echo", b"x" * size, content_type="application/octet-stream")
    assert answer.json() == {"length": size}
