"""Runs a Pulumi program (`__main__.py` of a directory) in this process, as the language host of the CLI does."""

import asyncio
import logging
import runpy
import traceback
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import pulumi
from pulumi.runtime.settings import get_root_resource
from pulumi.runtime.stack import Stack, run_pulumi_func

from rehearsal.conductor.deployment import Registry
from rehearsal.conductor.errors import ConductorError
from rehearsal.conductor.monitor import Monitor

_THREADS = 64
"""Registrations at once. Each waits for its effect in a thread, and a droplet's boot shall keep nobody waiting who needs no droplet."""


@dataclass(frozen=True, kw_only=True)
class Exports:
    """What the program exports; unknown values are absent. `secret` names the secret ones."""

    values: dict[str, Any] = field(default_factory=dict)
    secret: frozenset[str] = frozenset()


@dataclass(frozen=True, kw_only=True)
class Program:
    """A program with its config. Keys are whole (`site:domain`)."""

    directory: Path
    stack: str
    project: str
    config: dict[str, str]
    secret_keys: list[str]

    def run(self, registry: Registry, *, preview: bool, log: logging.Logger) -> Exports:
        """Run it to its end, all registrations answered. Raises ConductorError where the program itself is at fault."""
        pulumi.runtime.set_all_config(self.config, self.secret_keys)
        with ThreadPoolExecutor(_THREADS) as threads, asyncio.Runner() as runner:
            runner.get_loop().set_default_executor(threads)
            # What fails after the first error has nobody left who waits for it.
            runner.get_loop().set_exception_handler(lambda _loop, _context: None)
            try:
                return runner.run(self._main(registry, preview, log))
            except ConductorError:
                raise
            except (Exception, SystemExit) as error:
                raise ConductorError(self._explain(error)) from error
            finally:
                threads.shutdown(wait=True, cancel_futures=True)

    async def _main(self, registry: Registry, preview: bool, log: logging.Logger) -> Exports:
        monitor = Monitor(registry, stack=self.stack, project=self.project)
        pulumi.runtime.set_mocks(monitor.mocks, self.project, self.stack, preview, logger=log, monitor=monitor)
        await run_pulumi_func(lambda: _ignore(runpy.run_path(str(self.directory), run_name="__main__")))
        root = get_root_resource()
        declared = root.outputs if isinstance(root, Stack) else {}
        values: dict[str, Any] = {}
        secret: set[str] = set()
        for name, value in declared.items():
            output = pulumi.Output.from_input(value)
            if await output.is_known():
                values[name] = await output.future()
            if await output.is_secret():
                secret.add(name)
        return Exports(values=values, secret=frozenset(secret))

    def _explain(self, error: BaseException) -> str:
        """What the program says of itself (RunError), else the error with the lines of the program that led to it."""
        if isinstance(error, pulumi.RunError):
            return str(error)
        own = Path(__file__).parent
        files = [(Path(frame.filename), frame) for frame in traceback.extract_tb(error.__traceback__)]
        frames = [(file, frame) for file, frame in files if file.is_relative_to(self.directory) and not file.is_relative_to(own)]
        where = [f"  {file.relative_to(self.directory)}:{frame.lineno}: {frame.line}" for file, frame in frames]
        return "\n".join([f"the program failed: {error.__class__.__name__}: {error}", *where])


def _ignore(_globals: dict[str, Any]) -> None:
    return None
