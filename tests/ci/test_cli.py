"""What of the Pulumi CLI's output people are told."""

from pathlib import Path
from typing import Any

import pytest

from ci.cli import Cli, CliError, error, short
from tests.programs import program

SAYS = """#!/bin/sh
{script}
"""
EVENT = '{"sequence": 1, "diagnosticEvent": {"severity": "error", "urn": "urn:pulumi:s::p::vpc:Vpc::network", "message": "quota"}}'
LAST = '{"sequence": 2, "diagnosticEvent": {"severity": "error", "message": "update failed"}}'


@pytest.fixture
def programs(tmp_path: Path) -> Path:
    return tmp_path


def cli(programs: Path, script: str) -> Cli:
    """With a `pulumi` that runs this script of the shell."""
    program(programs, "pulumi", SAYS.format(script=script))
    return Cli(stack="staging", folder=programs, environment={"PATH": f"{programs}:/usr/bin:/bin"})


@pytest.mark.parametrize(
    ("message", "expected"),
    [
        ("quota exceeded\n", "quota exceeded"),
        ("exit status 1: running \"ssh deploy@host 'script'\":\nno such host\n", "exit status 1: no such host"),
        ('exit status 1: running "printf %s \\"a\\":\nb":\nthe end', "exit status 1: the end"),
        ('exit status 1: running "ssh \\"x\\"":\nit said "a":\nthe end', 'exit status 1: it said "a":\nthe end'),
        ("sdk-v2/provider2.go:571: sdk.helper_schema: service paused: provider=docker@5.2.0", "service paused"),
        ("1 error occurred:\n\t* updating urn:web: 1 error occurred:\n\t* service paused\n\n", "service paused"),
    ],
)
def test_a_failure_is_told_without_what_is_around_its_cause(message: str, expected: str) -> None:
    assert short(message) == expected


@pytest.mark.parametrize(
    ("event", "expected"),
    [
        ({"diagnosticEvent": {"severity": "error", "urn": "urn:pulumi:s::p::t::network", "message": "quota\n"}}, "network: quota"),
        ({"diagnosticEvent": {"severity": "error", "message": "update failed"}}, "update failed"),
        ({"diagnosticEvent": {"severity": "warning", "message": "old"}}, ""),
        ({"summaryEvent": {}}, ""),
    ],
)
def test_a_failure_is_told_with_the_name_of_what_failed(event: dict[str, Any], expected: str) -> None:
    assert error(event) == expected


def test_a_command_gets_the_stack_and_what_comes_on_stdin(programs: Path) -> None:
    said = cli(programs, 'echo "$*"; cat').run("config", "set", stdin="value")
    assert said == "--non-interactive --color=never config set --stack=staging\nvalue"


@pytest.mark.parametrize("stream", ["1", "2"])
def test_a_command_that_fails_tells_its_last_words(programs: Path, stream: str) -> None:
    with pytest.raises(CliError, match=r"^pulumi stack: error: no stack named 'x' found$"):
        cli(programs, f"echo \"error: no stack named 'x' found\" >&{stream}; exit 255").run("stack", "export")


def test_a_run_that_fails_tells_what_failed_and_not_that_it_failed(programs: Path) -> None:
    events: list[dict[str, Any]] = []
    with pytest.raises(CliError) as caught:
        events.extend(cli(programs, f"echo 'Updating (staging):'; echo '{EVENT}'; echo '{LAST}'; exit 255").stream("up"))
    assert str(caught.value) == "network: quota"


def test_the_events_of_a_run_come_one_by_one(programs: Path) -> None:
    events = list(cli(programs, f"echo noise; echo '{EVENT}'").stream("up"))
    assert [event["sequence"] for event in events] == [1]


def test_a_run_without_an_event_tells_the_end_of_its_output(programs: Path) -> None:
    with pytest.raises(CliError, match=r"^error: no Pulumi\.yaml\nno program$"):
        list(cli(programs, "echo 'error: no Pulumi.yaml'; echo 'no program' >&2; exit 1").stream("up"))


def test_a_run_that_says_nothing_tells_its_exit_code(programs: Path) -> None:
    with pytest.raises(CliError, match=r"^pulumi up ended with 3$"):
        list(cli(programs, "exit 3").stream("up"))
