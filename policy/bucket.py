"""Who reads a bucket, and what it forgets."""

from collections.abc import Iterator

from policy.resource import UNKNOWN, Resource
from policy.rule import Rule


def _private(resource: Resource) -> Iterator[str]:
    if resource.kind == "digitalocean:SpacesBucket" and resource.get("acl") not in ("private", None, UNKNOWN):
        yield f"its list of files is open: {resource.get('acl')}"


def _kept(resource: Resource) -> Iterator[str]:
    if resource.kind != "digitalocean:SpacesBucket":
        return
    if resource.get("versioning.enabled") not in (True, UNKNOWN):
        yield "what is overwritten or deleted in it is gone"
    if resource.get("forceDestroy") not in (False, None, UNKNOWN):
        yield "it can be deleted with the files in it"


RULES = (
    Rule(
        id="SITE-BUCKET-1",
        title="buckets are private",
        reason="Whoever guesses the name of a public one reads the list of all files.",
        mend='in infra/bucket.py, give the bucket acl="private"; single files can be public',
        same=("checkov CKV_DIO_3", "trivy DIG-0006"),
        resource=_private,
    ),
    Rule(
        id="SITE-BUCKET-2",
        title="buckets keep former versions, and are not deleted with files in them",
        reason="A key that can write can also overwrite: with former versions that can be undone.",
        mend="in infra/bucket.py, give the bucket versioning, and no force_destroy",
        same=("checkov CKV_DIO_1", "trivy DIG-0007, DIG-0009"),
        resource=_kept,
    ),
)
