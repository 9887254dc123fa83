"""Programs that the tests put on a PATH."""

from pathlib import Path


def program(folder: Path, name: str, text: str) -> None:
    """Write one that can be run."""
    (folder / name).write_text(text)
    (folder / name).chmod(0o755)
