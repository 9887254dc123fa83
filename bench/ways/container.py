"""A Pulumi program's `docker.Container` behind nginx, without any option that spares visitors: it is replaced in place.

The calls are those of the provider, in its order. The image (`docker.RemoteImage`) is pulled first. `delete_before_replace` is the
provider's default, and a fixed name allows nothing else: stop with `destroy_grace_seconds` 0, which kills at once whatever `stop_timeout`
says; remove by force; create; leave the network `bridge` for the program's with its alias; start. It does not wait for the site to answer.
Of its calls only those are left out that read. Source: `resource_docker_container_funcs.go` of the Terraform provider that it is built on.
"""

from bench.ways import nginx
from bench.ways.backing import NETWORK
from bench.ways.plain import Plain

WEB, PROXY = "bench-container-web", "bench-container-nginx"


class Container(Plain):
    """See `Way`."""

    name = "container"

    def release(self, image: str) -> None:
        """Pull, stop, remove, create, start."""
        engine = self._backing.engine
        engine.images.pull(image)
        old = engine.containers.get(WEB)
        old.stop(timeout=0)
        old.remove(force=True, v=True)
        self._create(image)

    def _start(self, image: str, port: int) -> None:
        folder = self._backing.folder
        nginx.configure(folder)
        self._backing.engine.images.pull(image)
        self._create(image)
        self._backing.run(PROXY, nginx.image(), *nginx.COMMAND, mounts=self._backing.mount("nginx.conf"), ports={80: port})

    def _create(self, image: str) -> None:
        engine = self._backing.engine
        new = engine.containers.create(image, name=WEB, **self._backing.site(image))
        engine.networks.get("bridge").disconnect(new)
        engine.networks.get(NETWORK).connect(new, aliases=["web"])
        new.start()
