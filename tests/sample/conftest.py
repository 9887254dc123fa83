"""The sample site in this process, on a throw-away Postgres that only its socket's owner can reach."""

import os
import secrets
import shutil
import subprocess
import sys
import tempfile
from collections.abc import Iterator
from pathlib import Path

import django
import pytest
from django.core.management import call_command
from django.db import connection
from django.test import Client, override_settings

SAMPLE = Path(__file__).parents[2] / "sample"
# Known before the fixture makes it: Django reads its settings when the tests are collected. Short, because a socket's path must be.
SERVER = Path(tempfile.gettempdir()) / f"sample-postgres-{os.getpid()}"
USER = "sample"

os.environ |= {
    "DJANGO_SETTINGS_MODULE": "config.settings",
    "SECRET_KEY": secrets.token_urlsafe(50),
    "DATABASE_URL": f"postgres://{USER}@{str(SERVER).replace('/', '%2F')}/postgres",
    "ALLOWED_HOSTS": "testserver",
    "RELEASE": "sha256:0123",
    "MEDIA_ROOT": f"{SERVER}/media",
}
os.environ.pop("CELERY_BROKER_URL", None)
sys.path.insert(0, str(SAMPLE))
django.setup()


def programs() -> Path | None:
    """The directory of Postgres's programs (Debian does not put it on PATH), or None where it is not installed."""
    initdb = shutil.which("initdb") or max(Path("/usr/lib/postgresql").glob("*/bin/initdb"), default=None)
    return Path(initdb).parent if initdb else None


@pytest.fixture(scope="session", autouse=True)
def postgres() -> Iterator[None]:
    """A migrated database. Postgres refuses to run as root, so root runs it as `nobody`."""
    binaries = programs()
    if not binaries:
        pytest.skip("no initdb on this machine: install Postgres (Debian: apt-get install postgresql)")
    owner = "nobody" if os.geteuid() == 0 else None
    SERVER.mkdir(mode=0o700)
    if owner:
        shutil.chown(SERVER, owner)

    def run(program: str, *arguments: str) -> None:
        subprocess.run([binaries / program, "-D", SERVER / "data", *arguments], check=True, stdout=subprocess.DEVNULL, cwd="/", user=owner)

    try:
        run("initdb", "--auth=trust", "--encoding=UTF8", "--locale=C", "--no-sync", f"--username={USER}")
        run("pg_ctl", "start", "--wait", f"--log={SERVER}/log", f"--options=-k {SERVER} -c listen_addresses= -c fsync=off")
        try:
            call_command("migrate", verbosity=0)
            yield
        finally:
            connection.close()
            run("pg_ctl", "stop", "--wait", "--mode=immediate")
    finally:
        shutil.rmtree(SERVER)


@pytest.fixture(scope="session", autouse=True)
def static_files(tmp_path_factory: pytest.TempPathFactory) -> Iterator[None]:
    """The static files, collected as the image's build collects them."""
    with override_settings(STATIC_ROOT=tmp_path_factory.mktemp("static")):
        call_command("collectstatic", interactive=False, verbosity=0)
        yield


@pytest.fixture(autouse=True)
def empty_database() -> Iterator[None]:
    """No test finds the rows of another."""
    yield
    call_command("flush", interactive=False, verbosity=0)


@pytest.fixture
def client() -> Client:
    """A browser, as the site sees it through the TLS proxy."""
    return Client(headers={"X-Forwarded-Proto": "https"})
