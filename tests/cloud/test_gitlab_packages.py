"""The generic package registry, as the official client meets it, with a person's token and with a job's."""

from hashlib import sha256
from typing import Any

import gitlab
import pytest
from gitlab.v4.objects import Project

from rehearsal.cloud.gitlab import inventory, jobs
from tests.cloud.gitlab_server import OTHER, PATH, Site, answer

pytestmark = pytest.mark.integration
CONTENT = b"\x00\xff\n{not json"


def publish(project: Any, content: bytes = CONTENT, *, name: str = "preview", version: str = "staging", file: str = "bundle.tar.gz") -> Any:
    return project.generic_packages.upload(package_name=name, package_version=version, file_name=file, data=content)


def download(project: Any, version: str = "staging", file: str = "bundle.tar.gz") -> bytes:
    found: bytes = project.generic_packages.download(package_name="preview", package_version=version, file_name=file)
    return found


def test_a_file_comes_back_byte_for_byte(project: Project) -> None:
    assert publish(project).message == "201 Created"
    assert download(project) == CONTENT


def test_a_file_that_is_published_again_is_the_newest_one(project: Project) -> None:
    publish(project, b"1")
    publish(project, b"2")
    publish(project, b"other", file="note.json")
    assert download(project) == b"2"
    (package,) = project.packages.list(get_all=True)
    assert [file.file_name for file in package.package_files.list(get_all=True)] == ["bundle.tar.gz", "bundle.tar.gz", "note.json"]


def test_the_answer_can_be_the_file_itself(project: Project) -> None:
    made = project.generic_packages.upload("preview", "1.0", "a.bin", data=CONTENT, select="package_file")
    assert (made.size, made.file_sha256) == (len(CONTENT), sha256(CONTENT).hexdigest())


def test_packages_are_listed_by_name_and_version_and_deleted_with_their_files(project: Project) -> None:
    for version in ("staging", "production"):
        publish(project, version=version)
    publish(project, name="other")
    found = project.packages.list(get_all=True, package_type="generic", package_name="prev", order_by="version", sort="desc")
    assert [package.version for package in found] == ["staging", "production"]
    found[0].delete()
    with pytest.raises(gitlab.GitlabGetError) as caught:
        download(project)
    assert answer(caught) == (404, {"message": "404 Not found"})
    assert download(project, "production") == CONTENT
    assert [package.name for package in project.packages.list(get_all=True, package_version="staging")] == ["other"]


def test_a_file_that_was_never_published_is_not_found(project: Project) -> None:
    publish(project)
    with pytest.raises(gitlab.GitlabGetError, match="404"):
        download(project, file="other")


@pytest.mark.parametrize(
    ("names", "wrong"),
    [({"name": "a b"}, "package_name"), ({"version": "1..2"}, "package_version"), ({"file": "a:b"}, "file_name")],
)
def test_names_are_letters_digits_and_a_few_signs(project: Project, names: Any, wrong: str) -> None:
    with pytest.raises(gitlab.GitlabUploadError) as caught:
        publish(project, **names)
    assert answer(caught) == (400, {"error": f"{wrong} is invalid"})


def test_a_job_publishes_and_reads_with_its_own_token_while_it_runs(site: Site) -> None:
    job = jobs.begin(site.store, PATH, "up staging")
    project = site.client(job_token=job["token"]).projects.get(PATH, lazy=True)
    publish(project)
    assert download(project) == CONTENT
    jobs.end(site.store, job["id"])
    with pytest.raises(gitlab.GitlabAuthenticationError):
        download(project)


def test_a_job_of_another_project_is_refused(site: Site) -> None:
    job = jobs.begin(site.store, OTHER, "up staging")
    with pytest.raises(gitlab.GitlabUploadError) as caught:
        publish(site.client(job_token=job["token"]).projects.get(PATH, lazy=True))
    words = "403 Forbidden - Authentication by CI/CD job token not allowed from infra to site."
    assert answer(caught) == (403, {"message": words})


def test_nobody_reads_with_another_token(site: Site, project: Project) -> None:
    publish(project)
    with pytest.raises(gitlab.GitlabAuthenticationError):
        download(site.client(private_token="glpat-wrong").projects.get(project.id, lazy=True))


def test_packages_are_not_in_the_inventory(site: Site, project: Project) -> None:
    publish(project)
    assert not [entry for entry in inventory(site.store) if "package" in entry["kind"]]
