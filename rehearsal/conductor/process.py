"""The child process of a run: one request (JSON) on stdin; events, and a result or an error, on stdout."""

import contextlib
import json
import logging
import os
import signal
import sys
import threading
import time
from dataclasses import asdict
from pathlib import Path
from typing import Any

from ci.mask import Mask
from rehearsal.conductor import conduct
from rehearsal.conductor.catalog import Catalog
from rehearsal.conductor.connections import Connections, Endpoints
from rehearsal.conductor.errors import ConductorError, Stopped
from rehearsal.conductor.ledger import Ledger
from rehearsal.conductor.lock import hold
from rehearsal.conductor.operation import Operations
from rehearsal.conductor.outcome import Outcome
from rehearsal.conductor.program import Program
from rehearsal.conductor.teller import Log, Teller


def main() -> None:
    """Answer the request; its `mode` is up, preview or down."""
    request: dict[str, Any] = json.load(sys.stdin)
    mask, stopping = Mask(), threading.Event()
    teller = Teller(os.fdopen(os.dup(1), "w"), mask, stopping)
    os.dup2(2, 1)
    mask.learn(request["config"].get(key) for key in request["secret_keys"])
    mask.learn([request["endpoints"]["digitalocean_token"], request["endpoints"]["gitlab_token"]])
    operations = Operations(teller.report, mask, stopping)
    for number in (signal.SIGINT, signal.SIGTERM):
        signal.signal(number, lambda *_: stopping.set())
    try:
        with contextlib.redirect_stdout(teller):
            outcome = _answer(request, operations, teller)
    except ConductorError as error:
        teller.send("error", {"message": mask(str(error)), "stopped": isinstance(error, Stopped)})
    else:
        teller.send("outcome", asdict(outcome))


def _answer(request: dict[str, Any], operations: Operations, teller: Teller) -> Outcome:
    mode, path = request["mode"], Path(request["ledger_path"])
    program = Program(
        directory=Path(request["program_dir"]),
        stack=request["stack"],
        project=request["project"],
        config=request["config"],
        secret_keys=request["secret_keys"],
    )
    log = logging.getLogger("program")
    log.addHandler(Log(teller))
    log.setLevel(logging.INFO)
    endpoints = Endpoints(**{**request["endpoints"], "ca_file": Path(request["endpoints"]["ca_file"])})
    with contextlib.closing(Connections(endpoints)) as connections:
        if mode == "preview":
            ledger = Ledger(path)
            return conduct.preview(program, ledger, Catalog(ledger, connections), log)
        holder = f"`{mode}` of {program.stack} (process {os.getpid()}, since {time.strftime('%H:%M:%S')})"
        with hold(path.with_suffix(".lock"), holder):
            ledger = Ledger(path)
            catalog = Catalog(ledger, connections)
            if mode == "up":
                return conduct.up(program, ledger, catalog, operations, log)
            return conduct.down(ledger, catalog, operations)


if __name__ == "__main__":
    main()
