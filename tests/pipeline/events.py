"""What GitLab tells a pipeline about why it runs (docs.gitlab.com/ci/variables/predefined_variables).

The project is the one that the configuration runs in; that of a fork runs under the fork's path.
"""

PROJECT = "example/site"
FORK = "somebody/site"
Event = dict[str, str]


def branch(name: str, *, source: str = "push", project: str = PROJECT, **more: str) -> Event:
    """A pipeline of a branch; `source` may also be schedule, web or pipeline."""
    return {**_every(name, source, project), "CI_COMMIT_BRANCH": name, **more}


def tag(name: str, *, project: str = PROJECT) -> Event:
    """A pipeline of a tag."""
    return {**_every(name, "push", project), "CI_COMMIT_TAG": name}


def merge_request(source: str, *, target: str = "main", project: str = PROJECT, **more: str) -> Event:
    """A pipeline of a merge request."""
    return {
        **_every(source, "merge_request_event", project),
        "CI_MERGE_REQUEST_IID": "1",
        "CI_MERGE_REQUEST_SOURCE_BRANCH_NAME": source,
        "CI_MERGE_REQUEST_TARGET_BRANCH_NAME": target,
        "CI_MERGE_REQUEST_SOURCE_PROJECT_PATH": project,
        **more,
    }


def _every(ref: str, source: str, project: str) -> Event:
    return {"CI_PIPELINE_SOURCE": source, "CI_COMMIT_REF_NAME": ref, "CI_DEFAULT_BRANCH": "main", "CI_PROJECT_PATH": project}
