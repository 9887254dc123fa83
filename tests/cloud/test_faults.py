"""How a fault is written, and which requests it is about."""

import pytest
from pydantic import ValidationError

from rehearsal.cloud.faults import Fault, parse


def test_a_fault_is_written_as_kind_method_and_path() -> None:
    assert parse("500-after:POST /v2/droplets") == Fault(kind="500-after", method="POST", path="/v2/droplets")


def test_the_request_that_meets_it_may_be_numbered() -> None:
    assert parse("429:POST /v2/vpcs:3") == Fault(kind="429", method="POST", path="/v2/vpcs", nth=3)


@pytest.mark.parametrize(
    "text",
    ["", "500:POST /v2/vpcs", "hang", "hang:POST", "hang:/v2/vpcs", "hang:POST v2/vpcs", "hang:post /v2/vpcs", "hang:POST /v2/vpcs:0"],
)
def test_another_text_is_refused_with_all_kinds(text: str) -> None:
    with pytest.raises(
        ValueError, match=r"kind:METHOD PATH.*500-after:POST /v2/droplets.*429, 500-before, .*reset-after.*revoked"
    ) as caught:
        parse(text)
    assert repr(text) in str(caught.value)


@pytest.mark.parametrize(
    ("method", "path", "request_"),
    [
        ("POST", "/v2/droplets", "POST /v2/droplets"),
        ("*", "/v2/droplets", "DELETE /v2/droplets"),
        ("GET", "/v2/droplets/{id}", "GET /v2/droplets/17"),
        ("GET", "/v2/droplets*", "GET /v2/droplets/17/actions"),
        ("POST", "/api/v4/projects/{project}/variables", "POST /api/v4/projects/group%2Fsite/variables"),
        ("*", "/*", "GET /api/v4/user"),
    ],
)
def test_a_template_or_a_pattern_matches(method: str, path: str, request_: str) -> None:
    assert Fault(kind="hang", method=method, path=path).matches(*request_.split())


@pytest.mark.parametrize(
    ("method", "path", "request_"),
    [
        ("POST", "/v2/droplets", "GET /v2/droplets"),
        ("POST", "/v2/droplets", "POST /v2/droplets/17/actions"),
        ("GET", "/v2/droplets/{id}", "GET /v2/droplets/17/actions"),
        ("GET", "/v2/vpcs.", "GET /v2/vpcsx"),
    ],
)
def test_another_request_does_not_match(method: str, path: str, request_: str) -> None:
    assert not Fault(kind="hang", method=method, path=path).matches(*request_.split())


def test_the_kinds_that_last_have_a_time_of_their_own() -> None:
    assert (parse("hang:POST /v2/vpcs").duration, Fault(kind="hang", method="POST", path="/v2/vpcs", seconds=2).duration) == (60, 2)


def test_seconds_are_refused_where_they_mean_nothing() -> None:
    with pytest.raises(ValidationError, match="500-after takes none, only 429, hang, hang-before, 404-after-create do"):
        Fault(kind="500-after", method="POST", path="/v2/vpcs", seconds=2)
