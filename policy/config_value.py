"""A value of the stack's config, as the engine hands it over: structured ones are JSON."""

import json
from typing import Any


def parsed(text: str) -> Any:
    """What it says; a text that is no JSON is itself."""
    try:
        return json.loads(text)
    except json.JSONDecodeError:
        return text
