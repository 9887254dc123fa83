"""CI variables: identity, masking and hiding by GitLab's rules."""

import gitlab
import pytest
from gitlab.v4.objects import Project

from tests.cloud.gitlab_server import answer

pytestmark = pytest.mark.integration

PEM = "-----BEGIN PRIVATE KEY-----\nMC4CAQAwBQYDK2VwBCIEIA==\n-----END PRIVATE KEY-----\n"
STAGING = {"environment_scope": "staging"}
PRODUCTION = {"environment_scope": "production"}


@pytest.mark.parametrize(
    ("value", "raw"),
    [
        ("a2V5a2V5", False),
        ("user@example.com:8/~-_+=.", False),
        ("pa$$word", True),
        ('{"a":"b"}', True),
        ("gewöhnlich", True),
        ("no\u00a0break", True),
    ],
)
def test_a_value_of_one_word_can_be_masked(project: Project, value: str, raw: bool) -> None:
    variable = project.variables.create({"key": "SECRET", "value": value, "masked": True, "raw": raw})
    assert (variable.value, variable.masked) == (value, True)


@pytest.mark.parametrize(
    ("value", "raw"),
    [
        ("short", False),
        ("short", True),
        ("pa$$word", False),
        ('{"a":"b"}', False),
        ("gewöhnlich", False),
        ("two words", False),
        ("two words", True),
        ("newline!\n", True),
        (PEM, False),
        (PEM, True),
        ("", True),
    ],
)
def test_a_value_that_logs_could_not_hide_cannot_be_masked(project: Project, value: str, raw: bool) -> None:
    with pytest.raises(gitlab.GitlabCreateError) as caught:
        project.variables.create({"key": "SECRET", "value": value, "masked": True, "raw": raw})
    assert answer(caught) == (400, {"message": {"value": ["is invalid"]}})
    assert not project.variables.list(get_all=True)


def test_a_change_obeys_the_masking_rules_too_and_leaves_the_old_value_when_refused(project: Project) -> None:
    project.variables.create({"key": "SECRET", "value": "maskable", "masked": True})
    with pytest.raises(gitlab.GitlabUpdateError, match="is invalid"):
        project.variables.update("SECRET", {"value": "two words"})
    assert project.variables.get("SECRET").value == "maskable"
    assert project.variables.update("SECRET", {"value": "two words", "masked": False})["value"] == "two words"


def test_a_pem_is_stored_as_a_protected_file(project: Project) -> None:
    project.variables.create({"key": "SSH_KEY", "value": PEM, "variable_type": "file", "protected": True})
    variable = project.variables.get("SSH_KEY")
    assert (variable.value, variable.variable_type, variable.protected) == (PEM, "file", True)


@pytest.mark.parametrize("key", ["WITH-DASH", "WITH SPACE", "UMLÄUT", "", "K" * 256])
def test_a_key_is_a_word(project: Project, key: str) -> None:
    with pytest.raises(gitlab.GitlabCreateError) as caught:
        project.variables.create({"key": key, "value": "x"})
    assert answer(caught) == (400, {"message": {"key": ["can contain only letters, digits and '_'."]}})


def test_the_same_key_in_two_scopes_is_two_variables(project: Project) -> None:
    for scope in ("staging", "production"):
        project.variables.create({"key": "TOKEN", "value": f"of-{scope}", "environment_scope": scope})
    project.variables.update("TOKEN", {"value": "changed"}, filter=STAGING)
    assert project.variables.get("TOKEN", filter=STAGING).value == "changed"
    assert project.variables.get("TOKEN", filter=PRODUCTION).value == "of-production"
    project.variables.delete("TOKEN", filter=STAGING)
    assert [variable.environment_scope for variable in project.variables.list(get_all=True)] == ["production"]


def test_the_same_key_in_the_same_scope_is_refused(project: Project) -> None:
    project.variables.create({"key": "TOKEN", "value": "1", **STAGING})
    with pytest.raises(gitlab.GitlabCreateError, match="has already been taken") as caught:
        project.variables.create({"key": "TOKEN", "value": "2", **STAGING})
    assert caught.value.response_code == 400


def test_a_variable_cannot_move_into_a_scope_that_is_taken(project: Project) -> None:
    project.variables.create({"key": "TOKEN", "value": "1", **STAGING})
    project.variables.create({"key": "TOKEN", "value": "2", **PRODUCTION})
    with pytest.raises(gitlab.GitlabUpdateError, match="has already been taken"):
        project.variables.update("TOKEN", PRODUCTION, filter=STAGING)


def test_a_key_of_several_scopes_needs_the_filter(project: Project) -> None:
    project.variables.create({"key": "TOKEN", "value": "1", **STAGING})
    assert project.variables.get("TOKEN").value == "1"
    project.variables.create({"key": "TOKEN", "value": "2", **PRODUCTION})
    with pytest.raises(gitlab.GitlabDeleteError, match="multiple variables") as caught:
        project.variables.delete("TOKEN")
    assert caught.value.response_code == 409


def test_a_filter_in_the_body_is_honoured_as_the_go_client_sends_it(project: Project) -> None:
    project.variables.create({"key": "TOKEN", "value": "1", **STAGING})
    project.variables.create({"key": "TOKEN", "value": "2", **PRODUCTION})
    project.variables.update("TOKEN", {"value": "changed", "filter": PRODUCTION})
    assert project.variables.get("TOKEN", filter=PRODUCTION).value == "changed"


def test_a_filter_finds_its_own_scope_only(project: Project) -> None:
    project.variables.create({"key": "TOKEN", "value": "1"})
    with pytest.raises(gitlab.GitlabGetError, match="404 Variable Not Found"):
        project.variables.get("TOKEN", filter=STAGING)


def test_a_hidden_variable_never_shows_its_value_and_stays_masked(project: Project) -> None:
    made = project.variables.create({"key": "SECRET", "value": "maskable", "masked_and_hidden": True})
    assert (made.value, made.hidden, made.masked) == (None, True, True)
    assert project.variables.list(get_all=True)[0].value is None
    with pytest.raises(gitlab.GitlabUpdateError, match="cannot be changed"):
        project.variables.update("SECRET", {"masked": False})
    assert project.variables.update("SECRET", {"value": "another1"})["value"] is None


def test_a_variable_can_be_hidden_only_while_it_is_made(project: Project) -> None:
    project.variables.create({"key": "SECRET", "value": "maskable", "masked": True})
    assert project.variables.update("SECRET", {"masked_and_hidden": True})["hidden"] is False


def test_a_change_keeps_what_it_does_not_name(project: Project) -> None:
    kept = {"protected": True, "raw": True, "description": "why", **STAGING}
    project.variables.create({"key": "TOKEN", "value": "1", **kept})
    changed = project.variables.update("TOKEN", {"value": "2"})
    assert {name: changed[name] for name in kept} == kept
