"""An outlook: all that a preview against a bundle tells of a merge request."""

from collections import Counter
from collections.abc import Iterable
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Any, Self

from ci import config_file
from ci.ages import Age, ages
from ci.cli import Cli, is_real
from ci.preview.change import Change
from ci.preview.ciphertexts import ciphertexts
from ci.preview.effect_rules import RULES
from ci.preview.effects import Effect, Impact, assess
from ci.preview.foresight import Foresight
from ci.preview.gate import Gate
from ci.preview.preview_bundle import Bundle, running
from ci.preview.prices import Bill, bill
from ci.preview.scratch import scratch
from ci.state import DROPLET, State
from policy.violation import Violation, refused

_GONE = ("delete", "delete-replaced", "read-discard")


@dataclass(frozen=True, kw_only=True)
class Outlook:
    """`impacts` are the gravest first; `secrets` the paths that the stack file has otherwise; `waiting` says what a change of the config
    does not do yet; `image` is what would run, where that is not what runs."""

    bundle: Bundle
    gate: Gate
    impacts: tuple[Impact, ...]
    secrets: tuple[str, ...]
    overdue: tuple[Age, ...]
    waiting: tuple[str, ...]
    before: Bill
    after: Bill
    image: str
    violations: tuple[Violation, ...]
    whole: bool
    """False where Pulumi could not preview what runs on a droplet that is still to be made."""

    @classmethod
    def of(cls, bundle: Bundle, cli: Cli, *, image: str = "") -> Self:
        """Preview the program and the stack file in the CLI's folder, with no secret and no network. Raises CliError."""
        file = config_file.read(cli.folder / f"Pulumi.{cli.stack}.yaml")
        settings = config_file.declared(cli.folder) | file
        hidden = {path: bundle.fingerprint(path, cipher) for path, cipher in ciphertexts(file).items()}
        with scratch(cli.folder, cli.stack, config=running(bundle, file, image), hidden=hidden, state=bundle.state) as world:
            seen = Foresight.of(world.cli, config=settings)
        impacts = sorted((assess(change, RULES) for change in seen.changes), key=lambda impact: -impact.effect)
        effect = max((impact.effect for impact in impacts), default=Effect.NOTHING)
        found = ages(bundle.exports.get("rotated") or {}, settings.get("site:secretAges") or {}, now=datetime.now(UTC))
        state = State(bundle.state)
        return cls(
            bundle=bundle,
            gate=Gate.of_pipeline(cli.stack, effect, str(bundle.config.get("site:allowedEffect", Effect.ROLLED.word))),
            impacts=tuple(impacts),
            secrets=tuple(bundle.changed(file)),
            overdue=tuple(age for age in found if age.past),
            waiting=tuple(_waiting(state, settings, [impact.change for impact in impacts])),
            before=bill((found["type"], found.get("inputs") or {}) for found in state.resources),
            after=bill(_planned(seen.events)),
            image=image if image != bundle.image else "",
            violations=seen.violations,
            whole=seen.whole,
        )

    @property
    def shut(self) -> bool:
        """Whether a person has to decide first."""
        return self.gate.shut or bool(refused(self.violations))

    def counts(self) -> dict[str, int]:
        """Changes by operation."""
        return dict(Counter(impact.change.op for impact in self.impacts))

    def told(self) -> dict[str, Any]:
        """For scripts."""
        return {
            "stack": self.bundle.stack,
            "effect": self.gate.effect.word,
            "allowed": self.gate.allowed.word,
            "label": self.gate.label if self.gate.above else "",
            "accepted": bool(self.gate.accepted) or not self.gate.above,
            "counts": self.counts(),
            "changes": [
                {
                    "urn": impact.change.urn,
                    "operation": impact.change.op,
                    "properties": list(impact.change.properties),
                    "effect": impact.effect.word,
                    "sentence": impact.sentence,
                    "causes": list(impact.causes),
                }
                for impact in self.impacts
            ],
            "secrets": list(self.secrets),
            "overdue": [age.name for age in self.overdue],
            "waiting": list(self.waiting),
            "violations": [violation.told() for violation in self.violations],
            "whole": self.whole,
            "verdict": self.bundle.verdict,
            "dollars": {"before": self.before.dollars, "after": self.after.dollars, "unknown": list(self.after.unknown)},
            "bundle": {"made": self.bundle.made, "commit": self.bundle.commit},
        }


def report(outlook: Outlook) -> dict[str, int]:
    """For the widget of GitLab's merge requests. A replacement is both a creation and a deletion, as in Terraform's plans.

    https://docs.gitlab.com/user/infrastructure/iac/terraform_integration/
    """
    counts = outlook.counts()
    replaced = counts.get("replace", 0)
    return {
        "create": counts.get("create", 0) + replaced,
        "update": counts.get("update", 0),
        "delete": counts.get("delete", 0) + replaced,
    }


def _planned(events: Iterable[dict[str, Any]]) -> Iterable[tuple[str, dict[str, Any]]]:
    """What there would be, by type and inputs."""
    found: dict[str, tuple[str, dict[str, Any]]] = {}
    for raw in events:
        metadata = raw.get("resourcePreEvent", {}).get("metadata", {})
        if metadata and metadata["op"] not in _GONE and is_real(metadata):
            found[metadata["urn"]] = (metadata["type"], (metadata.get("new") or {}).get("inputs") or {})
    return found.values()


def _waiting(state: State, config: dict[str, Any], found: Iterable[Change]) -> Iterable[str]:
    """A droplet keeps what would replace it (REPLACING in infra/servers.py)."""
    if any(change.type == DROPLET for change in found if change.op != "update"):
        return
    for droplet in state.of(DROPLET):
        for name, key in (("image", "site:serverImage"), ("region", "site:region")):
            if (has := droplet["inputs"].get(name)) != (wanted := config.get(key)):
                yield f"`{key}` is {wanted}, the droplet has {has}: that waits for `python -m ci rebuild`"
