"""The form of the home page."""

from django import forms

from guestbook.models import Entry


class EntryForm(forms.ModelForm):
    class Meta:
        model = Entry
        fields = ("name", "message", "picture")
        widgets = {"message": forms.Textarea(attrs={"rows": 3})}  # noqa: RUF012 (Django reads it, nobody changes it)
