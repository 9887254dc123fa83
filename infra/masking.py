"""What GitLab can hide in job logs."""

import re

# A raw value of one line, at least 8 characters and no white space (GitLab's app/models/concerns/ci/maskable.rb).
_MASKABLE = re.compile(r"\S{8,}")


def maskable(value: str) -> bool:
    """Whether GitLab masks this value when the variable is raw."""
    return _MASKABLE.fullmatch(value) is not None
