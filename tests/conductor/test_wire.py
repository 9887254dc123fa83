"""Properties in the SDK's form."""

from typing import Any

import pytest
from pulumi.runtime import rpc
from pulumi.runtime.proto import resource_pb2

from rehearsal.conductor.errors import Refused
from rehearsal.conductor.properties import COMPUTED, changed, computed
from rehearsal.conductor.registration import Registration
from rehearsal.conductor.wire import decode, encode


def request(**properties: Any) -> resource_pb2.RegisterResourceRequest:
    made = resource_pb2.RegisterResourceRequest(type="test:index:Box", name="blue", custom=True)
    made.object.update(properties)
    return made


def test_secrets_are_unwrapped_and_told_apart() -> None:
    wrapped = rpc.wrap_rpc_secret("open sesame")

    properties, secrets = decode(request(token=wrapped, login={"user": "pull", "password": wrapped}, plain="x").object)

    assert properties == {"token": "open sesame", "login": {"user": "pull", "password": "open sesame"}, "plain": "x"}
    assert secrets == {"token": ["open sesame"], "login": ["open sesame"]}


def test_unknown_values_are_computed_wherever_they_are() -> None:
    properties, secrets = decode(request(id=rpc.UNKNOWN, deep=[{"id": rpc.UNKNOWN}], secret=rpc.wrap_rpc_secret(rpc.UNKNOWN)).object)

    assert properties == {"id": COMPUTED, "deep": [{"id": COMPUTED}], "secret": COMPUTED}
    assert all(map(computed, properties.values()))
    assert secrets == {}


def test_whole_numbers_are_integers_and_absent_values_absent() -> None:
    properties, _ = decode(request(port=25060, ratio=0.5, none=None, deep={"none": None, "some": True}).object)

    assert properties == {"port": 25060, "ratio": 0.5, "deep": {"some": True}}
    assert isinstance(properties["port"], int)


def test_what_goes_back_is_unknown_or_secret_again() -> None:
    raw = encode({"id": COMPUTED, "deep": [COMPUTED], "password": "x"}, frozenset({"password", "absent"}))

    assert raw == {"id": rpc.UNKNOWN, "deep": [rpc.UNKNOWN], "password": rpc.wrap_rpc_secret("x")}


def test_a_computed_value_differs_from_every_known_one() -> None:
    assert changed({"a": 1, "b": [1]}, {"a": 1, "b": [COMPUTED]}) == ("b",)


def test_an_option_that_is_not_played_is_refused() -> None:
    asked = request()
    asked.importId = "123"

    with pytest.raises(Refused, match="test:index:Box blue: the conductor does not play the option importId"):
        Registration.read(asked, "urn")
