"""Tokens of people: more than one at a time, and ended ones."""

import ssl
from collections.abc import Iterator

import gitlab
import httpx
import pytest

from rehearsal.cloud.tokens import APIS, Api
from tests.cloud.digitalocean_server import TOKEN as DIGITALOCEAN_TOKEN
from tests.cloud.gitlab_server import TOKEN as GITLAB_TOKEN
from tests.cloud.gitlab_server import Site, serving

pytestmark = pytest.mark.integration
FIRST: dict[Api, str] = {"digitalocean": DIGITALOCEAN_TOKEN, "gitlab": GITLAB_TOKEN}
ASKED: dict[Api, str] = {"digitalocean": "/v2/account", "gitlab": "/api/v4/user"}


@pytest.fixture
def site(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Site]:
    with serving(tmp_path_factory.mktemp("cloud")) as site:
        yield site


def accepted(site: Site, api: Api, token: str) -> bool:
    with httpx.Client(verify=ssl.create_default_context(cafile=site.certificate)) as client:
        return client.get(f"{site.url}{ASKED[api]}", headers={"authorization": f"Bearer {token}"}).status_code == 200


@pytest.mark.parametrize("api", APIS)
def test_a_second_token_works_beside_the_first_until_that_is_ended(site: Site, api: Api) -> None:
    second = site.control("POST", "tokens", {"api": api}).json()["token"]
    assert (accepted(site, api, FIRST[api]), accepted(site, api, second)) == (True, True)
    site.control("DELETE", "tokens", {"api": api, "token": FIRST[api]})
    assert (accepted(site, api, FIRST[api]), accepted(site, api, second)) == (False, True)


def test_a_token_of_one_api_is_none_of_the_other(site: Site) -> None:
    assert not accepted(site, "gitlab", site.control("POST", "tokens", {"api": "digitalocean"}).json()["token"])


def test_gitlabs_token_ends_itself(site: Site) -> None:
    second = site.control("POST", "tokens", {"api": "gitlab"}).json()["token"]
    with gitlab.Gitlab(site.url, private_token=second, ssl_verify=site.certificate) as client:
        client.personal_access_tokens.delete("self")
    assert (accepted(site, "gitlab", second), accepted(site, "gitlab", GITLAB_TOKEN)) == (False, True)


def test_whoever_runs_the_rehearsal_still_can_when_the_first_token_is_ended(site: Site) -> None:
    site.control("DELETE", "tokens", {"api": "digitalocean", "token": DIGITALOCEAN_TOKEN})
    assert site.control("POST", "tokens", {"api": "gitlab"}).json()["token"]
