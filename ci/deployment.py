"""A stack as releases need it: what it exports and holds, what an `up` would do, and the `up`."""

import json
from dataclasses import dataclass
from typing import Any, Protocol

from ci import config_file
from ci.cli import Cli, CliError
from ci.config_file import overlaid
from ci.events import Tell
from ci.lock import told as is_lock
from ci.preview.foresight import Foresight
from ci.secret_value import opened, secrets
from ci.state import State
from ci.teller import Teller, exported
from policy.violation import Violation


@dataclass(frozen=True, kw_only=True)
class Declared:
    """What the config declares: names of the site's services (none without a site), and the proxy's image."""

    services: frozenset[str]
    proxy_image: str


class LockedError(CliError):
    """Another run is at it: nothing was changed."""


class Deployment(Protocol):
    """The Pulumi CLI's (`PulumiDeployment`), or the rehearsal's without it."""

    @property
    def stack(self) -> str: ...

    def exports(self) -> dict[str, Any]:
        """What the program exported at its last good `up`; nothing before the first."""

    def declared(self) -> Declared:
        """What the next `up` makes, as far as a release has to know beforehand: a whole preview takes as long as half a release."""

    def violations(self, image: str) -> list[Violation]:
        """What of the same `up` would be against the policy. Raises CliError."""

    def up(self, image: str, tell: Tell) -> None:
        """Make it so; no image: the one of the config. Raises CliError, LockedError where nothing was begun."""

    def secrets(self) -> list[Any]:
        """All secret values of the stack, whatever holds them: what no message may show."""

    def outputs(self, type: str, name: str) -> dict[str, Any]:
        """Of the living resource with this type and logical name, secrets in clear; nothing where there is none."""

    def pull_login(self) -> dict[str, str] | None:
        """`address`, `username` and `password` with which hosts pull the image; None where it is public, or nothing is there yet."""


class PulumiDeployment:
    """A stack of the Pulumi CLI. Its state is read once, and again after each `up`: that takes the CLI most of a second."""

    def __init__(self, cli: Cli) -> None:
        self._cli = cli
        self._read: dict[str, Any] | None = None
        self._told: dict[str, Any] | None = None
        """What the last `up` exported, by its events."""

    @property
    def stack(self) -> str:
        return self._cli.stack

    @property
    def interrupted(self) -> bool:
        """Whether operations were begun whose end nobody noted."""
        try:
            return bool(self._state.pending)
        except CliError as error:
            if "no stack named" in str(error):
                return False
            raise

    def exports(self) -> dict[str, Any]:
        found = self._state.outputs if self._told is None else self._told
        return {name: opened(value) for name, value in found.items()}

    def declared(self) -> Declared:
        config = config_file.of(self._cli)
        names = config.get("site:processes", {}) if config["site:deploySite"] else {}
        return Declared(services=frozenset(names), proxy_image=config["site:proxyImage"])

    def violations(self, image: str) -> list[Violation]:
        with overlaid(self._cli, {"site:image": image} if image else {}) as file:
            return list(Foresight.of(self._cli, f"--config-file={file}", config=config_file.of(self._cli)).violations)

    def up(self, image: str, tell: Tell) -> None:
        teller = Teller(tell)
        self._read = self._told = None
        told = None
        with overlaid(self._cli, {"site:image": image} if image else {}) as file:
            try:
                for raw in self._cli.stream("up", "--yes", "--skip-preview", "--config-file", str(file)):
                    teller(raw)
                    told = exported(raw) or told
            except CliError as error:
                raise (LockedError(str(error)) if is_lock(str(error)) else error) from None
        self._told = told

    def secrets(self) -> list[Any]:
        return list(secrets(self._state.exported))

    def outputs(self, type: str, name: str) -> dict[str, Any]:
        found = self._state.find(type, name) or {}
        return {key: opened(value) for key, value in (found.get("outputs") or {}).items()}

    def pull_login(self) -> dict[str, str] | None:
        return login_of(self._state.of("pulumi:providers:docker"))

    @property
    def _state(self) -> State:
        if self._read is None:
            self._read = json.loads(self._cli.run("stack", "export", "--show-secrets"))
        return State(self._read)


def login_of(providers: list[dict[str, Any]]) -> dict[str, str] | None:
    """The credential of Docker's provider. It is JSON in JSON, as providers get all that is no text."""
    for provider in providers:
        auth = opened(provider["inputs"].get("registryAuth"))
        for entry in json.loads(auth) if isinstance(auth, str) else auth or []:
            return {name: str(opened(value)) for name, value in entry.items()}
    return None
