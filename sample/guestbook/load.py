"""Addresses that a load test calls: an answer that takes its time, and one for a large request."""

import time

from django import forms
from django.http import HttpRequest, JsonResponse
from django.views.decorators.csrf import csrf_exempt
from django.views.decorators.http import require_POST, require_safe

CHUNK = 64 * 1024
LONGEST_SLEEP = 60.0


class SlowForm(forms.Form):
    s = forms.FloatField(min_value=0)


@require_safe
def slow(request: HttpRequest) -> JsonResponse:
    """Answers after `s` seconds, at most 60; 400 if `s` is no such number."""
    form = SlowForm(request.GET)
    if not form.is_valid():
        return JsonResponse({"errors": form.errors}, status=400)
    seconds = min(form.cleaned_data["s"], LONGEST_SLEEP)
    time.sleep(seconds)
    return JsonResponse({"slept": seconds})


@csrf_exempt
@require_POST
def echo(request: HttpRequest) -> JsonResponse:
    """Answers with the body's length in bytes. The body is read in pieces, so it may be of any size."""
    return JsonResponse({"length": sum(len(chunk) for chunk in iter(lambda: request.read(CHUNK), b""))})
