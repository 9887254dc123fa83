"""Addresses of the deployed site: the project's own, and uploads, which those have while DEBUG is on only."""

# mypy: disable-error-code="import"
# It runs inside the started project: neither that nor what it needs is here.

from django.conf import settings
from django.urls import include, path
from django.views.static import serve

urlpatterns = [
    path("media/<path:path>", serve, {"document_root": settings.MEDIA_ROOT}),
    path("", include("mysite.urls")),
]
