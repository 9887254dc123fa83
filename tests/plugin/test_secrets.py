"""What GitLab tells only once, and what nobody may read."""

import pytest
from gitlab.v4.objects import Project

from tests.plugin.samples import TOKEN, VARIABLE
from tests.plugin.started import Plugin, plain, refusal, secrets

pytestmark = pytest.mark.integration


def test_a_deploy_token_is_marked_as_secret_and_outlives_a_refresh(plugin: Plugin, project: Project) -> None:
    inputs = {"project": project.path_with_namespace, **TOKEN.inputs()}

    made = plugin.create(TOKEN.type, inputs)

    outputs = plain(made.properties)
    assert outputs["token"].startswith("gldt-")
    assert secrets(made.properties) == {"token"}
    found = plugin.read(TOKEN.type, made.id, inputs, outputs)
    assert plain(found.properties) == outputs
    assert secrets(found.properties) == {"token"}


def test_an_imported_deploy_token_has_none(plugin: Plugin, project: Project) -> None:
    made = plugin.create(TOKEN.type, {"project": project.path_with_namespace, **TOKEN.inputs()})

    assert "token" not in plain(plugin.read(TOKEN.type, made.id).properties)


def test_the_value_of_a_hidden_variable_outlives_a_refresh(plugin: Plugin, project: Project) -> None:
    inputs = {"project": project.path_with_namespace, **VARIABLE.inputs(), "hidden": True}

    made = plugin.create(VARIABLE.type, inputs)

    found = plugin.read(VARIABLE.type, made.id, inputs, plain(made.properties))
    assert plain(found.inputs) == inputs
    assert "value" not in plain(plugin.read(VARIABLE.type, made.id).inputs)


def test_a_value_that_gitlab_refuses_is_not_repeated(plugin: Plugin, project: Project) -> None:
    inputs = {"project": project.path_with_namespace, **VARIABLE.inputs(), "value": "two words", "raw": False}

    with pytest.raises(Exception, match="UNKNOWN") as caught:
        plugin.create(VARIABLE.type, inputs)

    assert refusal(caught.value) == "HTTP 400: {'value': ['is invalid']}"


def test_a_secret_in_an_error_is_masked(plugin: Plugin, project: Project) -> None:
    inputs = {"project": project.path_with_namespace, "key": "open_sesame", "value": "open_sesame"}
    plugin.create(VARIABLE.type, inputs)

    with pytest.raises(Exception, match="UNKNOWN") as caught:
        plugin.create(VARIABLE.type, inputs)

    assert refusal(caught.value) == "HTTP 400: {'key': ['([secret]) has already been taken']}"
