"""Values of Pulumi's outputs, where a function is tested without the program around it."""

import asyncio
from collections.abc import Callable
from typing import TypeVar

import pulumi

from tests.infra.build import Secret

T = TypeVar("T")


def resolve(make: Callable[[], pulumi.Output[T]]) -> T | Secret | None:
    """What an output becomes, marked where it is secret. `make` is called where outputs can be made: in a running event loop."""

    async def main() -> T | Secret | None:
        output = make()
        value = await output.future()
        return Secret(value) if await output.is_secret() else value

    return asyncio.run(main())
