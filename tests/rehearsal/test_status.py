"""`status` of a rehearsal, by what tells it of real stacks."""

import json
from pathlib import Path

import pytest

from rehearsal import __main__ as cli
from rehearsal.home import Home


@pytest.fixture
def home(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Home:
    home = Home(tmp_path / "home")
    monkeypatch.setattr(cli, "Home", lambda: home)
    return home


def test_a_stack_whose_first_up_has_only_begun_is_shown(home: Home, capsys: pytest.CaptureFixture[str], tmp_path: Path) -> None:
    home.stack("staging")
    home.engine("staging").write_text("conductor")
    assert cli.main(["status", "--json", "--html", str(tmp_path / "status.html")]) == 0
    told = json.loads(capsys.readouterr().out)
    assert [(fact["topic"], fact["name"]) for fact in told["stacks"]["staging"]["facts"]] == [("release", "image"), ("secrets", "ages")]
    assert "nothing was released yet" in (tmp_path / "status.html").read_text()
    assert cli.main(["status"]) == 0
    assert "python -m ci up --stack staging" in capsys.readouterr().out
