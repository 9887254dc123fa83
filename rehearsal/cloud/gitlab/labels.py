"""Labels as clients send them: a text with commas, or a list; each once. GitLab makes those that are new."""

from typing import Annotated, Any

from pydantic import BeforeValidator


def _split(sent: Any) -> Any:
    parts = sent.split(",") if isinstance(sent, str) else sent
    return list(dict.fromkeys(part.strip() for part in parts if part.strip())) if isinstance(parts, list) else parts


Labels = Annotated[list[str], BeforeValidator(_split)]
