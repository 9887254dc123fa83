"""What a change of config touches. Nothing else may move: a rotation is no release, and a release is no rebuild."""

import pytest

from tests.infra.build import Build
from tests.infra.engine import Engine
from tests.infra.values import NEXT_IMAGE, OPERATOR_KEY

KEY = "another-Zq8vN3xW6rT1yU4pL7kJ0hG5fD2sA9mB-django-key!"


def touched(before: Build, after: Build) -> dict[str, set[str]]:
    """`type name` -> the inputs that differ. What is new or gone has the pseudo-input `+` or `-`."""
    found: dict[str, set[str]] = {}
    for urn in before.resources.keys() | after.resources.keys():
        old, new = before.resources.get(urn), after.resources.get(urn)
        there = new or old
        assert there is not None
        if old is None or new is None:
            changed = {"-" if new is None else "+"}
        else:
            changed = {key for key in old.inputs.keys() | new.inputs.keys() if old.inputs.get(key) != new.inputs.get(key)}
        if changed:
            found[f"{there.short} {there.name}"] = changed
    return found


@pytest.mark.parametrize(
    "rotated",
    [{"secretKey": KEY}, {"secretKeyFallbacks": "yet-another-former-key"}, {"secrets": {"STRIPE_KEY": "renewed"}}, {"env": {"LEVEL": "1"}}],
    ids=lambda rotated: next(iter(rotated)),
)
def test_a_changed_variable_is_a_new_docker_secret_and_no_release(engine: Engine, staging: Build, rotated: dict[str, object]) -> None:
    """`stdin` is not among the triggers of the release command, and its `update` does nothing."""
    found = touched(staging, engine.build("staging", **rotated))
    noted = {name: found.pop(name) for name in sorted(found) if " rotated-" in name}
    check = found.pop("command.Command release-check")
    assert check == ({"stdin", "triggers"} if rotated.keys() == {"env"} else {"stdin"}), "a rotation must not wait for what is no secret"
    assert found == {"docker.Secret environment": {"data"}, "command.Command release": {"stdin"}}
    assert len(noted) == (rotated.keys() <= {"secretKey", "secrets"}), "when a secret was rotated is noted, and of nothing else"


def test_a_command_runs_for_its_triggers_only(build: Build, full: Build) -> None:
    """Without a no-op `update` any other change of its inputs would run it again."""
    for command in [*build.all("command.Command"), *full.all("command.Command")]:
        keeps_its_output = command.plain["addPreviousOutputInEnv"]
        assert command.plain["update"] == ('printf %s "$PULUMI_COMMAND_STDOUT"' if keeps_its_output else ":"), command.urn
        assert command.plain["triggers"], f"{command.urn} would never run again"


def test_another_number_of_replicas_touches_one_service(engine: Engine, production: Build) -> None:
    processes = {
        "web": {
            "command": "gunicorn config.wsgi",
            "port": 8000,
            "health": "/healthz",
            "replicas": 3,
            "memory": 384,
            "volumes": {"media": "/app/media"},
        },
        "worker": {
            "command": "celery -A config worker -l info --concurrency 2",
            "memory": 384,
            "stopGrace": 60,
            "volumes": {"media": "/app/media"},
        },
        "beat": {"command": "celery -A config beat -l info", "singleton": True, "memory": 160},
    }
    found = touched(production, engine.build("production", processes=processes))
    changed = {"docker.Service web": {"mode", "updateConfig", "rollbackConfig"}, "command.Command web-runs": {"triggers"}}
    assert found == changed, "they are started together"


def test_a_new_image_is_fetched_migrated_and_rolled_out_and_touches_nothing_else(engine: Engine, production: Build) -> None:
    found = touched(production, engine.build("production", image=NEXT_IMAGE))
    assert found == {
        "command.Command release-pull": {"create", "triggers"},
        "command.Command release-check": {"create", "triggers"},
        "command.Command release-user": {"create", "triggers"},
        "command.Command release": {"create", "triggers"},
        **{f"docker.Service {process}": {"taskSpec"} for process in ("web", "worker", "beat")},
        **{f"command.Command {process}-runs": {"triggers"} for process in ("web", "worker", "beat")},
    }


def test_another_name_for_the_site_is_a_reload_of_the_proxy_and_not_its_replacement(engine: Engine, staging: Build) -> None:
    found = touched(staging, engine.build("staging", acmeCa="https://acme.example.com/directory"))
    assert found == {"command.Command proxy-file": {"stdin", "triggers"}}


def test_a_larger_droplet_keeps_everything_on_it(engine: Engine, staging: Build) -> None:
    assert touched(staging, engine.build("staging", serverSize="s-4vcpu-8gb")) == {"digitalocean.Droplet servers": {"size"}}


def test_another_operator_is_let_in_on_the_droplet_that_is_there(engine: Engine, staging: Build) -> None:
    second = OPERATOR_KEY.replace("AAAAIOperator", "AAAAISecond00")
    after = engine.build("staging", operatorKeys=[OPERATOR_KEY, second])
    new = {f"command.Command {command.name}" for command in after.all("command.Command")} - {
        f"command.Command {command.name}" for command in staging.all("command.Command")
    }
    assert len(new) == 1
    assert touched(staging, after).keys() - {"digitalocean.Droplet servers"} <= new
    assert "userData" in staging.one("digitalocean.Droplet").ignore_changes


def test_ssh_from_another_network_touches_the_firewall_only(engine: Engine, staging: Build) -> None:
    found = touched(staging, engine.build("staging", sshFrom=["203.0.113.0/24"]))
    assert found == {"digitalocean.Firewall network": {"inboundRules"}}


def test_a_rotated_token_touches_its_variable_only(engine: Engine, staging: Build) -> None:
    found = touched(staging, engine.build("staging", stateSecretKey="renewed-state-key"))
    assert found == {
        "gitlab.ProjectVariable AWS_SECRET_ACCESS_KEY": {"value"},
        "command.Command rotated-stateSecretKey": {"triggers"},
    }


def test_the_same_config_declares_the_same(engine: Engine, staging: Build) -> None:
    assert touched(staging, engine.build("staging")) == {}


def test_basic_auth_is_a_new_file_for_the_proxy_and_no_other_change(engine: Engine, staging: Build) -> None:
    guarded = engine.build("staging", basicAuth="visitor:long enough")
    assert touched(staging, guarded) == {
        "command.Command proxy-file": {"stdin", "triggers"},
        "command.Command rotated-basicAuth": {"+"},
    }
    assert touched(guarded, engine.build("staging", basicAuth="visitor:long enough")) == {}
