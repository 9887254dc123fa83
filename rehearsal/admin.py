"""An administrator of the rehearsed site: made, or given a new password, by Django itself in a running task."""

import secrets
import shlex

from rehearsal.home import Home
from rehearsal.host import Host

USER = "admin"
_DJANGO = """
import os
from django.contrib.auth import get_user_model
user, _ = get_user_model().objects.get_or_create(username=os.environ["ADMIN"], defaults={"is_staff": True, "is_superuser": True})
user.set_password(os.environ["ADMIN_PASSWORD"])
user.save()
"""


def make_admin(stack: str, home: Home) -> str:
    """Give the administrator's new password; it goes to the site by stdin. Raises WorldError where no task of `web` runs."""
    password = secrets.token_urlsafe(12)
    inside = f"set -a; . /run/secrets/site.env; . /dev/stdin; set +a; exec python3 manage.py shell -c {shlex.quote(_DJANGO)}"
    task = "$(docker ps --quiet --filter label=com.docker.swarm.service.name=web | head -n 1)"
    Host(home, stack).output(f"docker exec -i {task} sh -c {shlex.quote(inside)}", stdin=f"ADMIN={USER}\nADMIN_PASSWORD={password}\n")
    return password
