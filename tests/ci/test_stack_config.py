"""A stack's config, read and edited through the CLI, and put back."""

import base64
import json
from pathlib import Path
from typing import Any

import pytest
import yaml

from ci.cli import Cli, CliError
from ci.stack_config import Edit, StackConfig, kept, opened
from tests.ci.stage import Stage

pytestmark = pytest.mark.integration
SECRET = 'kT9-w2m "Qx7" $HOME'


def secure(text: str) -> dict[str, str]:
    return {"secure": base64.b64encode(text.encode()).decode()}


FILE = f"""# What people wrote, in their own order.
config:
  site:secretKey: {json.dumps(secure("before"))}   # by hand
  site:domain: staging.example.com
  site:generations: {{database: 2}}
  site:secrets: {{STRIPE_KEY: {json.dumps(secure("stripe"))}}}
"""


@pytest.fixture
def config(stage: Stage, tmp_path: Path) -> StackConfig:
    """Of a stack with secrets."""
    assert stage
    (tmp_path / "Pulumi.yaml").write_text("name: site\nconfig: {domain: {default: ''}, broker: {default: valkey}}\n")
    (tmp_path / "Pulumi.staging.yaml").write_text(FILE)
    return StackConfig(Cli(stack="staging"))


def written() -> dict[str, Any]:
    """The config in the stack's file."""
    found: dict[str, Any] = yaml.safe_load(Path("Pulumi.staging.yaml").read_text())["config"]
    return found


def test_it_is_read_with_its_defaults_and_with_secrets_opened(config: StackConfig) -> None:
    assert config.values() == {
        "site:secretKey": "before",
        "site:domain": "staging.example.com",
        "site:broker": "valkey",
        "site:generations": {"database": 2},
        "site:secrets": {"STRIPE_KEY": "stripe"},
    }


def test_a_secret_is_set_by_stdin_alone(config: StackConfig, stage: Stage) -> None:
    config.apply([Edit(path="site:secretKey", value=SECRET, secret=True), Edit(path="site:secrets.JWT", value=SECRET, secret=True)])
    assert written()["site:secretKey"] == secure(SECRET)
    assert written()["site:secrets"] == {"STRIPE_KEY": secure("stripe"), "JWT": secure(SECRET)}
    assert len(stage.calls("config", "set")) == 2
    assert SECRET not in json.dumps(stage.calls(), ensure_ascii=False).replace('\\"', '"')


@pytest.mark.parametrize("text", ["-x", "true", "007", "two\nlines\n"])
def test_a_secret_stays_the_text_that_it_is(config: StackConfig, text: str) -> None:
    config.apply([Edit(path="site:secrets.JWT", value=text, secret=True)])
    assert written()["site:secrets"]["JWT"] == secure(text)


def test_a_number_is_set_in_its_object_and_stays_one(config: StackConfig) -> None:
    config.apply([Edit(path="site:generations.broker", value=2), Edit(path="site:generations.database", value=3)])
    assert written()["site:generations"] == {"database": 3, "broker": 2}


def test_what_has_no_value_any_more_is_taken_out(config: StackConfig) -> None:
    config.apply([Edit(path="site:secretKey", value=None)])
    assert "site:secretKey" not in written()
    assert "site:secretKey" not in config.values()


def test_an_entry_of_an_object_that_is_one_secret_text_is_not_set_because_the_cli_would_drop_the_others(
    config: StackConfig, stage: Stage, tmp_path: Path
) -> None:
    text = f"config: {{site:secrets: {json.dumps(secure(json.dumps({'STRIPE_KEY': 'stripe', 'JWT': 'jwt'})))}}}\n"
    (tmp_path / "Pulumi.staging.yaml").write_text(text)
    assert config.values()["site:secrets"] == {"STRIPE_KEY": "stripe", "JWT": "jwt"}
    with pytest.raises(CliError) as caught:
        config.apply([Edit(path="site:secrets.JWT", value=SECRET, secret=True)])
    assert "pulumi config rm site:secrets; pulumi config set --secret --path site:secrets.JWT" in str(caught.value)
    assert SECRET not in str(caught.value)
    assert (tmp_path / "Pulumi.staging.yaml").read_text() == text
    assert not stage.calls("config", "set")


@pytest.mark.parametrize("error", [CliError, KeyboardInterrupt])
def test_what_fails_is_put_back_byte_for_byte(config: StackConfig, tmp_path: Path, error: type[BaseException]) -> None:
    def fail() -> None:
        with kept(config):
            config.apply([Edit(path="site:secretKey", value=SECRET, secret=True)])
            assert written()["site:secretKey"] == secure(SECRET)
            raise error

    with pytest.raises(error):
        fail()
    assert (tmp_path / "Pulumi.staging.yaml").read_bytes() == FILE.encode()


def test_what_goes_well_stays(config: StackConfig) -> None:
    with kept(config):
        config.apply([Edit(path="site:secretKey", value=SECRET, secret=True)])
    assert written()["site:secretKey"] == secure(SECRET)


@pytest.mark.parametrize(
    ("value", "meant"), [('{"A": 1}', {"A": 1}), ("[1]", [1]), ("{not json", "{not json"), ("007", "007"), (7, 7), ({"A": "1"}, {"A": "1"})]
)
def test_an_object_that_stands_as_a_text_is_read(value: object, meant: object) -> None:
    assert opened(value) == meant
