"""The preview of a merge request with the real engine: a bundle of a stack that was made, and what it tells of changes; nothing is asked of
any cloud, and no secret is known."""

import json
import os
import secrets
import shutil
from collections.abc import Iterator
from dataclasses import dataclass, replace
from typing import Any

import pytest
import yaml

from ci.cli import Cli
from ci.preview.bundle import make
from ci.preview.effects import Effect
from ci.preview.note import render
from ci.preview.outlook import Outlook, report
from ci.preview.preview_bundle import Bundle, BundleError
from ci.secret_value import secrets as opened
from ci.secret_value import texts
from tests.canaries import SHORTEST, Scanner
from tests.engine.cli import Driven

pytestmark = [pytest.mark.integration, pytest.mark.rehearsal]
IMAGE = f"registry.gitlab.com/rehearsal/site@sha256:{'1' * 64}"


@dataclass(frozen=True, kw_only=True)
class Previews:
    """Of one stack, in a checkout that has neither its state nor its passphrase."""

    bundle: Bundle
    cli: Cli

    def of(self, *, released: str = "", **values: Any) -> Outlook:
        """With these values of the config (`serverSize` …) in place of those of the stack file; `released` is the image to preview."""
        file = self.cli.folder / f"Pulumi.{self.cli.stack}.yaml"
        before = file.read_text()
        content = yaml.safe_load(before)
        content["config"] |= {f"site:{name}": value for name, value in values.items()}
        file.write_text(yaml.safe_dump(content))
        try:
            return Outlook.of(self.bundle, self.cli, image=released)
        finally:
            file.write_text(before)


@pytest.fixture(scope="module")
def previews(stack: Driven, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Previews]:
    stack.up()
    checkout = tmp_path_factory.mktemp("checkout") / "project"
    shutil.copytree(stack.workspace.folder, checkout, symlinks=True, ignore=shutil.ignore_patterns("state"))
    with pytest.MonkeyPatch.context() as patch:
        for name in [name for name in os.environ if name.startswith(("DIGITALOCEAN_", "GITLAB_"))]:
            patch.delenv(name)
        patch.setenv("DIGITALOCEAN_API_URL", "https://127.0.0.1:1")
        patch.setenv("GITLAB_BASE_URL", "https://127.0.0.1:1/api/v4/")
        bundle, _ = make(stack.workspace.cli, verdict="you can go back")
        yield Previews(bundle=Bundle.read(bundle.model_dump_json().encode()), cli=Cli(stack=stack.workspace.stack, folder=checkout))


def exported(stack: Driven) -> dict[str, Any]:
    found: dict[str, Any] = json.loads(stack.workspace.cli.run("stack", "export", "--show-secrets"))
    return found


def effects(outlook: Outlook) -> dict[str, Effect]:
    """By short type and name, of what visitors notice."""
    return {f"{impact.change.kind} {impact.change.name}": impact.effect for impact in outlook.impacts if impact.effect > Effect.NOTHING}


def test_nothing_changes_where_nothing_was_changed(previews: Previews) -> None:
    outlook = previews.of()
    assert [str(impact.change) for impact in outlook.impacts] == []
    assert report(outlook) == {"create": 0, "update": 0, "delete": 0}


def test_a_renewal_without_a_reason_changes_nothing_either(previews: Previews) -> None:
    assert [str(impact.change) for impact in previews.of(renewServer=True).impacts] == []


def test_no_secret_is_in_a_bundle_in_any_form(stack: Driven, previews: Previews) -> None:
    shown = {text.strip() for text in texts(previews.bundle.exports)}
    known = {text for value in opened(exported(stack)) for text in texts(value) if text.strip() not in shown}
    long = {f"secret {place}": text for place, text in enumerate(known) if len("".join(text.split())) >= 2 * SHORTEST}
    assert len(long) > 20
    assert Scanner(long).scan({"bundle": previews.bundle.model_dump_json()}) == []


def test_a_secret_that_stands_in_clear_is_not_published(stack: Driven) -> None:
    before, leak = exported(stack), secrets.token_hex(24)
    state = json.loads(json.dumps(before))
    network = next(found for found in state["deployment"]["resources"] if found["type"].endswith(":Vpc"))
    cluster = next(found for found in state["deployment"]["resources"] if found["type"].endswith(":DatabaseCluster"))
    network["outputs"]["vpcUrn"] = f"do:{leak}"
    cluster["outputs"]["uiPassword"] |= {"plaintext": json.dumps(leak)}
    stack.workspace.cli.replace_state(state)
    try:
        with pytest.raises(BundleError, match=r"1 secret would be published.*network.*vpcUrn") as caught:
            make(stack.workspace.cli)
        assert leak not in str(caught.value)
    finally:
        stack.workspace.cli.replace_state(before)


def test_a_new_image_rolls_every_process_and_runs_the_release_command(previews: Previews) -> None:
    outlook = previews.of(released=IMAGE)
    processes = {f"docker Service {name}": Effect.ROLLED for name in ("web", "worker", "beat")}
    assert effects(outlook) == {**processes, "command Command release": Effect.ROLLED}
    assert not outlook.gate.shut
    assert IMAGE in render(outlook)


def test_the_image_of_the_stack_file_is_not_what_runs(previews: Previews) -> None:
    assert previews.of(image=IMAGE).impacts == ()


def test_a_secret_with_another_ciphertext_is_named_and_rolls_the_processes(previews: Previews) -> None:
    outlook = previews.of(secretKey={"secure": "v1:another:ciphertext"})
    assert outlook.secrets == ("site:secretKey",)
    assert effects(outlook) == {f"docker Service {name}": Effect.ROLLED for name in ("web", "worker", "beat")}
    note = render(outlook)
    assert "`site:secretKey`" in note
    assert "fingerprint-" not in note


@pytest.mark.parametrize(
    ("values", "changed", "effect", "cause"),
    [
        ({"serverSize": "s-2vcpu-4gb"}, "digitalocean Droplet servers", Effect.DOWNTIME, "size"),
        ({"databaseVersion": "18"}, "digitalocean DatabaseCluster database", Effect.DOWNTIME, "version"),
        ({"brokerImage": "valkey/valkey:8.1"}, "docker Service broker", Effect.DOWNTIME, "taskSpec.containerSpec.image"),
        ({"serverImage": "debian-14-x64", "renewServer": True}, "digitalocean Droplet servers", Effect.DATA, "image"),
        ({"vpcRange": "10.40.0.0/20"}, "digitalocean DatabaseCluster database", Effect.DATA, "privateNetworkUuid"),
    ],
)
def test_what_is_grave_is_told_with_its_cause_and_waits_for_a_label(
    previews: Previews, values: dict[str, Any], changed: str, effect: Effect, cause: str
) -> None:
    outlook = previews.of(**values)
    assert effects(outlook)[changed] == effect
    [impact] = [impact for impact in outlook.impacts if f"{impact.change.kind} {impact.change.name}" == changed]
    assert impact.causes == (cause,)
    assert outlook.gate.shut
    assert not replace(outlook.gate, labels=["other", outlook.gate.label]).shut


def test_who_may_open_ssh_connections_is_nothing_to_visitors(previews: Previews) -> None:
    outlook = previews.of(sshFrom=["203.0.113.7/32"])
    assert report(outlook) == {"create": 0, "update": 1, "delete": 0}
    assert effects(outlook) == {}


def test_another_operating_system_waits_for_a_rebuild(previews: Previews) -> None:
    outlook = previews.of(serverImage="debian-14-x64")
    assert outlook.impacts == ()
    assert "python -m ci rebuild" in outlook.waiting[0]
