"""Serves the plugin as the Pulumi CLI expects it: the port is the first line of stdout, and it ends when the CLI has ended.

The CLI holds the other end of stdin and never writes; once it is gone, however that came, there is nothing left to read.
"""

import sys
from concurrent.futures import ThreadPoolExecutor
from contextlib import suppress
from importlib.metadata import version

from pulumi.runtime.proto.provider_pb2_grpc import add_ResourceProviderServicer_to_server

from rehearsal.plugin.provider import Provider
from rehearsal.plugin.status import grpc

GRACE = 5
"""Seconds that a call has to finish: as long as the CLI waits."""


def main() -> None:
    server = grpc.server(ThreadPoolExecutor())
    # The stubs know none but the asynchronous server's type.
    add_ResourceProviderServicer_to_server(Provider(version("pulumi_gitlab")), server)
    port = server.add_insecure_port("127.0.0.1:0")
    server.start()
    print(port, flush=True)
    with suppress(KeyboardInterrupt):  # the CLI's way to end a plugin
        sys.stdin.buffer.read()
    server.stop(GRACE).wait()


if __name__ == "__main__":
    main()
