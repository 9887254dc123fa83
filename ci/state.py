"""A stack's state, as `pulumi stack export` gives it: looked up, and edited as plain data."""

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

Resource = dict[str, Any]
DROPLET = "digitalocean:index/droplet:Droplet"
ASSIGNMENT = "digitalocean:index/reservedIpAssignment:ReservedIpAssignment"


@dataclass(frozen=True)
class State:
    """One export. It is changed in place; `Cli.replace_state(state.exported)` makes it so."""

    exported: dict[str, Any]

    @property
    def resources(self) -> list[Resource]:
        found: list[Resource] = self.exported["deployment"].get("resources") or []
        return found

    @property
    def pending(self) -> list[dict[str, Any]]:
        """Operations that had begun when the last run was killed: `{"type": "creating", "resource": {…}}`."""
        found: list[dict[str, Any]] = self.exported["deployment"].get("pending_operations") or []
        return found

    @property
    def outputs(self) -> dict[str, Any]:
        """What the program exported; secrets encrypted."""
        return next((found.get("outputs", {}) for found in self.resources if found["type"] == "pulumi:pulumi:Stack"), {})

    def find(self, type: str, name: str) -> Resource | None:
        """The live resource with this type and logical name."""
        return next((found for found in self.of(type) if name_of(found) == name), None)

    def of(self, type: str) -> list[Resource]:
        """All resources of a type."""
        return [found for found in self.resources if found["type"] == type and not found.get("delete")]

    def live(self, urn: str) -> Resource | None:
        """The resource of this URN that is not waiting to be deleted."""
        return next((found for found in self.resources if found["urn"] == urn and not found.get("delete")), None)

    def ids(self, type: str) -> set[str]:
        """Physical ids of all resources of a type, also of those that wait to be deleted, but not of those that were, to be replaced."""
        return {str(found.get("id")) for found in self.resources if found["type"] == type and not found.get("pendingReplacement")}

    def add(self, resource: Resource) -> None:
        """Put one in. Another of the same URN waits to be deleted from now on; one that was deleted to be replaced is forgotten."""
        before = [found for found in self.resources if found["urn"] != resource["urn"] or not found.get("pendingReplacement")]
        for old in before:
            if old["urn"] == resource["urn"]:
                old["delete"] = True
        # Where the old one stood: whatever depends on it comes later, and it on nothing that comes later.
        place = next((at for at, found in enumerate(self.resources) if found["urn"] == resource["urn"]), len(before))
        self.exported["deployment"]["resources"] = [*before[:place], resource, *before[place:]]

    def replaced(self, type: str) -> list[Resource]:
        """What waits to be deleted since another of the same URN took its place: a replacement was not finished."""
        return [found for found in self.resources if found["type"] == type and found.get("delete")]

    def forget(self, replaced: Resource) -> None:
        """Take out one that waits to be deleted. Its successor has the same URN: whoever depends on that still does."""
        self.exported["deployment"]["resources"] = [found for found in self.resources if found is not replaced]

    def drop(self, unwanted: Callable[[Resource], bool]) -> list[str]:
        """Forget resources, and that others depended on them; gives their URNs."""
        gone = [found["urn"] for found in self.resources if unwanted(found)]
        kept = [found for found in self.resources if found["urn"] not in gone]
        for found in kept:
            found["dependencies"] = [urn for urn in found.get("dependencies") or [] if urn not in gone]
            properties = (found.get("propertyDependencies") or {}).items()
            found["propertyDependencies"] = {name: [urn for urn in urns or [] if urn not in gone] for name, urns in properties}
            if found.get("deletedWith") in gone:
                del found["deletedWith"]
        self.exported["deployment"]["resources"] = kept
        return gone


def name_of(resource: Resource) -> str:
    """The logical name."""
    return str(resource["urn"]).rpartition("::")[2]
