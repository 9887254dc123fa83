"""Where the plugin finds GitLab, and what it says where it doesn't."""

from collections.abc import Iterator
from importlib.metadata import version
from pathlib import Path

import pytest
from gitlab.v4.objects import Project
from pulumi.runtime.proto.provider_pb2 import ConfigureResponse, DiffResponse

from tests.cloud.gitlab_server import TOKEN, Site
from tests.plugin.samples import TAG, VARIABLE
from tests.plugin.started import Plugin, plain, refusal, started

pytestmark = pytest.mark.integration

WRONG = "glpat-of-somebody-else"


@pytest.fixture
def fresh(tmp_path: Path) -> Iterator[Plugin]:
    """One that is not configured yet."""
    with started(tmp_path) as (plugin, _):
        yield plugin


def test_it_has_the_version_of_the_sdk(plugin: Plugin) -> None:
    assert plugin.version() == version("pulumi_gitlab")


def test_it_tells_the_engine_what_pulumi_gitlab_tells(fresh: Plugin, site: Site) -> None:
    config = {"baseUrl": site.url, "token": TOKEN, "cacertFile": site.certificate, "version": "10.4.0"}

    assert list(fresh.check_config(config).failures) == []
    assert fresh.configure(config) == ConfigureResponse(supportsPreview=True)


def test_config_that_would_have_no_effect_is_refused(plugin: Plugin) -> None:
    [failure] = plugin.check_config({"token": TOKEN, "headers": "{}"}).failures

    assert failure.property == "headers"
    assert failure.reason.endswith("it knows baseUrl, cacertFile, earlyAuthCheck, token")


def test_other_config_replaces_nothing(plugin: Plugin) -> None:
    difference = plugin.diff_config({"token": "one"}, {"token": "two"})

    assert (difference.changes, list(difference.replaces)) == (DiffResponse.DIFF_SOME, [])


def test_without_an_address_it_asks_nobody(fresh: Plugin) -> None:
    with pytest.raises(Exception, match="UNKNOWN") as caught:
        fresh.configure({"token": TOKEN})

    assert refusal(caught.value).startswith("neither gitlab:baseUrl nor GITLAB_BASE_URL is set")


def test_a_wrong_token_fails_early_in_gitlabs_words(fresh: Plugin, site: Site) -> None:
    with pytest.raises(Exception, match="UNKNOWN") as caught:
        fresh.configure({"baseUrl": site.url, "token": WRONG, "cacertFile": site.certificate})

    assert refusal(caught.value) == "HTTP 401: 401 Unauthorized"


def test_without_the_early_check_a_wrong_token_fails_at_the_first_call(fresh: Plugin, site: Site) -> None:
    fresh.configure({"baseUrl": site.url, "token": WRONG, "cacertFile": site.certificate, "earlyAuthCheck": "false"})

    with pytest.raises(Exception, match="UNKNOWN") as caught:
        fresh.create(TAG.type, {"project": "group/site", **TAG.inputs()})

    assert refusal(caught.value) == "HTTP 401: 401 Unauthorized"
    assert WRONG not in str(caught.value)


def test_the_environment_stands_in_for_config(site: Site, project: Project, tmp_path: Path) -> None:
    environment = {
        "GITLAB_BASE_URL": f"{site.url}/api/v4",
        "GITLAB_TOKEN": TOKEN,
        "SSL_CERT_FILE": site.certificate,
        "GITLAB_EARLY_AUTH_CHECK": "false",
    }
    with started(tmp_path, environment) as (plugin, _):
        plugin.configure({})
        made = plugin.create(VARIABLE.type, {"project": project.path_with_namespace, **VARIABLE.inputs()})

    assert plain(made.properties)["key"] == project.variables.list(get_all=True)[0].key


def test_a_gitlab_that_does_not_answer_is_told(fresh: Plugin, site: Site) -> None:
    fresh.configure({"baseUrl": "https://127.0.0.1:1", "token": TOKEN, "cacertFile": site.certificate, "earlyAuthCheck": "false"})

    with pytest.raises(Exception, match="UNKNOWN") as caught:
        fresh.read(TAG.type, "group/site:v*")

    assert refusal(caught.value).startswith("the GitLab API does not answer")


def test_before_it_is_configured_it_makes_nothing(fresh: Plugin) -> None:
    with pytest.raises(Exception, match="UNKNOWN") as caught:
        fresh.create(TAG.type, TAG.inputs())

    assert refusal(caught.value) == "the plugin is not configured yet"
