"""Django's own check of an image with the environment that it is to run with: before its migrations, and before any service changes."""

import shlex

CHECK = "-check"
"""What the name of the command ends with: what such a one says is told to people (ci/teller.py)."""
GOES_BACK = "/srv/site/goes-back"
"""File of a host with the image that is gone back to, which ran here before: no finding keeps it from serving again (ci/release.py)."""
LIMIT = 300
"""Seconds for the check: the time in which a large site loads on a small host."""


def check_script(run: str, *, stack: str, name: str, image: str, required: bool) -> str:
    """A script for the host, which fails where the check does and is `required`. `run` runs it in a container called `name`.

    Django's words go to stderr as they are: the id of each finding, and its hint.
    """
    failed = "Django's check did not pass (exit code $code)"
    told = f'echo "{failed}; the release goes on" >&2'
    if required:
        mend = "Mend what it found, or name what is meant so in SILENCED_SYSTEM_CHECKS. To release without:"
        refused = (
            f"{failed}: no migration was run, and no service changed. {mend} pulumi config set site:deployCheck advisory --stack {stack}"
        )
        told = f'if grep -qxF {shlex.quote(image)} {GOES_BACK} 2>/dev/null; then {told}; else echo "{refused}" >&2; exit 1; fi'
    # A run that was killed may have left one behind; stacks are locked, so that it is nobody's.
    clear = f"docker rm --force {name} >/dev/null 2>&1 || true"
    return f"{clear}; code=0; {run} >&2 || code=$?; [ $code -ne 124 ] || {clear}; [ $code -eq 0 ] || {{ {told}; }}"


def going_back(image: str) -> str:
    """A command for the host: this image is gone back to."""
    return f"printf '%s\\n' {shlex.quote(image)} > {GOES_BACK}"
