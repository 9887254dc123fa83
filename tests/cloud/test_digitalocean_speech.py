"""DigitalOcean's ways of speaking: tokens, errors, pages; and that the stand-in says no more than the published document knows."""

import logging
import re
import time
from uuid import UUID

import pytest

from rehearsal.cloud.digitalocean import NOUNS
from tests.cloud.digitalocean_server import Api, published_paths


def test_a_request_without_the_token_is_refused(api: Api) -> None:
    reply = api.send("GET", "/v2/account", token="somebody else's")
    assert reply.status_code == 401
    assert reply.json()["id"] == "unauthorized"
    assert reply.json()["request_id"]


def test_the_inventory_needs_the_token_too(api: Api) -> None:
    assert api.send("GET", "/rehearsal/inventory", token="wrong").status_code == 401


def test_an_operation_that_is_not_there_is_named(api: Api) -> None:
    message = api.refused(404, "PUT", "/v2/kubernetes/clusters")
    assert "does not answer PUT /v2/kubernetes/clusters" in message
    api.calls.reset()


def test_a_known_path_with_another_method_is_named_too(api: Api) -> None:
    assert "does not answer PATCH /v2/account" in api.refused(404, "PATCH", "/v2/account")
    api.calls.reset()


def test_every_answer_tells_the_rate_limit_and_a_request_id(api: Api) -> None:
    replies = [api.send("GET", "/v2/account"), api.send("GET", "/v2/account", token="wrong"), api.send("GET", "/v2/vpcs/none")]
    assert [reply.status_code for reply in replies] == [200, 401, 404]
    assert [(reply.headers["ratelimit-limit"], reply.headers["ratelimit-remaining"]) for reply in replies] == [
        ("5000", "4999"),
        ("5000", "4998"),
        ("5000", "4997"),
    ]
    assert all(0 <= time.time() + 3600 - int(reply.headers["ratelimit-reset"]) < 60 for reply in replies)
    assert len({UUID(reply.headers["x-request-id"]) for reply in replies}) == 3
    assert replies[2].json()["request_id"] == replies[2].headers["x-request-id"]


def test_a_list_comes_in_pages(api: Api) -> None:
    for number in range(3):
        api.post("/v2/tags", name=f"tag-{number}")
    first, second = api.get("/v2/tags?per_page=2"), api.get("/v2/tags?per_page=2&page=2")
    assert [tag["name"] for tag in first["tags"] + second["tags"]] == ["tag-0", "tag-1", "tag-2"]
    assert first["meta"]["total"] == 3
    assert "page=2&per_page=2" in first["links"]["pages"]["next"]
    assert "next" not in second["links"]["pages"]


def test_a_body_that_is_no_object_is_refused(api: Api) -> None:
    assert api.send("POST", "/v2/tags", ["web"]).json()["message"] == "the body must be a JSON object"


def test_a_refusal_names_the_field_and_not_what_was_sent(api: Api) -> None:
    message = api.refused(422, "POST", "/v2/tags", name="a secret with blanks")
    assert message.startswith("name: ")
    assert "secret" not in message


def test_the_log_has_a_line_for_each_request_and_no_token(api: Api, caplog: pytest.LogCaptureFixture) -> None:
    with caplog.at_level(logging.INFO, "rehearsal.cloud"):
        api.send("GET", "/v2/account?page=1", token="a token that is wrong")
    said = "\n".join(record.getMessage() for record in caplog.records if record.name == "rehearsal.cloud")
    assert re.search(r"GET /v2/account 401 \d+ ms", said)
    assert "token that is wrong" not in said
    assert "page" not in said


def test_an_account_is_active_and_its_email_verified(api: Api) -> None:
    account = api.get("/v2/account")["account"]
    assert (account["status"], account["email_verified"]) == ("active", True)


def test_what_can_be_ordered_is_listed(api: Api) -> None:
    assert "fra1" in [region["slug"] for region in api.get("/v2/regions")["regions"]]
    assert "s-1vcpu-1gb" in [size["slug"] for size in api.get("/v2/sizes")["sizes"]]


def test_every_operation_is_one_of_the_published_document() -> None:
    known = {(method.upper(), _shape(path)) for path, operations in published_paths().items() for method in operations}
    answered = {(endpoint.method, _shape(endpoint.path)) for noun in NOUNS for endpoint in noun.ENDPOINTS}
    assert answered - known == set()


def _shape(path: str) -> str:
    return re.sub(r"\{[^}]*\}", "{}", path)
