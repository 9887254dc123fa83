"""A `docker.Service` as the engine's ServiceSpec."""

from typing import Any

from rehearsal.conductor.handlers.docker.fields import Fields, duration, each, labels, mapped, nested, same
from rehearsal.conductor.properties import Properties

_FILE: Fields = {
    "fileName": ("File.Name", same),
    "fileUid": ("File.UID", same),
    "fileGid": ("File.GID", same),
    "fileMode": ("File.Mode", same),
}
_SECRET: Fields = {"secretId": ("SecretID", same), "secretName": ("SecretName", same), **_FILE}
_CONFIG: Fields = {"configId": ("ConfigID", same), "configName": ("ConfigName", same), **_FILE}

_HEALTHCHECK: Fields = {
    "tests": ("Test", same),
    "interval": ("Interval", duration),
    "timeout": ("Timeout", duration),
    "retries": ("Retries", same),
    "startPeriod": ("StartPeriod", duration),
}

_MOUNT: Fields = {
    "target": ("Target", same),
    "source": ("Source", same),
    "type": ("Type", same),
    "readOnly": ("ReadOnly", same),
    "bindOptions": ("BindOptions", nested({"propagation": ("Propagation", same)})),
    "tmpfsOptions": ("TmpfsOptions", nested({"sizeBytes": ("SizeBytes", same), "mode": ("Mode", same)})),
    "volumeOptions": (
        "VolumeOptions",
        nested(
            {
                "noCopy": ("NoCopy", same),
                "labels": ("Labels", labels),
                "driverName": ("DriverConfig.Name", same),
                "driverOptions": ("DriverConfig.Options", same),
            }
        ),
    ),
}


def _files(fields: Fields) -> Any:
    """Secrets or configs: the engine wants owner and mode of each file, the provider has defaults for them."""

    def convert(path: str, values: list[Properties]) -> list[dict[str, Any]]:
        owner = {"fileUid": "0", "fileGid": "0", "fileMode": 0o444}
        return [mapped(path, owner | value, fields) for value in values]

    return convert


def _environment(_path: str, values: dict[str, str]) -> list[str]:
    return [f"{name}={values[name]}" for name in sorted(values)]


def _hosts(_path: str, values: list[dict[str, str]]) -> list[str]:
    return [f"{value['ip']} {value['host']}" for value in values]


_CONTAINER: Fields = {
    "image": ("Image", same),
    "commands": ("Command", same),
    "args": ("Args", same),
    "env": ("Env", _environment),
    "dir": ("Dir", same),
    "user": ("User", same),
    "groups": ("Groups", same),
    "hostname": ("Hostname", same),
    "hosts": ("Hosts", _hosts),
    "init": ("Init", same),
    "readOnly": ("ReadOnly", same),
    "labels": ("Labels", labels),
    "secrets": ("Secrets", _files(_SECRET)),
    "configs": ("Configs", _files(_CONFIG)),
    "mounts": ("Mounts", each(_MOUNT)),
    "healthcheck": ("Healthcheck", nested(_HEALTHCHECK)),
    "stopSignal": ("StopSignal", same),
    "stopGracePeriod": ("StopGracePeriod", duration),
    "sysctl": ("Sysctls", same),
    "capAdds": ("CapabilityAdd", same),
    "capDrops": ("CapabilityDrop", same),
    "dnsConfig": (
        "DNSConfig",
        nested({"nameservers": ("Nameservers", same), "searches": ("Search", same), "options": ("Options", same)}),
    ),
}


def _network(path: str, values: list[Properties]) -> list[dict[str, Any]]:
    fields: Fields = {"id": ("Target", same), "name": ("Target", same), "aliases": ("Aliases", same)}
    return [mapped(path, value, fields) for value in values]


def _preferences(_path: str, values: list[str]) -> list[dict[str, Any]]:
    return [{"Spread": {"SpreadDescriptor": value.removeprefix("spread=")}} for value in values]


_QUANTITIES: Fields = {"memoryBytes": ("MemoryBytes", same), "nanoCpus": ("NanoCPUs", same)}
_TASK: Fields = {
    "containerSpec": ("ContainerSpec", nested(_CONTAINER)),
    "forceUpdate": ("ForceUpdate", same),
    "runtime": ("Runtime", same),
    "logDriver": ("LogDriver", nested({"name": ("Name", same), "options": ("Options", same)})),
    "networksAdvanceds": ("Networks", _network),
    "placement": (
        "Placement",
        nested(
            {
                "constraints": ("Constraints", same),
                "prefs": ("Preferences", _preferences),
                "maxReplicas": ("MaxReplicas", same),
                "platforms": ("Platforms", each({"architecture": ("Architecture", same), "os": ("OS", same)})),
            }
        ),
    ),
    "resources": ("Resources", nested({"limits": ("Limits", nested(_QUANTITIES)), "reservation": ("Reservations", nested(_QUANTITIES))})),
    "restartPolicy": (
        "RestartPolicy",
        nested(
            {
                "condition": ("Condition", same),
                "delay": ("Delay", duration),
                "maxAttempts": ("MaxAttempts", same),
                "window": ("Window", duration),
            }
        ),
    ),
}


def _ratio(_path: str, value: str) -> float:
    return float(value)


_ROLLOUT: Fields = {
    "parallelism": ("Parallelism", same),
    "delay": ("Delay", duration),
    "failureAction": ("FailureAction", same),
    "monitor": ("Monitor", duration),
    "maxFailureRatio": ("MaxFailureRatio", _ratio),
    "order": ("Order", same),
}
_PORT: Fields = {
    "name": ("Name", same),
    "protocol": ("Protocol", same),
    "targetPort": ("TargetPort", same),
    "publishedPort": ("PublishedPort", same),
    "publishMode": ("PublishMode", same),
}


def _mode(_path: str, value: Properties) -> dict[str, Any]:
    return {"Global": {}} if value.get("global") else {"Replicated": {"Replicas": value.get("replicated", {}).get("replicas", 1)}}


_SERVICE: Fields = {
    "name": ("Name", same),
    "labels": ("Labels", labels),
    "taskSpec": ("TaskTemplate", nested(_TASK)),
    "mode": ("Mode", _mode),
    # The provider's default: the engine takes an absent number as "all at once".
    "updateConfig": ("UpdateConfig", nested(_ROLLOUT, Parallelism=1)),
    "rollbackConfig": ("RollbackConfig", nested(_ROLLOUT, Parallelism=1)),
    "endpointSpec": (
        "EndpointSpec",
        nested({"mode": ("Mode", same), "ports": ("Ports", each(_PORT, Protocol="tcp", PublishMode="ingress"))}),
    ),
}
PROPERTIES = frozenset(_SERVICE)


def service_spec(inputs: Properties) -> dict[str, Any]:
    """The body of a create or an update. Raises Refused for a property that the mapping does not know, naming its path."""
    return {"Mode": {"Replicated": {"Replicas": 1}}, **mapped("service", inputs, _SERVICE)}
