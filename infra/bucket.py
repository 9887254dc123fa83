"""Buckets: private places in Spaces, each with a key that opens it and no other."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from typing import TYPE_CHECKING

import pulumi
import pulumi_digitalocean as do
from pydantic import SecretStr

from infra.problems import Problem

if TYPE_CHECKING:
    from infra.settings import Settings

REGIONS = ("ams3", "atl1", "blr1", "fra1", "lon1", "nyc3", "ric1", "sfo2", "sfo3", "sgp1", "syd1", "tor1")
"""Where there is Spaces: https://docs.digitalocean.com/products/spaces/details/availability/"""
VERSION_DAYS = 30
"""How long what was overwritten or deleted can be brought back."""


@dataclass(frozen=True, kw_only=True)
class Bucket:
    """One of them, as a client reaches it; `secret_key` is a secret."""

    name: pulumi.Output[str]
    region: str
    access_key: pulumi.Output[str]
    secret_key: pulumi.Output[str]

    @property
    def endpoint(self) -> str:
        """The address of the S3 protocol."""
        return f"https://{self.region}.digitaloceanspaces.com"


class Buckets(pulumi.ComponentResource):
    """What makes buckets, and those that it made.

    Buckets are made by the S3 protocol, for which a key that is limited to some of them does not do. It is made here with the API's token,
    which may do as much: so nobody has to make one by hand, and it is kept where the token is, and goes with the last bucket.
    """

    def __init__(
        self,
        name: str,
        *,
        stack: str,
        region: str,
        token: SecretStr,
        protect: bool,
        opts: pulumi.ResourceOptions | None = None,
    ) -> None:
        super().__init__("site:infra:Buckets", name, None, opts)
        self._stack, self._region, self._protect = stack, region, protect
        maker = do.SpacesKey(
            name,
            name=f"site-{stack}-buckets",
            grants=[do.SpacesKeyGrantArgs(bucket="", permission="fullaccess")],
            opts=pulumi.ResourceOptions(parent=self, delete_before_replace=False),
        )
        secret: pulumi.Output[str] = pulumi.Output.secret(maker.secret_key)
        self._provider = do.Provider(
            name,
            # Empty where it comes from the environment. No call of this provider's needs it.
            token=pulumi.Output.secret(token.get_secret_value()) if token.get_secret_value() else None,
            spaces_access_id=maker.access_key,
            spaces_secret_key=secret,
            opts=pulumi.ResourceOptions(parent=self),
        )
        self.register_outputs({})

    def bucket(self, name: str) -> Bucket:
        """Declare one, with its key. Its name in Spaces, which is one for all customers, ends with digits of the engine's choice.

        It stays when it is taken out of the program, with all that is in it.
        """
        made = do.SpacesBucket(
            f"site-{self._stack}-{name}",
            region=self._region,
            acl="private",
            versioning=do.SpacesBucketVersioningArgs(enabled=True),
            lifecycle_rules=[
                do.SpacesBucketLifecycleRuleArgs(
                    id="former-versions",
                    enabled=True,
                    noncurrent_version_expiration=do.SpacesBucketLifecycleRuleNoncurrentVersionExpirationArgs(days=VERSION_DAYS),
                    abort_incomplete_multipart_upload_days=1,
                )
            ],
            opts=pulumi.ResourceOptions(parent=self, provider=self._provider, protect=self._protect, retain_on_delete=True),
        )
        key = do.SpacesKey(
            name,
            name=f"site-{self._stack}-{name}",
            grants=[do.SpacesKeyGrantArgs(bucket=made.name, permission="readwrite")],
            opts=pulumi.ResourceOptions(parent=self, delete_before_replace=False),
        )
        secret: pulumi.Output[str] = pulumi.Output.secret(key.secret_key)
        return Bucket(name=made.name, region=self._region, access_key=key.access_key, secret_key=secret)


def media_variables(bucket: Bucket | None) -> dict[str, pulumi.Input[str]]:
    """What django-storages calls the parts of a bucket (https://django-storages.readthedocs.io/en/latest/backends/amazon-S3.html)."""
    if bucket is None:
        return {}
    return {
        "AWS_ACCESS_KEY_ID": bucket.access_key,
        "AWS_SECRET_ACCESS_KEY": bucket.secret_key,
        "AWS_STORAGE_BUCKET_NAME": bucket.name,
        "AWS_S3_ENDPOINT_URL": bucket.endpoint,
        "AWS_S3_REGION_NAME": bucket.region,
    }


def problems(settings: Settings) -> Iterator[Problem]:
    """What of the config buckets and backups can't work with."""
    if (settings.backup or settings.media_bucket) and settings.buckets_region not in REGIONS:
        yield Problem(
            "site:spacesRegion",
            f"names no region that has Spaces; there are {', '.join(REGIONS)}",
            got=settings.spaces_region or f"nothing, and site:region is {settings.region}",
            mend="pulumi config set site:spacesRegion fra1",
        )
    password = settings.backup_password.get_secret_value()
    if settings.backup and (len(password) < 20 or len(set(password)) < 5):
        yield Problem(
            "site:backupPassword",
            f"is {'weak' if password else 'missing'}: the dumps are encrypted with it; at least 20 characters, 5 different ones",
            mend="openssl rand -base64 48 | pulumi config set --secret site:backupPassword",
        )
