"""What the commands that only look read from the real CLI: what a refresh finds, and which image ran when.

The stack is a small one of the test's own, in front of a stand-in of DigitalOcean's API alone: no droplet, no Docker.
"""

import os
import shutil
import subprocess
import sys
from collections.abc import Iterator
from datetime import UTC, datetime
from pathlib import Path

import pytest

from ci.cli import Cli, CliError
from ci.config_file import overlaid
from ci.deployment import PulumiDeployment
from ci.promotion import PromotionError, proven
from ci.refreshed import refreshed
from tests.cloud.digitalocean_server import TOKEN
from tests.cloud.gitlab_server import Site, serving

pytestmark = [pytest.mark.integration, pytest.mark.skipif(not shutil.which("pulumi"), reason="pulumi is not on PATH")]
OLD, NEW = (f"registry.example/app@sha256:{letter * 64}" for letter in "ab")
PROJECT = f"""name: site
runtime: {{name: python, options: {{toolchain: pip, virtualenv: {sys.prefix}}}}}
config:
  site:image: {{type: string, default: ""}}
  site:sshFrom: {{type: string, default: 192.0.2.0/24}}
  site:fails: {{type: boolean, default: false}}
"""
PROGRAM = """
import pulumi
import pulumi_digitalocean as do

config = pulumi.Config()
vpc = do.Vpc("network", name="site-staging", region="fra1", ip_range="10.20.0.0/20")
tag = do.Tag("network", name="site-staging")
rule = do.FirewallInboundRuleArgs(protocol="tcp", port_range="22", source_addresses=[config.require("sshFrom")])
do.Firewall("network", name="site-staging", tags=[tag.name], inbound_rules=[rule], opts=pulumi.ResourceOptions(depends_on=[vpc]))
if config.require_bool("fails"):
    raise RuntimeError("as the config says")
pulumi.export("image", config.require("image"))
pulumi.export("password", pulumi.Output.secret("not-to-be-shown"))
"""


@pytest.fixture(scope="module")
def site(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Site]:
    with serving(tmp_path_factory.mktemp("cloud")) as site:
        yield site


@pytest.fixture(scope="module")
def cli(site: Site, tmp_path_factory: pytest.TempPathFactory) -> Cli:
    """A stack that runs OLD."""
    folder, state = tmp_path_factory.mktemp("program"), tmp_path_factory.mktemp("state")
    for name, text in {"Pulumi.yaml": PROJECT, "__main__.py": PROGRAM, "Pulumi.staging.yaml": f"config: {{site:image: {OLD}}}\n"}.items():
        (folder / name).write_text(text)
    environment = {
        **os.environ,
        "PULUMI_BACKEND_URL": f"file://{state}",
        "PULUMI_CONFIG_PASSPHRASE": "of-the-test",
        "DIGITALOCEAN_TOKEN": TOKEN,
        "DIGITALOCEAN_API_URL": site.url,
        "SSL_CERT_FILE": site.certificate,
    }
    cli = Cli(stack="staging", folder=folder, environment=environment)
    cli.run("stack", "init")
    cli.run("config", "set", "--secret", "site:token", "not-to-be-shown")
    PulumiDeployment(cli).up("", lambda _: None)
    return cli


def test_a_refresh_that_only_looks_tells_what_was_changed_and_what_is_gone_and_nothing_that_is_to_come(cli: Cli, site: Site) -> None:
    assert refreshed(cli) == ([], "")
    before, history = cli.export(), cli.run("stack", "history", "--json")
    with site.digitalocean() as client:
        (firewall,) = client.firewalls.list()["firewalls"]
        rules = [{"protocol": "tcp", "ports": ports, "sources": {"addresses": ["0.0.0.0/0"]}} for ports in ("22", "8080")]
        client.firewalls.update(firewall["id"], {"name": firewall["name"], "inbound_rules": rules})
        client.tags.delete("site-staging")
    cli.run("config", "set", "site:sshFrom", "198.51.100.0/24")
    found, unseen = refreshed(cli)
    assert unseen == ""
    by_kind = {finding.kind: finding for finding in found}
    assert by_kind["gone"].thing == "digitalocean Tag network"
    assert by_kind["changed by hand"].thing == "digitalocean Firewall network"
    assert {name.partition("[")[0] for name in by_kind["changed by hand"].properties} == {"inboundRules", "tags"}
    assert len(found) == 2
    assert (cli.export(), cli.run("stack", "history", "--json")) == (before, history), "nothing was written"
    cli.run("config", "rm", "site:sshFrom")


def test_a_refresh_waits_for_no_lock_and_leaves_none(cli: Cli) -> None:
    locks = Path(cli.environment["PULUMI_BACKEND_URL"].removeprefix("file://"), ".pulumi", "locks")
    lock = locks / "organization" / "site" / "staging" / "somebody.json"
    lock.parent.mkdir(parents=True, exist_ok=True)
    lock.write_text('{"pid": 1, "username": "somebody", "hostname": "elsewhere", "timestamp": "2026-01-02T03:04:05Z"}')
    try:
        with pytest.raises(CliError, match="somebody@elsewhere"):
            PulumiDeployment(cli).up("", lambda _: None)
        assert refreshed(cli)[1] == ""
        assert list(lock.parent.iterdir()) == [lock]
    finally:
        lock.unlink()


def test_the_history_tells_which_image_ran_without_the_passphrase(cli: Cli) -> None:
    """Also of an `up` with a file of its own, as `ci up --image` makes it, and without one that failed."""
    cli.run("refresh", "--yes")
    PulumiDeployment(cli).up(NEW, lambda _: None)
    with overlaid(cli, {"site:image": OLD, "site:fails": True}) as file, pytest.raises(CliError, match="as the config says"):
        cli.run("up", "--yes", "--skip-preview", "--config-file", str(file))
    shut = Cli(stack="production", folder=cli.folder, environment={**cli.environment, "PULUMI_CONFIG_PASSPHRASE": "another"})
    with pytest.raises(PromotionError, match=r"staging ran sha256:a.*that is 0 of 5 minutes"):
        proven(shut, OLD, minutes=5, now=datetime.now(UTC))
    with pytest.raises(PromotionError, match="has not run sha256:c"):
        proven(shut, OLD.replace("a" * 64, "c" * 64), minutes=5, now=datetime.now(UTC))
    told = subprocess.run(
        ["pulumi", "stack", "history", "--json", "--stack=staging"], cwd=cli.folder, env=shut.environment, capture_output=True, text=True
    )
    assert (told.returncode, "not-to-be-shown" in told.stdout) == (0, False)
