"""Whether an image goes on accepting what its former key signed: its own Django is asked, on a host that only pretends."""

from pathlib import Path

import pytest

from ci import fallbacks
from tests.ci import test_migration_reader as reader
from tests.ci.test_migration_reader import CANARY, IMAGE, Machine
from tests.programs import program

pytestmark = pytest.mark.integration
_SETTINGS = """import os
SECRET_KEY = os.environ["SITE_KEY"]
{more}
"""


def machine(folder: Path, more: str, **environment: str) -> Machine:
    """One with a site whose settings have these lines too."""
    program(folder, "docker", reader._DOCKER)
    (folder / "site").mkdir()
    (folder / "site/manage.py").write_text(reader._MANAGE)
    (folder / "site/settings.py").write_text(_SETTINGS.format(more=more))
    found = Machine(address="198.51.100.1", key="none", state=folder)
    found.told(**environment)
    return found


@pytest.mark.parametrize("variable", ["SECRET_KEY_FALLBACKS", "DJANGO_SECRET_KEY_FALLBACKS"])
@pytest.mark.parametrize(
    "line", ["[os.environ['{variable}']]", "os.environ.get('{variable}', '').split(',')", "(os.environ['{variable}'], 'another')"]
)
def test_settings_that_read_former_keys_are_told_from_what_django_has(tmp_path: Path, variable: str, line: str) -> None:
    host = machine(tmp_path, f"SECRET_KEY_FALLBACKS = {line}".format(variable=variable))
    assert fallbacks.read(host, IMAGE, service="web") is True
    assert CANARY not in (tmp_path / "calls").read_text(), "it would be in the process list"


@pytest.mark.parametrize(
    "more", ["", "SECRET_KEY_FALLBACKS = ['in-the-image']", "SECRET_KEY_FALLBACKS = [os.environ.get('MY_OLD_KEY', '')]"]
)
def test_settings_that_do_not_are_too(tmp_path: Path, more: str) -> None:
    assert fallbacks.read(machine(tmp_path, more), IMAGE, service="web") is False


def test_a_key_that_the_site_has_kept_already_does_not_hide_the_answer(tmp_path: Path) -> None:
    host = machine(tmp_path, "SECRET_KEY_FALLBACKS = [os.environ['SECRET_KEY_FALLBACKS']]", SECRET_KEY_FALLBACKS="kept")
    assert fallbacks.read(host, IMAGE, service="web") is True


@pytest.mark.parametrize("fault", ["settings", "manage.py", "host", "task"])
def test_what_cannot_be_asked_is_not_known(tmp_path: Path, fault: str) -> None:
    host = machine(tmp_path, "raise ValueError" if fault == "settings" else "")
    if fault == "manage.py":
        (tmp_path / "site/manage.py").unlink()
    if fault == "host":
        (tmp_path / "docker").write_text("#!/bin/sh\nexit 1\n")
    if fault == "task":
        host = Machine(address=host.address, key="none", state=tmp_path, task="")
    assert fallbacks.read(host, IMAGE, service="web") is None
