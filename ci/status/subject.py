"""A stack as those who know of it are asked: what its state says, and the ways to them."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from functools import cache
from typing import Any

from ci import config_file
from ci.cli import Cli
from ci.cloud import token
from ci.digitalocean import DigitalOcean
from ci.dumps import DECLARED
from ci.front_door import FrontDoor
from ci.host import Host
from ci.promotion import history
from ci.releases import Releases
from ci.stack import releases
from ci.state import State
from ci.status import drift
from ci.status.fact import Fact

CLUSTER, SERVICE = "digitalocean:index/databaseCluster:DatabaseCluster", "docker:index/service:Service"


@dataclass(frozen=True, kw_only=True)
class Subject:
    """`exports` are the program's, without secrets; `services` the names of those that shall run; `cluster` the database's id, or empty;
    `dumped`: the host makes dumps of it.

    The ways: `account` is DigitalOcean's, `releases` the history in the registry (None where no token opens it), `updates` that of the
    Pulumi CLI (newest first; none without it), `drift` what is known of it.
    """

    stack: str
    exports: Mapping[str, Any]
    services: frozenset[str]
    cluster: str
    dumped: bool
    secret_ages: Mapping[str, int]
    host: Host | None
    account: Callable[[], DigitalOcean]
    releases: Callable[[], Releases | None]
    updates: Callable[[], list[dict[str, Any]]]
    drift: Callable[[], list[Fact]]
    ca_file: str | None = None
    """Trusted in place of the system's authorities."""

    @classmethod
    def of(cls, cli: Cli, *, look: bool) -> "Subject":
        """A stack of the Pulumi CLI; `look`: drift is looked for now. Nothing of the state is decrypted. Raises CliError."""
        state, config = State(cli.export()), config_file.of(cli)
        exports, clusters = state.outputs, state.of(CLUSTER)
        # The CLI takes half a second for it.
        digitalocean = cache(lambda: token(cli, "DIGITALOCEAN_TOKEN", "digitalocean:token"))
        return cls(
            stack=cli.stack,
            exports=exports,
            services=frozenset(str(found["inputs"]["name"]) for found in state.of(SERVICE)),
            cluster=str(clusters[0]["id"]) if clusters else "",
            dumped=state.find(*DECLARED) is not None,
            secret_ages=config.get("site:secretAges") or {},
            host=_host(exports, cli.environment),
            account=lambda: DigitalOcean(digitalocean()),
            releases=lambda: releases(cli, str(exports["image"])),
            updates=lambda: history(cli),
            drift=lambda: drift.found(cli) if look else drift.told(cli),
            ca_file=cli.environment.get("SSL_CERT_FILE"),
        )

    @property
    def image(self) -> str:
        """What runs; empty where nothing does."""
        return str(self.exports.get("image") or "")

    @property
    def door(self) -> FrontDoor | None:
        """Where visitors come in; None where nothing runs."""
        if not self.image:
            return None
        return FrontDoor(url=str(self.exports["health"]), address=str(self.exports["address"]), ca_file=self.ca_file)


def _host(exports: Mapping[str, Any], environment: Mapping[str, str]) -> Host | None:
    """The host of these exports; None before there is one."""
    if not exports.get("host"):
        return None
    return Host(address=str(exports["host"]), key=str(exports["hostKey"]), environment=environment)
