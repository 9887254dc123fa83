"""A stack that was made, in a checkout, with the pretended engine of tests/ci/pretended_previews.py in front of it."""

import argparse
import base64
import io
import json
import sys
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pytest
import yaml
from rich.console import Console

from ci.cli import Cli
from ci.preview import bundle, preview
from ci.preview.preview_bundle import Bundle
from tests.ci.preview.pretended_previews import TYPES, program, secret, sha1, urn
from tests.programs import program as put_on_path

PASSWORD, SECRET_KEY, STRIPE = "Wq7hNc-of-the-generator", "k3y-of-django" * 4, "sk_live_0123456789abcdef"
IMAGE = f"registry.example.com/site@sha256:{'a' * 64}"
ANOTHER = f"registry.example.com/site@sha256:{'b' * 64}"
ROTATED = "2020-01-01T00:00:00Z"


def encrypted(text: str) -> dict[str, str]:
    return {"secure": base64.b64encode(text[::-1].encode()).decode()}


@dataclass(frozen=True)
class Checkout:
    """`folder` has the program and its stack file; `state` is the file with the state."""

    folder: Path
    state: Path

    @classmethod
    def begin(cls, folder: Path, patch: pytest.MonkeyPatch) -> "Checkout":
        """A stack on which nothing is pending."""
        programs, backend, project = folder / "programs", folder / "backend", folder / "project"
        for place in (programs, backend, project):
            place.mkdir()
        put_on_path(programs, "pulumi", f"#!{sys.executable} -I\n{Path(__file__).with_name('pretended_previews.py').read_text()}")
        patch.setenv("PATH", str(programs), prepend=":")
        patch.setenv("PULUMI_BACKEND_URL", backend.as_uri())
        (project / "Pulumi.yaml").write_text("name: site\nconfig: {serverImage: {default: debian-13-x64}}\n")
        made = cls(project, backend / "state.json")
        config: dict[str, Any] = {
            "site:secretKey": encrypted(SECRET_KEY),
            "site:secrets": {"STRIPE_KEY": encrypted(STRIPE)},
            "site:serverSize": "s-1vcpu-2gb",
            "site:image": "registry.example.com/site@sha256:of-long-ago",
        }
        made.file.write_text(yaml.safe_dump({"config": config, "encryptionsalt": "v1:salt"}))
        made.state.write_text(json.dumps(_state(config | {"site:image": IMAGE})))
        return made

    @property
    def file(self) -> Path:
        return self.folder / "Pulumi.staging.yaml"

    @property
    def cli(self) -> Cli:
        return Cli(stack="staging", folder=self.folder)

    def set(self, **values: Any) -> None:
        """Give keys of the stack file other values."""
        content = yaml.safe_load(self.file.read_text())
        content["config"] |= {f"site:{name}": value for name, value in values.items()}
        self.file.write_text(yaml.safe_dump(content))

    def bundle(self, *words: str) -> Bundle:
        """Run `python -m ci bundle --file …`; gives what it wrote."""
        file = self.folder.parent / "bundle.json"
        assert self._run(bundle, ["--file", str(file), *words])[0] == 0
        return Bundle.read(file.read_bytes())

    def publish(self, *words: str) -> None:
        """Run `python -m ci bundle`, into the project's package registry."""
        assert self._run(bundle, words)[0] == 0

    def preview(self, *words: str, file: bool = True) -> tuple[int, str]:
        """Run `python -m ci preview`, with `--bundle` unless not `file`, in an environment without the stack's state; gives exit code and
        output."""
        with pytest.MonkeyPatch.context() as patch:
            patch.delenv("PULUMI_BACKEND_URL")
            return self._run(preview, [*(["--bundle", str(self.folder.parent / "bundle.json")] if file else []), *words])

    def _run(self, command: Any, words: Sequence[str]) -> tuple[int, str]:
        parser = argparse.ArgumentParser()
        command.arguments(parser)
        screen = io.StringIO()
        code: int = command.run(parser.parse_args(words), self.cli, Console(file=screen, width=300, soft_wrap=True))
        return code, screen.getvalue()


def _state(config: dict[str, Any]) -> dict[str, Any]:
    """As an `up` would leave it."""
    outputs = {"password": {"result": secret(PASSWORD)}}
    inputs = program(config, outputs)
    inputs["web"]["secretId"] = "id-of-the-secret"
    resources: list[dict[str, Any]] = [
        {
            "urn": "urn:pulumi:staging::site::pulumi:pulumi:Stack::site-staging",
            "type": "pulumi:pulumi:Stack",
            "outputs": {"image": IMAGE, "url": "https://staging.example.com", "rotated": {"database": ROTATED}, "hidden": secret(PASSWORD)},
        },
        {
            "urn": "urn:pulumi:staging::site::random:index/randomPassword:RandomPassword::password",
            "type": "random:index/randomPassword:RandomPassword",
            "custom": True,
            "inputs": {},
            "outputs": outputs["password"] | {"noted": secret(f"{ROTATED}\n")},
        },
    ]
    for name, type in TYPES.items():
        mirrored = dict(inputs[name])
        if name == "servers":
            mirrored["userData"] = secret(sha1(json.loads(mirrored["userData"]["plaintext"])))
        resources.append(
            {"urn": urn(name), "type": type, "custom": True, "id": "id-of-the-secret", "inputs": inputs[name], "outputs": mirrored}
        )
    provider = {"type": "passphrase", "state": {"salt": "v1:of-the-stack"}}
    return {"version": 3, "deployment": {"secrets_providers": provider, "resources": resources}}
