"""How long the program takes from the start of the interpreter to the last resource it declares: `make bench`.

Each run is a process of its own, as it is for the Pulumi CLI; nothing stands behind the program. The first run is not counted.
"""

import json
import subprocess
import sys
import tempfile
import time
from pathlib import Path
from statistics import median

CHECKOUT = Path(__file__).resolve().parents[1]
sys.path.insert(0, str(CHECKOUT))
RUNS = 7
PROGRAM = """
import json, runpy, sys, time
import pulumi
from pulumi.runtime import mocks, settings, stack
from pulumi.runtime.config import set_all_config

class Noting(mocks.Mocks):
    last, count = 0.0, 0
    def new_resource(self, args):
        Noting.last, Noting.count = time.time(), Noting.count + 1
        return str(Noting.count), args.inputs
    def call(self, args):
        raise AssertionError(args.token)

config = json.load(sys.stdin)
mocks.set_mocks(Noting(), project="site", stack=config["stack"], preview=True)
set_all_config(config["values"], config["secret_keys"])
mocks.test(lambda: runpy.run_path(config["program"], run_name="__main__") and None)()
print(json.dumps([Noting.last, Noting.count]))
"""


def main() -> None:
    """Print, for each stack, the median and the range of some runs."""
    from rehearsal.home import STACKS, Home
    from rehearsal.stack import UNKNOWN_IMAGE
    from rehearsal.stackfile import compose

    with tempfile.TemporaryDirectory() as folder:
        for stack in STACKS:
            config = compose(stack, home=Home(Path(folder)), image=UNKNOWN_IMAGE, operator_key="ssh-ed25519 " + "A" * 68)
            request = {"stack": stack, "values": config.values, "secret_keys": config.secret_keys, "program": str(CHECKOUT / "__main__.py")}
            seconds, count = [], 0
            for _ in range(RUNS + 1):
                started = time.time()
                done = subprocess.run(
                    [sys.executable, "-c", PROGRAM], input=json.dumps(request), capture_output=True, text=True, cwd=CHECKOUT
                )
                if done.returncode:
                    raise SystemExit(done.stderr)
                last, count = json.loads(done.stdout.splitlines()[-1])
                seconds.append(last - started)
            del seconds[0]
            print(f"{stack:<11} {count} resources  median {median(seconds):.2f} s  ({min(seconds):.2f} to {max(seconds):.2f})")


if __name__ == "__main__":
    main()
