"""The README says what is so."""

import re
from pathlib import Path

import pytest

from tools.keys import CHECKOUT, updated

README = (CHECKOUT / "README.md").read_text()


def test_the_table_of_keys_is_what_the_program_declares() -> None:
    assert updated(README) == README, "Pulumi.yaml has changed: make format"


def test_every_make_command_in_it_exists() -> None:
    known = set(re.findall(r"^([a-z-]+):", (CHECKOUT / "Makefile").read_text(), re.MULTILINE))
    named = set(re.findall(r"`make ([a-z-]+)", README)) | set(re.findall(r"^\$ make ([a-z-]+)", README, re.MULTILINE))
    assert named <= known


@pytest.mark.parametrize("path", sorted(set(re.findall(r"`((?:infra|rehearsal|sample|tests|bench|tools|examples|ci)/[\w./-]*)`", README))))
def test_every_path_in_it_exists(path: str) -> None:
    assert (Path(CHECKOUT) / path).exists()
