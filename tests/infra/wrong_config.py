"""Tables of wrong config, one mistake each, with fragments of what must be said about it."""

from dataclasses import dataclass
from typing import Any

from tests.infra.values import CONFIG_SECRETS

WEB = {"command": "gunicorn config.wsgi", "port": 8000, "health": "/healthz", "memory": 256}


@dataclass(frozen=True, kw_only=True)
class Wrong:
    """One mistake: what is set, and fragments of what must be said about it."""

    key: str
    value: Any
    says: tuple[str, ...]
    also: tuple[tuple[str, Any], ...] = ()
    """Other keys that make it one."""
    at: str = ""
    """The key that is named, where it is not the one set."""


def web(**fields: Any) -> dict[str, Any]:
    """Processes with one that serves, a little changed."""
    return {"web": {**WEB, **fields}}


WRONG = [
    Wrong(key="backupTime", value="2:30", says=("'2:30'",)),
    Wrong(key="backupTime", value="24:00", says=("'24:00'",)),
    Wrong(key="backupKeepDays", value=0, says=("0",)),
    Wrong(key="spacesRegion", value="nyc1", also=(("mediaBucket", True),), says=("'nyc1'", "nyc3", "spacesRegion fra1")),
    Wrong(key="backup", value=True, also=(("backupPassword", ""),), at="backupPassword", says=("missing", "openssl rand")),
    Wrong(key="backup", value=True, also=(("backupPassword", "a" * 30),), at="backupPassword", says=("weak", "5 different")),
    Wrong(key="domain", value="", says=("missing", "pulumi config set site:domain www.example.com")),
    Wrong(key="domain", value=None, says=("missing", "pulumi config set site:domain")),
    Wrong(key="domain", value="https://www.example.com", says=("'https://www.example.com'", "without scheme, port or path")),
    Wrong(key="domain", value="www.example.com:8443", says=("'www.example.com:8443'", "without scheme, port or path")),
    Wrong(key="domain", value="WWW.example.com", says=("'WWW.example.com'", "lower case")),
    Wrong(key="domain", value="*.example.com", says=("'*.example.com'", "host name")),
    Wrong(key="domain", value="localhost", says=("'localhost'", "like www.example.com")),
    Wrong(key="domain", value="www.example.org", at="dnsZone", says=("'example.com'", "does not hold www.example.org", 'dnsZone ""')),
    Wrong(key="domain", value="notexample.com", at="dnsZone", says=("does not hold notexample.com",)),
    Wrong(key="aliases", value=["example.org"], at="dnsZone", says=("'example.com'", "does not hold example.org")),
    Wrong(key="aliases", value=["staging.example.com"], says=("'staging.example.com'", "redirect to itself")),
    Wrong(key="aliases", value=["*.example.com"], at="aliases.0", says=("'*.example.com'", "host name")),
    Wrong(key="dnsZone", value="Bad_Zone", says=("'Bad_Zone'", "host name in lower case")),
    Wrong(key="dnsZone", value="", at="manageDnsZone", says=("needs the zone", "pulumi config set site:dnsZone example.com")),
    Wrong(key="operatorKeys", value=[], says=("at least one public ssh key", '"$(cat ~/.ssh/id_ed25519.pub)"')),
    Wrong(key="operatorKeys", value=["-----BEGIN OPENSSH"], at="operatorKeys.0", says=("'-----BEGIN OPENSSH'", "id_ed25519.pub")),
    Wrong(key="operatorKeys", value="ssh-ed25519 AAAA", says=("'ssh-ed25519 AAAA'", "tuple")),
    Wrong(key="sshFrom", value=[], says=("at least one network", "203.0.113.7/32")),
    Wrong(key="sshFrom", value=["203.0.113.7/24"], at="sshFrom.0", says=("'203.0.113.7/24'", "CIDR", "203.0.113.7/32", "host bits set")),
    Wrong(key="sshFrom", value=["office"], at="sshFrom.0", says=("'office'", "CIDR")),
    Wrong(
        key="sshFrom",
        value=["0.0.0.0/0"],
        says=("'0.0.0.0/0'", "whole world (SITE-SSH-1)", "site:allowedViolations.SITE-SSH-1 'the reason'"),
    ),
    Wrong(
        key="allowedViolations",
        value={"SITE-SHS-1": "why"},
        at="allowedViolations.SITE-SHS-1",
        says=("no rule of policy/README.md", "did you mean SITE-SSH-1"),
    ),
    Wrong(
        key="allowedViolations",
        value={"everything": "why"},
        at="allowedViolations.everything",
        says=("no rule of policy/README.md", "pulumi config rm --path site:allowedViolations.everything"),
    ),
    Wrong(
        key="allowedViolations",
        value={"SITE-SSH-1": " "},
        at="allowedViolations.SITE-SSH-1",
        says=("needs the reason why this stack may", "site:allowedViolations.SITE-SSH-1 'the reason'"),
    ),
    Wrong(key="vpcRange", value="10.20.0.1/20", says=("'10.20.0.1/20'", "CIDR")),
    Wrong(key="image", value="", says=("missing", "by digest", "site:deploySite false")),
    Wrong(key="image", value="registry.gitlab.com/a/b:latest", says=("'registry.gitlab.com/a/b:latest'", "digest", "imagetools inspect")),
    Wrong(key="image", value="registry.gitlab.com/a/b@sha256:12", says=("'registry.gitlab.com/a/b@sha256:12'", "64 hex digits")),
    Wrong(key="region", value="frankfurt", says=("'frankfurt'", "fra1")),
    Wrong(key="serverCount", value=2, says=("is 2", "must be 1")),
    Wrong(key="serverSize", value="s-1vcpu", says=("'s-1vcpu'", "s-1vcpu-2gb, ")),
    Wrong(key="serverSize", value="s-1vcpu-1gb", says=("'s-1vcpu-1gb'", "has 1024 MiB", "need", "serverSize s-1vcpu-2gb")),
    Wrong(key="databaseSize", value="db-s-1vcpu-3gb", says=("'db-s-1vcpu-3gb'", "db-s-1vcpu-2gb, ")),
    Wrong(key="databaseNodes", value=2, says=("is 2", "2 GB or more", "databaseSize db-s-1vcpu-2gb")),
    Wrong(key="databaseNodes", value="two", says=("'two'", "valid integer")),
    Wrong(key="databaseNodes", value=0, says=("is 0", "greater than or equal to 1")),
    Wrong(key="databaseVersion", value="15", says=("'15'", "'17'")),
    Wrong(key="databasePool", value=-1, says=("is -1", "greater than or equal to 0")),
    Wrong(key="databasePool", value=20, at="databaseSize", says=("gives 22 connections", "databaseSize db-s-1vcpu-2gb")),
    Wrong(key="databasePool", value=10_000, at="databaseSize", says=("gives 22 connections", "lower `connections`")),
    Wrong(key="keepReleases", value=1, says=("is 1", "greater than or equal to 2")),
    Wrong(key="registry", value="docker", says=("'docker'", "'gitlab' or 'digitalocean'")),
    Wrong(key="registry", value="digitalocean", at="registryName", says=("missing", "pulumi config set site:registryName")),
    Wrong(key="ownsRegistry", value=True, says=("only a DigitalOcean registry", "ownsRegistry false")),
    Wrong(key="appProject", value="https://gitlab.com/a/b", says=("'https://gitlab.com/a/b'", "group/app")),
    Wrong(key="infraProject", value="deployment", says=("'deployment'", "group/app")),
    Wrong(key="gitlabTier", value="gold", says=("'gold'", "'free', 'premium' or 'ultimate'")),
    Wrong(key="allowedEffect", value="some", says=("'some'", "'nothing', 'rolled', 'downtime' or 'data'")),
    Wrong(key="deployCheck", value="yes", says=("'yes'", "'none', 'advisory' or 'required'")),
    Wrong(key="checkCommand", value=" ", says=("is empty", "deployCheck none", "--fail-level WARNING")),
    Wrong(key="promotionMinutes", value=-5, says=("is -5", "greater than or equal to 0")),
    Wrong(key="broker", value="redis", says=("'redis'", "'none', 'valkey' or 'rabbitmq'")),
    Wrong(key="alertEmail", value="ops", says=("'ops'", "ops@example.com")),
    Wrong(key="protect", value="maybe", says=("'maybe'", "boolean")),
    Wrong(key="proxyImage", value="", says=("''", "at least 1 character")),
    Wrong(key="processes", value={}, says=("exactly one process", "none with a port", "processes.web.port 8000")),
    Wrong(key="processes", value={"web": WEB, "api": WEB}, says=("exactly one process", "'web, api'")),
    Wrong(key="processes", value={"Web!": WEB}, at="processes.Web!", says=("'Web!'", "[a-z]")),
    Wrong(key="processes", value={**web(), "proxy": {"command": "x"}}, at="processes.proxy", says=("program's own", "something else")),
    Wrong(key="processes", value={**web(), "broker": {"command": "x"}}, at="processes.broker", says=("program's own",)),
    Wrong(key="processes", value=web(volumes={"proxy": "/data"}), at="processes.web.volumes.proxy", says=("program's own",)),
    Wrong(key="processes", value=web(volumes={"media": "media"}), at="processes.web.volumes.media", says=("'media'", "pattern")),
    Wrong(
        key="processes", value={"web": {"port": 8000}}, at="processes.web.command", says=("missing", "--path site:processes.web.command")
    ),
    Wrong(key="processes", value=web(command=""), at="processes.web.command", says=("''", "at least 1 item")),
    Wrong(key="processes", value=web(command="gunicorn 'x"), at="processes.web.command", says=("gunicorn 'x", "quotation")),
    Wrong(key="processes", value=web(health=None), at="processes.web.health", says=("health check", "web: {health: /healthz}")),
    Wrong(key="processes", value=web(health="healthz"), at="processes.web.health", says=("'healthz'", "pattern")),
    Wrong(key="processes", value=web(port=70000), at="processes.web.port", says=("70000", "65535")),
    Wrong(key="processes", value=web(replicas=0), at="processes.web.replicas", says=("is 0", "greater than or equal to 1")),
    Wrong(key="processes", value=web(memory=16), at="processes.web.memory", says=("is 16", "32")),
    Wrong(key="processes", value=web(cpus=0), at="processes.web.cpus", says=("is 0", "0.01")),
    Wrong(key="processes", value=web(cpus=3), at="processes.web.cpus", says=("is 3", "Docker would not start it", "web: {cpus: ")),
    Wrong(key="processes", value=web(user="app"), at="processes.web.user", says=("'app'", "valid integer")),
    Wrong(key="processes", value=web(tmpfs=["cache"]), at="processes.web.tmpfs.0", says=("'cache'", "pattern")),
    Wrong(key="processes", value=web(capAdd=["setuid"]), at="processes.web.capAdd.0", says=("'setuid'", "pattern")),
    Wrong(
        key="processes",
        value={**web(volumes={"media": "/media"}), "worker": {"command": "x", "user": 7, "volumes": {"media": "/media"}}},
        at="processes.web.user",
        says=("must be that of worker", "web: {user: 7}"),
    ),
    Wrong(key="processes", value=web(stopGrace=0), at="processes.web.stopGrace", says=("is 0", "greater than or equal to 1")),
    Wrong(key="processes", value=web(singleton=True), at="processes.web.singleton", says=("can't be a singleton",)),
    Wrong(key="processes", value=web(replica=2), at="processes.web.replica", says=("is 2", "not permitted")),
    Wrong(
        key="processes",
        value=web(connections=12),
        at="databaseSize",
        says=("27 can be asked for", "twice for what serves", "3 for the release"),
    ),
    Wrong(key="processes", value=web(memory=40_000), at="serverSize", says=("lower `memory` or `replicas`",)),
    Wrong(
        key="processes",
        value={**web(), "beat": {"command": "x", "singleton": True, "replicas": 2}},
        at="processes.beat.replicas",
        says=("is 2", "a singleton runs once", "beat: {replicas: 1}"),
    ),
    Wrong(key="env", value={"1BAD": "x"}, at="env.1BAD", says=("'1BAD'", "[A-Za-z_]")),
    Wrong(key="env", value={"DEBUG": True}, at="env.DEBUG", says=("True", "valid string")),
    Wrong(
        key="env", value={"STRIPE_KEY": "x"}, at="env.STRIPE_KEY", says=("in `secrets` too", "pulumi config rm --path site:env.STRIPE_KEY")
    ),
    Wrong(key="env", value={"A": "{database.passwd}"}, at="env.A", says=("{database.passwd} is no placeholder", "{database.password}")),
    Wrong(key="env", value={"A": "{broker.urls}"}, at="env.A", says=("{broker.urls} is no placeholder", "{broker.url}")),
    Wrong(key="env", value={"A": "{database.pool.url}"}, at="env.A", says=("needs a pool", "databasePool 10")),
    Wrong(key="env", value={"A": "{broker.url}"}, at="env.A", says=("needs a broker", "broker valkey"), also=(("broker", "none"),)),
    Wrong(key="secrets", value={"A": "{broker.url}"}, at="secrets.A", says=("needs a broker",), also=(("broker", "none"),)),
]


WRONG_SECRETS = [
    ("secretKey", "", "missing", "openssl rand -base64 48 | pulumi config set --secret site:secretKey"),
    ("secretKey", None, "missing", "pulumi config set --secret site:secretKey"),
    ("secretKey", "k3y-too-short", "weak", "--secret site:secretKey"),
    ("secretKey", "ab" * 40, "weak", "5 different"),
    ("secretKey", "django-insecure-" + CONFIG_SECRETS["site:secretKey"], "weak", "no placeholder"),
    ("secretKey", "changeme-" + CONFIG_SECRETS["site:secretKey"], "weak", "no placeholder"),
    ("basicAuth", "n0-colon-in-here", "must be name:password", "--secret site:basicAuth"),
    ("basicAuth", "visitor:2short", "8 to 72 bytes", "--secret site:basicAuth"),
    ("basicAuth", "visitor:" + "much-2-long" * 10, "8 to 72 bytes", "--secret site:basicAuth"),
    ("basicAuth", "vis {itor:l0ng-enough", "must be name:password", "--secret site:basicAuth"),
    ("basicAuth", ":n0body-is-here", "must be name:password", "--secret site:basicAuth"),
    ("stateAccessKey", "sh0rt", "masked by GitLab", "pulumi config set --secret site:stateAccessKey"),
    ("stateSecretKey", "with a space 1n it", "masked by GitLab", "pulumi config set --secret site:stateSecretKey"),
    ("secrets", {"BAD-NAME": "s3cret-of-mine"}, "pattern", "site:secrets.BAD-NAME"),
    ("secrets", {"KEY": ["s3cret-of-mine"]}, "valid string", "site:secrets.KEY"),
    ("secrets", "s3cret-of-mine", "dictionary", "site:secrets"),
]
