"""The scripts that run on a host, run here with a `docker` that only pretends."""

import base64
import json
import os
import shlex
import shutil
import subprocess
from dataclasses import dataclass
from pathlib import Path

import pytest

from infra.confinement import Confinement
from infra.pull import pull_script
from infra.release import _script
from tests.infra.build import Build, Resource
from tests.infra.engine import Engine
from tests.infra.values import CHECKOUT, IMAGE
from tests.programs import program

CONFINEMENT = Confinement(user="1234:1235")
_TEMPORARY, _MEMORY = "/tmp", "/dev/shm"  # noqa: S108 - the host's own
# Notes its arguments. `run` runs the last one, a script, with its stdin, unless it is told to fail.
_DOCKER = r"""#!/bin/sh
echo "$*" >> "$STATE/calls"
case $1 in
  pull) [ "$2" = --quiet ] || { echo "Digest: sha256:0123"; exit "${PULL:-0}"; }
    echo "$DOCKER_CONFIG" > "$STATE/folder"
    cat "$DOCKER_CONFIG/config.json" > "$STATE/credential" 2>/dev/null
    stat -c %a "$DOCKER_CONFIG" > "$STATE/mode"
    [ -z "${KILL:-}" ] || kill "-$KILL" "$ITSELF"
    echo "${SAYS:-}" >&2; exit "${PULL:-0}" ;;
  ps) echo "${TASK:-}" ;;
  rm) exit 0 ;;
  image) case $2 in
      ls) [ -z "${SIZE:-}" ] || echo 0123 ;;
      inspect) [ "$3" = --format ] && echo "$SIZE" || exit "${THERE:-1}" ;;
    esac ;;
  run) for word; do last=$word; done
    case $* in
      *validate*) exit "${VALIDATE:-0}" ;;
      *) exec sh -c "$last" ;;
    esac ;;
esac
"""


def of(command: Resource) -> tuple[str, str]:
    """What a command runs on the host, and its stdin."""
    return shlex.split(command.plain["create"])[-1], command.plain.get("stdin", "")


@dataclass(frozen=True)
class Host:
    """A machine of its own: a PATH with a pretended docker, and a folder for what the host keeps."""

    state: Path

    def run(self, script: str, stdin: str, *, by: str = "sh", **told: str) -> subprocess.CompletedProcess[str]:
        """Run a script on it, by this shell; `told` says what the pretended docker is to answer."""
        script = script.replace(f"{_TEMPORARY}/schema.sql", f"{self.state}/schema.sql").replace("/srv/site/proxy", str(self.state))
        environment = {"PATH": f"{self.state}:/usr/bin:/bin", "STATE": str(self.state), **told}
        return subprocess.run([by, "-c", script], input=stdin, env=environment, capture_output=True, text=True, check=False)

    def told(self, name: str) -> str:
        """What the pretended docker noted."""
        return (self.state / name).read_text()


@pytest.fixture
def host(tmp_path: Path) -> Host:
    """A host on which nothing has run."""
    program(tmp_path, "docker", _DOCKER)
    program(tmp_path, "df", '#!/bin/sh\nprintf "Avail\\n%s\\n" "${FREE:-20000}"\n')
    program(tmp_path, "sudo", '#!/bin/sh\necho "sudo $*" >> "$STATE/calls"\n')
    program(tmp_path, "psql", '#!/bin/sh\necho "$PGPASSWORD $*" >> "$STATE/queries"\n')
    return Host(tmp_path)


needs_shm = pytest.mark.skipif(not os.access(_MEMORY, os.W_OK), reason=f"no {_MEMORY} on this machine")


def pulled(host: Host, user: str, password: str, **told: str) -> subprocess.CompletedProcess[str]:
    """Pull with a credential, in the shell that runs scripts on a host (infra/cloud-init.yaml), with all programs watched."""
    for name in ("base64", "cat", "echo", "env", "grep", "mktemp", "printf", "rm", "sed", "tee", "timeout", "tr"):
        program(host.state, name, f'#!/bin/sh\necho "$*" >> "$STATE/words"\nexec {shutil.which(name)} "$@"\n')
    script = f"export ITSELF=$$\n{pull_script('registry.gitlab.com', IMAGE)}"
    return host.run(script, f"{user}\n{password}\n", by="bash", **told)


def auths(host: Host) -> dict[str, str]:
    """What Docker finds at the time of the pull: by registry, name and password."""
    found = json.loads(host.told("credential"))["auths"]
    return {registry: base64.b64decode(entry["auth"], validate=True).decode() for registry, entry in found.items()}


@needs_shm
def test_the_pull_credential_is_in_memory_for_docker_alone_and_gone_after_the_pull(host: Host, staging: Build) -> None:
    assert host.run(*of(staging.one("command.Command", "release-pull"))).returncode == 0
    folder = Path(host.told("folder").strip())
    assert folder.is_relative_to(_MEMORY)
    assert not folder.exists()
    assert host.told("mode") == "700\n"
    [(registry, login)] = auths(host).items()
    assert (registry, login.partition(":")[2]) == ("registry.gitlab.com", "canary-9-pull-token")


@needs_shm
@pytest.mark.parametrize("password", ["short", "dop_v1_" + "0123456789abcdef" * 4, '100%s "quoted" \\n'], ids=["short", "long", "odd"])
def test_a_pull_credential_of_any_shape_works_and_is_on_no_command_line(host: Host, password: str) -> None:
    """The user of DigitalOcean's registry is the token too."""
    user = f"user-{password}"
    assert pulled(host, user, password).returncode == 0
    assert auths(host) == {"registry.gitlab.com": f"{user}:{password}"}
    words = host.told("words") + host.told("calls")
    assert "pull --quiet" in words
    assert not [part for part in (user, password, base64.b64encode(f"{user}:{password}".encode()).decode()) if part in words]


@needs_shm
@pytest.mark.parametrize(
    ("says", "refused"),
    [
        ("Error response from daemon: unauthorized: HTTP Basic: Access denied", True),
        ("error from registry: denied", True),
        ("dial tcp: lookup registry.gitlab.com: no such host", False),
    ],
)
def test_a_pull_that_fails_fails_the_run_and_leaves_no_credential(host: Host, staging: Build, says: str, refused: bool) -> None:
    ran = host.run(*of(staging.one("command.Command", "release-pull")), PULL="1", SAYS=says)
    assert ran.returncode == 1
    assert says in ran.stderr
    assert ("registry.gitlab.com refused the pull credential" in ran.stderr) is refused
    assert not Path(host.told("folder").strip()).exists()


@needs_shm
def test_a_pull_that_is_killed_leaves_no_credential(host: Host) -> None:
    assert pulled(host, "user", "password-of-the-pull", KILL="TERM").returncode != 0
    assert auths(host), "it was there"
    assert not Path(host.told("folder").strip()).exists()


@needs_shm
def test_a_public_image_is_pulled_without_a_credential(host: Host, engine: Engine) -> None:
    command = engine.build("staging", appProject="").one("command.Command", "release-pull")
    assert host.run(*of(command)).returncode == 0
    assert host.told("calls").splitlines()[-1] == f"pull --quiet {IMAGE}"
    assert host.told("credential") == ""


def test_an_image_that_is_there_is_not_pulled_so_that_going_back_needs_no_registry(host: Host, staging: Build) -> None:
    assert host.run(*of(staging.one("command.Command", "release-pull")), THERE="0", FREE="0").returncode == 0
    assert host.told("calls") == f"image inspect {IMAGE}\n"


@pytest.mark.parametrize(("free", "enough"), [("1823", False), ("1824", True)])
def test_a_disk_without_room_for_an_image_twice_as_large_as_the_last_is_said_before_the_pull(
    host: Host, staging: Build, free: str, enough: bool
) -> None:
    ran = host.run(*of(staging.one("command.Command", "release-pull")), FREE=free, SIZE=str(400 * 2**20))
    assert (ran.returncode == 0) is enough
    assert ("pull --quiet" in host.told("calls")) is enough
    assert enough or "the disk has 1823 MiB free, and an image needs about 1824 MiB" in ran.stderr


def test_a_release_command_has_a_limit_and_does_not_wait_long_for_anothers_lock(host: Host, staging: Build, tmp_path: Path) -> None:
    program(tmp_path, "timeout", '#!/bin/sh\necho "$1" > "$STATE/limit"\nexit 124\n')
    ran = host.run(_script("staging", IMAGE, "true", "", CONFINEMENT), "")
    assert ran.returncode == 124
    assert ran.stderr == f"release-staging: no end within {host.told('limit').strip()} s\n"
    assert host.told("calls") == "rm --force release-staging\n", "it would go on"
    assert "--env 'PGOPTIONS=-c lock_timeout=10s'" in staging.one("command.Command", "release").plain["create"].replace("'\"'\"'", "'")


@pytest.mark.parametrize(
    ("command", "code", "printed"),
    [
        ("echo one", 0, "one\n"),
        ("echo one && echo two", 0, "one\ntwo\n"),
        ("echo one; echo two", 0, "one\ntwo\n"),
        ("false; echo never", 1, ""),
        ("exit 3", 3, ""),
        ('echo "it\'s $SECRET_KEY"', 0, "it's canary-1-Zq8vN3xW6rT1yU4pL7kJ0hG5fD2sA9mB-django-key\n"),
    ],
)
def test_all_of_a_release_command_runs_with_the_sites_environment(
    host: Host, staging: Build, command: str, code: int, printed: str
) -> None:
    ran = host.run(_script("staging", IMAGE, command, "", CONFINEMENT), staging.one("command.Command", "release").plain["stdin"])
    assert (ran.returncode, ran.stderr) == (code, printed)
    assert ran.stdout == "", "what it prints is told, not kept in the state"


def test_two_releases_do_not_run_beside_each_other(staging: Build, production: Build) -> None:
    for build in (staging, production):
        assert f"--name release-{build.stack} " in build.one("command.Command", "release").plain["create"]


def test_the_schema_is_prepared_by_the_administrator_and_finished_by_the_login_user(host: Host, staging: Build) -> None:
    ran = host.run(*of(staging.one("command.Command", "schema")), LOGIN="site1", ADMINISTRATOR="doadmin")
    assert ran.returncode == 0, ran.stderr
    first, second = host.told("queries").splitlines()
    assert first.startswith("canary-11-administrator ")
    assert "-U doadmin" in first
    assert "-v login=site1" in first
    assert second.startswith("canary-12/login@user ")
    assert "-U site1" in second
    assert "SET role = 'site'" in second
    assert "canary" not in host.told("calls")
    assert host.told("schema.sql") == (CHECKOUT / "infra" / "schema.sql").read_text()


def test_the_schema_can_be_prepared_again() -> None:
    sql = (CHECKOUT / "infra" / "schema.sql").read_text()
    assert "WHERE NOT EXISTS" in sql, "CREATE ROLE has no IF NOT EXISTS"
    assert not [word for word in ("SUPERUSER", "DROP ", "PASSWORD", "GRANT ALL") if word in sql], "doadmin may not, or nobody should"


def test_a_proxy_file_that_caddy_accepts_takes_the_old_ones_place_and_is_reloaded(host: Host, staging: Build) -> None:
    (host.state / "Caddyfile").write_text("old")
    command = staging.one("command.Command", "proxy-file")
    assert host.run(*of(command), TASK="1a2b3c").returncode == 0
    assert host.told("Caddyfile") == command.plain["stdin"]
    assert "exec 1a2b3c caddy reload" in host.told("calls").splitlines()[-1]
    assert (host.state / "Caddyfile").stat().st_mode & 0o077 == 0, "it may hold the hash of a password"


def test_a_proxy_file_that_caddy_refuses_changes_nothing(host: Host, staging: Build) -> None:
    (host.state / "Caddyfile").write_text("old")
    ran = host.run(*of(staging.one("command.Command", "proxy-file")), TASK="1a2b3c", VALIDATE="1")
    assert ran.returncode == 1
    assert host.told("Caddyfile") == "old"
    assert "reload" not in host.told("calls")


def test_a_first_proxy_file_has_nobody_to_reload(host: Host, staging: Build) -> None:
    assert host.run(*of(staging.one("command.Command", "proxy-file"))).returncode == 0
    assert "reload" not in host.told("calls")


def test_a_tag_is_fixed_to_its_digest(host: Host, staging: Build) -> None:
    ran = host.run(*of(staging.one("command.Command", "proxy-image")))
    assert (ran.returncode, ran.stdout) == (0, "caddy:2@sha256:0123")


def test_an_image_that_cannot_be_pulled_has_no_digest(host: Host, staging: Build) -> None:
    (host.state / "docker").write_text("#!/bin/sh\nexit 1\n")
    ran = host.run(*of(staging.one("command.Command", "proxy-image")))
    assert ran.returncode != 0
    assert ran.stdout == ""
