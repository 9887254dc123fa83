"""`rotate`, as it is called: what it asks for, in which order, and what serves afterwards."""

import base64
import io
import json
import os
import sys
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
import yaml

from ci import strength
from ci.front_door import DoorError, FrontDoor
from tests.ci.running import service
from tests.ci.stage import HOST_KEY, PRIVATE_KEY, RUNNING, Ran, Resource, Stage, resource
from tests.ci.test_stack_config import secure
from tests.cloud.digitalocean_server import TOKEN
from tests.cloud.gitlab_server import PATH
from tests.cloud.gitlab_server import TOKEN as GITLAB_TOKEN
from tests.programs import program

pytestmark = pytest.mark.integration
KEY, STRIPE, VISITOR = "aB3-former-" + "kT9w2mQx7v" * 5, "sk_live_51H8xYzAbCdEfGh", "visitor:kT9w2mQx7vR4"
NEW = base64.b64encode(bytes(range(7, 210, 4))).decode()
FILE = f"""# What people wrote.
encryptionsalt: v1:salt
config:
  site:deploySite: true
  site:broker: none
  site:processes: {{web: {{}}}}
  site:generations: {{hostKey: 4}}
  site:secretKey: {json.dumps(secure(KEY))}
  site:basicAuth: {json.dumps(secure(VISITOR))}
  site:secrets: {{STRIPE_KEY: {json.dumps(secure(STRIPE))}, JWT: {json.dumps(secure("another"))}}}
  digitalocean:token: {json.dumps(secure("dop_v1_that_was_there_before"))}
"""
EXPORTS = {
    **{"image": RUNNING, "host": "203.0.113.10", "hostKey": HOST_KEY, "address": "203.0.113.9"},
    **{"health": "https://site.example/healthz", "url": "https://site.example"},
}
HOST = {
    "docker service inspect --format": "abc web\n",
    "docker service inspect": json.dumps([service("web", RUNNING, "serving")]),
    "read-fallbacks": "<fallbacks>read</fallbacks>\n",
}
LOCKED = "error: the stack is currently locked by 1 lock(s). created by someone@elsewhere (pid 7) at 2026-01-02T03:04:05Z"
Rotate = Callable[..., Ran]


def stack(*more: Resource, **exports: Any) -> Resource:
    """A state, with what the program exported."""
    outputs = {**EXPORTS, "rotated": {"database": "2020-01-01T00:00:00Z"}, **exports}
    return {"version": 3, "deployment": {"resources": [resource("pulumi:pulumi:Stack", "site-staging", outputs=outputs), *more]}}


def key(name: str, **outputs: str) -> Resource:
    return resource(PRIVATE_KEY, name, "key", outputs=outputs)


@pytest.fixture
def stage(stage: Stage, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Stage:
    """A site that runs, and that visitors get; nobody here may write to its registry."""
    monkeypatch.delenv("GITLAB_TOKEN")
    (tmp_path / "Pulumi.yaml").write_text("name: site\nconfig: {proxyImage: {default: caddy:2}, infraProject: {default: ''}}\n")
    (tmp_path / "Pulumi.staging.yaml").write_text(FILE)
    monkeypatch.setattr(FrontDoor, "ask", lambda _self, _headers=None: b"ok")
    monkeypatch.setattr(FrontDoor, "watch", lambda *_, **__: None)
    stage.answer(state=stack(), host=HOST)
    return stage


@pytest.fixture
def rotate(stage: Stage, monkeypatch: pytest.MonkeyPatch) -> Rotate:
    """Run it, with `new` on stdin."""

    def run(*words: str, new: str | None = None) -> Ran:
        monkeypatch.setattr(sys, "stdin", io.StringIO("" if new is None else f"{new}\n"))
        return stage.ci("rotate", *words, *([] if new is None else ["--stdin"]))

    return run


def config(text: str | None = None) -> dict[str, Any]:
    """Of a stack file, by default the one that there is; encrypted values as their text."""

    def opened(value: Any) -> Any:
        if isinstance(value, dict):
            secret = value.get("secure")
            return base64.b64decode(secret).decode() if secret else {name: opened(inner) for name, inner in value.items()}
        return value

    found: dict[str, Any] = yaml.safe_load(Path("Pulumi.staging.yaml").read_text() if text is None else text)["config"]
    return {name: opened(value) for name, value in found.items()}


def untouched(stage: Stage) -> bool:
    """Whether nothing was done to the stack or on its host."""
    return Path("Pulumi.staging.yaml").read_text() == FILE and not (stage.calls("up") or stage.calls("ssh") or stage.calls("config", "set"))


def test_a_secret_of_the_sites_own_is_brought_out_and_looked_for_in_what_runs(stage: Stage, rotate: Rotate) -> None:
    ran = rotate("secrets.STRIPE_KEY", new=NEW)
    assert (ran.code, ran.err) == (0, "")
    assert config()["site:secrets"] == config(stage.answers("asked"))["site:secrets"] == {"STRIPE_KEY": NEW, "JWT": "another"}
    assert "✓ the old value: refused (look for it in what runs" in ran.out
    assert len(stage.calls("up")) == 1


def test_no_value_is_told_or_on_a_command_line(stage: Stage, rotate: Rotate) -> None:
    for name, old, new in (("secrets.STRIPE_KEY", STRIPE, NEW), ("basicAuth", VISITOR, f"visitor:{NEW}"), ("secretKey", KEY, NEW[::-1])):
        ran = rotate(name, new=new)
        seen = ran.out + ran.err + json.dumps(stage.calls())
        assert name in seen
        assert not [value for value in (old, new, new.partition(":")[2] or new, base64.b64encode(new.encode()).decode()) if value in seen]


def test_what_the_program_makes_is_rotated_by_its_number(stage: Stage, rotate: Rotate) -> None:
    stage.answer(state=stack(key("servers-host-4", publicKeyOpenssh=HOST_KEY)))
    rotate("hostKey")
    assert config(stage.answers("asked"))["site:generations"] == {"hostKey": 5}


def test_a_random_value_is_another_one_that_passes_the_rules(rotate: Rotate) -> None:
    assert rotate("secrets.STRIPE_KEY", "--random").code == 0
    assert len(config()["site:secrets"]["STRIPE_KEY"]) > 50
    assert rotate("basicAuth", "--random").err.startswith("error: basicAuth: a random value would mean nothing")


@pytest.mark.parametrize(
    ("words", "new", "reason"),
    [
        (["secrets.STRIPE"], NEW, "there are database, ciKey, hostKey, secretKey, basicAuth, digitalocean:token, secrets.STRIPE_KEY,"),
        (["secrets.STRIPE", "--random"], None, "secrets.STRIPE is no secret of this stack"),
        (["broker"], None, "broker is no secret of this stack"),
        (["secretKey"], NEW[:40], "is shorter than 50 characters"),
        (["secrets.STRIPE_KEY"], STRIPE, "is what it was before"),
        (["secrets.STRIPE_KEY"], f"{NEW}\n{NEW}", "has more than one line"),
        (["digitalocean:token"], "dop_v1_that_nobody_gave_out", "digitalocean:token: its API refuses the new one; nothing was changed"),
        (["secretKey", "--finish"], None, "no former key is kept"),
        (["database", "--finish"], None, "--finish is for secretKey"),
    ],
)
def test_what_cannot_be_is_refused_before_anything_is_touched(
    stage: Stage, rotate: Rotate, words: list[str], new: str | None, reason: str
) -> None:
    ran = rotate(*words, new=new)
    assert ran.code == 1
    assert reason in ran.err
    assert not new or new not in ran.err
    assert untouched(stage)


def test_a_value_for_what_the_program_makes_is_refused(stage: Stage, rotate: Rotate) -> None:
    stage.answer(state=stack(key("servers-host-4", publicKeyOpenssh=HOST_KEY)))
    assert "the program makes it; there is nothing to give" in rotate("hostKey", new=NEW).err
    assert untouched(stage)


@pytest.mark.parametrize("words", [[], ["--random"], ["--finish"]])
def test_a_name_that_is_none_is_refused_before_a_value_is_asked_for(stage: Stage, rotate: Rotate, words: list[str]) -> None:
    ran = rotate("databse", *words)
    assert ran.code == 1
    assert "databse is no secret; there are database, broker, registry, ciKey, deployKey, hostKey, secretKey," in ran.err
    assert "secrets.NAME" in ran.err
    assert not stage.calls()


def test_a_stack_on_which_nothing_runs_has_nothing_to_rotate(stage: Stage, rotate: Rotate) -> None:
    stage.answer(state={"version": 3, "deployment": {}})
    assert "nothing runs on staging yet" in rotate("secretKey").err


def test_a_token_that_its_api_takes_is_brought_out_and_the_old_one_asked_for(
    stage: Stage, rotate: Rotate, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setitem(strength._SHORTEST, "digitalocean:token", len(TOKEN))
    ran = rotate("digitalocean:token", new=TOKEN)
    assert (ran.code, ran.err) == (0, "")
    assert config(stage.answers("asked"))["digitalocean:token"] == TOKEN
    assert "the old value: refused (ask the API with it: 401)" in ran.out


def test_a_trial_that_fails_does_not_hide_that_the_new_value_is_in_force(stage: Stage, rotate: Rotate) -> None:
    token = json.dumps(secure(GITLAB_TOKEN))
    Path("Pulumi.staging.yaml").write_text(f"{FILE}  site:appProject: {PATH}\n  site:infraProject: {PATH}\n  gitlab:token: {token}\n")
    stage.answer(state=stack(key("pipeline-deploy", publicKeyOpenssh=HOST_KEY)))
    stage.site.inject("500-before:GET /api/v4/projects/*/deploy_keys", times=9)
    ran = rotate("deployKey")
    assert config()["site:generations"]["deployKey"] == 2
    assert "deployKey rotated" in ran.out


@pytest.mark.parametrize(("said", "warned"), [("<fallbacks>read</fallbacks>", False), ("<fallbacks>not read</fallbacks>", True)])
def test_a_former_secret_key_is_kept_until_it_is_finished(stage: Stage, rotate: Rotate, said: str, warned: bool) -> None:
    stage.answer(host={**HOST, "read-fallbacks": said})
    ran = rotate("secretKey")
    assert (ran.code, ran.err) == (0, "")
    assert ("everyone is logged out by this" in ran.out) is warned
    assert "not tried (still opens sessions, until: python -m ci rotate secretKey --finish --stack staging)" in ran.out
    kept = config()
    assert len(kept["site:secretKey"]) > 50
    assert kept["site:secretKeyFallbacks"] == config(stage.answers("asked"))["site:secretKeyFallbacks"] == KEY
    ran = rotate("secretKey", "--finish")
    assert ran.code == 0
    assert "the old value: refused" in ran.out
    assert config() == {name: value for name, value in kept.items() if name != "site:secretKeyFallbacks"}
    assert rotate("secretKey", "--finish").code == 1


def test_an_old_value_that_still_works_is_told_and_seen_in_the_exit_code(rotate: Rotate, monkeypatch: pytest.MonkeyPatch) -> None:
    ran = rotate("basicAuth", new=f"visitor:{NEW}")
    assert ran.code == 4
    assert "✓ basicAuth rotated" in ran.out
    assert "! the old value: STILL WORKS (visit with it: still let in)" in ran.out

    def refuse(_door: FrontDoor, headers: dict[str, str] | None = None) -> bytes:
        if headers:
            raise DoorError("https://site.example/ answers 401: ")
        return b"ok"

    monkeypatch.setattr(FrontDoor, "ask", refuse)
    assert rotate("basicAuth", new=f"visitor:{NEW[::-1]}").code == 0


def test_a_failure_puts_the_config_and_what_runs_back_and_says_that_the_old_value_serves(stage: Stage, rotate: Rotate) -> None:
    stage.answer(fails=["error: web: service paused", ""])
    ran = rotate("secrets.STRIPE_KEY", new=NEW)
    assert ran.code == 1
    assert "web: service paused" in ran.err
    assert "the config is as it was, and the old value serves: nothing was rotated" in ran.err
    assert Path("Pulumi.staging.yaml").read_bytes() == FILE.encode()
    first, second = config(stage.answers("before")), config(stage.answers("asked"))
    assert first["site:secrets"] == {"STRIPE_KEY": NEW, "JWT": "another"}
    assert second == {**config(FILE), "site:image": RUNNING}
    assert "✓" not in ran.out


def test_a_failure_after_a_failure_says_how_to_go_on(stage: Stage, rotate: Rotate) -> None:
    stage.answer(fails="error: quota exceeded")
    ran = rotate("secrets.STRIPE_KEY", new=NEW)
    assert ran.code == 1
    assert "the config is as it was, but not everything that runs: " in ran.err
    assert "go on with: python -m ci up --stack staging" in ran.err
    assert "the old value serves" not in ran.err
    assert len(stage.calls("up")) == 2
    assert Path("Pulumi.staging.yaml").read_bytes() == FILE.encode()


def test_a_value_that_visitors_get_no_answer_with_is_put_back(stage: Stage, rotate: Rotate, monkeypatch: pytest.MonkeyPatch) -> None:
    answers = [DoorError("https://site.example/healthz answers 502: "), None]

    def watch(*_: object, **__: object) -> None:
        if error := answers.pop(0):
            raise error

    monkeypatch.setattr(FrontDoor, "watch", watch)
    ran = rotate("secretKey")
    assert ran.code == 1
    assert "answers 502" in ran.err
    assert "the old value serves" in ran.err
    assert Path("Pulumi.staging.yaml").read_bytes() == FILE.encode()
    assert config(stage.answers("asked"))["site:secretKey"] == KEY


def test_a_stack_that_another_run_holds_is_left_alone(stage: Stage, rotate: Rotate) -> None:
    stage.answer(fails=LOCKED)
    ran = rotate("secrets.STRIPE_KEY", new=NEW)
    assert ran.code == 1
    assert "staging is locked by someone@elsewhere (process 7)" in ran.err
    assert len(stage.calls("up")) == 1
    assert Path("Pulumi.staging.yaml").read_bytes() == FILE.encode()


def test_an_entry_of_secrets_that_are_one_text_is_refused(stage: Stage, rotate: Rotate) -> None:
    lines = FILE.splitlines(keepends=True)
    text = "".join(
        f"  site:secrets: {json.dumps(secure(json.dumps({'STRIPE_KEY': STRIPE})))}\n" if "JWT" in line else line for line in lines
    )
    Path("Pulumi.staging.yaml").write_text(text)
    ran = rotate("secrets.STRIPE_KEY", new=NEW)
    assert ran.code == 1
    assert "site:secrets is one secret text" in ran.err
    assert Path("Pulumi.staging.yaml").read_text() == text
    assert not stage.calls("config", "set")


def test_a_config_that_the_cli_does_not_take_brings_nothing_out(stage: Stage, rotate: Rotate) -> None:
    stage.answer(refuses="site:secrets.STRIPE_KEY")
    assert rotate("secrets.STRIPE_KEY", new=NEW).code == 1
    assert not stage.calls("up")


def test_a_host_with_a_new_key_is_known_by_it_from_then_on(stage: Stage, rotate: Rotate) -> None:
    other = HOST_KEY.replace("Ihost", "Iother")
    before, after = (stack(key("servers-host-4", publicKeyOpenssh=f"{HOST_KEY}\n"), hostKey=known) for known in (HOST_KEY, other))
    stage.answer(state=before, hostKey=HOST_KEY, becomes={"state": after, "hostKey": other})
    ran = rotate("hostKey")
    assert (ran.code, ran.err) == (0, "")
    assert "the old value: refused (ssh to a host that must have it: Host key verification failed)" in ran.out
    assert config()["site:generations"] == {"hostKey": 5}


def test_a_host_whose_key_an_up_changes_is_asked_by_the_new_one_for_another_secret_too(stage: Stage, rotate: Rotate) -> None:
    other = HOST_KEY.replace("Ihost", "Iother")
    stage.answer(hostKey=HOST_KEY, becomes={"state": stack(hostKey=other), "hostKey": other})
    ran = rotate("secrets.STRIPE_KEY", new=NEW)
    assert (ran.code, ran.err) == (0, "")
    assert "the old value: refused (look for it in what runs" in ran.out


def test_a_pipeline_that_rotates_its_own_key_goes_on_with_the_new_one(
    stage: Stage, rotate: Rotate, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    before = key("servers-ci", privateKeyOpenssh="OLD PRIVATE\n")
    after = stack(before, key("servers-ci-2", privateKeyOpenssh="NEW PRIVATE\n"))
    stage.answer(state=stack(before), becomes={"state": after})
    agent = tmp_path / "agent"
    agent.mkdir()
    program(agent, "ssh-add", f'#!/bin/sh\necho "$*" > {agent}/words\ncat > {agent}/key\n')
    monkeypatch.setenv("PATH", str(agent), prepend=os.pathsep)
    ran = rotate("ciKey")
    assert ((agent / "words").read_text(), (agent / "key").read_text()) == ("-q -\n", "NEW PRIVATE\n")
    assert (ran.code, "STILL WORKS" in ran.out) == (4, True), "the pretended host lets everybody in"
    assert "PRIVATE" not in ran.out + ran.err + json.dumps(stage.calls())


def test_what_an_up_says_is_masked_while_it_goes_on(stage: Stage, rotate: Rotate) -> None:
    marked = {"4dabf18193072939515e22adb298388d": "1b47061264138c4ac30d75fd1eb44270", "plaintext": json.dumps("hunter2-hunter2")}
    stage.answer(
        state=stack(resource("random:index/randomPassword:RandomPassword", "broker", "b", outputs={"result": marked})),
        events=[{"sequence": 1, "diagnosticEvent": {"severity": "warning", "message": "connect redis://:hunter2-hunter2@broker"}}],
    )
    ran = rotate("secrets.STRIPE_KEY", new=NEW)
    assert ran.code == 0
    assert "connect redis://:[secret]@broker" in ran.out


def test_what_an_up_says_of_the_new_value_is_masked_too(stage: Stage, rotate: Rotate) -> None:
    words = f"release: settings: STRIPE_KEY={NEW} is not a key of this account"
    event = {"sequence": 1, "diagnosticEvent": {"severity": "error", "message": words, "urn": "urn:pulumi:staging::site::c::release"}}
    stage.answer(fails=["error: update failed", ""], events=[event])
    ran = rotate("secrets.STRIPE_KEY", new=NEW)
    assert "is not a key of this account" in ran.err
    assert NEW not in ran.out + ran.err


@pytest.mark.parametrize(("enforced", "code"), [("true", 1), ("false", 0)])
def test_a_secret_past_its_limit_stops_an_up_where_that_is_wanted_and_never_a_rotation(
    stage: Stage, rotate: Rotate, enforced: str, code: int
) -> None:
    Path("Pulumi.staging.yaml").write_text(f"{FILE}  site:secretAgesEnforced: {enforced}\n")
    ran = stage.ci("up")
    assert ran.code == code
    assert ("python -m ci rotate database --stack staging" in ran.err) is bool(code)
    assert len(stage.calls("up")) == 1 - code
    assert rotate("secrets.STRIPE_KEY", new=NEW).code == 0


def test_an_up_whose_secrets_are_young_begins_though_their_ages_are_enforced(stage: Stage) -> None:
    Path("Pulumi.staging.yaml").write_text(f"{FILE}  site:secretAgesEnforced: true\n  site:secretAges: {{database: 36500}}\n")
    assert stage.ci("up").code == 0
