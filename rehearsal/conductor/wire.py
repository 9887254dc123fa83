"""Properties as the SDK sends them: protobuf structs with marks for secrets, unknown values and resources."""

from collections.abc import Mapping, Sequence
from typing import Any

from google.protobuf.struct_pb2 import Struct
from pulumi.runtime import rpc

from rehearsal.conductor.errors import Refused
from rehearsal.conductor.properties import COMPUTED, Properties


def decode(struct: Struct | Mapping[str, Any]) -> tuple[Properties, dict[str, list[Any]]]:
    """Plain properties, and the secret values in them by top-level property. Numbers without a fraction become `int`."""
    properties: Properties = {}
    secrets: dict[str, list[Any]] = {}
    for name, raw in struct.items():
        found: list[Any] = []
        value = _plain(raw, found)
        if value is not None:
            properties[name] = value
        if found:
            secrets[name] = found
    return properties, secrets


def encode(properties: Properties, secrets: frozenset[str]) -> dict[str, Any]:
    """For a struct that the SDK reads: computed values as unknown, and the properties named in `secrets` marked."""
    raw = {name: _raw(value) for name, value in properties.items()}
    return raw | {name: rpc.wrap_rpc_secret(raw[name]) for name in secrets & raw.keys()}


def _plain(raw: Any, secrets: list[Any]) -> Any:
    if isinstance(raw, float) and raw.is_integer():
        return int(raw)
    if isinstance(raw, str) or not isinstance(raw, Mapping | Sequence):
        return COMPUTED if raw == rpc.UNKNOWN else raw
    if isinstance(raw, Sequence):
        return [_plain(item, secrets) for item in raw]
    match dict(raw.items()).get(rpc._special_sig_key):
        case None:
            plain = {key: _plain(item, secrets) for key, item in raw.items()}
            return {key: item for key, item in plain.items() if item is not None}
        case rpc._special_secret_sig:
            value = _plain(raw["value"], secrets)
            secrets.extend([] if value is COMPUTED else [value])
            return value
        case rpc._special_resource_sig:
            return (raw["id"] if "id" in raw else raw["urn"]) or COMPUTED
        case _:
            raise Refused("assets and archives are not played by the conductor")


def _raw(value: Any) -> Any:
    if isinstance(value, dict):
        return {key: _raw(item) for key, item in value.items()}
    if isinstance(value, list):
        return [_raw(item) for item in value]
    return rpc.UNKNOWN if value is COMPUTED else value
