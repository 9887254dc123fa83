"""Buckets on disk: a folder each, with its settings and its objects. Former versions of an object are not kept."""

import hashlib
import json
import os
import re
import shutil
import tempfile
from collections.abc import Iterator
from dataclasses import asdict, dataclass
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

from rehearsal.cloud.spaces.errors import S3Error

_NAME = re.compile(r"[a-z0-9][a-z0-9-]{1,61}[a-z0-9]")


@dataclass(frozen=True, kw_only=True)
class Entry:
    """One object without its content; `etag` is in quotes, `modified` in ISO 8601."""

    key: str
    size: int
    etag: str
    modified: str
    kind: str
    metadata: dict[str, str]


class Buckets:
    """All of them, below one folder."""

    def __init__(self, root: Path) -> None:
        self._root = root

    def create(self, name: str, region: str) -> None:
        """Names are one space for everybody. Raises S3Error for one that is taken, or none."""
        if not _NAME.fullmatch(name):
            raise S3Error("AccessDenied", f"{name} is no name of a bucket: 3 to 63 small letters, digits and dashes")
        if (self._root / name).exists():
            raise S3Error("BucketAlreadyExists", f"{name} is taken")
        (self._root / name / "objects").mkdir(parents=True)
        (self._root / name / "settings.json").write_text(json.dumps({"region": region}))

    def delete(self, name: str) -> None:
        """Raises S3Error for one that is not empty."""
        if any(self.entries(name)):
            raise S3Error("BucketNotEmpty", "The bucket you tried to delete is not empty")
        shutil.rmtree(self._root / name)

    def settings(self, name: str) -> dict[str, Any]:
        """`region`, and by subresource (`versioning`, `lifecycle` …) the text that was put. Raises S3Error."""
        file = self._root / name / "settings.json"
        if not _NAME.fullmatch(name) or not file.exists():
            raise S3Error("NoSuchBucket", f"There is no bucket {name}")
        found: dict[str, Any] = json.loads(file.read_text())
        return found

    def configure(self, name: str, subresource: str, text: str | None) -> None:
        """Keep a setting; None forgets it."""
        settings = {**self.settings(name), subresource: text}
        kept = {key: value for key, value in settings.items() if value is not None}
        (self._root / name / "settings.json").write_text(json.dumps(kept))

    def entries(self, name: str) -> Iterator[Entry]:
        """All objects, by key."""
        self.settings(name)
        found = [Entry(**json.loads(file.read_text())) for file in (self._root / name / "objects").glob("*.json")]
        return iter(sorted(found, key=lambda entry: entry.key))

    def get(self, name: str, key: str) -> tuple[Entry, Path]:
        """An object, and where its content is. Raises S3Error."""
        content = self._file(name, key)
        if not content.exists():
            raise S3Error("NoSuchKey", "The specified key does not exist.")
        return Entry(**json.loads(content.with_suffix(".json").read_text())), content

    def put(self, name: str, key: str, content: bytes, *, kind: str, metadata: dict[str, str], etag: str = "") -> Entry:
        """Keep an object, in place of what it was."""
        file = self._file(name, key)
        entry = Entry(
            key=key,
            size=len(content),
            etag=f'"{etag or hashlib.md5(content, usedforsecurity=False).hexdigest()}"',
            modified=datetime.now(UTC).strftime("%Y-%m-%dT%H:%M:%S.000Z"),
            kind=kind,
            metadata=metadata,
        )
        # Whole or not at all, also for who reads meanwhile.
        _replace(file, content)
        _replace(file.with_suffix(".json"), json.dumps(asdict(entry)).encode())
        return entry

    def remove(self, name: str, key: str) -> None:
        """What is gone is no error."""
        file = self._file(name, key)
        file.with_suffix(".json").unlink(missing_ok=True)
        file.unlink(missing_ok=True)

    def _file(self, name: str, key: str) -> Path:
        self.settings(name)
        return self._root / name / "objects" / hashlib.sha256(key.encode()).hexdigest()


def _replace(file: Path, content: bytes) -> None:
    handle, draft = tempfile.mkstemp(dir=file.parent, suffix=".draft")
    with os.fdopen(handle, "wb") as opened:
        opened.write(content)
    Path(draft).replace(file)
