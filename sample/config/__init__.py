"""The project: settings, routes and the two applications, WSGI and Celery."""

from config.celery import app as celery

__all__ = ["celery"]
