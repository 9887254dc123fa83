"""Whether a stack file is right, told without its passphrase."""

import re
from pathlib import Path

import pytest

from ci.__main__ import main
from rehearsal.home import CHECKOUT, STACKS

KEY = f"ssh-ed25519 {'A' * 68}"
IMAGE = f"registry.gitlab.com/group/app@sha256:{'a' * 64}"
YOURS = {
    "site:operatorKeys": f'["{KEY}"]',
    "site:sshFrom": "[203.0.113.7/32]",
    "site:image": IMAGE,
}
SECRETS = ("site:secretKey", "site:backupPassword", "site:basicAuth", "digitalocean:token", "gitlab:token", "site:stateSecretKey")


def filled(stack: str) -> str:
    """The stack file with the lines under "Yours" filled in, and with secrets."""
    text = (CHECKOUT / f"Pulumi.{stack}.yaml").read_text()
    for key, value in YOURS.items():
        text = re.sub(rf"(?m)^  {key}: .*$", f"  {key}: {value}", text)
    secrets = "".join(f"  {key}: {{secure: v1:{stack}}}\n" for key in SECRETS)
    return f"{text}\n{secrets}  site:secrets: {{STRIPE_KEY: {{secure: v1:{stack}}}}}\n"


@pytest.fixture
def folder(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    (tmp_path / "Pulumi.yaml").write_text((CHECKOUT / "Pulumi.yaml").read_text())
    for stack in STACKS:
        (tmp_path / f"Pulumi.{stack}.yaml").write_text(filled(stack))
    monkeypatch.chdir(tmp_path)
    return tmp_path


@pytest.mark.usefixtures("folder")
@pytest.mark.parametrize("stack", STACKS)
def test_a_filled_in_stack_file_is_right_whatever_its_secrets_are(stack: str, capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["check", "--stack", stack]) == 0
    assert f"the config of {stack} is right" in capsys.readouterr().out


def test_all_that_is_wrong_is_told_at_once(folder: Path, capsys: pytest.CaptureFixture[str]) -> None:
    file = folder / "Pulumi.staging.yaml"
    file.write_text(file.read_text().replace("  site:region: fra1", "  site:region: frankfurt\n  site:colour: red"))
    assert main(["check", "--stack", "staging"]) == 1
    said = capsys.readouterr().err
    assert "'frankfurt'" in said
    assert "site:colour" in said


def test_a_secret_key_that_is_the_other_stacks_is_wrong(folder: Path, capsys: pytest.CaptureFixture[str]) -> None:
    file = folder / "Pulumi.staging.yaml"
    file.write_text(file.read_text().replace("site:secretKey: {secure: v1:staging}", "site:secretKey: {secure: v1:production}"))
    assert main(["check", "--stack", "staging"]) == 1
    assert "is the same in Pulumi.production.yaml" in capsys.readouterr().err


def test_a_secret_that_is_missing_is_told(folder: Path, capsys: pytest.CaptureFixture[str]) -> None:
    file = folder / "Pulumi.staging.yaml"
    file.write_text(file.read_text().replace("  site:secretKey: {secure: v1:staging}\n", ""))
    assert main(["check", "--stack", "staging"]) == 1
    assert "pulumi config set --secret site:secretKey" in capsys.readouterr().err
