"""Which of a project's CI variables GitLab gives a job: https://docs.gitlab.com/ci/variables/#add-a-cicd-variable-to-a-project"""

import fnmatch
from collections.abc import Iterable, Mapping


def given(variables: Iterable[Mapping[str, object]], *, environment: str, protected: bool) -> set[tuple[str, str]]:
    """Key and scope of those that a job gets. `environment` is empty where the job has none; `protected` says of its branch that it is.

    A protected variable comes to protected branches and tags only; one of an environment to its jobs only (`*` is every job's).
    """
    return {
        (str(variable["key"]), str(variable["environmentScope"]))
        for variable in variables
        if (protected or not variable["protected"]) and fnmatch.fnmatchcase(environment, str(variable["environmentScope"]))
    }
