"""Kamal's pattern: the new container starts beside the old one, and the proxy turns to it once it is healthy.

Then the old one is drained, for 30 seconds at most, and stopped with SIGTERM. `kamal-proxy` does it where it is on PATH, else Caddy.
Kamal's own share is its order (`lib/kamal/cli/app/boot.rb`): pull, run, deploy to the proxy, stop; its ssh and its hooks are left out.
"""

from bench.ways.backing import NETWORK
from bench.ways.plain import Plain
from bench.ways.proxy import DRAIN_S, Proxy, choose

WEB, PROXY = "bench-swap-web", "bench-swap-proxy"


class Swap(Plain):
    """See `Way`. Its name says which proxy it has."""

    _proxy: Proxy
    _number = 0

    def release(self, image: str) -> None:
        """Pull, run, switch, drain, stop, remove."""
        engine = self._backing.engine
        engine.images.pull(image)
        old = engine.containers.get(self._web)
        self._proxy.switch(self._run(image))
        old.stop(timeout=DRAIN_S)
        old.remove(v=True)

    def _check(self) -> None:
        proxy = choose()
        self.name = f"swap ({proxy.name})"
        self._make = proxy

    @property
    def _web(self) -> str:
        return f"{WEB}-{self._number}"

    def _run(self, image: str) -> str:
        self._number += 1
        self._backing.engine.containers.run(image, name=self._web, detach=True, network=NETWORK, **self._backing.site(image))
        return self._web

    def _start(self, image: str, port: int) -> None:
        self._proxy = self._make(self._backing, PROXY, port)
        self._proxy.switch(self._run(image))
