"""What goes wrong, as gRPC tells it."""

from collections.abc import Iterator
from contextlib import contextmanager
from importlib import import_module
from typing import Any

from ci.mask import Mask
from rehearsal.conductor.errors import ConductorError

grpc: Any = import_module("grpc")
"""grpcio; imported like this because it has no types."""


@contextmanager
def telling(context: Any, mask: Mask) -> Iterator[None]:
    """Around a call: its error ends it with a status in our words and without a secret."""
    try:
        yield
    except Exception as error:
        text = str(error) if isinstance(error, ConductorError) else f"{error.__class__.__name__}: {error}"
        context.abort(grpc.StatusCode.UNKNOWN, mask(text))
