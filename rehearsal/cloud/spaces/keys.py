"""Access keys and what each may do, as DigitalOcean's API gave them out."""

import json
from pathlib import Path
from typing import Any

from rehearsal.cloud.spaces.errors import S3Error


class Keys:
    """A JSON file, read anew for each request: `{ACCESS: {"secret": …, "grants": [{"bucket": …, "permission": …}]}}`."""

    def __init__(self, file: Path) -> None:
        self._file = file

    def secret(self, access: str) -> str:
        """Raises S3Error for a key that is not there, or not any more."""
        found = self._known().get(access)
        if found is None:
            raise S3Error("InvalidAccessKeyId", "The access key does not exist")
        return str(found["secret"])

    def check(self, access: str, bucket: str, *, write: bool, configure: bool) -> None:
        """Raises S3Error where the key may not write, or read, the objects of this bucket; or `configure`, make or delete it.

        A key that is limited to buckets may not do the latter with any permission
        (https://docs.digitalocean.com/products/spaces/how-to/manage-access/).
        """
        enough = {"fullaccess"} if configure else {"fullaccess", "readwrite"} if write else {"fullaccess", "readwrite", "read"}
        for grant in self._known().get(access, {}).get("grants", []):
            if grant["permission"] in enough and (grant["permission"] == "fullaccess" or grant["bucket"] == bucket):
                return
        raise S3Error("AccessDenied", f"The key may not do this with {bucket or 'all buckets'}")

    def _known(self) -> dict[str, dict[str, Any]]:
        known: dict[str, dict[str, Any]] = json.loads(self._file.read_text() or "{}") if self._file.exists() else {}
        return known
