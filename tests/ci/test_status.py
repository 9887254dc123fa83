"""`status`: what a stack exports, and how old its secrets are, for people and for scripts."""

import argparse
import io
import json
from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest
from rich.console import Console

from ci.cli import Cli, CliError
from ci.status import run
from tests.ci.stage import HOST_KEY, RUNNING, Stage, resource

pytestmark = pytest.mark.integration
EXPORTS = {"url": "https://staging.example.com", "image": RUNNING, "address": "203.0.113.9", "host": "203.0.113.10", "hostKey": HOST_KEY}
Holds = Callable[..., None]


def ago(days: int) -> str:
    return (datetime.now(UTC) - timedelta(days=days)).strftime("%Y-%m-%dT%H:%M:%SZ")


@pytest.fixture
def holds(stage: Stage, tmp_path: Path) -> Holds:
    """Lets the stack have secrets of these ages in days."""
    (tmp_path / "Pulumi.yaml").write_text("name: site\nconfig: {broker: {default: none}}\n")
    (tmp_path / "Pulumi.staging.yaml").write_text("config:\n  site:secretAges: {secrets.STRIPE_KEY: 30}\n")

    def hold(**secrets: int) -> None:
        rotated = {name.replace("__", "."): ago(days) for name, days in secrets.items()}
        stage.holds(resource("pulumi:pulumi:Stack", "site-staging", outputs={**EXPORTS, "rotated": rotated}))

    return hold


def status(*, as_json: bool = False, console: Console | None = None) -> int:
    return run(argparse.Namespace(stack="staging", json=as_json), Cli(stack="staging"), console or Console(soft_wrap=True))


def test_a_stack_whose_secrets_are_young_is_shown_with_what_it_exports(holds: Holds, capsys: pytest.CaptureFixture[str]) -> None:
    holds(database=180, broker=0)
    assert status() == 0
    out = capsys.readouterr().out
    for name in ("url", "image", "address", "host"):
        assert f"{name}  {EXPORTS[name]}\n" in out
    rows = {line.split()[0]: line.split()[2:] for line in out.splitlines()}
    assert (rows["database"], rows["broker"]) == (["180", "180"], ["0", "365"])
    assert "python -m ci" not in out


def test_a_secret_past_its_limit_is_red_and_named_with_its_command(holds: Holds) -> None:
    holds(database=5, secrets__STRIPE_KEY=31)
    screen = io.StringIO()
    assert status(console=Console(file=screen, force_terminal=True, color_system="standard", width=80, soft_wrap=True)) == 4
    [row] = [line for line in screen.getvalue().splitlines() if "STRIPE_KEY" in line and "rotate" not in line]
    assert "\x1b[31m" in row
    [other] = [line for line in screen.getvalue().splitlines() if "database" in line]
    assert "\x1b[31m" not in other
    assert "python -m ci rotate secrets.STRIPE_KEY --stack staging\n" in screen.getvalue()


def test_scripts_get_the_same_as_json(holds: Holds, capsys: pytest.CaptureFixture[str]) -> None:
    holds(database=5, secrets__STRIPE_KEY=31)
    assert status(as_json=True) == 4
    told = json.loads(capsys.readouterr().out)
    secrets = told.pop("secrets")
    assert told == {name: EXPORTS[name] for name in ("url", "image", "address", "host")}
    assert [secret["name"] for secret in secrets] == ["secrets.STRIPE_KEY", "database"]
    assert {key: secrets[0][key] for key in ("days", "limit", "past")} == {"days": 31, "limit": 30, "past": True}


def test_a_stack_whose_ages_are_not_known_yet_is_sent_to_up(stage: Stage, holds: Holds, capsys: pytest.CaptureFixture[str]) -> None:
    holds()
    stage.holds(resource("pulumi:pulumi:Stack", "site-staging", outputs={"image": ""}))
    assert status() == 0
    out = capsys.readouterr().out
    assert "python -m ci up --stack staging" in out
    assert "url  nothing yet\n" in out


def test_a_stack_that_is_not_there_is_an_error(stage: Stage, holds: Holds) -> None:
    holds()
    stage.answer(state=None)
    with pytest.raises(CliError, match="no stack named 'staging' found"):
        status()
