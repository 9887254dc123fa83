"""Keys, passwords and commands: made for real."""

import subprocess
from pathlib import Path
from typing import Any

import pytest
from cryptography.hazmat.primitives import serialization

from rehearsal.conductor.connections import Connections
from rehearsal.conductor.errors import ConductorError, Refused, Unreachable
from rehearsal.conductor.handler import Existing, Handler
from rehearsal.conductor.handlers.command import LocalCommand
from rehearsal.conductor.handlers.random import RandomPassword
from rehearsal.conductor.handlers.tls import PrivateKey
from tests.conductor.stage import NOBODY


def handler(kind: type[Handler]) -> Handler:
    return kind(Connections(NOBODY), {})


def create(kind: type[Handler], **inputs: Any) -> dict[str, Any]:
    return handler(kind).create(inputs).outputs


@pytest.mark.parametrize(
    ("inputs", "kind"),
    [
        ({"algorithm": "ED25519"}, "ED25519"),
        ({"algorithm": "RSA", "rsaBits": 2048}, "RSA"),
        ({"algorithm": "ECDSA", "ecdsaCurve": "P256"}, "ECDSA"),
    ],
)
def test_openssh_reads_a_key_and_agrees_on_its_fingerprint(tmp_path: Path, inputs: dict[str, Any], kind: str) -> None:
    outputs = create(PrivateKey, **inputs)
    file = tmp_path / "key"
    file.write_text(outputs["privateKeyOpenssh"])
    file.chmod(0o600)

    told = subprocess.run(["ssh-keygen", "-l", "-f", file], capture_output=True, text=True, check=True).stdout
    public = subprocess.run(["ssh-keygen", "-y", "-f", file], capture_output=True, text=True, check=True).stdout

    assert outputs["publicKeyFingerprintSha256"] in told
    assert f"({kind})" in told
    assert public.split()[:2] == outputs["publicKeyOpenssh"].split()


@pytest.mark.parametrize("algorithm", ["ED25519", "RSA"])
def test_all_forms_of_a_key_are_the_same_key(algorithm: str) -> None:
    outputs = create(PrivateKey, algorithm=algorithm)
    loaded = [serialization.load_pem_private_key(outputs[form].encode(), None) for form in ("privateKeyPem", "privateKeyPemPkcs8")]

    for key in loaded:
        pem = key.public_key().public_bytes(serialization.Encoding.PEM, serialization.PublicFormat.SubjectPublicKeyInfo)
        assert pem.decode() == outputs["publicKeyPem"]


def test_a_key_that_openssh_can_not_write_is_refused() -> None:
    with pytest.raises(Refused, match="ECDSA with ecdsaCurve P256, P384 or P521"):
        create(PrivateKey, algorithm="ECDSA", ecdsaCurve="P224")


def test_a_password_has_its_length_and_nothing_that_was_not_asked_for() -> None:
    password = create(RandomPassword, length=200, special=False, upper=False)["result"]

    assert len(password) == 200
    assert set(password) <= set("abcdefghijklmnopqrstuvwxyz0123456789")


def test_a_password_has_what_it_must_have() -> None:
    password = create(RandomPassword, length=8, minNumeric=3, minSpecial=2, overrideSpecial="_", minUpper=3)["result"]

    assert sum(character.isdigit() for character in password) == 3
    assert password.count("_") == 2
    assert sum(character.isupper() for character in password) == 3


def test_a_password_that_can_not_be_is_an_error() -> None:
    with pytest.raises(ConductorError, match="no password of length 2"):
        create(RandomPassword, length=2, minNumeric=3)


def test_a_command_has_its_stdin_environment_folder_and_interpreter(tmp_path: Path) -> None:
    outputs = create(
        LocalCommand,
        create='read line; echo "$line $NAME $PWD"; echo aside >&2',
        stdin="hello\n",
        environment={"NAME": "world"},
        dir=str(tmp_path),
        interpreter=["/bin/sh", "-eu", "-c"],
    )

    assert outputs == {"stdout": f"hello world {tmp_path}", "stderr": "aside"}


def test_an_update_is_the_update_command_and_sees_the_last_output() -> None:
    old = Existing("1", {"create": "echo one"}, {"stdout": "one", "stderr": ""})

    outputs = handler(LocalCommand).update(old, {"create": "false", "update": 'echo "after $PULUMI_COMMAND_STDOUT"'})

    assert outputs["stdout"] == "after one"


def test_an_update_without_an_update_command_creates_again() -> None:
    old = Existing("1", {"create": "echo one"}, {"stdout": "one", "stderr": ""})

    assert handler(LocalCommand).update(old, {"create": "echo two"})["stdout"] == "two"


def test_a_failed_command_tells_its_exit_code_and_last_lines() -> None:
    with pytest.raises(ConductorError, match=r"exited with 7\nline 11\n(.*\n)*line 30$"):
        create(LocalCommand, create="for i in $(seq 30); do echo line $i >&2; done; exit 7")


def test_an_ssh_without_connection_is_an_unreachable_host() -> None:
    with pytest.raises(Unreachable, match="no route"):
        create(LocalCommand, create="echo no route >&2; exit 255")
