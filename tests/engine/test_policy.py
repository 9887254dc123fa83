"""The policy pack with the real CLI: what it says of a committed stack, and of one that breaks a rule. Nothing is made or asked."""

import json
import os
import shutil
import sys
from collections.abc import Callable
from typing import Any, TypeAlias

import pytest
import yaml

from ci.cli import Cli, CliError
from ci.config_file import declared
from ci.preview.foresight import PACK, Foresight
from policy.violation import refused
from rehearsal.plugin import install
from rehearsal.workspace import has_plugin
from tests.infra.values import CHECKOUT, compose

pytest.importorskip("pulumi_policy", reason="the policy SDK is not installed: make install")
pytestmark = [pytest.mark.integration, pytest.mark.skipif(not shutil.which("pulumi"), reason="pulumi is not on PATH")]
Configured: TypeAlias = Callable[..., tuple[Cli, dict[str, Any]]]


@pytest.fixture(scope="module")
def configured(tmp_path_factory: pytest.TempPathFactory) -> Configured:
    """The program as production, with keys of its config changed; nothing of it is there yet."""
    folder, state = tmp_path_factory.mktemp("program"), tmp_path_factory.mktemp("state")
    for name in ("__main__.py", "infra", "policy"):
        (folder / name).symlink_to(CHECKOUT / name)
    project = yaml.safe_load((CHECKOUT / "Pulumi.yaml").read_text())
    project["runtime"]["options"]["virtualenv"] = sys.prefix
    if not has_plugin("gitlab"):
        install(folder / "plugins")
        project["plugins"] = {"providers": [{"name": "gitlab", "path": "plugins"}]}
    (folder / "Pulumi.yaml").write_text(yaml.safe_dump(project))
    file = folder / "Pulumi.production.yaml"
    environment = {name: value for name, value in os.environ.items() if not name.startswith(("DIGITALOCEAN_", "GITLAB_", "PULUMI_CONFIG"))}
    cli = Cli(
        stack="production",
        folder=folder,
        environment=environment
        | {
            "PULUMI_BACKEND_URL": f"{state.as_uri()}?metadata=skip",
            "PULUMI_CONFIG_PASSPHRASE": "of the test",
            "DIGITALOCEAN_API_URL": "https://127.0.0.1:1",
            "GITLAB_BASE_URL": "https://127.0.0.1:1/api/v4/",
        },
    )
    cli.run("stack", "init", "--no-select")
    salt = yaml.safe_load(file.read_text())["encryptionsalt"]
    texts = {key for key, default in declared(CHECKOUT).items() if isinstance(default, str)}

    def configure(**overrides: Any) -> tuple[Cli, dict[str, Any]]:
        config = {
            key: text if key in texts or not key.startswith("site:") else json.loads(text)
            for key, text in compose("production", **overrides).items()
        }
        file.write_text(yaml.safe_dump({"config": config, "encryptionsalt": salt}))
        return cli, config

    return configure


def test_a_committed_stack_passes(configured: Configured) -> None:
    cli, config = configured()
    seen = Foresight.of(cli, config=config)
    assert [str(violation) for violation in seen.violations] == []
    assert len(seen.changes) > 60


def test_what_breaks_a_rule_fails_the_preview_and_is_told_with_its_id(configured: Configured) -> None:
    cli, config = configured(protect=False)
    with pytest.raises(CliError, match="SITE-DATA-1"):
        cli.run("preview", "--policy-pack", str(PACK))
    seen = Foresight.of(cli, config=config)
    assert {violation.id for violation in refused(seen.violations)} == {"SITE-DATA-1"}
    assert {"digitalocean DatabaseCluster database", "docker Volume media"} <= {violation.resource for violation in seen.violations}
    assert {violation.message for violation in seen.violations} == {"it could be deleted"}
    assert len(seen.changes) > 60, "the preview goes on to its end"


def test_what_the_stack_file_allows_is_advice(configured: Configured) -> None:
    cli, config = configured(sshFrom=["0.0.0.0/0"], allowedViolations={"SITE-SSH-1": "no fixed address"})
    cli.run("preview", "--policy-pack", str(PACK))
    found = Foresight.of(cli, config=config).violations
    assert [(violation.id, violation.allowed) for violation in found] == [("SITE-SSH-1", "no fixed address")]


def test_an_export_of_a_secret_is_found(configured: Configured) -> None:
    cli, config = configured()
    program = cli.folder / "__main__.py"
    program.unlink()
    program.write_text((CHECKOUT / "__main__.py").read_text() + 'pulumi.export("key", s.secret_key.get_secret_value())\n')
    found = refused(Foresight.of(cli, config=config).violations)
    assert [(violation.id, violation.message) for violation in found] == [("SITE-SECRET-1", "the export key holds a secret of the stack")]
