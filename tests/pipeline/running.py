"""Runs the app's pipeline on this machine."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import httpx

from tests.pipeline.app import Change, app
from tests.pipeline.events import Event
from tests.pipeline.gitlab_ci_local import Finished, Project
from tests.pipeline.stand_ins import PREFIX, Advisories

_MANIFESTS = "application/vnd.docker.distribution.manifest.v2+json, application/vnd.oci.image.manifest.v1+json"


@dataclass(frozen=True, kw_only=True)
class Runner:
    """This machine as a runner that gives its jobs a Docker socket and the stand-ins of public images."""

    repository: str
    """Of the app's images: 127.0.0.1:PORT/PATH."""
    advisories: Advisories
    username: str = "ci"
    password: str = field(default="anything", repr=False)

    def app(self, folder: Path, *, change: Change | None = None, **inputs: Any) -> Project:
        """The sample with inputs for what this machine lacks."""
        here = {
            "python_image": f"{PREFIX}/python:${{PYTHON}}-slim",
            "postgres_image": f"{PREFIX}/postgres",
            "valkey_image": f"{PREFIX}/valkey",
            "docker_image": f"{PREFIX}/docker",
            "docker_services": [],
            # Its engine has BuildKit, but no image of it that could be started.
            "builder": "docker",
            "build_options": "--network=host --build-arg=BASE=rehearsal/base",
            "scan_image": f"{PREFIX}/docker",
            "audit_options": f"--vulnerability-service osv --osv-url {self.advisories.url}",
        }
        return app(folder, change=change, **{**here, **inputs})

    def run(self, project: Project, event: Event, *jobs: str, variables: Mapping[str, str] | None = None) -> Finished:
        """The event's pipeline, or some jobs of it, with the variables that GitLab gives every job where it has a registry."""
        given = {
            "CI_REGISTRY": self.repository.partition("/")[0],
            "CI_REGISTRY_IMAGE": self.repository,
            "CI_REGISTRY_USER": self.username,
            "CI_REGISTRY_PASSWORD": self.password,
        }
        options = ["--pull-policy=if-not-present", f"--helper-image={PREFIX}/helper", f"--wait-image={PREFIX}/wait", "--concurrency=4"]
        options += ["--volume=/var/run/docker.sock:/var/run/docker.sock"]
        return project.run(event, *jobs, variables={**given, **(variables or {})}, options=options)

    def digest(self, tag: str) -> str | None:
        """Of what the registry has under a tag, where it asks nobody for a password."""
        host, _, path = self.repository.partition("/")
        reply = httpx.head(f"http://{host}/v2/{path}/manifests/{tag}", headers={"Accept": _MANIFESTS}, trust_env=False)
        return reply.headers["Docker-Content-Digest"] if reply.is_success else None
