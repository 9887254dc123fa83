"""Access: whose ssh keys open a host, also on one that has long been there. One resource a key, so that each comes and goes by itself."""

import hashlib
import re
import shlex
from collections.abc import Mapping, Sequence

import pulumi

from infra.host import Host, on_host

# One at a time: they all edit the same file. A key is known by its second word, whatever its comment says.
_EDIT = "mkdir -p -m 700 ~/.ssh; exec 9> ~/.ssh/.lock; flock 9; cd ~/.ssh; umask 077; touch authorized_keys"
_ADD = f"set -eu; {_EDIT}; grep -qF BLOB authorized_keys || echo KEY >> authorized_keys"
_REMOVE = f"set -eu; {_EDIT}; grep -vF BLOB authorized_keys > new || true; mv new authorized_keys"


class Access(pulumi.ComponentResource):
    """The people's keys and the pipeline's. A new key opens the host before anything else needs it; one that left is refused last."""

    def __init__(
        self,
        name: str,
        *,
        host: Host,
        people: Sequence[str],
        pipelines: Mapping[str, pulumi.Output[str]],
        opts: pulumi.ResourceOptions | None = None,
    ) -> None:
        """`people` and `pipelines` (by the name of the key) are public keys in OpenSSH's format."""
        super().__init__("site:infra:Access", name, None, opts)
        keys: dict[str, pulumi.Input[str]] = {f"{name}-{_short(key)}": key for key in people}
        for logical, public in {**keys, **{f"{name}-{key}": public for key, public in pipelines.items()}}.items():
            text = pulumi.Output.from_input(public)
            on_host(
                logical,
                host=host,
                script=text.apply(lambda key: _filled(_ADD, key)),
                triggers=[host.droplet],
                delete=text.apply(lambda key: _filled(_REMOVE, key)),
                opts=pulumi.ResourceOptions(parent=self),
            )
        self.register_outputs({})


def blob(key: str) -> str:
    """What makes a public key itself: its second word."""
    return key.split()[1]


def _short(key: str) -> str:
    return hashlib.sha256(blob(key).encode()).hexdigest()[:8]


def _filled(script: str, key: str) -> str:
    words = {"BLOB": shlex.quote(blob(key)), "KEY": shlex.quote(key.strip())}
    return re.sub("BLOB|KEY", lambda found: words[found[0]], script)
