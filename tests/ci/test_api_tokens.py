"""Tokens of the two clouds, asked for and ended over HTTPS."""

import socket
import time

import pytest

from ci import api_tokens
from ci.api_tokens import accepted, revoke, revoke_registry
from ci.thing import CloudError
from rehearsal.cloud.world import RegistryUser
from tests.ci.stage import Stage
from tests.cloud.digitalocean_server import TOKEN as DIGITALOCEAN_TOKEN
from tests.cloud.gitlab_server import TOKEN as GITLAB_TOKEN
from tests.cloud.recording_world import SECONDS

pytestmark = pytest.mark.integration
TOKENS = {"digitalocean:token": DIGITALOCEAN_TOKEN, "gitlab:token": GITLAB_TOKEN}
PLACES = {"digitalocean:token": "GET /v2/account", "gitlab:token": "GET /api/v4/user"}


@pytest.mark.usefixtures("stage")
@pytest.mark.parametrize("name", TOKENS)
def test_each_cloud_takes_its_own_token_and_no_other(name: str) -> None:
    assert {of: accepted(name, token) for of, token in TOKENS.items()} == {of: of == name for of in TOKENS}


@pytest.mark.parametrize("name", TOKENS)
def test_a_token_that_ended_is_not_taken(stage: Stage, name: str) -> None:
    stage.site.inject(f"revoked:{PLACES[name]}")
    assert not accepted(name, TOKENS[name])


@pytest.mark.parametrize("name", TOKENS)
def test_a_cloud_that_does_not_answer_is_an_error_that_does_not_show_the_token(
    stage: Stage, name: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    with socket.create_server(("127.0.0.1", 0)) as nobody:
        url = f"https://127.0.0.1:{nobody.getsockname()[1]}"
    monkeypatch.setenv("DIGITALOCEAN_API_URL", url)
    monkeypatch.setenv("GITLAB_BASE_URL", f"{url}/api/v4/")
    with pytest.raises(CloudError, match="does not answer: ConnectionError") as caught:
        accepted(name, TOKENS[name])
    assert TOKENS[name] not in str(caught.value)
    assert stage.site.calls.show()["calls"] == []


@pytest.mark.parametrize("name", TOKENS)
def test_a_certificate_that_is_not_trusted_gets_no_token(stage: Stage, name: str, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.delenv("SSL_CERT_FILE")
    with pytest.raises(CloudError, match="does not answer: SSLError"):
        accepted(name, TOKENS[name])
    assert stage.site.calls.show()["calls"] == []


def test_where_a_cloud_does_not_end_a_token_a_person_is_told_where_to(stage: Stage) -> None:
    assert revoke("digitalocean:token", DIGITALOCEAN_TOKEN) == "end it yourself: https://cloud.digitalocean.com/account/api/tokens"
    assert stage.site.calls.show()["calls"] == []


def test_a_token_of_gitlab_ends_itself_and_no_other(stage: Stage) -> None:
    second = stage.site.control("POST", "tokens", {"api": "gitlab"}).json()["token"]
    assert revoke("gitlab:token", second) == ""
    assert (accepted("gitlab:token", second), accepted("gitlab:token", GITLAB_TOKEN)) == (False, True)


def test_a_gitlab_that_ends_none_has_a_page_for_it(stage: Stage) -> None:
    stage.site.inject("500-before:DELETE /api/v4/personal_access_tokens/self")
    assert "personal_access_tokens" in revoke("gitlab:token", GITLAB_TOKEN)


def test_a_token_of_gitlab_that_has_ended_already_is_nobodys_work(stage: Stage) -> None:
    stage.site.inject("revoked:GET /api/v4/user")
    accepted("gitlab:token", GITLAB_TOKEN)
    assert revoke("gitlab:token", GITLAB_TOKEN) == ""
    stage.site.calls.reset()


def test_a_credential_of_the_registry_is_ended_and_the_others_are_not(stage: Stage) -> None:
    ends = time.time() + 1000
    users = [{"name": name, "password": name, "write": False, "expires_at": ends} for name in ("old", "new")]
    with stage.site.store as store:
        store["registry_users"].update({f"digitalocean/{user['name']}": user for user in users})
    revoke_registry("old")
    assert stage.site.world.registry_users == [RegistryUser(name="new", password="new", write=False)]


def test_a_credential_of_the_registry_that_cannot_be_ended_is_an_error_that_does_not_show_it(stage: Stage) -> None:
    stage.site.inject("500-before:POST /v1/oauth/revoke")
    with pytest.raises(CloudError, match="could not be revoked: HTTP 500") as caught:
        revoke_registry("dop_v1_old")
    assert "dop_v1_old" not in str(caught.value)


def test_a_cloud_that_hangs_is_given_up(stage: Stage, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(api_tokens, "_LIMIT", 0.05)
    stage.site.inject("hang:GET /v2/account", seconds=SECONDS)
    with pytest.raises(CloudError, match="does not answer: ReadTimeout"):
        accepted("digitalocean:token", DIGITALOCEAN_TOKEN)
    stage.site.inject()


@pytest.mark.parametrize("name", TOKENS)
def test_a_cloud_that_is_down_does_not_take_a_token(stage: Stage, name: str) -> None:
    stage.site.inject(f"500-before:{PLACES[name]}")
    with pytest.raises(CloudError):
        accepted(name, TOKENS[name])
