"""What the database holds."""

from django.core.validators import FileExtensionValidator
from django.db import models


class Entry(models.Model):
    """What a visitor wrote. `words` is counted by a task, and is None until then."""

    name = models.CharField(max_length=80)
    message = models.TextField(max_length=2000)
    picture = models.FileField(
        upload_to="entries/%Y/%m", blank=True, validators=[FileExtensionValidator(["gif", "jpeg", "jpg", "png", "webp"])]
    )
    created = models.DateTimeField(auto_now_add=True)
    words = models.PositiveIntegerField(null=True, editable=False)

    class Meta:
        ordering = ("-created",)
        verbose_name_plural = "entries"

    def __str__(self) -> str:
        return f"{self.name}, {self.created:%Y-%m-%d %H:%M}"


class Tick(models.Model):
    """Written by the `tick` task: as old as the last time that beat, the broker and a worker all worked."""

    at = models.DateTimeField(auto_now_add=True, db_index=True)

    class Meta:
        ordering = ("-at",)

    def __str__(self) -> str:
        return f"{self.at:%Y-%m-%d %H:%M:%S}"
