"""`secrets import`: how an `.env` file gets into the stack's file, wholly or not at all."""

import argparse
import io
import json
import stat
from pathlib import Path
from typing import Any

import pytest
from rich.console import Console

from ci import env_import
from ci.cli import Cli, CliError
from ci.env_import import EnvFileError, plan, run
from tests.ci.stage import Stage
from tests.ci.test_env_plan import KEY, PEM, STRIPE

STACK_FILE = """# what people wrote
config:
  site:domain: staging.example.com
  site:env:
    WEB_CONCURRENCY: "1"
"""


@pytest.fixture
def stage(stage: Stage, tmp_path: Path) -> Stage:
    """A stack with a stack file."""
    (tmp_path / "Pulumi.staging.yaml").write_text(STACK_FILE)
    return stage


def imported(text: str | bytes, **options: bool) -> tuple[int, str]:
    """Exit code and output of `secrets import` in the current folder."""
    Path(".env").write_bytes(text if isinstance(text, bytes) else text.encode())
    screen = io.StringIO()
    words = argparse.Namespace(file=".env", stack="staging", **{"overwrite": False, "dry_run": False, **options})
    code = run(words, Cli(stack="staging"), Console(file=screen, soft_wrap=True))
    return code, screen.getvalue()


def config() -> dict[str, Any]:
    """What the stack's file says now, opened by the CLI."""
    told = json.loads(Cli(stack="staging").run("config", "--show-secrets"))
    return {key: entry.get("objectValue", entry.get("value")) for key, entry in told.items()}


def unchanged() -> bool:
    """Whether the stack's file is what it was, with nothing left beside it."""
    return Path("Pulumi.staging.yaml").read_text() == STACK_FILE and not list(Path.cwd().glob(".import-*"))


@pytest.mark.integration
def test_an_import_writes_each_value_to_its_place(stage: Stage) -> None:
    code, said = imported(f"SECRET_KEY='{KEY}'\nSTRIPE_KEY={STRIPE}\nJWT=\"{PEM}\"\nREGION=eu\nDEBUG=on\n")
    assert code == 0
    assert said.splitlines()[:5] == [
        "site:secretKey           secret",
        "site:secrets.STRIPE_KEY  secret",
        "site:secrets.JWT         secret",
        "site:env.REGION          plain",
        "DEBUG                    left out: warning: a site that people visit must not show its insides",
    ]
    assert "python -m ci up --stack staging\nthen delete .env" in said
    assert config() == {
        "site:domain": "staging.example.com",
        "site:env": {"WEB_CONCURRENCY": "1", "REGION": "eu"},
        "site:secrets": {"STRIPE_KEY": STRIPE, "JWT": PEM},
        "site:secretKey": KEY,
    }
    in_clear = Path("Pulumi.staging.yaml").read_text()
    for secret in (KEY, STRIPE, PEM.splitlines()[1]):
        assert secret not in said + in_clear + json.dumps(stage.calls())


@pytest.mark.integration
@pytest.mark.usefixtures("stage")
@pytest.mark.parametrize("value", ["8080", "007", "1e3", "true", "null", "~", "2026-01-01", "  x  ", "a\nb\n", "-x", "#x: y", "grüße"])
def test_a_plain_value_stays_the_text_that_it_is(value: str) -> None:
    assert imported(f'VALUE="{value}"')[0] == 0
    assert config()["site:env"] == {"WEB_CONCURRENCY": "1", "VALUE": value}


@pytest.mark.integration
@pytest.mark.usefixtures("stage")
def test_a_second_import_writes_nothing() -> None:
    text = f"STRIPE_KEY={STRIPE}\nREGION=eu\nWEB_CONCURRENCY=4\n"
    assert imported(text)[0] == 0
    before = Path("Pulumi.staging.yaml").read_text()
    code, said = imported(text)
    assert code == 0
    assert said.count(" kept: ") == 3
    assert said.endswith("nothing was written\n")
    assert Path("Pulumi.staging.yaml").read_text() == before


@pytest.mark.integration
@pytest.mark.usefixtures("stage")
def test_overwriting_replaces_values_and_moves_what_stands_in_clear() -> None:
    Path("Pulumi.staging.yaml").write_text(f"{STACK_FILE}    STRIPE_KEY: {STRIPE}\n")
    assert imported(f"STRIPE_KEY={STRIPE}\nWEB_CONCURRENCY=4\n", overwrite=True)[0] == 0
    assert config() == {"site:domain": "staging.example.com", "site:env": {"WEB_CONCURRENCY": "4"}, "site:secrets": {"STRIPE_KEY": STRIPE}}


@pytest.mark.integration
def test_a_dry_run_tells_the_same_and_writes_nothing(stage: Stage) -> None:
    text = f"STRIPE_KEY={STRIPE}\nREGION=eu\n"
    code, said = imported(text, dry_run=True)
    assert (code, said.splitlines()[-1]) == (0, "nothing was written")
    assert "site:secrets.STRIPE_KEY  secret" in said
    assert unchanged()
    assert not stage.calls("config", "set")


@pytest.mark.integration
@pytest.mark.usefixtures("stage")
def test_what_is_refused_does_not_keep_the_rest_out_and_is_seen_in_the_exit_code() -> None:
    code, said = imported("DB_PIN=hunter2\nREGION=eu\n")
    assert code == 3
    assert "hunter2" not in said
    assert config()["site:env"]["REGION"] == "eu"
    assert "site:secrets" not in config()


@pytest.mark.integration
def test_a_value_that_the_cli_does_not_take_leaves_the_file_as_it_was(stage: Stage) -> None:
    stage.answer(refuses="site:secrets.STRIPE_KEY")
    with pytest.raises(CliError) as caught:
        imported(f"REGION=eu\nOTHER_TOKEN=kXq7Zr2mWv9TbN4c\nSTRIPE_KEY={STRIPE}\n")
    assert str(caught.value).startswith("site:secrets.STRIPE_KEY: pulumi config: error: could not set site:secrets.STRIPE_KEY: [secret]")
    assert str(caught.value).endswith("Pulumi.staging.yaml is as it was")
    assert len(stage.calls("config", "set")) == 3
    assert unchanged()


@pytest.mark.integration
def test_a_cli_that_keeps_another_value_than_it_was_given_leaves_the_file_as_it_was(stage: Stage) -> None:
    pretended = stage.folder / "pulumi"
    pretended.write_text(pretended.read_text().replace('options.type == "string"', "False"))
    with pytest.raises(EnvFileError, match="the CLI keeps other values than it was given"):
        imported("BOND=007\n")
    assert unchanged()


@pytest.mark.integration
@pytest.mark.usefixtures("stage")
def test_what_somebody_writes_into_the_file_meanwhile_is_not_lost() -> None:
    theirs = f"{STACK_FILE}    MINE: x\n"

    def edit(_event: object) -> None:
        Path("Pulumi.staging.yaml").write_text(theirs)

    with pytest.raises(EnvFileError, match="was changed meanwhile"):
        env_import.write(Cli(stack="staging"), plan("REGION=eu\n", config()), edit)
    assert Path("Pulumi.staging.yaml").read_text() == theirs


@pytest.mark.integration
@pytest.mark.usefixtures("stage")
def test_an_import_that_is_stopped_leaves_the_file_as_it_was() -> None:
    def stop(_event: object) -> None:
        raise KeyboardInterrupt

    with pytest.raises(KeyboardInterrupt):
        env_import.write(Cli(stack="staging"), plan("REGION=eu\n", {}), stop)
    assert unchanged()


@pytest.mark.integration
@pytest.mark.usefixtures("stage")
def test_the_file_keeps_who_may_read_it() -> None:
    Path("Pulumi.staging.yaml").chmod(0o640)
    assert imported("REGION=eu\n")[0] == 0
    assert stat.S_IMODE(Path("Pulumi.staging.yaml").stat().st_mode) == 0o640


@pytest.mark.integration
@pytest.mark.usefixtures("stage")
@pytest.mark.parametrize(
    ("text", "told"),
    [
        (b"A=\xff\xfe\n", r"^\.env: is no text in UTF-8; nothing was written$"),
        (b"A='x\n", r"^\.env: line 1 is no NAME=value.*; nothing was written$"),
    ],
)
def test_a_file_that_cannot_be_read_is_told_with_its_name(text: bytes, told: str) -> None:
    with pytest.raises(EnvFileError, match=told):
        imported(text)
    assert unchanged()


@pytest.mark.integration
@pytest.mark.usefixtures("stage")
def test_a_file_of_windows_is_read_like_any_other() -> None:
    assert imported(b"\xef\xbb\xbfREGION=eu\r\nZONE=a\r\n")[0] == 0
    assert config()["site:env"] == {"WEB_CONCURRENCY": "1", "REGION": "eu", "ZONE": "a"}


@pytest.mark.integration
@pytest.mark.usefixtures("stage")
def test_a_file_that_is_not_there_is_told_as_that() -> None:
    words = argparse.Namespace(file="none.env", stack="staging", overwrite=False, dry_run=False)
    with pytest.raises(EnvFileError, match=r"^none\.env: No such file or directory; nothing was written$"):
        run(words, Cli(stack="staging"), Console(file=io.StringIO()))
