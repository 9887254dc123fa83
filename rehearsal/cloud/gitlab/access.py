"""Who may do a thing to a protected branch or tag: GitLab's access levels, in the plain form that its free tier has."""

from typing import Any, Literal

AccessLevel = Literal[0, 30, 40, 60]
MAINTAINERS: AccessLevel = 40
WORDS = {0: "No one", 30: "Developers + Maintainers", 40: "Maintainers", 60: "Administrators"}


def show(protection: int, level: AccessLevel) -> list[dict[str, Any]]:
    """The list with one entry that GitLab answers for a level of this protection."""
    return [{"id": protection, "access_level": level, "access_level_description": WORDS[level]}]
