"""A service in the engine's words. The expected body is what a real engine (26.1) took and ran."""

import pytest

from rehearsal.conductor.errors import ConductorError, Refused
from rehearsal.conductor.handlers.docker.fields import duration
from rehearsal.conductor.handlers.docker.service_spec import service_spec
from rehearsal.conductor.handlers.docker.services import Service
from rehearsal.conductor.properties import Properties

ROLLOUT = {"parallelism": 2, "delay": "0s", "order": "start-first", "monitor": "12s", "maxFailureRatio": "0.0"}


def minimal(**container: object) -> Properties:
    return {"name": "web", "taskSpec": {"containerSpec": {"image": "app@sha256:1", **container}}}


def test_a_full_service_is_mapped_field_by_field() -> None:
    inputs = {
        "name": "web",
        "labels": [{"label": "credential", "value": "1f2e"}],
        "mode": {"replicated": {"replicas": 2}},
        "endpointSpec": {"mode": "dnsrr", "ports": [{"targetPort": 443, "publishedPort": 443, "publishMode": "host", "protocol": "udp"}]},
        "updateConfig": {**ROLLOUT, "failureAction": "rollback"},
        "rollbackConfig": {"failureAction": "pause"},
        "taskSpec": {
            "containerSpec": {
                "image": "app@sha256:1",
                "commands": ["/bin/sh", "-c", "exec"],
                "args": ["gunicorn"],
                "env": {"B": "2", "A": "1"},
                "user": "1000",
                "init": True,
                "readOnly": True,
                "stopSignal": "SIGTERM",
                "stopGracePeriod": "30s",
                "labels": [{"label": "part", "value": "web"}],
                "hosts": [{"host": "db", "ip": "10.0.0.1"}],
                "secrets": [{"secretId": "s1", "secretName": "env-1", "fileName": "/run/secrets/env"}],
                "configs": [{"configId": "c1", "configName": "conf-1", "fileName": "/conf", "fileMode": 0o400, "fileUid": "1000"}],
                "mounts": [
                    {"type": "volume", "source": "media", "target": "/media", "volumeOptions": {"noCopy": True}},
                    {"type": "tmpfs", "target": "/scratch", "tmpfsOptions": {"sizeBytes": 1024, "mode": 0o1777}},
                    {"type": "bind", "source": "/srv", "target": "/srv", "readOnly": True, "bindOptions": {"propagation": "rslave"}},
                ],
                "healthcheck": {"tests": ["CMD", "true"], "interval": "2s", "timeout": "500ms", "retries": 3, "startPeriod": "1m30s"},
            },
            "networksAdvanceds": [{"id": "n1", "aliases": ["web"]}],
            "resources": {"limits": {"memoryBytes": 268435456, "nanoCpus": 500000000}, "reservation": {"memoryBytes": 1024}},
            "restartPolicy": {"condition": "any", "delay": "2s", "window": "0s", "maxAttempts": 0},
            "placement": {"constraints": ["node.role==manager"], "prefs": ["spread=node.labels.zone"], "maxReplicas": 1},
            "logDriver": {"name": "json-file", "options": {"max-size": "10m"}},
        },
    }

    second = 10**9
    assert service_spec(inputs) == {
        "Name": "web",
        "Labels": {"credential": "1f2e"},
        "Mode": {"Replicated": {"Replicas": 2}},
        "EndpointSpec": {
            "Mode": "dnsrr",
            "Ports": [{"TargetPort": 443, "PublishedPort": 443, "PublishMode": "host", "Protocol": "udp"}],
        },
        "UpdateConfig": {
            "Parallelism": 2,
            "Delay": 0,
            "Order": "start-first",
            "Monitor": 12 * second,
            "MaxFailureRatio": 0.0,
            "FailureAction": "rollback",
        },
        "RollbackConfig": {"Parallelism": 1, "FailureAction": "pause"},
        "TaskTemplate": {
            "ContainerSpec": {
                "Image": "app@sha256:1",
                "Command": ["/bin/sh", "-c", "exec"],
                "Args": ["gunicorn"],
                "Env": ["A=1", "B=2"],
                "User": "1000",
                "Init": True,
                "ReadOnly": True,
                "StopSignal": "SIGTERM",
                "StopGracePeriod": 30 * second,
                "Labels": {"part": "web"},
                "Hosts": ["10.0.0.1 db"],
                "Secrets": [
                    {"SecretID": "s1", "SecretName": "env-1", "File": {"Name": "/run/secrets/env", "UID": "0", "GID": "0", "Mode": 0o444}}
                ],
                "Configs": [
                    {"ConfigID": "c1", "ConfigName": "conf-1", "File": {"Name": "/conf", "UID": "1000", "GID": "0", "Mode": 0o400}}
                ],
                "Mounts": [
                    {"Type": "volume", "Source": "media", "Target": "/media", "VolumeOptions": {"NoCopy": True}},
                    {"Type": "tmpfs", "Target": "/scratch", "TmpfsOptions": {"SizeBytes": 1024, "Mode": 0o1777}},
                    {"Type": "bind", "Source": "/srv", "Target": "/srv", "ReadOnly": True, "BindOptions": {"Propagation": "rslave"}},
                ],
                "Healthcheck": {
                    "Test": ["CMD", "true"],
                    "Interval": 2 * second,
                    "Timeout": second // 2,
                    "Retries": 3,
                    "StartPeriod": 90 * second,
                },
            },
            "Networks": [{"Target": "n1", "Aliases": ["web"]}],
            "Resources": {"Limits": {"MemoryBytes": 268435456, "NanoCPUs": 500000000}, "Reservations": {"MemoryBytes": 1024}},
            "RestartPolicy": {"Condition": "any", "Delay": 2 * second, "Window": 0, "MaxAttempts": 0},
            "Placement": {
                "Constraints": ["node.role==manager"],
                "Preferences": [{"Spread": {"SpreadDescriptor": "node.labels.zone"}}],
                "MaxReplicas": 1,
            },
            "LogDriver": {"Name": "json-file", "Options": {"max-size": "10m"}},
        },
    }


def test_a_service_is_one_replica_unless_told() -> None:
    assert service_spec(minimal())["Mode"] == {"Replicated": {"Replicas": 1}}
    assert service_spec({**minimal(), "mode": {"global": True}})["Mode"] == {"Global": {}}


def test_a_port_is_tcp_through_the_mesh_unless_told() -> None:
    [port] = service_spec({**minimal(), "endpointSpec": {"ports": [{"targetPort": 80}]}})["EndpointSpec"]["Ports"]

    assert port == {"TargetPort": 80, "Protocol": "tcp", "PublishMode": "ingress"}


def test_a_field_without_mapping_is_refused_with_its_path() -> None:
    with pytest.raises(Refused, match=r"does not map service\.taskSpec\.containerSpec\.privileges"):
        service_spec(minimal(privileges={"credentialSpec": {}}))


@pytest.mark.parametrize(("text", "nanoseconds"), [("0s", 0), ("1.5s", 1_500_000_000), ("1h2m3s4ms", 3_723_004_000_000), ("0", 0)])
def test_durations_are_gos(text: str, nanoseconds: int) -> None:
    assert duration("delay", text) == nanoseconds


def test_no_duration_is_an_error_that_shows_how_one_looks() -> None:
    with pytest.raises(ConductorError, match=r"updateConfig\.delay is '10'; a duration looks like 500ms, 10s or 1m30s"):
        duration("updateConfig.delay", "10")


def test_what_the_engine_can_not_change_in_place_needs_another_service() -> None:
    old = {**minimal(hosts=[]), "mode": {"replicated": {"replicas": 1}}}

    assert Service.replacing(old, {**minimal(hosts=[]), "mode": {"replicated": {"replicas": 2}}}) == []
    assert Service.replacing(old, {**minimal(hosts=[{"host": "a", "ip": "b"}]), "mode": {"global": True}}) == [
        "taskSpec.containerSpec.hosts",
        "mode",
    ]
