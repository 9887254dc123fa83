"""`rotate`: a secret is changed in the stack's config and brought out like a release, wholly or not at all; its old value is tried."""

import subprocess
import sys
from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace
from getpass import getpass

from rich.console import Console
from rich.markup import escape

from ci import api_tokens, credentials, fallbacks
from ci.cli import CliError
from ci.credentials import CredentialError
from ci.deployment import LockedError
from ci.events import Event, Tell
from ci.host import HostError
from ci.old_value import PRIVATE_KEY, OldValue, Trial
from ci.release import Release, ReleaseError
from ci.services import Services
from ci.stack_config import Config, Edit, kept
from ci.thing import CloudError
from infra.generations import numbered


class RotationError(Exception):
    """What went wrong, and what serves now."""


@dataclass(frozen=True, kw_only=True)
class Rotation:
    """One stack; `release_of` gives it as it is at the moment."""

    release_of: Callable[[], Release]
    config: Config
    tell: Tell

    def run(self, name: str, new: str = "", *, finish: bool = False) -> Trial:
        """Rotate `name`, to `new` where somebody else gives it out; gives what became of the old value.

        `finish` takes out what the rotation before has kept for a while. Raises CredentialError before anything is touched, and
        RotationError where the new value is not accepted: the old one serves.
        """
        config = self.config.values()
        edits = credentials.last_edits(name, config) if finish else credentials.edits(name, new, config)
        release = self.release_of()
        stack, exports = release.deployment.stack, release.deployment.exports()
        if not exports.get("image"):
            raise CredentialError(f"nothing runs on {stack} yet: change the config, then python -m ci up --stack {stack}")
        self._beforehand(release, name, new, finish=finish)
        old = OldValue.of(name, config, release.deployment, finish=finish)
        secrets = [new, *old.values.values()]
        try:
            with kept(self.config):
                self._apply(edits)
                self._release(name, secrets).run("")
        except LockedError as error:
            raise RotationError(f"{error}\nnothing was changed") from None
        except (CliError, HostError, ReleaseError) as error:
            raise RotationError(f"{error}\n{self._back(stack, secrets)}") from None
        release = self.release_of()
        try:
            return old.tried(release.host(), stack=stack, kept=name == "secretKey" and not finish, ca_file=release.ca_file)
        except (CloudError, HostError) as error:
            return Trial(name, None, f"the new one is in force, but the old one could not be tried: {error}")

    def _apply(self, edits: Sequence[Edit]) -> None:
        try:
            self.config.apply(edits)
        except CliError as error:
            raise RotationError(f"{error}\nnothing was changed") from None

    def _release(self, name: str, secrets: Sequence[str]) -> Release:
        """A pipeline that rotates its own ssh key is let in with the new one from then on. `secrets` are not shown, in whatever state."""
        release = self.release_of()
        release.mask.learn(secrets)
        if name != "ciKey":
            return release
        number = credentials.generation(name, self.config.values())

        def let_in() -> None:
            key = release.deployment.outputs(PRIVATE_KEY, numbered("servers-ci", number)).get("privateKeyOpenssh", "")
            # Where there is no agent, whoever runs this has another way in.
            subprocess.run(["ssh-add", "-q", "-"], input=key, text=True, capture_output=True)

        return replace(release, arrived=let_in)

    def _beforehand(self, release: Release, name: str, new: str, *, finish: bool) -> None:
        """A token that its API does not take is refused; what visitors will notice is said."""
        if name in ("digitalocean:token", "gitlab:token") and not api_tokens.accepted(name, new):
            raise CredentialError(f"{name}: its API refuses the new one; nothing was changed")
        if name == "secretKey" and not finish:
            host, image = release.host(), str(release.deployment.exports().get("image") or "")
            reads = fallbacks.read(host, image, service=Services.on(host).serving)
            if reads is None:
                self._say("warning: can't tell whether the image reads former keys (SECRET_KEY_FALLBACKS); if not, everyone is logged out")
            elif not reads:
                self._say("warning: the image does not read former keys (SECRET_KEY_FALLBACKS): everyone is logged out by this")

    def _back(self, stack: str, secrets: Sequence[str]) -> str:
        """The state has to say again what runs; gives what to tell of it."""
        try:
            self._release("", secrets).run("")
        except (CliError, HostError, ReleaseError) as error:
            return f"the config is as it was, but not everything that runs: {error}\ngo on with: python -m ci up --stack {stack}"
        return "the config is as it was, and the old value serves: nothing was rotated"

    def _say(self, message: str) -> None:
        self.tell(Event(kind="said", message=message))


def new_value(name: str, *, stdin: bool, at_random: bool, finish: bool) -> str:
    """What a person gives, on stdin or at the terminal; empty where the program makes it. Raises CredentialError."""
    credentials.check(name)
    if name in credentials.GENERATED or finish:
        return sys.stdin.read().removesuffix("\n") if stdin else ""
    if at_random or (name == "secretKey" and not stdin):
        return credentials.random(name)
    if stdin:
        return sys.stdin.read().removesuffix("\n")
    if sys.stdin.isatty():
        return getpass(f"new value of {name}: ")
    raise CredentialError(f"{name}: give the new value on stdin (--stdin){', or --random' if name.startswith('secrets.') else ''}")


def told(trial: Trial, todo: Sequence[str], console: Console, *, seconds: float) -> int:
    """Say what became of the old value, and give the exit code: 0, or 4 where it still works though it should not."""
    sign, word = {True: ("[green]✓[/green]", "refused"), False: ("[red]![/red]", "STILL WORKS"), None: ("[yellow]✓[/yellow]", "not tried")}[
        trial.refused
    ]
    console.print(f"[green]✓[/green] {trial.name} rotated ({seconds:.0f} s)", highlight=False)
    console.print(f"{sign} the old value: {word} ({escape(trial.how)})", highlight=False)
    for line in todo:
        console.print(f"  {escape(line)}", highlight=False)
    return 4 if trial.refused is False else 0
