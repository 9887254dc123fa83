"""What pipelines run by: resource groups, schedules and jobs, as the official client meets them."""

from typing import Any

import gitlab
import pytest
from gitlab.v4.objects import Project

from rehearsal.cloud.gitlab import jobs, resource_groups
from tests.cloud.gitlab_server import OTHER, PATH, Site, answer

pytestmark = pytest.mark.integration
DAILY = {"description": "drift", "ref": "main", "cron": "0 5 * * *"}


def test_a_resource_group_is_there_only_after_the_first_job_that_named_it(site: Site, project: Project) -> None:
    with pytest.raises(gitlab.GitlabUpdateError) as caught:
        project.resource_groups.update("staging", {"process_mode": "oldest_first"})
    assert answer(caught) == (404, {"message": "404 Not found"})
    resource_groups.begin(site.store, project.path_with_namespace, "staging")
    assert project.resource_groups.get("staging").process_mode == "unordered"


def test_the_process_mode_of_a_resource_group_is_one_of_four(site: Site, project: Project) -> None:
    resource_groups.begin(site.store, project.path_with_namespace, "staging")
    group = project.resource_groups.get("staging")
    group.process_mode = "oldest_first"
    group.save()
    assert [found.process_mode for found in project.resource_groups.list(get_all=True)] == ["oldest_first"]
    with pytest.raises(gitlab.GitlabUpdateError) as caught:
        project.resource_groups.update("staging", {"process_mode": "oldest"})
    assert answer(caught) == (400, {"error": "process_mode does not have a valid value"})


def test_a_schedule_gets_the_full_ref_and_shows_its_inputs(project: Project) -> None:
    made = project.pipelineschedules.create(DAILY | {"inputs": [{"name": "schedule", "value": "daily"}]})
    (listed,) = project.pipelineschedules.list(get_all=True)
    for found in (made, listed, project.pipelineschedules.get(made.id)):
        assert (found.ref, found.cron, found.cron_timezone, found.active) == ("refs/heads/main", "0 5 * * *", "UTC", True)
        assert found.inputs == [{"name": "schedule", "value": "daily"}]


def test_a_change_of_a_schedule_leaves_what_it_does_not_name(project: Project) -> None:
    made = project.pipelineschedules.create(DAILY | {"inputs": [{"name": "a", "value": "1"}, {"name": "b", "value": "2"}]})
    change: dict[str, Any] = {"cron": "0 6 * * *", "inputs": [{"name": "a", "destroy": True}, {"name": "c", "value": "3"}]}
    project.pipelineschedules.update(made.id, change)
    found = project.pipelineschedules.get(made.id)
    assert (found.cron, found.description, found.active) == ("0 6 * * *", "drift", True)
    assert found.inputs == [{"name": "b", "value": "2"}, {"name": "c", "value": "3"}]


def test_a_schedule_is_changed_by_its_owner_alone_and_can_be_taken_over(site: Site, project: Project) -> None:
    made = project.pipelineschedules.create(DAILY)
    with site.store as store:
        store["gitlab_pipeline_schedules"][str(made.id)]["owner"] = {"id": 2, "username": "somebody"}
    with pytest.raises(gitlab.GitlabUpdateError) as caught:
        project.pipelineschedules.update(made.id, {"active": False})
    assert answer(caught) == (403, {"message": "403 Forbidden"})
    made.take_ownership()
    project.pipelineschedules.update(made.id, {"active": False})
    assert project.pipelineschedules.get(made.id).owner["username"] == "rehearsal"


def test_two_schedules_may_have_the_same_description(project: Project) -> None:
    ids = {project.pipelineschedules.create(DAILY).id for _ in range(2)}
    assert {found.id for found in project.pipelineschedules.list(get_all=True)} == ids
    project.pipelineschedules.delete(ids.pop())
    assert {found.id for found in project.pipelineschedules.list(get_all=True)} == ids


def test_schedules_are_listed_by_whether_they_are_active(project: Project) -> None:
    project.pipelineschedules.create(DAILY | {"active": False})
    assert project.pipelineschedules.list(get_all=True, scope="active") == []
    assert len(project.pipelineschedules.list(get_all=True, scope="inactive")) == 1


@pytest.mark.parametrize("cron", ["daily", "0 5 * *"])
def test_a_schedule_needs_a_pattern_of_five_fields(project: Project, cron: str) -> None:
    with pytest.raises(gitlab.GitlabCreateError) as caught:
        project.pipelineschedules.create(DAILY | {"cron": cron})
    assert answer(caught) == (400, {"message": {"cron": ["syntax is invalid"]}})


def test_a_job_is_shown_without_its_token_and_has_ended_when_it_has(site: Site) -> None:
    job = jobs.begin(site.store, PATH, "up staging")
    found = site.project().jobs.get(job["id"])
    assert (found.name, found.status, found.finished_at, hasattr(found, "token")) == ("up staging", "running", None, False)
    jobs.end(site.store, job["id"], "canceled")
    found = site.project().jobs.get(job["id"])
    assert found.status == "canceled"
    assert found.finished_at
    with pytest.raises(gitlab.GitlabGetError, match="404 Not found"):
        site.project(OTHER).jobs.get(job["id"])
