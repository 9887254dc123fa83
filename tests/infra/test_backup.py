"""Buckets, the dumps in one of them, and the media in the other."""

import base64
import shlex
import subprocess
from pathlib import Path
from typing import Any

from infra import backup
from tests.infra.build import Build, Secret
from tests.infra.engine import Engine

SPACES_KEY, BUCKET = "digitalocean.SpacesKey", "digitalocean.SpacesBucket"


def grants(build: Build, name: str) -> list[tuple[Any, Any]]:
    return [(grant["bucket"], grant["permission"]) for grant in build.one(SPACES_KEY, name).plain["grants"]]


def test_each_key_opens_its_own_bucket_and_one_makes_them(full: Build) -> None:
    assert {bucket.name for bucket in full.all(BUCKET)} == {"site-staging-backup", "site-staging-media"}
    assert [may for name in ("backup", "media") for _, may in grants(full, name)] == ["readwrite", "readwrite"]
    for name in ("backup", "media"):
        assert full.one(BUCKET, f"site-staging-{name}").urn in full.one(SPACES_KEY, name).dependencies
    assert grants(full, "buckets") == [("", "fullaccess")]


def test_the_key_that_makes_buckets_is_given_to_nothing_but_their_provider(full: Build) -> None:
    provider = full.one("pulumi.digitalocean")
    assert isinstance(provider.inputs["spacesSecretKey"], Secret)
    assert {bucket.provider for bucket in full.all(BUCKET)} == {provider.urn}
    others = [resource for resource in full.resources.values() if resource.provider == provider.urn and resource.short != BUCKET]
    assert others == []


def test_a_bucket_is_private_and_brings_back_what_was_overwritten(full: Build) -> None:
    for bucket in full.all(BUCKET):
        assert (bucket.plain["acl"], bucket.plain["versioning"]["enabled"], bucket.plain["region"]) == ("private", True, "ams3")
        [rule] = bucket.plain["lifecycleRules"]
        assert rule["noncurrentVersionExpiration"]["days"] == 30
        assert "expiration" not in rule, "what is current stays"


def test_the_host_gets_its_secrets_on_stdin_only_and_again_when_one_changes(full: Build) -> None:
    installed = full.one("command.Command", "backup")
    assert isinstance(installed.inputs["stdin"], Secret)
    values = dict(line.partition("=")[::2] for line in installed.plain["stdin"].splitlines())
    assert values["RESTIC_PASSWORD"] == "canary-14-password-of-the-dumps"
    assert values["AWS_SECRET_ACCESS_KEY"] == "canary-15-spaces-key"
    assert "canary" not in str(installed.plain["create"]) + str(installed.plain["triggers"])
    assert any(isinstance(trigger, Secret) for trigger in [installed.inputs["triggers"], *_items(installed.inputs["triggers"])])


def _items(value: Any) -> list[Any]:
    return value if isinstance(value, list) else []


def test_dumps_need_neither_a_site_nor_an_image(engine: Engine) -> None:
    build = engine.build("production", deploySite=False, image="")
    assert build.one("command.Command", "backup-timer")


def test_staging_makes_no_bucket_unless_it_is_told_to(staging: Build) -> None:
    assert [resource.urn for resource in staging.resources.values() if "paces" in resource.type] == []


def test_the_image_finds_its_bucket_in_django_storages_names(full: Build) -> None:
    text = full.one("docker.Secret", "environment").plain["data"]
    lines = dict(line.partition("=")[::2] for line in base64.b64decode(text).decode().splitlines())
    assert lines["AWS_S3_ENDPOINT_URL"] == "https://ams3.digitaloceanspaces.com"
    assert lines["AWS_S3_REGION_NAME"] == "ams3"
    assert lines["AWS_SECRET_ACCESS_KEY"] == "canary-15-spaces-key"
    assert {"AWS_STORAGE_BUCKET_NAME", "AWS_ACCESS_KEY_ID"} <= lines.keys()


def test_the_program_on_the_host_is_a_valid_script_and_says_how_it_is_used(tmp_path: Path) -> None:
    script = tmp_path / "site-backup"
    script.write_text(backup._PROGRAM)
    assert subprocess.run(["sh", "-n", str(script)], check=False).returncode == 0
    creds = tmp_path / "systemd-creds"
    creds.write_text("#!/bin/sh\necho SITE=site-x\n")
    creds.chmod(0o755)
    done = subprocess.run(["sh", str(script)], env={"PATH": f"{tmp_path}:/usr/bin:/bin"}, capture_output=True, text=True, check=False)
    assert (done.returncode, "restore SNAPSHOT" in done.stderr) == (2, True)


def test_a_timer_of_the_asked_time_makes_up_for_what_it_missed(engine: Engine) -> None:
    create = engine.build("production", backupTime="23:05").one("command.Command", "backup").plain["create"]
    script = " ".join(shlex.split(create))
    assert "OnCalendar=*-*-* 23:05:00 UTC\nPersistent=true" in script
