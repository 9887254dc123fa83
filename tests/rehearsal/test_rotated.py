"""What was rotated in a rehearsal: kept beside the stack file until `make down`, and put back where it fails."""

import json
import stat
from pathlib import Path
from typing import Any

import pytest

from ci.stack_config import Edit, kept
from rehearsal.home import Home
from rehearsal.rotated import RehearsedConfig, Rotated
from rehearsal.stack import UNKNOWN_IMAGE
from rehearsal.stackfile import Config, compose

KEY = "ssh-ed25519 " + "A" * 68


@pytest.fixture
def home(tmp_path: Path) -> Home:
    return Home(tmp_path / "home")


def composed(home: Home, overlay: Path | None = None) -> Config:
    """All config of staging, as a run would read it now."""
    return compose("staging", home=home, image=UNKNOWN_IMAGE, operator_key=KEY, overlay=overlay)


def config(home: Home, **values: Any) -> RehearsedConfig:
    """As a command opens it; `values` are flat keys on top of staging's."""
    texts = {f"site:{key}": value if isinstance(value, str) else json.dumps(value) for key, value in values.items()}
    return RehearsedConfig(Rotated("staging", home), composed(home).values | texts)


def test_a_rotation_stays_for_the_runs_after_it(home: Home) -> None:
    before = composed(home)
    config(home).apply([Edit(path="site:basicAuth", value="visitor:new", secret=True), Edit(path="site:generations.database", value=2)])
    after = composed(home)
    assert before.values["site:basicAuth"] != after.values["site:basicAuth"] == "visitor:new"
    assert json.loads(after.values["site:generations"])["database"] == 2
    assert set(after.secret_keys) - set(before.secret_keys) == {"site:basicAuth"}
    assert config(home).values()["site:generations"]["database"] == 2


def test_a_config_that_was_edited_says_so(home: Home) -> None:
    opened = config(home)
    before = opened.values()
    opened.apply([Edit(path="site:generations.ciKey", value=2)])
    assert opened.values()["site:generations"]["ciKey"] == 2
    opened.restore()
    assert opened.values() == config(home).values() == before


def test_it_is_of_one_stack_and_for_its_owner_only(home: Home) -> None:
    config(home).apply([Edit(path="site:secretKey", value="new", secret=True)])
    assert Rotated("production", home).values == {}
    [file] = home.stack("staging").glob("rotated*")
    assert stat.S_IMODE(file.stat().st_mode) == 0o600


def test_entries_of_an_object_add_up_over_edits_and_runs(home: Home) -> None:
    opened = config(home, secrets={"STRIPE_KEY": "stripe", "JWT": "jwt"})
    opened.apply([Edit(path="site:secrets.JWT", value="second", secret=True), Edit(path="site:generations.broker", value=2)])
    opened.apply([Edit(path="site:generations.database", value=2)])
    assert Rotated("staging", home).values["site:secrets"] == {"STRIPE_KEY": "stripe", "JWT": "second"}
    config(home, secrets={"STRIPE_KEY": "stripe", "JWT": "second"}).apply([Edit(path="site:secrets.STRIPE_KEY", value="new", secret=True)])
    values = Rotated("staging", home).values
    assert values["site:secrets"] == {"STRIPE_KEY": "new", "JWT": "second"}
    assert values["site:generations"].items() >= {"broker": 2, "database": 2}.items()


def test_what_is_taken_out_is_empty_from_then_on(home: Home) -> None:
    config(home).apply([Edit(path="site:secretKeyFallbacks", value="former", secret=True)])
    assert composed(home).values["site:secretKeyFallbacks"] == "former"
    config(home).apply([Edit(path="site:secretKeyFallbacks", value=None)])
    assert composed(home).values["site:secretKeyFallbacks"] == ""


def test_what_fails_goes_back_to_what_was_rotated_before_it(home: Home) -> None:
    config(home).apply([Edit(path="site:generations.database", value=2)])
    before = composed(home)

    def fail() -> None:
        opened = config(home)
        with kept(opened):
            opened.apply([Edit(path="site:secretKey", value="new", secret=True), Edit(path="site:generations.database", value=3)])
            assert composed(home) != before
            raise KeyboardInterrupt

    with pytest.raises(KeyboardInterrupt):
        fail()
    assert composed(home) == before


def test_an_overlay_wins_over_what_was_rotated(home: Home, tmp_path: Path) -> None:
    config(home).apply([Edit(path="site:generations.database", value=2)])
    overlay = tmp_path / "overlay.yaml"
    overlay.write_text("config: {site:generations: {database: 7}}")
    assert json.loads(composed(home, overlay).values["site:generations"]) == {"database": 7}
