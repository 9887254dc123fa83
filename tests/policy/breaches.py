"""For each rule, stacks that break it and nothing else: production as it is committed, with one thing changed."""

import base64
import copy
from collections.abc import Callable
from dataclasses import replace
from typing import Any, TypeAlias

from policy.resource import STACK, Resource, Stack

Breach: TypeAlias = Callable[[Stack], Stack]
_WORLD = ["0.0.0.0/0", "::/0"]


def _changed(kind: str, name: str | None = None, /, *, protect: bool | None = None, **inputs: Any) -> Breach:
    """The first resource of a kind, or the one with a name, with other inputs; a path is written with `__` for its dots."""

    def edited(resource: Resource) -> Resource:
        found: dict[str, Any] = copy.deepcopy(dict(resource.inputs))
        for path, value in inputs.items():
            *above, last = path.split("__")
            place = found
            for step in above:
                place = place.setdefault(step, {})
            place[last] = value
        return replace(resource, inputs=found, protect=resource.protect if protect is None else protect)

    def breach(stack: Stack) -> Stack:
        chosen = next(resource for resource in stack.of(kind) if name in (None, resource.name))
        return replace(stack, resources=tuple(edited(one) if one is chosen else one for one in stack.resources))

    return breach


def _without(kind: str) -> Breach:
    return lambda stack: replace(stack, resources=tuple(one for one in stack.resources if one.kind != kind))


def _with_credentials(**inputs: Any) -> Breach:
    """Of a DigitalOcean registry, which neither committed stack has."""
    type = "digitalocean:index/containerRegistryDockerCredentials:ContainerRegistryDockerCredentials"
    urn = f"urn:pulumi:production::site::site:infra:Registry${type}::registry-1"
    parent = "urn:pulumi:production::site::site:infra:Registry::registry"
    given = {"write": False, "expirySeconds": 3600, **inputs}
    return lambda stack: replace(stack, resources=(*stack.resources, Resource(urn=urn, type=type, parent=parent, inputs=given)))


def _with_bucket(**inputs: Any) -> Breach:
    type = "digitalocean:index/spacesBucket:SpacesBucket"
    urn = f"urn:pulumi:production::site::site:infra:Buckets${type}::media"
    parent = "urn:pulumi:production::site::site:infra:Buckets::buckets"
    given = {"acl": "private", "versioning": {"enabled": True}, **inputs}
    return lambda stack: replace(
        stack, resources=(*stack.resources, Resource(urn=urn, type=type, parent=parent, inputs=given, protect=True))
    )


def _hung_on_the_stack(stack: Stack) -> Stack:
    first = next(stack.of("digitalocean:Tag"))
    root = f"urn:pulumi:{first.stack}::site::{STACK}::site-{first.stack}"
    return replace(stack, resources=tuple(replace(one, parent=root) if one is first else one for one in stack.resources))


def _exporting(**exports: Any) -> Breach:
    return lambda stack: replace(stack, exports={**stack.exports, **exports})


def _inbound(protocol: str, ports: str) -> Breach:
    return _changed("digitalocean:Firewall", inboundRules=[{"protocol": protocol, "portRange": ports, "sourceAddresses": _WORLD}])


def _outbound(protocol: str, ports: str) -> Breach:
    return _changed("digitalocean:Firewall", outboundRules=[{"protocol": protocol, "portRange": ports, "destinationAddresses": _WORLD}])


def _user_data(**more: str) -> Breach:
    text = "".join(f"{name}: {value}\n" for name, value in more.items())
    return _changed("digitalocean:Droplet", userData=f"#cloud-config\n{text}")


def _environment(lines: str) -> Breach:
    return _changed("docker:Secret", "environment", data=base64.b64encode(lines.encode()).decode())


def _mounting(source: str, *, read_only: bool = True) -> Breach:
    mount = {"type": "bind", "source": source, "target": "/x", "readOnly": read_only}
    return _changed("docker:Service", "web", taskSpec__containerSpec__mounts=[mount])


_TAG_RULE = {"type": "tag", "value": "site-production"}

BREACHES: dict[str, tuple[Breach, ...]] = {
    "SITE-SSH-1": (_inbound("tcp", "22"),),
    "SITE-SSH-2": (_changed("digitalocean:Droplet", sshKeys=[]),),
    "SITE-NET-1": (_inbound("tcp", "5432"), _inbound("udp", "4789"), _inbound("udp", "80"), _inbound("tcp", "2377-2378")),
    "SITE-NET-2": (_outbound("tcp", "all"), _outbound("udp", "1-65535")),
    "SITE-HOST-1": (_changed("digitalocean:Droplet", monitoring=False),),
    "SITE-DB-1": (_changed("digitalocean:DatabaseCluster", privateNetworkUuid=None),),
    "SITE-DB-2": (
        _changed("digitalocean:DatabaseFirewall", rules=[_TAG_RULE, {"type": "ip_addr", "value": "203.0.113.7"}]),
        _changed("digitalocean:DatabaseFirewall", rules=[]),
    ),
    "SITE-DB-3": (_without("digitalocean:DatabaseFirewall"),),
    "SITE-TLS-1": (
        _environment("PGSSLMODE='prefer'\n"),
        _environment("DATABASE_URL='postgresql://site1:x@db.example.com:25060/site'\n"),
        _environment("DATABASE_URL='postgres://site1:x@db.example.com:25060/site?sslmode=allow'\n"),
        _changed("command:Command", "schema", create="docker run -e PGSSLMODE=disable postgres:17"),
    ),
    "SITE-TLS-2": (
        _changed("digitalocean:UptimeCheck", target="http://www.example.com/healthz"),
        _changed("digitalocean:UptimeCheck", type="http"),
        _changed("gitlab:ProjectEnvironment", externalUrl="http://www.example.com"),
    ),
    "SITE-TLS-3": (_changed("docker:Service", "proxy", endpointSpec__ports=[{"publishedPort": 80, "protocol": "tcp"}]),),
    "SITE-CI-1": (_changed("gitlab:ProjectVariable", "GITLAB_TOKEN", protected=False),),
    "SITE-CI-2": (_changed("gitlab:ProjectVariable", "GITLAB_TOKEN", masked=False),),
    "SITE-CI-3": (
        _changed("gitlab:ProjectVariable", "SSH_KEY", environmentScope="*"),
        _changed("gitlab:ProjectVariable", "SSH_KEY", environmentScope="staging"),
    ),
    "SITE-CI-4": (_changed("gitlab:DeployKey", canPush=True),),
    "SITE-CI-5": (
        _changed("gitlab:BranchProtection", allowForcePush=True),
        _changed("gitlab:BranchProtection", pushAccessLevel="developer"),
    ),
    "SITE-REG-1": (
        _changed("gitlab:ProjectDeployToken", scopes=["read_registry", "write_registry"]),
        _with_credentials(write=True),
    ),
    "SITE-REG-2": (
        _changed("gitlab:ProjectDeployToken", expiresAt=None),
        _with_credentials(expirySeconds=None),
        _with_credentials(expirySeconds=10 * 365 * 24 * 3600),
    ),
    "SITE-IMG-1": (
        _changed("docker:Service", "web", taskSpec__containerSpec__image="registry.gitlab.com/example/site:latest"),
        _changed("docker:Service", "proxy", taskSpec__containerSpec__image="caddy:2"),
    ),
    "SITE-SVC-1": (_changed("docker:Service", "worker", taskSpec__resources__limits={"nanoCpus": 10**9}),),
    "SITE-SVC-2": (_changed("docker:Service", "broker", endpointSpec__ports=[{"publishedPort": 6379, "protocol": "tcp"}]),),
    "SITE-SVC-4": (_changed("docker:Service", "web", taskSpec__resources__limits={"memoryBytes": 1}),),
    "SITE-SVC-5": (_changed("docker:Service", "web", taskSpec__containerSpec__capDrops=[]),),
    "SITE-SVC-6": (_changed("docker:Service", "web", taskSpec__containerSpec__readOnly=False),),
    "SITE-SVC-3": (
        _mounting("/var/run/docker.sock"),
        _mounting("/srv/site/../../etc"),
        _mounting("/srv/site/proxy", read_only=False),
    ),
    "SITE-BUCKET-1": (_with_bucket(acl="public-read"),),
    "SITE-BUCKET-2": (_with_bucket(versioning=None), _with_bucket(versioning={"enabled": False}), _with_bucket(forceDestroy=True)),
    "SITE-RES-1": (_hung_on_the_stack,),
    "SITE-RES-2": (
        _changed("digitalocean:Droplet", tags=[]),
        _changed("digitalocean:DatabaseCluster", tags=["site-staging"]),
        _changed("digitalocean:Firewall", tags=None),
    ),
    "SITE-DATA-1": (
        _changed("digitalocean:DatabaseCluster", protect=False),
        _changed("docker:Volume", "media", protect=False),
        _changed("digitalocean:DatabaseFirewall", protect=False),
    ),
    "SITE-SECRET-1": (
        _exporting(database="postgresql://site1:canary-12/login@user@db.example.com/site"),
        _exporting(settings={"keys": ["canary-1-Zq8vN3xW6rT1yU4pL7kJ0hG5fD2sA9mB-django-key"]}),
        _exporting(debug="-----BEGIN OPENSSH PRIVATE KEY-----"),
    ),
    "SITE-SECRET-2": (
        _user_data(ssh_keys="{ed25519_private: x, rsa_private: '-----BEGIN RSA PRIVATE KEY-----'}"),
        _user_data(runcmd=f"[docker login -u x --password=dop_v1_{'0' * 64}]"),
        _user_data(chpasswd="{password: correct-horse-battery}"),
        _changed("digitalocean:Droplet", userData="#!/bin/sh\nexport API_KEY=correct-horse-battery\n"),
    ),
    "SITE-SECRET-3": (
        _changed("docker:Service", "web", taskSpec__containerSpec__env={"SECRET_KEY": "x"}),
        _changed("docker:Service", "web", taskSpec__containerSpec__env={"CACHE": "redis://site:correct-horse@broker:6379"}),
    ),
}
