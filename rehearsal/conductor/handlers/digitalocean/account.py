"""What belongs to the account: SSH keys and tags."""

from typing import ClassVar

from rehearsal.conductor.handler import Existing, Handler, Made
from rehearsal.conductor.handlers.digitalocean.api import PAGE, DigitalOcean, Object, body, named
from rehearsal.conductor.properties import Properties


class SshKey(DigitalOcean):
    """`digitalocean.SshKey`."""

    type: ClassVar = "digitalocean:index/sshKey:SshKey"
    accepts: ClassVar = frozenset({"name", "publicKey"})
    replaces: ClassVar = frozenset({"publicKey"})
    replaceable: ClassVar = True
    auto_named: ClassVar = True
    gives: ClassVar = frozenset({"fingerprint"})

    def create(self, inputs: Properties) -> Made:
        return _made_key(self.call(self.api.ssh_keys.create, body=body(inputs, self.accepts))["ssh_key"])

    def update(self, old: Existing, new: Properties) -> Properties:
        self.call(self.api.ssh_keys.update, old.id, body={"name": new["name"]})
        return old.outputs

    def delete(self, old: Existing) -> None:
        self.gone(self.api.ssh_keys.delete, old.id)

    def find(self, inputs: Properties) -> Made | None:
        found = named(self.call(self.api.ssh_keys.list, per_page=PAGE)["ssh_keys"], inputs["name"])
        return _made_key(found) if found else None


class Tag(DigitalOcean):
    """`digitalocean.Tag`. Its name is its id."""

    type: ClassVar = "digitalocean:index/tag:Tag"
    accepts: ClassVar = frozenset({"name"})
    replaces: ClassVar = accepts
    replaceable: ClassVar = True
    auto_named: ClassVar = True

    def create(self, inputs: Properties) -> Made:
        return Made(self.call(self.api.tags.create, body=body(inputs, self.accepts))["tag"]["name"], {})

    def delete(self, old: Existing) -> None:
        self.gone(self.api.tags.delete, old.id)

    def find(self, inputs: Properties) -> Made | None:
        found = named(self.call(self.api.tags.list, per_page=PAGE)["tags"], inputs["name"])
        return Made(found["name"], {}) if found else None


def _made_key(key: Object) -> Made:
    return Made(str(key["id"]), {"fingerprint": key["fingerprint"]})


KINDS: tuple[type[Handler], ...] = (SshKey, Tag)
