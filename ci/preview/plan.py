"""What a preview found: its changes, and what the program computed for each resource, put into the state.

The computed values are those of `pulumi preview --save-plan --show-secrets`; the events of `--json` hide every secret
(https://www.pulumi.com/docs/iac/operations/update-plans/, an experiment of Pulumi's since 3.24).
"""

import hashlib
import itertools
import json
import tempfile
from collections.abc import Collection, Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from ci.cli import Cli
from ci.preview.change import Change, changes
from ci.secret_value import opened, replaced, texts
from ci.state import State
from policy.resource import UNKNOWN


@dataclass(frozen=True, kw_only=True)
class Plan:
    """`inputs`: by URN and name of an input that there was, its new value with secrets in clear."""

    changes: list[Change]
    inputs: dict[str, dict[str, Any]]

    @classmethod
    def of(cls, cli: Cli, *words: str) -> "Plan":
        """Preview the stack, with more words of `pulumi preview`. Raises CliError."""
        with tempfile.TemporaryDirectory() as folder:
            file = Path(folder, "plan.json")
            found = changes(cli.stream("preview", "--show-secrets", f"--save-plan={file}", *words))
            plans = json.loads(file.read_text())["resourcePlans"]
        updates = {urn: ((plan.get("goal") or {}).get("inputDiff") or {}).get("updates") for urn, plan in plans.items()}
        return cls(changes=found, inputs={urn: inputs for urn, inputs in updates.items() if inputs})

    def only(self, names: Mapping[str, Collection[str]]) -> "Plan":
        """With no other inputs than these, by URN."""
        kept = {urn: {name: value for name, value in inputs.items() if name in names.get(urn, ())} for urn, inputs in self.inputs.items()}
        return Plan(changes=[], inputs=kept)

    def apply(self, state: State) -> bool:
        """Make these the inputs in the state, and outputs that mirror them as well; whether anything was changed by it. What depends on
        something that is not known yet is left for the next preview."""
        changed = False
        for urn, inputs in self.inputs.items():
            resource = state.live(urn)
            for name, value in inputs.items() if resource else ():
                assert resource is not None  # noqa: S101 - for the type checker
                if UNKNOWN in texts(value):
                    continue
                changed = True
                before, resource["inputs"][name] = resource["inputs"].get(name), value
                if name in (resource.get("outputs") or {}):
                    resource["outputs"][name] = _followed(resource["outputs"][name], before, value)
        return changed


def _followed(output: Any, before: Any, after: Any) -> Any:
    """An output after the same change as its input."""
    mirrored = dict(_mirrored(before, after))
    return replaced(output, lambda text: mirrored.get(text, text))


def _mirrored(before: Any, after: Any) -> Iterator[tuple[str, str]]:
    """Each text that is another one now, and the same for its SHA-1, which is all that some providers keep of it."""
    before, after = opened(before), opened(after)
    if isinstance(before, str) and isinstance(after, str) and before != after:
        yield before, after
        yield _sha1(before), _sha1(after)
    elif isinstance(before, dict) and isinstance(after, dict):
        for name in before.keys() & after.keys():
            yield from _mirrored(before[name], after[name])
    elif isinstance(before, list) and isinstance(after, list):
        for old, new in itertools.zip_longest(before, after):
            yield from _mirrored(old, new)


def _sha1(text: str) -> str:
    return hashlib.sha1(text.encode(), usedforsecurity=False).hexdigest()
