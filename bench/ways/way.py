"""What is measured: a site that serves on this machine, and one way to bring another image of it out."""

from contextlib import AbstractContextManager
from pathlib import Path
from typing import Protocol


class WayError(Exception):
    """It could not be set up, or a release failed; `str()` says what of it, with the last words of what failed."""


class MissingError(WayError):
    """This machine lacks what the way needs; `str()` says what, and the command that brings it."""


class Way(AbstractContextManager["Way"], Protocol):
    """The site serves its first image inside the `with`; after it nothing of it is left, also after a failure or Ctrl-C.

    Entering raises MissingError where this machine can't show the way, and WayError where the site does not come up.
    """

    @property
    def name(self) -> str:
        """As its row is called."""

    @property
    def url(self) -> str:
        """Where visitors ask: http://ADDRESS:PORT or https://ADDRESS:PORT of this machine."""

    @property
    def ca_file(self) -> Path | None:
        """The authority that signed the site's certificate, as PEM; None for plain HTTP."""

    @property
    def host(self) -> str:
        """The site's name; empty where it is the url's."""

    def offer(self, image: str) -> str:
        """Push an image of this machine to where releases come from, and give the name that `release` takes.

        The home page has to show that name as its release, by which it is known that the release arrived.
        """

    def release(self, image: str) -> None:
        """Bring an offered image out, and return when the way's own commands do. Raises WayError."""
