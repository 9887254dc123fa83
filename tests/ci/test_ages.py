"""How old secrets are, what is said where one is too old, and what to rotate when somebody leaves."""

from datetime import UTC, datetime

import pytest

from ci.ages import ages, overdue_error, to_rotate

NOW = datetime(2026, 11, 21, tzinfo=UTC)
ROTATED = {
    "broker": "2026-11-20T00:00:00Z",
    "database": "2026-05-24T00:00:00Z",
    "secrets.STRIPE_KEY": "2024-11-21T00:00:00Z",
    "secretKey": "2026-11-20T00:00:00Z",
}
"""The database's is one day past its limit of 180, the site's own a year."""


def test_what_is_longest_past_its_limit_comes_first() -> None:
    found = ages(ROTATED, {}, now=NOW)
    assert [(age.name, age.past) for age in found] == [
        ("secrets.STRIPE_KEY", True),
        ("database", True),
        ("broker", False),
        ("secretKey", False),
    ]
    assert (found[1].days, found[1].limit, found[1].since) == (181, 180, ROTATED["database"])


def test_the_stacks_own_limits_win() -> None:
    found = ages(ROTATED, {"database": 181, "secrets": 800, "broker": 1}, now=NOW)
    assert not [age.name for age in found if age.past]
    assert [age.limit for age in found if age.name.startswith("secrets.")] == [800]


def test_what_stops_an_up_names_each_secret_with_its_command() -> None:
    assert overdue_error(ages(ROTATED, {}, now=NOW), stack="production").splitlines() == [
        "2 secrets are past the limit, and site:secretAgesEnforced is true; nothing was changed",
        "  secrets.STRIPE_KEY, last rotated 730 days ago (limit 365 days): python -m ci rotate secrets.STRIPE_KEY --stack production",
        "  database, last rotated 181 days ago (limit 180 days): python -m ci rotate database --stack production",
        "To go on without: pulumi config set site:secretAgesEnforced false --stack production",
    ]


def test_nothing_stops_an_up_where_no_secret_is_past_its_limit() -> None:
    assert overdue_error(ages({"broker": ROTATED["broker"]}, {}, now=NOW), stack="production") == ""
    assert overdue_error([], stack="production") == ""


CONFIG = {
    "site:deploySite": True,
    "site:broker": "valkey",
    "site:registry": "gitlab",
    "site:appProject": "group/app",
    "site:infraProject": "group/deployment",
    "site:secretKey": {"secure": "v1:cipher"},
    "site:basicAuth": {"secure": "v1:cipher"},
    "site:stateSecretKey": {"secure": "v1:cipher"},
    "digitalocean:token": {"secure": "v1:cipher"},
    "gitlab:token": {"secure": "v1:cipher"},
    "site:secrets": {"STRIPE_KEY": {"secure": "v1:cipher"}},
}
"""With all that can be rotated."""


def test_who_leaves_knew_what_the_host_knows_and_who_knew_the_passphrase_the_rest() -> None:
    first, known, beyond = to_rotate(CONFIG, "staging").values()
    assert first == ["python -m ci rebuild --stack staging"]
    assert known == [
        "python -m ci rotate database --stack staging",
        "python -m ci rotate broker --stack staging",
        "python -m ci rotate secretKey --stack staging",
        "python -m ci rotate secretKey --finish --stack staging",
        "python -m ci rotate registry --stack staging",
        "python -m ci rotate hostKey --stack staging",
        "python -m ci rotate basicAuth --stack staging",
        "python -m ci rotate secrets.STRIPE_KEY --stack staging  # and revoke it where it came from",
    ]
    assert [command.split()[4] for command in beyond] == [
        "passphrase",
        "ciKey",
        "deployKey",
        "digitalocean:token",
        "gitlab:token",
        "stateSecretKey",
    ]


@pytest.mark.parametrize(
    ("without", "name"),
    [
        ({"site:broker": "none"}, "broker"),
        ({"site:appProject": ""}, "registry"),
        ({"site:infraProject": ""}, "deployKey"),
        ({"site:basicAuth": ""}, "basicAuth"),
        ({"site:secretKey": ""}, "secretKey"),
        ({"site:secrets": {}}, "secrets.STRIPE_KEY"),
        ({"gitlab:token": ""}, "gitlab:token"),
    ],
)
def test_what_a_stack_does_not_have_is_not_rotated(without: dict[str, object], name: str) -> None:
    def rotated(config: dict[str, object]) -> list[str]:
        return [command for commands in to_rotate(config, "staging").values() for command in commands if name in command.split()]

    assert rotated(CONFIG)
    assert not rotated(CONFIG | without)
