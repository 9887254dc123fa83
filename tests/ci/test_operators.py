"""`operators`: who comes into a stack's list and who leaves it, with keys as ssh-keygen makes them."""

import argparse
import base64
import json
import os
import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest
import yaml
from rich.console import Console

from ci.cli import Cli
from ci.operators import Key, OperatorsError, run
from ci.release import ReleaseError
from tests.ci.stage import Stage, resource
from tests.programs import program

FILE = "# Who may log in.\nconfig:\n  site:domain: staging.example.com\n  site:broker: valkey\n  site:deploySite: true\n"
PULUMI = """#!{python} -I
import os, re, sys
import yaml

words, file = sys.argv[3:], "Pulumi.staging.yaml"
if words[:2] not in (["config", "set"], ["config", "rm"]):
    os.execv("{others}", ["{others}", *sys.argv[1:]])
content = yaml.safe_load(open(file))
key, place = re.fullmatch(r"(.+)\\[(\\d+)\\]", words[words.index("--path") + 1]).groups()
keys = content["config"].setdefault(key, [])
assert "--plaintext" in words or words[1] == "rm"
keys[int(place) : int(place) + 1] = [words[words.index("--path") + 2]] if words[1] == "set" else []
open(file, "w").write(yaml.safe_dump(content))
"""
"""`pulumi config set --path KEY[N] VALUE` and `rm --path KEY[N]` as the CLI does them (sdk/go/common/resource/config/object.go):
an index at the end appends, and what comes after a removed one moves up. What else it is asked is for the other program."""


def made(folder: Path, name: str, *kind: str) -> str:
    """A new pair in `folder`; gives the public key, whose comment is `name`."""
    subprocess.run(["ssh-keygen", "-q", *(kind or ("-t", "ed25519")), "-N", "", "-C", name, "-f", folder / name], check=True)
    return (folder / f"{name}.pub").read_text().strip()


def fingerprint(folder: Path, name: str) -> str:
    """As OpenSSH tells it."""
    told = subprocess.run(["ssh-keygen", "-l", "-f", folder / f"{name}.pub"], check=True, capture_output=True, text=True).stdout
    return told.split()[1]


def write(folder: Path, *keys: str) -> str:
    """A stack file with these keys; gives its text."""
    text = FILE + f"  site:operatorKeys: {json.dumps(keys)}\n"
    (folder / "Pulumi.staging.yaml").write_text(text)
    return text


def listed(folder: Path) -> list[str]:
    """The keys in the stack file."""
    found: list[str] = yaml.safe_load((folder / "Pulumi.staging.yaml").read_text())["config"]["site:operatorKeys"]
    return found


@pytest.fixture
def folder(stage: Stage, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """The folder of a stack on which nothing runs yet, where alice and bob may log in."""
    (tmp_path / "Pulumi.yaml").write_text("name: site\nconfig: {deploySite: {default: true}, proxyImage: {default: caddy:2}}\n")
    config = tmp_path / "config"
    config.mkdir()
    program(config, "pulumi", PULUMI.format(python=sys.executable, others=stage.folder / "pulumi"))
    monkeypatch.setenv("PATH", str(config), prepend=os.pathsep)
    stage.holds(resource("pulumi:pulumi:Stack", "site-staging", outputs={"image": "", "next": "push an image"}))
    write(tmp_path, made(tmp_path, "alice"), made(tmp_path, "bob"))
    return tmp_path


def operators(action: str, who: str | None = None, **options: Any) -> int:
    chosen = {"json": False, "no_up": False, "stack": "staging", "action": action, "who": who} | options
    return run(argparse.Namespace(**chosen), Cli(stack="staging"), Console(soft_wrap=True))


def refused(action: str, who: str | None) -> str:
    """Why."""
    with pytest.raises(OperatorsError) as caught:
        operators(action, who)
    return str(caught.value)


@pytest.mark.integration
def test_everybody_is_listed_with_the_fingerprint_that_openssh_tells(folder: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert operators("list") == 0
    lines = capsys.readouterr().out.splitlines()
    for name in ("alice", "bob"):
        assert [name, fingerprint(folder, name)] in [line.split() for line in lines]
    assert "as good as root there" in "\n".join(lines)
    assert "opens neither the state" in "\n".join(lines)


@pytest.mark.integration
def test_scripts_get_the_list_as_json(folder: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert operators("list", json=True) == 0
    [alice, bob] = json.loads(capsys.readouterr().out)["operators"]
    assert alice == {"name": "alice", "fingerprint": fingerprint(folder, "alice"), "key": listed(folder)[0]}
    assert bob["name"] == "bob"


@pytest.mark.integration
@pytest.mark.parametrize("given", ["text", "file"])
def test_who_comes_in_is_in_the_file_and_on_the_host(folder: Path, stage: Stage, given: str) -> None:
    before, carol = listed(folder), made(folder, "carol")
    assert operators("add", carol if given == "text" else str(folder / "carol.pub")) == 0
    assert listed(folder) == [*before, carol]
    assert len(stage.calls("up")) == 1


@pytest.mark.integration
def test_who_leaves_is_out_of_the_file_and_off_the_host(folder: Path, stage: Stage, capsys: pytest.CaptureFixture[str]) -> None:
    alice, bob = listed(folder)
    assert operators("remove", "alice") == 0
    assert listed(folder) == [bob]
    assert len(stage.calls("up")) == 1
    out = capsys.readouterr().out
    assert "alice" in out
    assert alice not in out
    assert "\n  python -m ci rotate database --stack staging\n  python -m ci rotate broker --stack staging\n" in out
    assert out.index("rotate hostKey") < out.index("Only if they also knew the passphrase:\n") < out.index("rotate passphrase")


@pytest.mark.integration
@pytest.mark.parametrize("by", ["comment", "fingerprint", "key", "key with another comment", "file"])
def test_who_leaves_is_named_in_any_of_these_ways(folder: Path, by: str) -> None:
    alice, bob = listed(folder)
    who = {
        "comment": "bob",
        "fingerprint": fingerprint(folder, "bob"),
        "key": bob,
        "key with another comment": bob.replace(" bob", " robert"),
        "file": str(folder / "bob.pub"),
    }[by]
    assert operators("remove", who) == 0
    assert listed(folder) == [alice]


@pytest.mark.integration
def test_only_the_file_is_written_where_that_is_asked_for(folder: Path, stage: Stage, capsys: pytest.CaptureFixture[str]) -> None:
    carol = made(folder, "carol")
    assert operators("add", carol, no_up=True) == 0
    assert operators("remove", "alice", no_up=True) == 0
    assert [key.split()[2] for key in listed(folder)] == ["bob", "carol"]
    assert not stage.calls()
    assert capsys.readouterr().out.count("it takes effect with: python -m ci up --stack staging") == 2


@pytest.mark.integration
@pytest.mark.parametrize(("action", "who"), [("add", "carol.pub"), ("remove", "alice")])
def test_an_up_that_fails_leaves_the_file_as_it_was(
    folder: Path, stage: Stage, capsys: pytest.CaptureFixture[str], action: str, who: str
) -> None:
    made(folder, "carol")
    before = (folder / "Pulumi.staging.yaml").read_bytes()
    stage.answer(fails="error: quota exceeded")
    with pytest.raises(ReleaseError, match="quota exceeded"):
        operators(action, who)
    assert len(stage.calls("up")) == 1
    assert (folder / "Pulumi.staging.yaml").read_bytes() == before
    out = capsys.readouterr().out
    assert "Pulumi.staging.yaml is as it was" in out
    assert "✓" not in out


@pytest.mark.integration
@pytest.mark.usefixtures("folder")
def test_scripts_get_one_json_after_a_change(capsys: pytest.CaptureFixture[str]) -> None:
    assert operators("remove", "alice", json=True) == 0
    told = capsys.readouterr()
    found = json.loads(told.out)
    assert [key["name"] for key in found["operators"]] == ["bob"]
    assert "python -m ci rotate database --stack staging" in found["rotate"]["What they knew"]
    assert "push an image" in told.err


@pytest.mark.integration
def test_a_key_that_is_the_last_is_not_removed(folder: Path, stage: Stage) -> None:
    before = write(folder, listed(folder)[1])
    said = refused("remove", "bob")
    assert "is the last one" in said
    assert "python -m ci operators add KEY --stack staging" in said
    assert ((folder / "Pulumi.staging.yaml").read_text(), stage.calls()) == (before, [])


@pytest.mark.integration
@pytest.mark.parametrize("who", ["carol", "", None, "SHA256:unknown", "ssh-ed25519 AAAA"])
def test_who_is_not_in_the_list_is_not_removed(folder: Path, stage: Stage, who: str | None) -> None:
    write(folder, listed(folder)[0], listed(folder)[1].removesuffix(" bob"))
    said = refused("remove", who)
    assert said.startswith("none of these keys is meant")
    assert fingerprint(folder, "alice") in said
    assert f"(no comment) {fingerprint(folder, 'bob')}" in said
    assert not stage.calls()


@pytest.mark.integration
def test_a_comment_that_two_keys_have_names_neither(folder: Path) -> None:
    alice, bob = listed(folder)
    write(folder, alice, bob.replace(" bob", " alice"))
    said = refused("remove", "alice")
    assert said.startswith("2 of these keys is meant")
    assert fingerprint(folder, "bob") in said
    assert operators("remove", fingerprint(folder, "bob")) == 0
    assert listed(folder) == [alice]


@pytest.mark.integration
def test_a_key_comes_in_once_whatever_its_comment_is(folder: Path, stage: Stage) -> None:
    bob = listed(folder)[1]
    for same in (bob, bob.replace(" bob", " robert"), bob.removesuffix(" bob")):
        assert refused("add", same) == f"this key is in the list: bob {fingerprint(folder, 'bob')}"
    assert not stage.calls()


@pytest.mark.integration
@pytest.mark.parametrize("given", ["text", "file"])
@pytest.mark.parametrize("action", ["add", "remove"])
def test_a_private_key_is_refused_and_not_shown(folder: Path, action: str, given: str) -> None:
    made(folder, "carol")
    private = (folder / "carol").read_text()
    said = refused(action, private if given == "text" else str(folder / "carol"))
    assert action == "remove" or "this is a private key" in said
    assert not [line for line in private.splitlines() if line in said]


@pytest.mark.integration
@pytest.mark.parametrize(
    ("who", "reason"),
    [
        (None, "must be a public ssh key"),
        ("", "must be a public ssh key"),
        ("nobody", "must be a public ssh key"),
        ("missing.pub", "missing.pub can't be read"),
        ("ssh-dss AAAAB3NzaC1kc3MAAACBAP carol", "a DSA key (ssh-dss) is too weak"),
    ],
)
def test_what_is_no_key_is_refused_with_the_reason(folder: Path, stage: Stage, who: str | None, reason: str) -> None:
    before = listed(folder)
    assert reason in refused("add", who)
    assert (listed(folder), stage.calls()) == (before, [])


@pytest.mark.integration
def test_rsa_is_let_in_from_3072_bits(folder: Path) -> None:
    made(folder, "short", "-t", "rsa", "-b", "2048")
    long = made(folder, "long", "-t", "rsa", "-b", "3072")
    assert "RSA of 2048 bits is weak: at least 3072" in refused("add", str(folder / "short.pub"))
    assert operators("add", long, no_up=True) == 0


@pytest.mark.integration
def test_a_weak_key_that_is_in_the_list_is_shown_as_one(folder: Path, capsys: pytest.CaptureFixture[str]) -> None:
    write(folder, made(folder, "short", "-t", "rsa", "-b", "2048"), listed(folder)[0])
    assert operators("list") == 0
    lines = [line.split() for line in capsys.readouterr().out.splitlines()]
    assert ["short", fingerprint(folder, "short"), "weak"] in lines
    assert ["alice", fingerprint(folder, "alice")] in lines


@pytest.mark.integration
def test_a_slip_in_the_list_is_named_with_what_mends_it(folder: Path) -> None:
    write(folder, listed(folder)[0], listed(folder)[1].replace("AAAAC3", "AAAAD3"))
    assert refused("list", None).startswith("site:operatorKeys[1]: the key is cut off")
    assert refused("list", None).endswith('\npulumi config rm --path "site:operatorKeys[1]" --stack staging')


@pytest.mark.integration
def test_a_stack_without_a_file_is_named(folder: Path) -> None:
    (folder / "Pulumi.staging.yaml").unlink()
    assert refused("list", None) == f"there is no Pulumi.staging.yaml in {folder}: run it where the program is"


@pytest.mark.parametrize(
    "kind", [("-t", "ed25519"), ("-t", "ecdsa", "-b", "256"), ("-t", "ecdsa", "-b", "521"), ("-t", "rsa", "-b", "3072")]
)
def test_a_key_of_any_kind_is_read_as_openssh_reads_it(tmp_path: Path, kind: tuple[str, ...]) -> None:
    key = Key.read(made(tmp_path, "carol", *kind) + "\n")
    assert (key.name, key.fingerprint, key.weak) == ("carol", fingerprint(tmp_path, "carol"), "")


def test_a_key_that_is_in_hardware_is_read() -> None:
    fields = (b"sk-ssh-ed25519@openssh.com", bytes(32), b"ssh:")
    blob = b"".join(len(field).to_bytes(4) + field for field in fields)
    key = Key.read(f"sk-ssh-ed25519@openssh.com {base64.b64encode(blob).decode()} carol's token")
    assert (key.name, key.fields) == ("carol's token", list(fields))


@pytest.mark.parametrize("cut", [1, 2, 4, 20])
def test_a_key_that_was_cut_off_is_refused(tmp_path: Path, cut: int) -> None:
    text = made(tmp_path, "carol").removesuffix(" carol")
    with pytest.raises(OperatorsError, match=r"is cut off|must be a public ssh key"):
        Key.read(text[:-cut])


def test_a_comment_that_would_write_over_the_terminal_is_refused(tmp_path: Path) -> None:
    with pytest.raises(OperatorsError) as caught:
        Key.read(made(tmp_path, "carol") + "\x1b[2J")
    assert "\x1b" not in str(caught.value)
