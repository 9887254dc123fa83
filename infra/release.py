"""Release: the image is fetched and the release command run once, with everything old still serving. Failing here changes nothing."""

import shlex
from collections.abc import Mapping, Sequence
from pathlib import Path

import pulumi

from infra.confinement import UNPRIVILEGED, Confinement, runs_as
from infra.connection import CA_FILE
from infra.host import Host, on_host
from infra.process import Process
from infra.pull import pull_script
from infra.registry import Login

LOCK_LIMIT = 10
"""Seconds that one statement of the release command waits for another's lock: meanwhile all who come later wait behind it."""
COMMAND_LIMIT = 3600
"""Seconds for the whole release command."""
_USER = (Path(__file__).parent / "user.sh").read_text()


class Release(pulumi.ComponentResource):
    """What happens once for an image, before any service changes."""

    done: pulumi.Resource
    """What every service waits for."""
    user: pulumi.Output[str]
    """`uid:gid` that the image runs as."""

    def __init__(
        self,
        name: str,
        *,
        stack: str,
        host: Host,
        image: str,
        login: Login | None,
        processes: Mapping[str, Process],
        web: str,
        command: str,
        environment: pulumi.Output[str],
        database_ca: str,
        database_id: pulumi.Input[str],
        after: Sequence[pulumi.Resource],
        opts: pulumi.ResourceOptions | None = None,
    ) -> None:
        super().__init__("site:infra:Release", name, None, opts)
        address = login.address if login else image.partition("/")[0]
        self.done = on_host(
            f"{name}-pull",
            host=host,
            script=pull_script(address, image),
            stdin=pulumi.Output.format("{0}\n{1}\n", login.user, login.password) if login else "\n\n",
            triggers=[image, host.droplet],
            opts=pulumi.ResourceOptions(parent=self),
        )
        programs = {(process.user, process.command[0]): name for name, process in processes.items()}
        words = [
            word for (user, program), process in programs.items() for word in (process, "" if user is None else f"{user}:{user}", program)
        ]
        looked = on_host(
            f"{name}-user",
            host=host,
            script=shlex.join(["sh", "-s", "-", image, f"{UNPRIVILEGED}:{UNPRIVILEGED}", *words]),
            stdin=_USER,
            triggers=[image, host.droplet, *words],
            keep_output=True,
            opts=pulumi.ResourceOptions(parent=self, depends_on=[self.done]),
        )
        self.done, self.user = looked, looked.stdout
        if command:
            self.done = on_host(
                name,
                host=host,
                script=runs_as(processes[web], self.user).apply(
                    lambda user: _script(stack, image, command, database_ca, Confinement.of(processes[web], user))
                ),
                stdin=environment,
                # Not for a changed secret: only a new image or a new database has something to migrate.
                triggers=[image, database_id],
                opts=pulumi.ResourceOptions(parent=self, depends_on=[self.done, *after]),
            )
        self.register_outputs({})


def _script(stack: str, image: str, command: str, database_ca: str, confinement: Confinement) -> str:
    """`docker run` with the site's environment on stdin, confined as who serves. Its fixed name keeps a second one from running beside it.

    It has no limit of memory: nothing new has started yet, and it may need more than a process does.
    """
    name = f"release-{stack}"
    options = ["--name", name, "--env", f"RELEASE={image.partition('@')[2]}", "--entrypoint", "/bin/sh"]
    options += confinement.run_options()
    # libpq reads it; the site's own environment, which comes later, may say otherwise.
    options += ["--env", f"PGOPTIONS=-c lock_timeout={LOCK_LIMIT}s"]
    before = ""
    if database_ca:
        file = "/srv/site/database-ca.crt"
        before = f"printf %s {shlex.quote(database_ca)} > {file} && "
        options += ["--volume", f"{file}:{CA_FILE}:ro"]
    # A shell of its own, so that all of `a && b` or `a; b` runs, and the first that fails ends it.
    inside = f"set -a; . /dev/stdin; set +a; exec /bin/sh -ec {shlex.quote(command)}"
    run = shlex.join(["timeout", str(COMMAND_LIMIT), "docker", "run", "--init", "--rm", "--interactive", *options, image, "-c", inside])
    # What bears the name after another failure is not this run's: it is left alone.
    late = f'[ $code -ne 124 ] || {{ docker rm --force {name} >/dev/null; echo "{name}: no end within {COMMAND_LIMIT} s" >&2; }}'
    return f"{before}{run} >&2 || {{ code=$?; {late}; exit $code; }}"
