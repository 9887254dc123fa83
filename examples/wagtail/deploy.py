"""Settings of the deployed site: the project's own production settings, and what the environment says."""

# mypy: disable-error-code="import"
# It runs inside the started project: neither that nor what it needs is here.

import os

import dj_database_url

from .production import *  # noqa: F403 - Django's settings are layered like this
from .production import INSTALLED_APPS, MIDDLEWARE, STORAGES


def listed(name: str) -> list[str]:
    """The values of a variable that separates them by commas; empty if it is not set."""
    return [value for value in os.environ.get(name, "").split(",") if value]


SECRET_KEY = os.environ["SECRET_KEY"]
SECRET_KEY_FALLBACKS = listed("SECRET_KEY_FALLBACKS")
ALLOWED_HOSTS = listed("ALLOWED_HOSTS")
CSRF_TRUSTED_ORIGINS = listed("CSRF_TRUSTED_ORIGINS")
WAGTAILADMIN_BASE_URL = os.environ.get("WAGTAILADMIN_BASE_URL", "")
DATABASES = {"default": dj_database_url.parse(os.environ["DATABASE_URL"], conn_max_age=60, conn_health_checks=True)}
# Wagtail's search in Postgres needs it.
INSTALLED_APPS.append("django.contrib.postgres")

# TLS ends at the proxy, which says so in a header that it never passes on from a client.
SECURE_PROXY_SSL_HEADER = ("HTTP_X_FORWARDED_PROTO", "https")
SECURE_SSL_REDIRECT = True
SECURE_HSTS_SECONDS = 365 * 24 * 3600
# What other sites of the domain do is not this one's to say.
SILENCED_SYSTEM_CHECKS = ["security.W005", "security.W021"]
SESSION_COOKIE_SECURE = True
CSRF_COOKIE_SECURE = True

# No other server stands before the site: it serves its static files and its uploads itself.
MIDDLEWARE.insert(MIDDLEWARE.index("django.middleware.security.SecurityMiddleware") + 1, "whitenoise.middleware.WhiteNoiseMiddleware")
STORAGES["staticfiles"]["BACKEND"] = "whitenoise.storage.CompressedManifestStaticFilesStorage"
ROOT_URLCONF = "mysite.deploy_urls"
MEDIA_ROOT = os.environ.get("MEDIA_ROOT", "/app/media")
