"""What `status` asks a site's own Django."""

import re

import pytest

from ci.status.database import _SIZE


def test_the_size_of_the_database_is_told_in_bytes(capsys: pytest.CaptureFixture[str]) -> None:
    exec(_SIZE)  # noqa: S102 - as `manage.py shell` does
    assert re.fullmatch(r"<size>\d{6,}</size>\n", capsys.readouterr().out)
