"""Release: the image is fetched, checked, and the release command run once, with everything old serving. Failing here changes nothing."""

import hashlib
import json
import shlex
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Literal

import pulumi

from infra import deploy_check
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
        check: Literal["none", "advisory", "required"],
        check_command: str,
        command: str,
        env: Mapping[str, str],
        environment: pulumi.Output[str],
        database_ca: str,
        database_id: pulumi.Input[str],
        after: Sequence[pulumi.Resource],
        opts: pulumi.ResourceOptions | None = None,
    ) -> None:
        """`environment` is what the image gets, and `env` what of it the stack file says in clear."""
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
        # Neither names nor an order of processes: another one that runs the same is nothing new.
        programs = sorted(
            {("" if process.user is None else f"{process.user}:{process.user}", process.command[0]) for process in processes.values()}
        )
        words = [word for pair in programs for word in pair]
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
        confined = runs_as(processes[web], self.user).apply(lambda user: Confinement.of(processes[web], user))
        if check != "none":
            called = f"{name}{deploy_check.CHECK}"
            container = f"{called}-{stack}"

            def checked(confinement: Confinement) -> str:
                run = _in_image(container, image, check_command, database_ca, confinement, limit=deploy_check.LIMIT)
                return deploy_check.check_script(run, stack=stack, name=container, image=image, required=check == "required")

            said = json.dumps([check, check_command, dict(env)], sort_keys=True)
            self.done = on_host(
                called,
                host=host,
                script=confined.apply(checked),
                stdin=environment,
                # For whatever can bring a new finding. Not for a rotated secret: that must not wait for what was found of something else,
                # and what the check asks of a secret key is asked of the config already (infra/rules.py).
                triggers=[image, hashlib.sha256(said.encode()).hexdigest()],
                opts=pulumi.ResourceOptions(parent=self, depends_on=[self.done]),
            )
        if command:
            self.done = on_host(
                name,
                host=host,
                script=confined.apply(lambda confinement: _script(stack, image, command, database_ca, confinement)),
                stdin=environment,
                # Not for a changed secret: only a new image or a new database has something to migrate.
                triggers=[image, database_id],
                opts=pulumi.ResourceOptions(parent=self, depends_on=[self.done, *after]),
            )
        self.register_outputs({})


def _script(stack: str, image: str, command: str, database_ca: str, confinement: Confinement) -> str:
    """Its fixed name keeps a second one from running beside it."""
    name = f"release-{stack}"
    # libpq reads it; the site's own environment, which comes later, may say otherwise.
    waiting = ["--env", f"PGOPTIONS=-c lock_timeout={LOCK_LIMIT}s"]
    run = _in_image(name, image, command, database_ca, confinement, limit=COMMAND_LIMIT, options=waiting)
    # What bears the name after another failure is not this run's: it is left alone.
    late = f'[ $code -ne 124 ] || {{ docker rm --force {name} >/dev/null; echo "{name}: no end within {COMMAND_LIMIT} s" >&2; }}'
    return f"{run} >&2 || {{ code=$?; {late}; exit $code; }}"


def _in_image(
    name: str, image: str, command: str, database_ca: str, confinement: Confinement, *, limit: int, options: Sequence[str] = ()
) -> str:
    """`docker run` of a shell command in the image, with the site's environment on stdin; it ends with 124 after `limit` seconds.

    It is confined as who serves, but without a limit of memory: nothing new has started yet, and it may need more than a process does.
    """
    options = [
        "--name",
        name,
        "--env",
        f"RELEASE={image.partition('@')[2]}",
        "--entrypoint",
        "/bin/sh",
        *confinement.run_options(),
        *options,
    ]
    before = ""
    if database_ca:
        file = "/srv/site/database-ca.crt"
        before = f"printf %s {shlex.quote(database_ca)} > {file} && "
        options += ["--volume", f"{file}:{CA_FILE}:ro"]
    # A shell of its own, so that all of `a && b` or `a; b` runs, and the first that fails ends it.
    inside = f"set -a; . /dev/stdin; set +a; exec /bin/sh -ec {shlex.quote(command)}"
    return before + shlex.join(["timeout", str(limit), "docker", "run", "--init", "--rm", "--interactive", *options, image, "-c", inside])
