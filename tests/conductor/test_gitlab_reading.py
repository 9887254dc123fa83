"""What GitLab's handlers read back, in this process."""

from collections.abc import Iterator
from pathlib import Path

import pytest

from rehearsal.conductor.connections import Connections
from rehearsal.conductor.errors import ConductorError, Refused
from rehearsal.conductor.handler import Existing
from rehearsal.conductor.handlers import random
from rehearsal.conductor.handlers.gitlab import credentials, protection
from tests.conductor.stand_in import PROJECT, standing_in

pytestmark = pytest.mark.integration


@pytest.fixture(scope="module")
def connections(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Connections]:
    folder: Path = tmp_path_factory.mktemp("gitlab")
    with standing_in(folder) as cloud:
        connections = Connections(cloud.endpoints)
        yield connections
        connections.gitlab.session.close()


def test_a_variable_is_found_by_project_key_and_scope(connections: Connections) -> None:
    handler = credentials.ProjectVariable(connections, {})
    made = handler.create({"project": PROJECT, "key": "TOKEN", "value": "open", "environmentScope": "review:*", "raw": True})

    told = {
        "value": "open",
        "description": None,
        "hidden": False,
        "masked": False,
        "protected": False,
        "raw": True,
        "variableType": "env_var",
    }
    identity = {"project": PROJECT, "key": "TOKEN", "environmentScope": "review:*"}
    assert handler.read(made.id) == Existing(f"{PROJECT}:TOKEN:review:*", identity | told, {})
    assert handler.read(f"{PROJECT}:TOKEN:staging") is None


def test_the_value_of_a_hidden_variable_is_not_told(connections: Connections) -> None:
    handler = credentials.ProjectVariable(connections, {})
    made = handler.create({"project": PROJECT, "key": "HIDDEN", "value": "open-sesame", "hidden": True})

    found = handler.read(made.id)

    assert found is not None
    assert "value" not in found.inputs
    assert found.inputs["hidden"]


def test_the_end_of_a_token_is_read_as_it_was_declared(connections: Connections) -> None:
    handler = credentials.ProjectDeployToken(connections, {})
    inputs = {"project": PROJECT, "name": "pull", "scopes": ["read_registry"], "expiresAt": "2999-01-01T12:00:00Z"}

    found = handler.read(handler.create(inputs).id)

    assert found is not None
    assert found.inputs["expiresAt"] == inputs["expiresAt"]


def test_access_levels_have_the_providers_names(connections: Connections) -> None:
    handler = protection.BranchProtection(connections, {})
    levels = {"pushAccessLevel": "no one", "mergeAccessLevel": "developer", "allowForcePush": True}
    made = handler.create({"project": PROJECT, "branch": "release/1", **levels})

    assert handler.read(made.id) == Existing(f"{PROJECT}:release/1", {"project": PROJECT, "branch": "release/1", **levels}, made.outputs)


def test_a_number_is_the_end_of_an_id_also_in_ledgers_that_hold_nothing_else(connections: Connections) -> None:
    handler = protection.ProjectEnvironment(connections, {})
    inputs = {"project": PROJECT, "name": "staging", "stopBeforeDestroy": True}
    made = handler.create(inputs)
    number = made.id.removeprefix(f"{PROJECT}:")

    handler.delete(Existing(number, inputs, made.outputs))

    assert number.isdigit()
    assert handler.read(made.id) is None


def test_an_id_of_another_form_is_refused_with_the_right_one(connections: Connections) -> None:
    with pytest.raises(ConductorError, match=r"^the id is 12; it must be project:tag$"):
        protection.TagProtection(connections, {}).read("12")


def test_what_no_handler_reads_is_refused(connections: Connections) -> None:
    with pytest.raises(Refused, match="random:index/randomPassword:RandomPassword none is not read back"):
        random.RandomPassword(connections, {}).read("none")
