"""Tokens of the two clouds' APIs and of DigitalOcean's registry: whether one is accepted, and its end."""

import os

import requests

from ci.thing import CloudError

_LIMIT = 30
_PAGES = {
    "digitalocean:token": "https://cloud.digitalocean.com/account/api/tokens",
    "gitlab:token": "https://gitlab.com/-/user_settings/personal_access_tokens, or the project's Settings > Access tokens",
}


def accepted(name: str, token: str) -> bool:
    """Whether the API takes this `digitalocean:token` or `gitlab:token`. Raises CloudError where it does not answer."""
    if name == "digitalocean:token":
        answer = _ask("GET", f"{_digitalocean()}/v2/account", {"Authorization": f"Bearer {token}"})
    else:
        answer = _ask("GET", f"{_gitlab()}/api/v4/user", {"PRIVATE-TOKEN": token})
    if answer.status_code >= 500:
        raise CloudError(f"{answer.request.url} answers {answer.status_code}: whether it takes the token can't be told")
    return answer.status_code not in (401, 403)


def revoke(name: str, token: str) -> str:
    """End one that is not used any more, where its cloud lets it end itself; else says where a person does it."""
    if name == "gitlab:token":
        # https://docs.gitlab.com/api/personal_access_tokens/#self-revoke
        answer = _ask("DELETE", f"{_gitlab()}/api/v4/personal_access_tokens/self", {"PRIVATE-TOKEN": token})
        if answer.status_code in (204, 401):
            return ""
    return f"end it yourself: {_PAGES[name]}"


def revoke_registry(token: str) -> None:
    """End a credential of DigitalOcean's registry, as `doctl registry logout` does. Raises CloudError."""
    base = os.environ.get("DIGITALOCEAN_API_URL", "https://cloud.digitalocean.com")
    answer = _ask("POST", f"{base}/v1/oauth/revoke", {"Authorization": f"Bearer {token}"}, {"token": token})
    if answer.status_code >= 400:
        raise CloudError(f"DigitalOcean: the old credential of the registry could not be revoked: HTTP {answer.status_code}")


def _digitalocean() -> str:
    return os.environ.get("DIGITALOCEAN_API_URL", "https://api.digitalocean.com").rstrip("/")


def _gitlab() -> str:
    return os.environ.get("GITLAB_BASE_URL", "https://gitlab.com").partition("/api/")[0].rstrip("/")


def _ask(method: str, url: str, headers: dict[str, str], form: dict[str, str] | None = None) -> requests.Response:
    try:
        return requests.request(method, url, headers=headers, data=form, timeout=_LIMIT, verify=os.environ.get("SSL_CERT_FILE") or True)
    except requests.RequestException as error:
        raise CloudError(f"{url} does not answer: {type(error).__name__}") from None
