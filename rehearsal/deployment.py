"""A stack of the conductor, as `ci.release` knows stacks."""

from collections.abc import Callable
from typing import Any

from ci.cli import CliError
from ci.deployment import Declared, LockedError, login_of
from ci.events import Tell
from infra.settings import Settings
from policy.violation import Violation
from rehearsal.conductor.errors import ConductorError
from rehearsal.conductor.ledger import Entry, Ledger
from rehearsal.conductor.run import Run


class ConductorDeployment:
    """`run_of` gives the program with an image, `settings` what is configured."""

    def __init__(self, stack: str, ledger: Callable[[], Ledger], run_of: Callable[[str], Run], settings: Callable[[], Settings]) -> None:
        self.stack, self._ledger, self._run_of, self._settings = stack, ledger, run_of, settings

    def exports(self) -> dict[str, Any]:
        return self._ledger().exports

    def declared(self) -> Declared:
        settings = self._settings()
        return Declared(services=frozenset(settings.processes if settings.deploy_site else ()), proxy_image=settings.proxy_image)

    def violations(self, image: str) -> list[Violation]:
        try:
            return self._run_of(image).preview().violations
        except ConductorError as error:
            raise CliError(str(error)) from None

    def up(self, image: str, tell: Tell) -> None:
        try:
            self._run_of(image).up(tell)
        except ConductorError as error:
            raise (LockedError if " holds " in str(error) else CliError)(str(error)) from None

    def secrets(self) -> list[Any]:
        return [value for entry in self._ledger().entries for value in _secrets(entry)]

    def outputs(self, type: str, name: str) -> dict[str, Any]:
        found = [entry for entry in self._ledger().entries if (entry.type, entry.name) == (type, name)]
        return {**found[-1].inputs, **found[-1].outputs} if found else {}

    def pull_login(self) -> dict[str, str] | None:
        providers = [{"inputs": entry.inputs} for entry in self._ledger().entries if entry.type == "pulumi:providers:docker"]
        return login_of(providers)


def _secrets(entry: Entry) -> list[Any]:
    both = {**entry.inputs, **entry.outputs}
    return [both[name] for name in entry.secrets if name in both]
