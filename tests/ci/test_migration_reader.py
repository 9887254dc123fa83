"""Migrations read from an image: its own Django, on a host whose `docker` only pretends and runs what it is given here."""

import os
import shutil
import subprocess
import sys
import tempfile
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

import pytest

from ci.host import Host, HostError
from ci.migration_reader import read
from ci.migrations import Meaning
from tests.programs import program

pytest.importorskip("django")
IMAGE = "registry.example/site@sha256:0123"
CANARY = "canary-password"
# `run` starts what comes after the image in the site's folder.
_DOCKER = r"""#!/bin/sh
echo "$*" >> "$STATE/calls"
case $1 in
  ps) echo "$TASK" ;;
  exec) exec cat "$STATE/${4##*/}" ;;
  run) while [ "$1" != "$IMAGE" ]; do shift; done; shift; cd "$STATE/site"; exec /bin/sh "$@" ;;
esac
"""
_SETTINGS = """import os
print("settings say what they like", end="")
SECRET_KEY = os.environ["SITE_KEY"]
INSTALLED_APPS = ["guestbook"]
database = {"ENGINE": os.environ["ENGINE"], "NAME": os.environ["NAME"], "HOST": os.environ.get("SOCKET", ""), "USER": "sample"}
DATABASES = {"default": database}
DEFAULT_AUTO_FIELD = "django.db.models.BigAutoField"
"""
_MANAGE = """import os, sys
os.environ["DJANGO_SETTINGS_MODULE"] = "settings"
from django.core.management import execute_from_command_line
execute_from_command_line(sys.argv)
"""
_MODELS = """from django.db import models
class Entry(models.Model):
    name = models.CharField(max_length=20)
"""
_MIGRATION = """from django.contrib.postgres.operations import AddIndexConcurrently
from django.db import migrations, models
def write(apps, editor):
    apps.get_model("guestbook", "Entry").objects.create(name="written")
class Migration(migrations.Migration):
    dependencies = [{dependency}]
    operations = [{operations}]
    {more}
"""
_CREATE = """migrations.CreateModel("Entry", [("id", models.BigAutoField(primary_key=True)), ("name", models.CharField(max_length=80))])"""
_ADD = """migrations.AddField("entry", "words", models.IntegerField(null=True))"""
_SQUASHED = "0001_squashed_0002_words"
_FILES = {
    "0001_initial": ("", _CREATE, ""),
    "0002_words": ('("guestbook", "0001_initial")', _ADD, ""),
    _SQUASHED: ("", f"{_CREATE}, {_ADD}", 'replaces = [("guestbook", "0001_initial"), ("guestbook", "0002_words")]'),
    "0003_drop": (f'("guestbook", "{_SQUASHED}")', 'migrations.RemoveField("entry", "words")', ""),
    "0004_short": ('("guestbook", "0003_drop")', 'migrations.AlterField("entry", "name", models.CharField(max_length=20))', ""),
    "0005_writes": (
        '("guestbook", "0004_short")',
        "migrations.SeparateDatabaseAndState(database_operations=[migrations.RunPython(write)])",
        "",
    ),
    "0006_index": (
        '("guestbook", "0005_writes")',
        'AddIndexConcurrently("entry", models.Index(fields=["name"], name="by_name"))',
        "atomic = False",
    ),
}


@dataclass(frozen=True, kw_only=True)
class Machine(Host):
    """A host that is this machine, with a site in a folder of the test's."""

    state: Path
    task: str = "0123"

    def run(self, script: str, *, stdin: str = "", limit: float = 60) -> str:
        path = f"{self.state}:{Path(sys.executable).parent}:/usr/bin:/bin"
        environment = {"PATH": path, "STATE": str(self.state), "TASK": self.task, "IMAGE": IMAGE}
        ran = subprocess.run(["/bin/sh", "-c", script], input=stdin, env=environment, capture_output=True, text=True, timeout=limit)
        if ran.returncode:
            raise HostError(ran.stderr)
        return ran.stdout

    def told(self, **environment: str) -> None:
        """Write the site's environment."""
        lines = {"SITE_KEY": CANARY, "WANTED": "of the site", **environment}
        (self.state / "site.env").write_text("".join(f"{name}='{value}'\n" for name, value in lines.items()))

    def manage(self, *words: str, **environment: str) -> str:
        """Run its manage.py."""
        command = [sys.executable, "manage.py", *words]
        known = {"SITE_KEY": CANARY, **environment}
        return subprocess.run(command, cwd=self.state / "site", env=known, check=True, capture_output=True, text=True).stdout


@pytest.fixture
def machine(tmp_path: Path) -> Machine:
    """With a site whose first migrations are squashed, and whose database is not set."""
    program(tmp_path, "docker", _DOCKER)
    migrations = tmp_path / "site/guestbook/migrations"
    migrations.mkdir(parents=True)
    texts = {"manage.py": _MANAGE, "settings.py": _SETTINGS, "guestbook/models.py": _MODELS}
    texts |= {"guestbook/__init__.py": "", "guestbook/migrations/__init__.py": ""}
    for name, (dependency, operations, more) in _FILES.items():
        text = _MIGRATION.format(dependency=dependency, operations=operations, more=more)
        texts[f"guestbook/migrations/{name}.py"] = text
    for path, text in texts.items():
        (tmp_path / "site" / path).write_text(text)
    found = Machine(address="198.51.100.1", key="none", state=tmp_path)
    found.told(ENGINE="django.db.backends.sqlite3", NAME=":memory:")
    return found


@pytest.fixture(scope="module")
def postgres() -> Iterator[dict[str, str]]:
    """The environment of a site on a server that only its socket's owner reaches. Postgres refuses to run as root."""
    initdb = shutil.which("initdb") or max(Path("/usr/lib/postgresql").glob("*/bin/initdb"), default=None)
    if not initdb:
        pytest.skip("no initdb on this machine: install Postgres (Debian: apt-get install postgresql)")
    owner = "nobody" if os.geteuid() == 0 else None
    folder = Path(tempfile.mkdtemp())
    if owner:
        shutil.chown(folder, owner)

    def run(program: str, *arguments: str) -> None:
        command = [str(Path(initdb).parent / program), "-D", f"{folder}/data", *arguments]
        subprocess.run(command, check=True, stdout=subprocess.DEVNULL, cwd="/", user=owner)

    try:
        run("initdb", "--auth=trust", "--encoding=UTF8", "--locale=C", "--no-sync", "--username=sample")
        run("pg_ctl", "start", "--wait", f"--log={folder}/log", f"--options=-k {folder} -c listen_addresses= -c fsync=off")
        try:
            yield {"ENGINE": "django.db.backends.postgresql", "NAME": "postgres", "SOCKET": str(folder)}
        finally:
            run("pg_ctl", "stop", "--wait", "--mode=immediate")
    finally:
        shutil.rmtree(folder)


@pytest.mark.integration
def test_everything_is_read_and_nothing_written(machine: Machine, postgres: dict[str, str]) -> None:
    machine.told(**postgres)
    machine.manage("migrate", "guestbook", _SQUASHED, **postgres)
    found = read(machine, IMAGE, environment_of="web", wanted=[("guestbook", _SQUASHED)])
    assert found is not None
    assert found.unknown == ""
    assert [(one.name, one.applied) for one in found.migrations] == [
        (_SQUASHED, True),
        ("0003_drop", False),
        ("0004_short", False),
        ("0005_writes", False),
        ("0006_index", False),
    ]
    squash, drop, short, writes, index = found.migrations
    assert squash.replaces == (("guestbook", "0001_initial"), ("guestbook", "0002_words"))
    assert squash.sql is not None, "it was asked for"
    assert set(squash.replaces) <= found.applied
    assert [str(finding) for finding in drop.findings] == [
        "guestbook.0003_drop removes column entry.words, which the old code reads (DROP_COLUMN)"
    ]
    assert short.retyped == {("guestbook_entry", "name"): ("varchar(80)", "varchar(20)")}
    assert short.meaning is Meaning.CONTRACTING
    assert (writes.sql, writes.why, writes.reversible, writes.meaning) == (None, "PermissionError", False, Meaning.OPAQUE)
    assert (index.atomic, index.meaning) == (False, Meaning.ADDITIVE)
    assert index.sql
    assert found.tables == {"guestbook_entry": {"id", "name"}}
    count = "from django.db import connection as c; k = c.cursor(); k.execute('SELECT count(*) FROM guestbook_entry'); print(k.fetchone())"
    assert machine.manage("shell", "-c", count, **postgres).endswith("(0,)\n")
    assert CANARY not in (machine.state / "calls").read_text(), "it would be in the process list"


@pytest.mark.integration
def test_a_database_that_is_away_is_told_by_its_exceptions_type_alone(machine: Machine, tmp_path: Path) -> None:
    machine.told(ENGINE="django.db.backends.postgresql", NAME=CANARY, SOCKET=str(tmp_path))
    found = read(machine, IMAGE, environment_of="web")
    assert found is not None
    assert found.unknown == "the image's Django ends with OperationalError"


@pytest.mark.integration
@pytest.mark.parametrize("error", ["ImproperlyConfigured", "ValueError"])
def test_settings_that_fail_are_told_by_their_exceptions_type_alone(machine: Machine, error: str) -> None:
    """Django goes on after the one, and ends with a traceback after the other."""
    (machine.state / "site/settings.py").write_text(f"from django.core.exceptions import *\nraise {error}('{CANARY}')\n")
    found = read(machine, IMAGE, environment_of="web")
    assert found is not None
    assert found.unknown == f"the image's Django ends with {error}"


@pytest.mark.integration
def test_another_database_than_postgres_is_unknown(machine: Machine) -> None:
    found = read(machine, IMAGE, environment_of="web")
    assert found is not None
    assert found.unknown == "the image's database is sqlite, and only Postgres is understood"


def test_an_image_without_manage_py_is_unknown(machine: Machine) -> None:
    (machine.state / "site/manage.py").unlink()
    found = read(machine, IMAGE, environment_of="web")
    assert found is not None
    assert found.unknown == "the image has no manage.py where it starts"


def test_without_a_running_task_there_is_nothing_to_read_with(machine: Machine) -> None:
    idle = Machine(address=machine.address, key="none", state=machine.state, task="")
    assert read(idle, IMAGE, environment_of="web") is None


def test_an_image_that_does_not_run_is_unknown(machine: Machine) -> None:
    (machine.state / "docker").write_text(f"#!/bin/sh\n[ $1 != ps ] || echo 0123\n[ $1 != run ] || echo {CANARY} >&2\nexit 0\n")
    found = read(machine, IMAGE, environment_of="web")
    assert found is not None
    assert found.unknown == "the image did not run, or not to its end within 50 s"


def test_a_host_that_does_not_answer_is_unknown(machine: Machine) -> None:
    (machine.state / "docker").write_text(f"#!/bin/sh\necho {CANARY} >&2; exit 1\n")
    found = read(machine, IMAGE, environment_of="web")
    assert found is not None
    assert found.unknown == "the host 198.51.100.1 did not answer, or not within 60 s"


def test_the_container_is_limited_named_and_taken_away_and_the_image_not_pulled(machine: Machine) -> None:
    (machine.state / "database-ca.crt").write_text("a certificate")
    read(machine, IMAGE, environment_of="web")
    calls = (machine.state / "calls").read_text()
    assert "label=com.docker.swarm.service.name=web" in calls
    run = next(line for line in calls.splitlines() if line.startswith("run "))
    name = run.split("--name ")[1].split()[0]
    for words in ("--rm", "--pull never", "--memory 512m", "--env RELEASE=sha256:0123", ":/run/secrets/database-ca.crt:ro"):
        assert words in run
    assert f"rm --force {name}" in calls
