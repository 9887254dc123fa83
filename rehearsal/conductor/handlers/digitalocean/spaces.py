"""Spaces: keys by the API, buckets by the S3 protocol with the key that their provider has."""

import re
from collections.abc import Sequence
from datetime import UTC, datetime
from typing import ClassVar
from urllib.parse import urlencode

from rehearsal.cloud.spaces import signature
from rehearsal.cloud.spaces.app import DOMAIN
from rehearsal.conductor.errors import ConductorError
from rehearsal.conductor.handler import Existing, Handler, Made
from rehearsal.conductor.handlers.digitalocean.api import DigitalOcean, Object, named
from rehearsal.conductor.properties import Properties, changed


class Provider(Handler):
    """`digitalocean.Provider`: what makes buckets. A change of it replaces nothing."""

    type: ClassVar = "pulumi:providers:digitalocean"
    accepts: ClassVar = frozenset({"apiEndpoint", "token", "spacesAccessId", "spacesSecretKey", "spacesEndpoint", "version"})

    def create(self, inputs: Properties) -> Made:
        return Made(inputs["spacesAccessId"], {})

    def update(self, old: Existing, new: Properties) -> Properties:  # noqa: ARG002 - whoever uses the provider reads the inputs
        return old.outputs


class SpacesKey(DigitalOcean):
    """`digitalocean.SpacesKey`. Its access key is its id."""

    type: ClassVar = "digitalocean:index/spacesKey:SpacesKey"
    accepts: ClassVar = frozenset({"name", "grants"})
    replaceable: ClassVar = True
    gives: ClassVar = frozenset({"accessKey", "secretKey"})

    def create(self, inputs: Properties) -> Made:
        key = self.call(self.api.spaces_key.create, body=dict(inputs))["key"]
        return Made(key["access_key"], {"accessKey": key["access_key"], "secretKey": key["secret_key"]})

    def update(self, old: Existing, new: Properties) -> Properties:
        self.call(self.api.spaces_key.update, old.id, body=dict(new))
        return old.outputs

    def delete(self, old: Existing) -> None:
        self.gone(self.api.spaces_key.delete, old.id)

    def find(self, inputs: Properties) -> Made | None:
        """Its secret was told only once: what a killed run has made is deleted, to be made anew."""
        found: Object | None = named(self.call(self.api.spaces_key.list)["keys"], inputs["name"])
        if found:
            self.gone(self.api.spaces_key.delete, found["access_key"])
        return None


class SpacesBucket(Handler):
    """`digitalocean.SpacesBucket`. Its name is its id."""

    type: ClassVar = "digitalocean:index/spacesBucket:SpacesBucket"
    accepts: ClassVar = frozenset({"name", "region", "acl", "versioning", "lifecycleRules", "forceDestroy"})
    replaces: ClassVar = frozenset({"name", "region"})
    auto_named: ClassVar = True
    gives: ClassVar = frozenset({"bucketDomainName", "endpoint"})

    def create(self, inputs: Properties) -> Made:
        name, region = inputs["name"], inputs["region"]
        self._ask("PUT", name, region)
        self._configure(inputs, ("versioning", "lifecycleRules"))
        return Made(name, {"bucketDomainName": f"{name}.{region}.{DOMAIN}", "endpoint": f"{region}.{DOMAIN}"})

    def update(self, old: Existing, new: Properties) -> Properties:
        self._configure(new, changed(old.inputs, new))
        return old.outputs

    def delete(self, old: Existing) -> None:
        self._ask("DELETE", old.id, old.inputs["region"])

    def _configure(self, inputs: Properties, properties: Sequence[str]) -> None:
        if "versioning" in properties and "versioning" in inputs:
            status = "Enabled" if inputs["versioning"].get("enabled") else "Suspended"
            self._put(inputs, "versioning", f"<VersioningConfiguration><Status>{status}</Status></VersioningConfiguration>")
        if "lifecycleRules" in properties and "lifecycleRules" in inputs:
            rules = "".join(_rule(rule) for rule in inputs["lifecycleRules"])
            self._put(inputs, "lifecycle", f"<LifecycleConfiguration>{rules}</LifecycleConfiguration>")

    def _put(self, inputs: Properties, subresource: str, text: str) -> None:
        self._ask("PUT", inputs["name"], inputs["region"], {subresource: ""}, text.encode())

    def _ask(self, method: str, bucket: str, region: str, query: dict[str, str] | None = None, body: bytes = b"") -> None:
        host, words = f"{bucket}.{region}.{DOMAIN}", urlencode(query or {})
        request = signature.Request(method=method, path="/", query=words, headers={"host": host})
        access, secret = self.provider["spacesAccessId"], self.provider["spacesSecretKey"]
        headers = signature.signed(request, access, secret, body=body, now=datetime.now(UTC))
        reply = self.connections.spaces.request(method, f"https://{host}/?{words}", headers=headers, content=body)
        if reply.is_error and not (method == "DELETE" and reply.status_code == 404):
            said = re.search(r"<Message>(.*)</Message>", reply.text)
            raise ConductorError(f"Spaces: {method} {bucket}: {said[1] if said else reply.status_code}")


def _rule(rule: Properties) -> str:
    days = rule.get("noncurrentVersionExpiration", {}).get("days")
    abort = rule.get("abortIncompleteMultipartUploadDays")
    parts = [f"<ID>{rule['id']}</ID><Filter><Prefix></Prefix></Filter><Status>{'Enabled' if rule['enabled'] else 'Disabled'}</Status>"]
    if days:
        parts.append(f"<NoncurrentVersionExpiration><NoncurrentDays>{days:.0f}</NoncurrentDays></NoncurrentVersionExpiration>")
    if abort:
        waits = f"<DaysAfterInitiation>{abort:.0f}</DaysAfterInitiation>"
        parts.append(f"<AbortIncompleteMultipartUpload>{waits}</AbortIncompleteMultipartUpload>")
    return f"<Rule>{''.join(parts)}</Rule>"


KINDS: tuple[type[Handler], ...] = (Provider, SpacesKey, SpacesBucket)
