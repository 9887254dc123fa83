"""Django's own checks of the project."""

from django.core.management import call_command


def test_django_finds_nothing_unsafe_in_the_settings() -> None:
    call_command("check", deploy=True, fail_level="WARNING")


def test_the_migrations_are_what_the_models_need() -> None:
    call_command("makemigrations", check=True, dry_run=True, verbosity=0)
