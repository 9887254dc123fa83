"""What to do about an error of the Pulumi CLI, where its own words do not say it."""

import getpass
import re
import socket

from ci.lock import told

_TOKENS = (
    (r"401.*Unable to authenticate you", "DigitalOcean", "digitalocean:token"),
    (r"401.*Unauthorized|401 Unauthorized", "GitLab", "gitlab:token"),
)
_LOST = re.compile(
    r"name must be unique|is there already|already (in use|exists|been taken)|with nil state|expected non-empty ID", re.IGNORECASE
)
"""What was made, but not written down; the last two are the provider's words for what it could not find again."""

_CUT_OFF = (
    "The state is whole, but a note that a file backend keeps beside it was cut off when a run was killed. Remove the empty notes:"
    " find BACKEND/.pulumi -name '*.attrs' -empty -delete\nTo be rid of them for ever, log in with file://BACKEND?metadata=skip"
)


_CONFINED = (
    (
        r"Read-only file system|\[Errno 30\]",
        "The image's files can't be changed while it runs. Let it write to /tmp or to a volume (`volumes` of the process),"
        " keep the folder in memory (`tmpfs`), or say `readOnly: false`",
    ),
    (
        r"\[Errno 13\] Permission denied|PermissionError",
        "The image's processes run as its own user, or as 10001 where that is root: let that user have the files (Dockerfile: COPY"
        " --chown), or say which one they need (`user`; 0 is root)",
    ),
)
"""What an image says that wants more than it is given (infra/confinement.py)."""


def explain(message: str, stack: str) -> str:
    """The message with what to do next; unchanged where nothing is known about it."""
    if locks := told(message):
        names = " and ".join(map(str, locks))
        mine = f"{getpass.getuser()}@{socket.gethostname()}"
        here = " on this machine" if all(f"{lock.user}@{lock.host}" == mine for lock in locks) else ""
        return f"{stack} is locked by {names}{here}: wait for it. If it was killed: python -m ci recover --stack {stack}"
    for pattern, whose, key in _TOKENS:
        if re.search(pattern, message):
            mend = f"pulumi config set --secret {key} --stack {stack}, then up again: it goes on"
            return f"{message}\n{whose} does not take the token (any more): {mend}"
    for pattern, mend in _CONFINED:
        if re.search(pattern, message):
            return f"{message}\n{mend}"
    if "failed to load checkpoint: EOF" in message:
        return f"{message}\n{_CUT_OFF}"
    if _LOST.search(message):
        return f"{message}\nIt may well be there, but not in the state: `python -m ci recover --stack {stack}` names it"
    return message
