"""`bundle`: make a stack's preview bundle and publish it. A job that knows the secrets does it after each `up`; the pipelines of merge
requests, which know none, read it."""

import argparse
import contextlib
import json
import os
import time
from collections.abc import Iterable
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

from rich.console import Console

from ci import config_file
from ci.cli import Cli
from ci.config_file import overlaid
from ci.preview import packages
from ci.preview.change import changes
from ci.preview.ciphertexts import ciphertexts, plaintexts, without
from ci.preview.fingerprints import Fingerprints
from ci.preview.leaks import leaked, pieces, wholes
from ci.preview.plan import Plan
from ci.preview.preview_bundle import FILE, Bundle, BundleError, running
from ci.preview.scratch import scratch
from ci.secret_value import hidden, is_secret, secrets, texts
from ci.state import DROPLET, State

ROUNDS = 6
"""Previews after which the program must find in the state what it computes: one for each step from a secret to what is made of it."""


def arguments(parser: argparse.ArgumentParser) -> None:
    """What the command takes besides the stack."""
    parser.add_argument("--file", type=Path, help="write it there, in place of the project's package registry")
    parser.add_argument("--verdict", default="", metavar="TEXT", help="what the last release said of going back")


def run(options: argparse.Namespace, cli: Cli, console: Console) -> int:
    """Make and publish it; gives the exit code. Raises BundleError, CliError, CloudError."""
    began = time.monotonic()
    bundle, rounds = make(cli, verdict=options.verdict)
    if not (options.verdict or options.file):
        bundle = _with_the_last_verdict(bundle)
    content = bundle.model_dump_json().encode()
    if options.file:
        options.file.write_bytes(content)
    where = options.file or packages.put(cli.stack, FILE, content)
    told = f"{len(content) // 1024} KiB, {rounds} rounds, {time.monotonic() - began:.0f} s"
    console.print(f"[green]✓[/green] {where} ({told})", highlight=False)
    return 0


def _with_the_last_verdict(bundle: Bundle) -> Bundle:
    """What was said of a release holds until the next one, whatever else is brought out. Raises CloudError."""
    with contextlib.suppress(BundleError):
        before = packages.get(bundle.stack, FILE)
        if before and (last := Bundle.read(before)).image == bundle.image:
            return bundle.model_copy(update={"verdict": last.verdict})
    return bundle


def make(cli: Cli, *, verdict: str = "") -> tuple[Bundle, int]:
    """Of a stack on which nothing is pending, and the rounds that it took. Raises BundleError, CliError."""
    state = State(json.loads(cli.run("stack", "export", "--show-secrets")))
    exports = {name: value for name, value in state.outputs.items() if not is_secret(value)}
    _check_settled(cli, state, str(exports.get("image") or ""))
    config = config_file.read(cli.folder / f"Pulumi.{cli.stack}.yaml")
    told = json.loads(cli.run("config", "--show-secrets", "--json"))
    clear = plaintexts(config, {key: entry.get("objectValue", entry.get("value")) for key, entry in told.items()})
    held = [*clear.values(), *secrets(state.exported)]
    fingerprints = Fingerprints(held, [*texts(exports), *texts(without(config))])
    bundle = Bundle(
        stack=cli.stack,
        made=datetime.now(UTC).strftime("%Y-%m-%dT%H:%M:%SZ"),
        commit=os.environ.get("CI_COMMIT_SHA", ""),
        verdict=verdict,
        config=without(config),
        secrets={path: {cipher: fingerprints.of(clear[path])} for path, cipher in ciphertexts(config).items()},
        exports=exports,
        state=hidden(state.exported, fingerprints.of),
    )
    # Who has the salt could try passphrases.
    bundle.state["deployment"].pop("secrets_providers", None)
    really = _ignored(cli, state, str(exports.get("image") or ""))
    rounds = _settle(bundle, cli, really)
    _check_no_secret(bundle, {text for value in held for text in wholes(value)})
    return bundle, rounds


def _check_settled(cli: Cli, state: State, image: str) -> None:
    """A change that is still to be made would be lost among those that fingerprints make."""
    if state.pending:
        raise BundleError(f"a run on {cli.stack} was killed: python -m ci recover --stack {cli.stack}")
    with overlaid(cli, {"site:image": image} if image else {}) as file:
        found = changes(cli.stream("preview", "--config-file", str(file)))
    if found:
        raise BundleError(
            f"{cli.stack} is not what the program declares: {found[0]}"
            + (f" and {len(found) - 1} more" if len(found) > 1 else "")
            + f"; first: python -m ci up --stack {cli.stack}"
        )


def _ignored(cli: Cli, state: State, image: str) -> dict[str, set[str]]:
    """By URN, the inputs of droplets that would change with `python -m ci rebuild`, and until then are ignored."""
    found = {}
    for droplet in state.of(DROPLET):
        with overlaid(cli, {"site:renewServer": True} | ({"site:image": image} if image else {})) as file:
            plan = Plan.of(cli, f"--config-file={file}", f"--target={droplet['urn']}")
        found[droplet["urn"]] = set(plan.inputs.get(droplet["urn"], {}))
    return found


def _settle(bundle: Bundle, cli: Cli, ignored: dict[str, set[str]]) -> int:
    """Let the program compute what is made of secrets, until it finds all of that in the state; gives the previews that it took. What a
    droplet ignores is taken over too, but for what would change anyway."""
    state, config = State(bundle.state), running(bundle, bundle.config)
    fingerprints = {path: text for path, known in bundle.secrets.items() for text in known.values()}
    with scratch(cli.folder, cli.stack, config=config, hidden=fingerprints, state=state.exported) as world:
        for round in range(1, ROUNDS + 1):
            plan = Plan.of(world.cli)
            if not plan.changes:
                for urn, real in ignored.items():
                    with overlaid(world.cli, {"site:renewServer": True}) as file:
                        plan = Plan.of(world.cli, f"--config-file={file}", f"--target={urn}")
                    plan.only({urn: plan.inputs.get(urn, {}).keys() - real}).apply(state)
                return round
            if not plan.apply(state):
                break
            world.load(state.exported)
    names = "; ".join(str(change) for change in plan.changes[:5])
    raise BundleError(f"after {round} previews the program still computes something else from the fingerprints: {names}")


def _check_no_secret(bundle: Bundle, known: set[str]) -> None:
    """Neither those known, nor pieces of them, but for what people may read anyway: what is exported, and what the stack file says."""
    readable = {text.strip() for part in (bundle.exports, bundle.config) for text in texts(part)}
    parts = {part for text in known for part in pieces(text) if not any(part in text for text in readable)}
    if found := leaked((known - readable) | parts, bundle.model_dump_json()):
        places = sorted(path for path, text in _places(bundle.model_dump()) if any(secret in text for secret in found))
        raise BundleError(
            f"{len(found)} secret{'s' if len(found) > 1 else ''} would be published, and nothing was: "
            + (f"see {', '.join(places[:5])}" if places else "in another form than in clear")
        )


def _places(value: Any, path: str = "") -> Iterable[tuple[str, str]]:
    """Each text by where it stands; a resource by its URN."""
    if isinstance(value, dict):
        for name, inner in value.items():
            yield from _places(inner, f"{path}.{name}" if path else name)
    elif isinstance(value, list):
        for place, inner in enumerate(value):
            urn = str(inner.get("urn", "")).rpartition("::")[2] if isinstance(inner, dict) else ""
            yield from _places(inner, f"{path}[{urn or place}]")
    elif isinstance(value, str):
        yield path, value
