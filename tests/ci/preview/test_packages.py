"""The project's package registry, with the token of a job."""

from collections.abc import Iterator

import pytest

from ci.preview.packages import get, put
from ci.thing import CloudError
from rehearsal.cloud.gitlab import jobs
from tests.cloud.gitlab_server import OTHER, PATH, Site, serving

pytestmark = pytest.mark.integration


@pytest.fixture
def site(tmp_path_factory: pytest.TempPathFactory, monkeypatch: pytest.MonkeyPatch) -> Iterator[Site]:
    """In a job of `group/infra`."""
    with serving(tmp_path_factory.mktemp("gitlab")) as site:
        monkeypatch.setenv("CI_API_V4_URL", f"{site.url}/api/v4")
        monkeypatch.setenv("CI_PROJECT_ID", str(site.project(OTHER).id))
        monkeypatch.setenv("CI_JOB_TOKEN", jobs.begin(site.store, OTHER, "bundle")["token"])
        monkeypatch.setenv("SSL_CERT_FILE", site.certificate)
        yield site


@pytest.mark.usefixtures("site")
def test_what_was_put_last_is_what_one_gets() -> None:
    address = put("staging", "bundle.json", b"1")
    assert address.endswith("/packages/generic/preview/staging/bundle.json")
    put("staging", "bundle.json", b"2")
    put("production", "bundle.json", b"3")
    assert (get("staging", "bundle.json"), get("production", "bundle.json")) == (b"2", b"3")


@pytest.mark.usefixtures("site")
def test_where_there_is_none_there_is_none() -> None:
    assert get("staging", "bundle.json") is None


def test_in_a_merge_request_it_is_that_of_the_project_it_goes_to(site: Site, monkeypatch: pytest.MonkeyPatch) -> None:
    put("staging", "bundle.json", b"of the target")
    monkeypatch.setenv("CI_MERGE_REQUEST_PROJECT_ID", str(site.project(OTHER).id))
    monkeypatch.setenv("CI_PROJECT_ID", str(site.project(PATH).id))
    assert get("staging", "bundle.json") == b"of the target"


@pytest.mark.usefixtures("site")
def test_a_token_that_is_not_taken_is_told_and_not_shown(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("CI_JOB_TOKEN", "wrong-token-of-a-job")
    with pytest.raises(CloudError, match=r"PUT .*: HTTP 401; is the project's package registry switched on") as caught:
        put("staging", "bundle.json", b"1")
    assert "wrong-token" not in str(caught.value)


def test_who_is_no_job_is_told_what_to_do(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.delenv("CI_JOB_TOKEN", raising=False)
    with pytest.raises(CloudError, match=r"this is no job of GitLab's .*: name a file instead"):
        get("staging", "bundle.json")


@pytest.mark.usefixtures("site")
def test_a_registry_that_does_not_answer_is_told(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("CI_API_V4_URL", "https://127.0.0.1:1/api/v4")
    with pytest.raises(CloudError, match="does not answer: ConnectionError"):
        get("staging", "bundle.json")
