"""The home page."""

import logging
from time import perf_counter

from django.conf import settings
from django.db import connection
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.utils import timezone

from guestbook.forms import EntryForm
from guestbook.models import Entry, Tick
from guestbook.tasks import count_words

ENTRIES_SHOWN = 20

logger = logging.getLogger(__name__)


def home(request: HttpRequest) -> HttpResponse:
    """Shows the state of the site, the latest entries and the form; a POST of the form adds an entry."""
    form = EntryForm(request.POST, request.FILES) if request.method == "POST" else EntryForm()
    if form.is_valid():
        entry = form.save()
        try:
            count_words.delay(entry.pk)
        except count_words.OperationalError:
            # A broker that is away costs the visitor nothing but the count.
            logger.exception("Entry %s is not counted: the broker does not answer", entry.pk)
        return redirect("home")
    tick = Tick.objects.first()
    context = {
        "release": settings.RELEASE,
        "round_trip": database_round_trip(),
        "beat_age": tick and (timezone.now() - tick.at).total_seconds(),
        "counted": Entry.objects.exclude(words=None).first(),
        "entries": Entry.objects.all()[:ENTRIES_SHOWN],
        "form": form,
    }
    return render(request, "guestbook/home.html", context, status=400 if form.errors else 200)


def database_round_trip() -> float:
    """Milliseconds that the database takes to answer the smallest query on an open connection."""
    with connection.cursor() as cursor:
        started = perf_counter()
        cursor.execute("SELECT 1")
    return (perf_counter() - started) * 1000
