"""What a deployment reads with: deploy keys for the repository, deploy tokens for the registry."""

import json
from collections.abc import Iterator
from pathlib import Path

import gitlab
import pytest
from cryptography.hazmat.primitives import serialization
from cryptography.hazmat.primitives.asymmetric import ed25519

from rehearsal.cloud.gitlab import inventory
from rehearsal.cloud.world import RegistryUser, WorldError
from tests.cloud.gitlab_server import OTHER, Site, answer, serving

pytestmark = pytest.mark.integration

READ = {"name": "pull", "scopes": ["read_registry"]}
WRITE = {"name": "push", "scopes": ["read_registry", "write_registry"]}


@pytest.fixture
def site(tmp_path: Path) -> Iterator[Site]:
    with serving(tmp_path) as site:
        yield site


@pytest.fixture
def key() -> str:
    """A new public key in ssh's format."""
    public = ed25519.Ed25519PrivateKey.generate().public_key()
    return public.public_bytes(serialization.Encoding.OpenSSH, serialization.PublicFormat.OpenSSH).decode()


def test_a_deploy_key_reads_only_until_it_is_told_to_push(site: Site, key: str) -> None:
    project = site.project()
    made = project.keys.create({"title": "deploy", "key": f"{key} a comment\n"})
    assert (made.can_push, made.key) == (False, f"{key} a comment")
    made.can_push = True
    made.save()
    assert project.keys.get(made.id).can_push is True


def test_the_fingerprint_of_a_key_is_sshs(site: Site) -> None:
    known = "ssh-ed25519 AAAAC3NzaC1lZDI1NTE5AAAAILkYXU2fVeO4/0rDCSsswP5iIX2+B6tv15YT3KObgyDl Key"
    made = site.project().keys.create({"title": "known", "key": known})
    assert made.fingerprint_sha256 == "SHA256:Ojq2LZW43BFK/AMP81jBkDGn9YpPWYRNcViKBB44LPU"


def test_the_same_key_is_refused_a_second_time_whatever_its_comment_and_project(site: Site, key: str) -> None:
    site.project().keys.create({"title": "deploy", "key": key})
    for project in (site.project(), site.project(OTHER)):
        with pytest.raises(gitlab.GitlabCreateError, match="has already been taken") as caught:
            project.keys.create({"title": "again", "key": f"{key} another comment"})
        assert caught.value.response_code == 400


def test_a_deleted_key_can_be_given_again(site: Site, key: str) -> None:
    project = site.project()
    made = project.keys.create({"title": "deploy", "key": key})
    made.delete()
    with pytest.raises(gitlab.GitlabGetError, match="404 Not found"):
        project.keys.get(made.id)
    assert project.keys.create({"title": "deploy", "key": key}).id != made.id


def test_what_is_no_public_key_is_refused_and_not_repeated(site: Site) -> None:
    with pytest.raises(gitlab.GitlabCreateError) as caught:
        site.project().keys.create({"title": "wrong", "key": "-----BEGIN PRIVATE KEY----- not-to-be-repeated"})
    assert answer(caught) == (400, {"message": {"deploy_key.fingerprint_sha256": ["cannot be generated"]}})


def test_a_key_of_one_project_is_not_found_in_another(site: Site, key: str) -> None:
    made = site.project().keys.create({"title": "deploy", "key": key})
    with pytest.raises(gitlab.GitlabDeleteError, match="404 Not found"):
        site.project(OTHER).keys.delete(made.id)
    assert site.project().keys.get(made.id)


def test_a_deploy_token_is_shown_once(site: Site) -> None:
    project = site.project()
    made = project.deploytokens.create(READ)
    assert (made.token[:5], made.username) == ("gldt-", f"gitlab+deploy-token-{made.id}")
    assert made.token not in json.dumps([project.deploytokens.get(made.id).attributes, inventory(site.store)])
    assert not hasattr(project.deploytokens.list(get_all=True)[0], "token")


def test_a_deploy_token_opens_the_registry_and_pushes_only_where_its_scopes_say_so(site: Site) -> None:
    reader, writer = (site.project().deploytokens.create(token) for token in (READ, WRITE))
    assert site.world.registry_users == [
        RegistryUser(name=reader.username, password=reader.token, write=False),
        RegistryUser(name=writer.username, password=writer.token, write=True),
    ]


def test_a_deploy_token_for_the_repository_does_not_open_the_registry(site: Site) -> None:
    site.project().deploytokens.create({"name": "clone", "scopes": ["read_repository"]})
    assert site.world.registry_users == []


def test_a_deleted_deploy_token_is_out_of_the_registry(site: Site) -> None:
    old, new = (site.project().deploytokens.create(READ) for _ in range(2))
    old.delete()
    assert [user.name for user in site.world.registry_users] == [new.username]
    with pytest.raises(gitlab.GitlabGetError, match="404 Not found"):
        site.project().deploytokens.get(old.id)


def test_an_expired_deploy_token_does_not_open_the_registry(site: Site) -> None:
    project = site.project()
    old = project.deploytokens.create({**READ, "expires_at": "2020-01-01"})
    new = project.deploytokens.create({**READ, "expires_at": "2999-01-01T12:00:00+02:00"})
    assert [user.name for user in site.world.registry_users] == [new.username]
    assert [project.deploytokens.get(token.id).expired for token in (old, new)] == [True, False]
    assert (old.expires_at, new.expires_at) == ("2020-01-01T00:00:00.000Z", "2999-01-01T10:00:00.000Z")


@pytest.mark.parametrize("scopes", [[], ["admin"]])
def test_a_deploy_token_needs_scopes_that_exist(site: Site, scopes: list[str]) -> None:
    with pytest.raises(gitlab.GitlabCreateError, match="scopes") as caught:
        site.project().deploytokens.create({"name": "pull", "scopes": scopes})
    assert caught.value.response_code == 400


def test_a_registry_that_cannot_be_told_is_an_error(site: Site, monkeypatch: pytest.MonkeyPatch) -> None:
    def fail(users: list[RegistryUser]) -> None:
        raise WorldError(f"the registry does not answer, {len(users)} users are waiting")

    monkeypatch.setattr(site.world, "set_registry_users", fail)
    with pytest.raises(gitlab.GitlabCreateError, match="the registry does not answer") as caught:
        site.project().deploytokens.create(READ)
    assert caught.value.response_code == 500
