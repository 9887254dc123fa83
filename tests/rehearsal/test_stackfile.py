"""What a rehearsal changes of a stack's config, and that it changes nothing else."""

import json
import subprocess
import sys
from pathlib import Path

import pytest

from ci.config_file import declared, read
from infra.settings import Settings
from rehearsal import stackfile
from rehearsal.home import CHECKOUT, STACKS, Home
from rehearsal.stack import UNKNOWN_IMAGE

KEY = "ssh-ed25519 " + "A" * 68
OVERRIDDEN = {
    *("domain", "aliases", "dnsZone", "manageDnsZone", "sshFrom", "operatorKeys", "image", "appProject", "infraProject", "secretKey"),
    "backupPassword",
    "promotionMinutes",
}


@pytest.fixture
def home(tmp_path: Path) -> Home:
    return Home(tmp_path / "home")


def compose(stack: str, home: Home, overlay: Path | None = None) -> stackfile.Config:
    return stackfile.compose(stack, home=home, image=UNKNOWN_IMAGE, operator_key=KEY, overlay=overlay)


@pytest.mark.parametrize("stack", STACKS)
def test_only_who_and_where_differs_from_the_stack_file(stack: str, home: Home) -> None:
    written = declared(CHECKOUT) | read(Path(f"Pulumi.{stack}.yaml").resolve())
    differing = {
        key.removeprefix("site:")
        for key, text in compose(stack, home).values.items()
        if key.startswith("site:") and text != (written[key] if isinstance(written[key], str) else json.dumps(written[key]))
    }
    assert differing <= OVERRIDDEN


@pytest.mark.parametrize("stack", STACKS)
def test_the_committed_stack_files_can_be_rehearsed_as_they_are(stack: str, home: Home) -> None:
    settings = Settings.parse(stack, compose(stack, home).values)
    assert settings.domain == f"{stack}.localhost"


def test_generated_secrets_stay_the_same_and_differ_between_stacks(home: Home) -> None:
    first, again, other = compose("staging", home), compose("staging", home), compose("production", home)
    assert first.values["site:secretKey"] == again.values["site:secretKey"] != other.values["site:secretKey"]
    assert {"site:secretKey", "digitalocean:token", "gitlab:token"} <= set(first.secret_keys)


def test_an_encrypted_value_gets_a_generated_one_at_any_depth(home: Home, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    for name in ("Pulumi.yaml", "Pulumi.staging.yaml"):
        (tmp_path / name).write_text(Path(name).resolve().read_text())
    with (tmp_path / "Pulumi.staging.yaml").open("a") as file:
        file.write("  site:secrets: {MAIL: {secure: v1:abc}}\n  site:basicAuth: {secure: v1:def}\n")
    monkeypatch.setattr(stackfile, "CHECKOUT", tmp_path)
    config = compose("staging", home)
    assert "v1:" not in json.dumps(config.values)
    assert len(json.loads(config.values["site:secrets"])["MAIL"]) > 20
    assert {"site:secrets", "site:basicAuth"} <= set(config.secret_keys)


def test_an_overlay_comes_last(home: Home, tmp_path: Path) -> None:
    overlay = tmp_path / "overlay.yaml"
    overlay.write_text("config: {site:domain: other.localhost, site:databasePool: 5}")
    values = compose("staging", home, overlay).values
    assert (values["site:domain"], values["site:databasePool"]) == ("other.localhost", "5")


def test_the_committed_stack_files_hold_no_secret_and_no_salt() -> None:
    for stack in STACKS:
        text = Path(f"Pulumi.{stack}.yaml").resolve().read_text()
        assert "encryptionsalt" not in text
        assert "secure:" not in text


def test_values_that_are_generated_at_once_are_all_kept(home: Home) -> None:
    code = (
        "import sys; from pathlib import Path; from rehearsal.home import Home;"
        "print(Home(Path(sys.argv[1])).generated('cloud', sys.argv[2]))"
    )

    def start(name: str) -> subprocess.Popen[str]:
        return subprocess.Popen([sys.executable, "-c", code, str(home.root), name], stdout=subprocess.PIPE, text=True)

    running = {name: start(name) for name in "abcdef"}
    said = {name: process.communicate(timeout=30)[0].strip() for name, process in running.items()}
    assert {name: home.generated("cloud", name) for name in said} == said
