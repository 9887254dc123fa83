"""Both APIs alone, with nothing made real behind them: `python -m rehearsal.cloud --dir DIR --cert FILE --key FILE`.

The tokens come from DIGITALOCEAN_TOKEN and GITLAB_TOKEN. For trying a client; `python -m rehearsal` starts the whole thing.
"""

import argparse
import os
from pathlib import Path

from rehearsal.cloud.server import serve
from rehearsal.cloud.store import Store
from rehearsal.cloud.world import NullWorld


def main() -> None:
    parser = argparse.ArgumentParser(prog="python -m rehearsal.cloud", description=__doc__)
    parser.add_argument("--dir", type=Path, required=True, help="where the state is kept, as cloud.json")
    parser.add_argument("--cert", type=Path, required=True, help="the server's certificate, PEM")
    parser.add_argument("--key", type=Path, required=True, help="its private key, PEM")
    parser.add_argument("--port", type=int, default=0, help="the port on 127.0.0.1; 0, the default, takes a free one")
    options = parser.parse_args()
    tokens = {name: os.environ.get(name, "") for name in ("DIGITALOCEAN_TOKEN", "GITLAB_TOKEN")}
    if missing := [name for name, value in tokens.items() if not value]:
        parser.error(f"not set in the environment: {', '.join(missing)}; any text will do, and clients send the same")
    options.dir.mkdir(parents=True, exist_ok=True, mode=0o700)
    serve(
        Store(options.dir / "cloud.json"),
        NullWorld(),
        "127.0.0.1",
        options.port,
        options.cert,
        options.key,
        tokens["DIGITALOCEAN_TOKEN"],
        tokens["GITLAB_TOKEN"],
    )


if __name__ == "__main__":
    main()
