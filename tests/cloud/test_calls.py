"""What the stand-ins tell of the requests that they got."""

from collections.abc import Iterator
from pathlib import Path
from typing import Any

import gitlab
import pytest
from azure.core.exceptions import HttpResponseError
from starlette.responses import JSONResponse
from starlette.routing import Route

from rehearsal.cloud.calls import Calls
from tests.cloud import digitalocean_server
from tests.cloud.gitlab_server import Site, serving
from tests.cloud.recording_world import RecordingWorld


@pytest.fixture
def site(tmp_path: Path) -> Iterator[Site]:
    with serving(tmp_path) as site:
        yield site


@pytest.mark.integration
def test_requests_are_counted_by_operation_client_and_outcome(site: Site) -> None:
    with site.digitalocean() as client:
        tags = [client.tags.create({"name": name})["tag"]["name"] for name in ("web", "worker")]
        client.tags.get(tags[0])
    with site.digitalocean(token="wrong") as stranger, pytest.raises(HttpResponseError, match="Unable to authenticate"):
        stranger.tags.get("web")
    site.project("group/site")
    assert _counts(site.control("GET", "calls").json()["calls"]) == {
        ("GET /api/v4/projects/{project}", "python-gitlab", "2xx"): 1,
        ("GET /v2/tags/{name}", "pydo", "2xx"): 1,
        ("GET /v2/tags/{name}", "pydo", "4xx"): 1,
        ("POST /v2/tags", "pydo", "2xx"): 2,
    }


@pytest.mark.integration
def test_a_request_for_what_is_not_answered_is_listed_on_its_own(site: Site) -> None:
    with pytest.raises(gitlab.GitlabHttpError):
        site.client().http_get("/projects/group%2Fsite/snippets", token="not-to-be-repeated")
    told = site.control("GET", "calls").json()
    path = "/api/v4/projects/group%2Fsite/snippets"
    assert told == {"calls": [], "unlisted": [{"method": "GET", "path": path, "client": "python-gitlab", "count": 1}]}
    assert site.control("DELETE", "calls").status_code == 204
    assert site.control("GET", "calls").json() == {"calls": [], "unlisted": []}


@pytest.mark.parametrize(
    ("agent", "client"),
    [
        ("azsdk-python-pydo/0.44.0 Python/3.11.7", "pydo"),
        ("python-gitlab/8.6.0", "python-gitlab"),
        ("HashiCorp Terraform/1.0 (+https://www.terraform.io) Terraform Plugin SDK/2.38.1 godo/1.170.0", "provider"),
        ("curl/8.0", "other"),
    ],
)
def test_a_client_is_known_by_its_user_agent(agent: str, client: str) -> None:
    calls = Calls([Route("/v2/vpcs", JSONResponse({}))])
    calls.note(
        {"type": "http", "method": "GET", "path": "/v2/vpcs", "raw_path": b"/v2/vpcs", "headers": [(b"user-agent", agent.encode())]}, 200
    )
    assert _counts(calls.show()["calls"]) == {("GET /v2/vpcs", client, "2xx"): 1}


def test_an_unlisted_request_fails_the_test_that_made_it(tmp_path: Path) -> None:
    with (
        pytest.raises(AssertionError, match=r"no such operation: .*: GET /v2/kubernetes/clusters"),
        digitalocean_server.serving(tmp_path, RecordingWorld()) as api,
    ):
        api.send("GET", "/v2/kubernetes/clusters")


def _counts(calls: list[dict[str, Any]]) -> dict[tuple[str, str, str], int]:
    return {(call["operation"], call["client"], call["status"]): call["count"] for call in calls}
