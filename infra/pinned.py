"""An image of others, fixed to what its tag means when it is first asked for.

The swarm does that too, but only at a service's creation, and the provider takes it for a change: the next run would restart the
service on the bare tag.
"""

import shlex

import pulumi

from infra.host import Host, on_host

_PULL = """set -eu
digest=$(docker pull IMAGE | sed -n 's/^Digest: //p')
test -n "$digest"
printf %s IMAGE@"$digest"
"""


def pinned(name: str, *, host: Host, image: str, opts: pulumi.ResourceOptions) -> pulumi.Output[str]:
    """Pull it on the host and give `image@sha256:…`; an image that has a digest is given as it is."""
    if "@" in image:
        return pulumi.Output.from_input(image)
    pulled = on_host(
        f"{name}-image", host=host, script=_PULL.replace("IMAGE", shlex.quote(image)), triggers=[image], keep_output=True, opts=opts
    )
    return pulled.stdout
