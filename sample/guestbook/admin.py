"""The admin's pages."""

from django.contrib import admin

from guestbook.models import Entry, Tick


@admin.register(Entry)
class EntryAdmin(admin.ModelAdmin):
    list_display = ("name", "words", "created")
    search_fields = ("name", "message")
    readonly_fields = ("words",)


@admin.register(Tick)
class TickAdmin(admin.ModelAdmin):
    list_display = ("at",)
