"""What a change means, and what a preview can say of it."""

import pytest
from gitlab.v4.objects import Project
from pulumi.runtime import rpc
from pulumi.runtime.proto.provider_pb2 import DiffResponse, PropertyDiff

from rehearsal.conductor.properties import COMPUTED
from tests.plugin.samples import BRANCH, ENVIRONMENT, TOKEN, VARIABLE, Sample
from tests.plugin.started import Plugin, plain

pytestmark = pytest.mark.integration


def test_the_same_inputs_are_no_change(plugin: Plugin, sample: Sample) -> None:
    inputs = {"project": "group/site", **sample.inputs()}

    difference = plugin.diff(sample.type, inputs, inputs)

    assert (difference.changes, list(difference.diffs), list(difference.replaces)) == (DiffResponse.DIFF_NONE, [], [])


@pytest.mark.parametrize("sample", [VARIABLE, ENVIRONMENT, BRANCH], indirect=True)
def test_some_properties_change_in_place(plugin: Plugin, sample: Sample) -> None:
    inputs = sample.inputs()

    difference = plugin.diff(sample.type, inputs, inputs | sample.change)

    assert (difference.changes, set(difference.diffs), list(difference.replaces)) == (DiffResponse.DIFF_SOME, set(sample.change), [])


def test_others_need_a_replacement_whose_order_the_program_chooses(plugin: Plugin, sample: Sample) -> None:
    inputs = {"project": "group/site", **sample.inputs()}

    for change in (sample.replacement, {"project": "group/infra"}):
        difference = plugin.diff(sample.type, inputs, inputs | change)
        assert (list(difference.diffs), list(difference.replaces)) == (list(change), list(change))
        assert not difference.deleteBeforeReplace


def test_each_change_is_told_in_detail(plugin: Plugin) -> None:
    old = {"key": "TOKEN", "value": "one", "masked": True}
    new = {"key": "OTHER", "value": "two", "raw": True}

    detail = plugin.diff(VARIABLE.type, old, new).detailedDiff

    assert {name: PropertyDiff.Kind.Name(detail[name].kind) for name in detail} == {
        "key": "UPDATE_REPLACE",
        "value": "UPDATE",
        "masked": "DELETE",
        "raw": "ADD",
    }


def test_an_unknown_value_is_a_change(plugin: Plugin) -> None:
    inputs = VARIABLE.inputs()

    difference = plugin.diff(VARIABLE.type, inputs, inputs | {"value": rpc.UNKNOWN})

    assert (difference.changes, list(difference.diffs), list(difference.replaces)) == (DiffResponse.DIFF_SOME, ["value"], [])


def test_a_preview_makes_nothing_and_knows_no_new_output(plugin: Plugin, project: Project) -> None:
    inputs = {"project": project.path_with_namespace, **TOKEN.inputs()}

    previewed = plugin.create(TOKEN.type, inputs, preview=True)

    assert previewed.id == ""
    assert plain(previewed.properties) == inputs | {"username": COMPUTED, "token": COMPUTED}
    assert project.deploytokens.list(get_all=True) == []


def test_a_preview_passes_unknown_inputs_on(plugin: Plugin) -> None:
    inputs = {"project": "group/site", **VARIABLE.inputs(), "value": rpc.UNKNOWN}

    assert plugin.check(VARIABLE.type, inputs).inputs["value"] == rpc.UNKNOWN
    assert plugin.create(VARIABLE.type, inputs, preview=True).properties["value"] == rpc.UNKNOWN


def test_a_preview_of_an_update_changes_nothing_and_keeps_the_outputs(plugin: Plugin, project: Project) -> None:
    inputs = {"project": project.path_with_namespace, **ENVIRONMENT.inputs()}
    made = plugin.create(ENVIRONMENT.type, inputs)
    outputs = plain(made.properties)

    new = inputs | {"externalUrl": rpc.UNKNOWN}
    previewed = plugin.update(ENVIRONMENT.type, made.id, inputs, outputs, new, preview=True)

    assert plain(previewed.properties) == outputs | {"externalUrl": COMPUTED}
    assert project.environments.list(get_all=True)[0].external_url == inputs["externalUrl"]
