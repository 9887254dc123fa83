"""The process: both APIs over HTTPS on one port."""

import logging
import socket
import sys
from pathlib import Path

import uvicorn

from rehearsal.cloud.app import create_app
from rehearsal.cloud.store import Store
from rehearsal.cloud.world import World

SECONDS_TO_FINISH = 2
"""Each stop takes as long where a client keeps an idle TLS connection open, so no more than that."""


def serve(
    store: Store,
    world: World,
    host: str,
    port: int,
    certfile: Path,
    keyfile: Path,
    token: str,
    gitlab_token: str,
) -> None:
    """Serve until SIGTERM or SIGINT; requests under way get two seconds to finish.

    `port` 0 takes a free one. Once clients can connect, the address is printed to stdout as one line,
    `https://127.0.0.1:41234`; the log goes to stderr.
    """
    logging.basicConfig(stream=sys.stderr, level=logging.INFO, format="%(asctime)s %(levelname)s %(message)s")
    app = create_app(store, world, token=token, gitlab_token=gitlab_token)
    config = uvicorn.Config(
        app,
        ssl_certfile=certfile,
        ssl_keyfile=str(keyfile),
        log_config=None,
        log_level=logging.WARNING,
        access_log=False,
        timeout_graceful_shutdown=SECONDS_TO_FINISH,
    )
    with socket.create_server((host, port)) as listener:
        print(f"https://{host}:{listener.getsockname()[1]}", flush=True)
        uvicorn.Server(config).run(sockets=[listener])
