"""The merge request of a pipeline: its one note of ours, written once and then updated in place.

A job's own token may not write notes (https://gitlab.com/gitlab-org/gitlab/-/issues/464591), so there has to be a token for it in
NOTE_TOKEN: a project access token with the role Reporter and the scope `api`. It can't be a protected variable, because a merge request's
pipeline has none of these: whoever can push a branch can write notes with it, and nothing else that a Reporter could not.
"""

import os

import gitlab
import requests

from ci.thing import CloudError


def can_be_told() -> bool:
    """Whether this is the pipeline of a merge request with a token for notes."""
    return all(os.environ.get(name) for name in ("NOTE_TOKEN", "CI_MERGE_REQUEST_IID", "CI_MERGE_REQUEST_PROJECT_ID", "CI_API_V4_URL"))


def tell(body: str) -> None:
    """Put the note there. Ours is the one that begins with the same line and was written with the same token. Raises CloudError."""
    first = body.partition("\n")[0]
    url = os.environ["CI_API_V4_URL"].partition("/api/")[0]
    client = gitlab.Gitlab(url, private_token=os.environ["NOTE_TOKEN"], ssl_verify=os.environ.get("SSL_CERT_FILE") or True, timeout=60)
    try:
        client.auth()
        project = client.projects.get(os.environ["CI_MERGE_REQUEST_PROJECT_ID"], lazy=True)
        notes = project.mergerequests.get(os.environ["CI_MERGE_REQUEST_IID"], lazy=True).notes
        mine = client.user.id if client.user else None
        for note in notes.list(iterator=True, order_by="created_at", sort="asc"):
            if note.body.startswith(first) and note.author["id"] == mine:
                notes.update(note.id, {"body": body})
                return
        notes.create({"body": body})
    except (gitlab.GitlabError, requests.RequestException) as error:
        raise CloudError(f"the note could not be written: {error}; is NOTE_TOKEN a project access token, Reporter, scope api?") from None
