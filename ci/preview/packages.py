"""Files in GitLab's generic package registry, put and fetched with the token of a CI job.

https://docs.gitlab.com/user/packages/generic_packages/. Whoever has the role Developer can publish there too, and generic packages can't be
protected (https://docs.gitlab.com/user/packages/package_registry/package_protection_rules/): no secret depends on a file there, but who
trusts it trusts all developers.
"""

import os
from urllib.parse import quote

import requests

from ci.thing import CloudError

_LIMIT = 60
_PACKAGE = "preview"


def put(stack: str, name: str, content: bytes) -> str:
    """Publish a file for a stack; gives its address. Who fetches the name gets the newest one. Raises CloudError."""
    url = _address(os.environ.get("CI_PROJECT_ID", ""), stack, name)
    _ask("PUT", url, content)
    return url


def get(stack: str, name: str) -> bytes | None:
    """The newest of this name; None where there is none. In the pipeline of a merge request, of the project that it goes to.
    Raises CloudError."""
    project = os.environ.get("CI_MERGE_REQUEST_PROJECT_ID") or os.environ.get("CI_PROJECT_ID", "")
    answer = _ask("GET", _address(project, stack, name), missing=True)
    return None if answer.status_code == 404 else answer.content


def _address(project: str, stack: str, name: str) -> str:
    api = os.environ.get("CI_API_V4_URL", "")
    if not api or not project or not os.environ.get("CI_JOB_TOKEN"):
        raise CloudError("this is no job of GitLab's (CI_API_V4_URL, CI_PROJECT_ID, CI_JOB_TOKEN): name a file instead, see --help")
    return f"{api.rstrip('/')}/projects/{quote(project, safe='')}/packages/generic/{_PACKAGE}/{quote(stack)}/{quote(name)}"


def _ask(method: str, url: str, content: bytes | None = None, *, missing: bool = False) -> requests.Response:
    headers = {"JOB-TOKEN": os.environ["CI_JOB_TOKEN"]}
    try:
        answer = requests.request(
            method, url, headers=headers, data=content, timeout=_LIMIT, verify=os.environ.get("SSL_CERT_FILE") or True
        )
    except requests.RequestException as error:
        raise CloudError(f"{url} does not answer: {type(error).__name__}") from None
    if answer.status_code >= 400 and not (missing and answer.status_code == 404):
        raise CloudError(f"{method} {url}: HTTP {answer.status_code}; is the project's package registry switched on for its members?")
    return answer
