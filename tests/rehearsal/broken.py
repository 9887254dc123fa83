"""Releases of the sample site that must not come through: how each image is made, and what has to be told of it."""

import json
from dataclasses import dataclass

from rehearsal.sample import SAMPLE
from rehearsal.world.engine import docker_cli

MIGRATION = "/app/guestbook/migrations/0003_entry_mood.py"
_ADDING = """from django.db import migrations, models


class Migration(migrations.Migration):
    dependencies = [("guestbook", "0002_entry_words")]
    operations = [migrations.{}]
"""


@dataclass(frozen=True)
class Broken:
    """`changes` are files of the image and what is put at their end (None: they are removed); `told` are words of the failure."""

    name: str
    changes: dict[str, str | None]
    told: tuple[str, ...]
    served: bool = False
    """Whether visitors have met it: what was in flight when it crashed is lost, and a POST that comes while nobody serves."""

    def build(self) -> str:
        """Build it and give its name."""
        name, lines = f"rehearsal/broken-{self.name.replace(' ', '-')}", [f"FROM {SAMPLE}", "USER root"]
        for file, text in self.changes.items():
            code = f"import os; os.remove({file!r})" if text is None else f"open({file!r}, 'a').write({text!r})"
            lines.append(f"RUN {json.dumps(['python3', '-c', code])}")
        docker_cli("build", "--quiet", "--tag", name, "-", stdin="\n".join([*lines, "USER 10001:10001", f'LABEL broken="{self.name}"\n']))
        return name


def _later(seconds: int) -> str:
    return f"\ndef when_ready(server):\n    import os, threading\n    threading.Timer({seconds}, os._exit, (1,)).start()\n"


def _healthz(body: str) -> str:
    return f"\n\ndef healthz(request):\n    import time\n    {body}\n"


GUNICORN, HEALTH, TASKS = "/app/gunicorn.conf.py", "/app/guestbook/health.py", "/app/guestbook/tasks.py"
CASES = {
    broken.name: broken
    for broken in (
        Broken("does not start", {"/app/config/wsgi.py": None}, ("web: task failed", "exit code", "No module named")),
        Broken("crashes after 10 s", {GUNICORN: _later(10)}, ("web: task failed", "exit code 1")),
        Broken("crashes later", {GUNICORN: _later(15)}, ("web",), served=True),
        Broken(
            "health 500", {HEALTH: _healthz("return JsonResponse({'reason': 'broken'}, status=500)")}, ("health check", "500", "broken")
        ),
        Broken("health hangs", {HEALTH: _healthz("time.sleep(3600)")}, ("web: task", "health check")),
        Broken("wrong port", {GUNICORN: "\nbind = '0.0.0.0:8001'\n"}, ("health check", "Connection refused")),
        Broken(
            "worker fails",
            {TASKS: "\nimport os, sys\nif 'worker' in sys.argv:\n    raise RuntimeError('no worker: ' + os.environ['SECRET_KEY'])\n"},
            ("worker: task failed", "exit code 1", "no worker: [secret]"),
        ),
        Broken(
            "out of memory", {GUNICORN: "\nheld = bytearray(2_000_000_000)\nheld[::4096] = b'x' * len(held[::4096])\n"}, ("out of memory",)
        ),
        Broken(
            "release command fails",
            {MIGRATION: _ADDING.format("RunPython(lambda apps, editor: 1 / 0)")},
            ("release", "ZeroDivisionError: division by zero"),
        ),
    )
}
WAITING = Broken(
    "waits on a lock",
    {MIGRATION: _ADDING.format("AddField('entry', 'mood', models.CharField(max_length=20, null=True))")},
    ("canceling statement due to lock timeout", "holds locks on guestbook_entry", "set role none; select pg_terminate_backend("),
)
