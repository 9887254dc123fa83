"""`up` and `rollback`: a release that goes wholly through, or leaves everything as it was and says why.

Docker itself rolls back a service that does not come up, also where this command was killed. What is added here: the services that did
come up go back with it, the way to the site is looked at from outside, and what failed is told in its own words.
"""

import contextlib
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass, field, replace

from ci import images, verdict
from ci.cli import CliError
from ci.deployment import Deployment, LockedError
from ci.diagnosis import diagnose, failed, task_ids
from ci.events import Event, Tell
from ci.front_door import ClosedError, DoorError, FrontDoor, Look, advice
from ci.host import Host, HostError
from ci.lock_holders import LOCKED_OUT, lock_holders
from ci.mask import Mask
from ci.migration_reader import read
from ci.registry_tags import Tags
from ci.releases import Releases
from ci.remember import remember
from ci.services import Services
from ci.thing import CloudError
from infra.deploy_check import CHECK, going_back
from infra.rollout import RUNS
from policy.violation import Violation, explain, refused


class ReleaseError(Exception):
    """What failed, why, and what became of it."""


@dataclass(frozen=True, kw_only=True)
class Release:
    """One stack, ready to be released. `host_of` gives its host by address and key; `ca_file` is trusted in place of the system's."""

    deployment: Deployment
    host_of: Callable[[str, str], Host]
    releases_of: Callable[[str], Releases | None]
    """The history in the registry of an image; None where nobody may write to it."""
    tags_of: Callable[[str], Tags]
    """The tags of a repository, to remove old ones."""
    tell: Tell
    ca_file: str | None = None
    arrived: Callable[[], None] = lambda: None
    """Done when the `up` has gone well, before anything is asked of the host."""
    judged: Callable[[str], object] = lambda _: None
    """Hears, before anything is changed, whether one can go back afterwards."""
    mask: Mask = field(default_factory=Mask)
    """Learns the stack's secrets: what a failed command says is shown without them."""

    def run(self, image: str, *, acknowledged: bool = False, back: bool = False) -> str:
        """Make `image` what runs, or with an empty one bring everything else up to date; gives what runs then.

        `back` is a rollback: `acknowledged` then forces it onto a schema that is too new for it. Raises ReleaseError, CliError, HostError.
        """
        exports = self.deployment.exports()
        running = str(exports.get("image") or "")
        image = image or running
        if not running:
            return self._first(image)
        host = self.host()
        door = FrontDoor(url=str(exports["health"]), address=str(exports["address"]), ca_file=self.ca_file)
        self._learn()
        with ThreadPoolExecutor() as pool:
            services, ids, closed = pool.submit(Services.on, host), pool.submit(task_ids, host), pool.submit(_closed, door)
            history = pool.submit(self._history, image)
            # Another image breaks no rule, and a release or a rollback has no time for a preview.
            policy = pool.submit(self.deployment.violations, image) if image == running else None
            before, tasks = services.result(), ids.result()
            self._check(before)
            if image != running:
                self._judge(host, before.serving, running, image, acknowledged=acknowledged, back=back)
            if back:
                host.run(going_back(image))
            self._obey(policy.result() if policy else [])
            was_closed, look = closed.result(), Look(door, image.partition("@")[2], pool)
            try:
                self.deployment.up(image, lambda event: self._hear(event, before.serving, look))
                self.arrived()
                # Who it is may have changed, where its key was rotated.
                host = self.host()
                self._look(look, door, was_closed=was_closed)
                if ended := failed(host, image, before=tasks):
                    raise DoorError(f"a task of the release has ended since it began: {', '.join(ended)}")
            except LockedError:
                raise
            except (CliError, DoorError) as error:
                look.end()
                self._learn()
                reasons = [self.mask(str(error)), *diagnose(host, image, before=tasks, mask=self.mask)]
                if LOCKED_OUT in str(error):
                    reasons += lock_holders(host, before.serving)
                raise ReleaseError("\n".join([*reasons, self._back(host, before, running, image)])) from None
            finally:
                look.end()
        remember(host, history.result(), self.tags_of, image=image, running=running, say=self._say)
        return image

    def host(self) -> Host:
        """The stack's host, as the last run left it."""
        exports = self.deployment.exports()
        return self.host_of(str(exports["host"]), str(exports["hostKey"]))

    def _first(self, image: str) -> str:
        """There is nothing that could be lost yet."""
        checked: list[Event] = []
        self._obey(self.deployment.violations(image))
        try:
            # What the check says waits until the secrets that are made meanwhile are known.
            self.deployment.up(image, lambda event: checked.append(event) if _is_check(event) else self._tell(event))
        except CliError as error:
            self._learn()
            raise ReleaseError(self.mask(str(error))) from None
        self._learn()
        for event in checked:
            self._tell(event)
        exports = self.deployment.exports()
        if not exports.get("image"):
            self._say(str(exports.get("next", "")))
            return ""
        image = str(exports["image"])
        door = FrontDoor(url=str(exports["health"]), address=str(exports["address"]), ca_file=self.ca_file)
        with ThreadPoolExecutor() as pool:
            self._look(Look(door, image.partition("@")[2], pool), door, was_closed=True)
        remember(self.host(), self._history(image), self.tags_of, image=image, running=image, say=self._say)
        return image

    def _judge(self, host: Host, service: str, running: str, image: str, *, acknowledged: bool, back: bool) -> None:
        """Say what the migrations between the two mean. Raises ReleaseError where that is a reason not to begin."""
        with ThreadPoolExecutor() as pool:
            # The other way its SQL is wanted too, and of what depends on the older image.
            early = None if back else pool.submit(read, host, running, environment_of=service)
            images.pull(host, image, self.deployment.pull_login())
            to = read(host, image, environment_of=service)
            now = early.result() if early else read(host, running, environment_of=service, wanted=verdict.beyond(to)) if to else None
        if now is None or to is None:
            self._say("can't tell what the migrations mean: nothing serves whose environment they could be read with")
            return
        judged = verdict.rollback(now, to) if back else verdict.release(now, to)
        if judged.runs:
            self._say(f"migrations: {', '.join(map(str, judged.runs))}")
        self._say(judged.sentence)
        self.judged(judged.sentence)
        reason = judged.stops(self.deployment.stack)
        if back and judged.back is False:
            reason = f"{judged.sentence}\nNothing was changed. Go back all the same with --force."
        if reason and not acknowledged:
            raise ReleaseError(reason)

    def _check(self, before: Services) -> None:
        """Raises ReleaseError where nothing would be left that serves."""
        declared = self.deployment.declared()
        if before.found and not before.found.keys() & declared.services:
            raise ReleaseError(
                f"this would delete all services of the site ({', '.join(sorted(before.found))}); nothing was changed. If that is meant:"
                f" pulumi up --stack {self.deployment.stack}; if not, look at site:deploySite and site:processes"
            )
        if before.proxy_image and before.proxy_image.partition("@")[0] != declared.proxy_image.partition("@")[0]:
            self._say(
                f"the proxy is replaced by {declared.proxy_image}: requests in flight have 30 s to end,"
                " new connections wait or are refused for 1 to 2 s"
            )

    def _obey(self, violations: list[Violation]) -> None:
        """Say what is allowed against the policy. Raises ReleaseError for the rest."""
        for violation in violations:
            if violation.allowed:
                self._say(f"warning: {violation} (allowed: {violation.allowed})")
        if stopping := refused(violations):
            raise ReleaseError(explain(stopping))

    def _hear(self, event: Event, serving: str, look: Look) -> None:
        """Visitors are asked as soon as the new tasks serve, while the swarm still watches them."""
        self._tell(event)
        if event.kind == "said" and event.urn.endswith(f"::{serving}{RUNS}"):
            look.begin()

    def _look(self, look: Look, door: FrontDoor, *, was_closed: bool) -> None:
        """Raises DoorError where visitors do not get the release, and did get an answer before."""
        try:
            look.result()
        except ClosedError as error:
            if not was_closed:
                raise
            self._say(f"warning: {error}\n  {advice(door)}")
        else:
            self._say(f"{door.url} is answered by the release")

    def _back(self, host: Host, before: Services, running: str, image: str) -> str:
        """All services to what they were, and then the state too; gives what to tell of it."""
        try:
            stuck = Services.on(host).put_back(before, host, self.tell)
        except HostError as error:
            stuck = [str(error)]
        if image != running:
            try:
                host.run(going_back(running))
                self.deployment.up(running, self._tell)
                stuck = []
            except (CliError, HostError) as error:
                stuck.append(str(error))
        with contextlib.suppress(HostError, CloudError):
            releases = self.releases_of(image)
            if image not in Services.on(host).images | (releases.kept() if releases else set()):
                images.remove(host, [image])
        if stuck:
            again = f"python -m ci up --stack {self.deployment.stack} --image {running}"
            return "\n".join(["not everything is as it was:", *(f"  {line}" for line in stuck), f"go on with: {again}"])
        return f"everything runs what it ran before: {running}"

    def _history(self, image: str) -> Releases | None:
        """Read ahead: the tags of old releases never move."""
        releases = self.releases_of(image)
        with contextlib.suppress(CloudError):
            if releases:
                releases.all()
        return releases

    def _learn(self) -> None:
        """The secrets of the state as it is now: a failed run may have brought new ones."""
        self.mask.learn(self.deployment.secrets())

    def _tell(self, event: Event) -> None:
        self.tell(replace(event, message=self.mask(event.message)))

    def _say(self, message: str) -> None:
        self.tell(Event(kind="said", message=message))


def _is_check(event: Event) -> bool:
    return event.kind == "said" and event.urn.endswith(CHECK)


def _closed(door: FrontDoor) -> bool:
    """Whether nobody can come in before anything is changed."""
    try:
        door.ask()
    except ClosedError:
        return True
    except DoorError:
        return False
    return False
