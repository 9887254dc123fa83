"""Whether a site goes on accepting what its former SECRET_KEY has signed (Django 4.1 and later, where its settings read the variable)."""

import secrets
from pathlib import Path

from ci.django_shell import ask
from ci.host import Host, HostError

_SCRIPT = Path(__file__).parent / "in_image" / "reads_fallbacks.py"


def read(host: Host, image: str, *, service: str) -> bool | None:
    """Asked of the image with the environment of `service`; None where it can't be told."""
    former = f"former-{secrets.token_hex(8)}"
    given = {"FORMER": former, "SECRET_KEY_FALLBACKS": former, "DJANGO_SECRET_KEY_FALLBACKS": former}
    try:
        said = ask(host, image, environment_of=service, tag="fallbacks", script=_SCRIPT.read_text(), given=given)
    except HostError:
        return None
    return {"<fallbacks>read</fallbacks>": True, "<fallbacks>not read</fallbacks>": False}.get(said.strip())
