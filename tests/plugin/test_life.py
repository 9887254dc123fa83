"""From creation to deletion: all types, against the stand-in for GitLab."""

import re

import gitlab
import pytest
from gitlab.v4.objects import Project

from rehearsal.conductor.handlers.gitlab import credentials, protection
from tests.cloud.gitlab_server import Site
from tests.plugin.samples import BRANCH, ENVIRONMENT, KEY, SAMPLES, TAG, TOKEN, VARIABLE, Sample
from tests.plugin.started import Plugin, plain, refusal, struct

pytestmark = pytest.mark.integration


def path(project: Project) -> str:
    return str(project.path_with_namespace)


def test_every_type_of_the_conductor_is_tried() -> None:
    assert {sample.type for sample in SAMPLES} == {kind.type for kind in (*credentials.KINDS, *protection.KINDS)}


def test_a_resource_is_made_found_unchanged_and_taken_away(plugin: Plugin, project: Project, sample: Sample) -> None:
    inputs = {"project": path(project), **sample.inputs()}

    made = plugin.create(sample.type, inputs)

    outputs = plain(made.properties)
    assert re.fullmatch(re.escape(path(project)) + sample.id, made.id)
    assert outputs == inputs | {name: outputs[name] for name in sample.gives}
    found = plugin.read(sample.type, made.id, inputs, outputs)
    assert (found.id, plain(found.inputs), plain(found.properties)) == (made.id, inputs, outputs)
    plugin.delete(sample.type, made.id, inputs, outputs)
    assert plugin.read(sample.type, made.id, inputs, outputs).id == ""
    plugin.delete(sample.type, made.id, inputs, outputs)  # that it is gone is no error


@pytest.mark.parametrize("sample", [VARIABLE, ENVIRONMENT, BRANCH], indirect=True)
def test_a_change_is_made_in_place(plugin: Plugin, project: Project, sample: Sample) -> None:
    inputs = {"project": path(project), **sample.inputs()}
    made = plugin.create(sample.type, inputs)
    outputs = plain(made.properties)

    updated = plugin.update(sample.type, made.id, inputs, outputs, inputs | sample.change)

    assert plain(updated.properties) == outputs | sample.change
    found = plugin.read(sample.type, made.id, inputs, outputs)
    assert plain(found.inputs) == inputs | sample.change, "that is what GitLab has"


def test_what_is_there_can_be_imported(plugin: Plugin, project: Project, sample: Sample) -> None:
    inputs = {"project": path(project), **sample.inputs()}
    made = plugin.create(sample.type, inputs)

    imported = plugin.read(sample.type, made.id)

    told = plain(imported.inputs)
    known = inputs.keys() - {"stopBeforeDestroy"}  # which GitLab has never heard of
    assert imported.id == made.id
    assert {name: told.get(name) for name in known} == {name: inputs[name] for name in known}
    assert plain(imported.properties).keys() == told.keys() | (sample.gives - {"token"})


def test_a_refresh_shows_what_was_changed_by_hand(plugin: Plugin, project: Project) -> None:
    inputs = {"project": path(project), **ENVIRONMENT.inputs()}
    made = plugin.create(ENVIRONMENT.type, inputs)
    project.environments.get(made.id.rpartition(":")[2]).stop()
    project.environments.update(made.id.rpartition(":")[2], {"external_url": None})

    found = plugin.read(ENVIRONMENT.type, made.id, inputs, plain(made.properties))

    assert inputs.keys() - plain(found.inputs).keys() == {"externalUrl"}
    assert plain(found.properties)["state"] == "stopped"


def test_a_refresh_keeps_the_programs_own_spelling(plugin: Plugin, project: Project) -> None:
    key = {"project": path(project), **KEY.inputs()}
    key["key"] += "\n"
    token = {"project": path(project), **TOKEN.inputs()}

    for sample, inputs in ((KEY, key), (TOKEN, token)):
        made = plugin.create(sample.type, inputs)
        outputs = plain(made.properties)
        again = inputs | ({"scopes": inputs["scopes"][::-1]} if "scopes" in inputs else {})
        assert plain(plugin.read(sample.type, made.id, again, outputs | again).inputs) == again


def test_a_property_that_a_variable_no_longer_has_goes_back_to_its_default(plugin: Plugin, project: Project) -> None:
    inputs = {"project": path(project), **VARIABLE.inputs()}
    made = plugin.create(VARIABLE.type, inputs)
    fewer = {name: value for name, value in inputs.items() if name not in ("protected", "description")}

    plugin.update(VARIABLE.type, made.id, inputs, plain(made.properties), fewer)

    variable = project.variables.get("TOKEN", filter={"environment_scope": "staging"})
    assert (variable.protected, variable.description, variable.masked) == (False, "", True)


def test_the_words_of_a_refusal_are_those_of_gitlab(plugin: Plugin, project: Project) -> None:
    inputs = {"project": path(project), **VARIABLE.inputs()}
    plugin.create(VARIABLE.type, inputs)

    with pytest.raises(Exception, match="UNKNOWN") as caught:
        plugin.create(VARIABLE.type, inputs)

    assert refusal(caught.value) == "HTTP 400: {'key': ['(TOKEN) has already been taken']}"


def test_what_the_program_asks_for_passes_the_check(plugin: Plugin, sample: Sample) -> None:
    inputs = {"project": "group/site", **sample.inputs()}

    checked = plugin.check(sample.type, inputs)

    assert list(checked.failures) == []
    assert checked.inputs == struct(inputs)


def test_a_property_that_would_have_no_effect_is_refused(plugin: Plugin) -> None:
    [failure] = plugin.check(TAG.type, {"project": "group/site", **TAG.inputs(), "allowedToCreates": []}).failures

    assert failure.property == "allowedToCreates"
    assert failure.reason.endswith("it knows createAccessLevel, project, tag")


def test_a_name_is_never_chosen(plugin: Plugin) -> None:
    [failure] = plugin.check(ENVIRONMENT.type, {"project": "group/site"}).failures

    assert (failure.property, failure.reason) == ("name", "is missing: the stand-in for the plugin chooses no names")


def test_an_id_of_another_form_is_refused(plugin: Plugin) -> None:
    with pytest.raises(Exception, match="UNKNOWN") as caught:
        plugin.read(VARIABLE.type, "group/site:TOKEN")

    assert refusal(caught.value) == "the id is group/site:TOKEN; it must be project:key:environmentScope"


def test_another_type_is_refused_with_those_that_there_are(plugin: Plugin) -> None:
    with pytest.raises(Exception, match="UNKNOWN") as caught:
        plugin.check("gitlab:index/groupVariable:GroupVariable", {})

    assert "does not know gitlab:index/groupVariable:GroupVariable; it knows gitlab:index/branchProtection" in refusal(caught.value)


def test_the_branch_that_gitlab_protects_from_the_start_is_taken_over(plugin: Plugin, site: Site, project: Project) -> None:
    made = plugin.create(BRANCH.type, {"project": path(project), **BRANCH.inputs()})

    [protection] = site.project(path(project)).protectedbranches.list(get_all=True)
    assert protection.merge_access_levels[0]["access_level"] == gitlab.const.DEVELOPER_ACCESS
    assert plain(made.properties)["branchProtectionId"] == protection.id
