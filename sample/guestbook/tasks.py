"""What workers do. Both tasks may run twice and leave the same behind (see CELERY_TASK_ACKS_LATE)."""

from datetime import timedelta

from celery import shared_task
from django.utils import timezone

from guestbook.models import Entry, Tick

TICKS_KEPT = timedelta(hours=1)


@shared_task
def count_words(entry_id: int) -> None:
    """Counts the words of an entry; nothing happens if it is gone."""
    for entry in Entry.objects.filter(pk=entry_id):
        entry.words = len(entry.message.split())
        entry.save(update_fields=["words"])


@shared_task
def tick() -> None:
    """Writes a tick and deletes old ones."""
    Tick.objects.create()
    Tick.objects.filter(at__lt=timezone.now() - TICKS_KEPT).delete()
