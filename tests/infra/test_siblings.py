"""What two stacks may not share."""

from pathlib import Path

import pytest

from infra.siblings import problems

SAME = "{secure: 'v1:abc:def'}"


def write(folder: Path, staging: str, production: str) -> None:
    for stack, key in (("staging", staging), ("production", production)):
        (folder / f"Pulumi.{stack}.yaml").write_text(f"config:\n  site:secretKey: {key}\n")


@pytest.mark.parametrize("key", [SAME, "in-the-clear"])
def test_the_same_secret_key_in_both_stack_files_is_told_without_showing_it(tmp_path: Path, key: str) -> None:
    write(tmp_path, key, key)
    (problem,) = problems("staging", tmp_path)
    assert "Pulumi.production.yaml" in str(problem)
    assert "abc" not in str(problem)
    assert "in-the-clear" not in str(problem)


def test_different_keys_and_no_keys_are_fine(tmp_path: Path) -> None:
    write(tmp_path, SAME, "{secure: 'v1:other'}")
    assert problems("production", tmp_path) == []
    write(tmp_path, '""', '""')
    assert problems("production", tmp_path) == []
