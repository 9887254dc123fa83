"""What the image finds in its variables: read by a real shell, as it will be."""

import json
import subprocess
from pathlib import Path
from typing import Any

import pulumi
import pytest
from pydantic import SecretStr

from infra import placeholders
from infra.connection import Connection
from infra.environment import environment
from infra.site import PRELUDE
from tests.infra.build import Secret
from tests.infra.outputs import resolve

NASTY = {
    "SINGLE": "it's",
    "DOUBLE": 'say "x"',
    "DOLLAR": "$HOME ${HOME} $(id)",
    "BACKTICK": "`id`",
    "BACKSLASH": "a\\b\\n\\",
    "LINES": "first\nsecond\n\nlast",
    "SPACES": "  around  ",
    "UNICODE": "grüße 🎈 \u2028",
    "EMPTY": "",
    "HASH": "#no comment",
    "GLOB": "* ? [a]",
    "OPERATORS": "a; b && c | d > e &",
    "JSON": json.dumps({"a": {"b": ["c", None]}, "domains": "{domains}"}),
    "EQUALS": "a=b=c",
    "CARRIAGE": "a\r\nb",
    "BANG": "!history",
    "TILDE": "~root",
}


def connection(name: str, *, verify: bool = False) -> Connection:
    """A way to a database whose password needs care."""
    return Connection(
        host=pulumi.Output.from_input("db.example.com"),
        port=pulumi.Output.from_input(25060),
        user=pulumi.Output.from_input("site1"),
        password=pulumi.Output.secret("p@ss/w:rd'#%"),
        name=pulumi.Output.from_input(name),
        verify=verify,
    )


def text(**changes: Any) -> str:
    """The whole file. `pool` and `broker` turn on what they name."""

    def make() -> pulumi.Output[str]:
        return environment(
            domain="www.example.com",
            aliases=changes.get("aliases", []),
            database=connection("site", verify=changes.get("verify", False)),
            pool=connection("site-pool") if changes.get("pool") else None,
            broker_url=pulumi.Output.secret("redis://:pw@broker:6379/0") if changes.get("broker") else None,
            secret_key=SecretStr("django's key"),
            fallbacks=SecretStr(changes.get("fallbacks", "")),
            media=changes.get("media", {}),
            env=changes.get("env", {}),
            secrets={name: SecretStr(value) for name, value in changes.get("secrets", {}).items()},
        )

    found = resolve(make)
    assert isinstance(found, Secret), "the file is secret as a whole"
    assert isinstance(found.value, str)
    return found.value


def read(file: Path) -> dict[str, str]:
    """The variables as a process of the image finds them: through the very prelude of a service."""
    prelude = PRELUDE.replace("/run/secrets/site.env", str(file))
    ran = subprocess.run(["/bin/sh", "-c", prelude, "web", "env", "-0"], check=True, capture_output=True, env={"PATH": "/usr/bin:/bin"})
    return dict(line.split("=", 1) for line in ran.stdout.decode().split("\0") if line)


def variables(folder: Path, **changes: Any) -> dict[str, str]:
    """What `text` says, read by a shell."""
    file = folder / "site.env"
    file.write_bytes(text(**changes).encode())
    return read(file)


@pytest.mark.parametrize("kind", ["env", "secrets"])
def test_every_value_survives_the_shell(tmp_path: Path, kind: str) -> None:
    found = variables(tmp_path, **{kind: NASTY})
    assert {name: found[name] for name in NASTY} == NASTY


def test_what_the_program_gives_survives_the_shell_too(tmp_path: Path) -> None:
    found = variables(tmp_path)
    assert found["PGPASSWORD"] == "p@ss/w:rd'#%"
    assert found["SECRET_KEY"] == found["DJANGO_SECRET_KEY"] == "django's key"


def test_a_password_is_quoted_in_the_url(tmp_path: Path) -> None:
    url = "postgres://site1:p%40ss%2Fw%3Ard%27%23%25@db.example.com:25060/site?sslmode=require"
    assert variables(tmp_path)["DATABASE_URL"] == url


def test_placeholders_are_filled_in_and_other_braces_left_alone(tmp_path: Path) -> None:
    env = {
        "A": "https://{domain}/x",
        "B": "{database.user}@{database.host}:{database.port}/{database.name}",
        "C": "{broker.url}?a={b}",
        "D": "{database.pool.name}",
        "E": '{"domain": "{domain}"}',
        "F": "{{domain}} {unknown.word} {}",
    }
    found = variables(tmp_path, env=env, secrets={"G": "key={database.password}"}, pool=True, broker=True)
    assert {name: found[name] for name in "ABCDEFG"} == {
        "A": "https://www.example.com/x",
        "B": "site1@db.example.com:25060/site",
        "C": "redis://:pw@broker:6379/0?a={b}",
        "D": "site-pool",
        "E": '{"domain": "www.example.com"}',
        "F": "{www.example.com} {unknown.word} {}",
        "G": "key=p@ss/w:rd'#%",
    }


def test_a_value_that_was_filled_in_is_not_filled_in_again() -> None:
    assert placeholders.fill("{domain}", {"domain": "{broker.url}", "broker.url": "x"}) == "{broker.url}"


def test_the_users_values_win_and_secret_ones_over_plain_ones(tmp_path: Path) -> None:
    found = variables(
        tmp_path, env={"PGSSLMODE": "verify-ca", "ALLOWED_HOSTS": "*", "BOTH": "plain"}, secrets={"BOTH": "secret", "PGUSER": "x"}
    )
    assert (found["PGSSLMODE"], found["ALLOWED_HOSTS"], found["BOTH"], found["PGUSER"]) == ("verify-ca", "*", "secret", "x")


def test_hosts_and_origins_name_the_aliases_too(tmp_path: Path) -> None:
    found = variables(tmp_path, aliases=["example.com"])
    assert found["ALLOWED_HOSTS"] == found["DJANGO_ALLOWED_HOSTS"] == "www.example.com,example.com"
    assert found["CSRF_TRUSTED_ORIGINS"] == "https://www.example.com,https://example.com"


def test_no_former_key_is_no_variable() -> None:
    """An image that splits an empty one at commas would accept what is signed with the empty key."""
    assert "FALLBACKS" not in text()
    assert text(fallbacks="one,two").count("FALLBACKS=one,two\n") == 2


def test_a_broker_is_given_under_its_usual_names(tmp_path: Path) -> None:
    found = variables(tmp_path, broker=True)
    assert found["BROKER_URL"] == found["CELERY_BROKER_URL"] == found["REDIS_URL"] == "redis://:pw@broker:6379/0"
    assert "BROKER_URL" not in text()


def test_a_certificate_authority_is_named_where_libpq_looks(tmp_path: Path) -> None:
    found = variables(tmp_path, verify=True)
    assert found["PGSSLMODE"] == "verify-full"
    assert found["PGSSLROOTCERT"] in found["DATABASE_URL"]


def test_the_file_is_the_same_on_every_run() -> None:
    lines = text(env=dict.fromkeys("BA", "x"), broker=True).splitlines()
    assert lines == sorted(lines)
    assert text() == text()
