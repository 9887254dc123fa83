"""Every address of the site."""

from django.conf import settings
from django.contrib import admin
from django.urls import path
from django.views.static import serve

from guestbook import health, load, views

urlpatterns = [
    path("", views.home, name="home"),
    path("healthz", health.healthz),
    path("slow", load.slow),
    path("echo", load.echo),
    path("media/<path:path>", serve, {"document_root": settings.MEDIA_ROOT}),
    path("admin/", admin.site.urls),
]
