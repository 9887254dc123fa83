"""What config may say. Each wrong value is told with its key, the value (never a secret one), what is allowed and how to mend it."""

from typing import Any

import pytest

from infra import capacity, rules
from infra.problems import ConfigError
from infra.settings import Settings
from tests.infra.values import CONFIG_SECRETS, IMAGE, OPERATOR_KEY, compose
from tests.infra.wrong_config import WRONG, WRONG_SECRETS, Wrong, web


def parse(**overrides: Any) -> Settings:
    """Settings of staging with some flat keys changed."""
    return Settings.parse("staging", compose("staging", **overrides))


def told(**overrides: Any) -> str:
    """What a user reads who set these keys so."""
    with pytest.raises(ConfigError) as caught:
        parse(**overrides)
    return str(caught.value)


@pytest.mark.parametrize("wrong", WRONG, ids=lambda wrong: f"{wrong.key}={wrong.value!r:.30}")
def test_a_wrong_value_is_told_with_its_key_and_how_to_mend_it(wrong: Wrong) -> None:
    message = told(**{wrong.key: wrong.value}, **dict(wrong.also))
    line = message[message.index(f"- site:{wrong.at or wrong.key}") :]
    for fragment in wrong.says:
        assert fragment in line


@pytest.mark.parametrize(("key", "value", "rule", "mend"), WRONG_SECRETS)
def test_a_wrong_secret_is_told_without_its_value(key: str, value: Any, rule: str, mend: str) -> None:
    message = told(**{key: value})
    assert f"- site:{key}" in message
    assert rule in message
    assert mend in message
    texts = [value] if isinstance(value, str) else [str(item) for item in (value or {}).values()]
    for text in texts:
        parts = [part for part in (text, text.partition(":")[2]) if part]
        assert not [part for part in parts if part in message], "a secret is in the message"


def test_everything_that_is_wrong_is_told_at_once() -> None:
    message = told(domain="", sshFrom=[], serverCount=3, secretKey="short-k3y", registry="digitalocean", env={"A": "{broker.x}"})
    assert "Pulumi.staging.yaml has 6 things to mend; nothing was touched." in message
    for key in ("domain", "sshFrom", "serverCount", "secretKey", "registryName", "env.A"):
        assert f"\n  - site:{key}" in message


def test_all_wrong_shapes_are_told_at_once_with_unknown_keys() -> None:
    message = told(domian="x", region="?", databaseNodes="two", broker="redis")
    assert "4 things to mend" in message


def test_a_wrong_value_is_told_once() -> None:
    assert told(dnsZone="Bad_Zone").count("site:dnsZone") == 1


@pytest.mark.parametrize(
    ("key", "hint"),
    [("domian", "did you mean site:domain?"), ("databasesize", "did you mean site:databaseSize?"), ("zzz", "pulumi config rm site:zzz")],
)
def test_a_key_that_nothing_reads_is_an_error(key: str, hint: str) -> None:
    message = told(**{key: "x"})
    assert f"site:{key}: is no key of this program" in message
    assert hint in message


@pytest.mark.parametrize("key", ["stack", "digitaloceanToken", "gitlabToken"])
def test_a_field_that_comes_from_elsewhere_is_no_key(key: str) -> None:
    message = told(**{key: "canary-1-x"})
    assert "is no key" in message
    assert f"did you mean site:{key}" not in message
    assert "canary" not in message


VALID: list[dict[str, Any]] = [
    {"sshFrom": ["0.0.0.0/0", "::/0"], "allowedViolations": {"SITE-SSH-1": "no fixed address"}},
    {"sshFrom": ["203.0.113.7"]},
    {"domain": "example.com"},
    {"domain": "xn--bcher-kva.example.com"},
    {"domain": "staging.localhost", "dnsZone": "staging.localhost"},
    {"dnsZone": "", "manageDnsZone": False, "domain": "anything.example.org"},
    {"operatorKeys": [OPERATOR_KEY.rpartition(" ")[0]]},
    {"operatorKeys": [f"{OPERATOR_KEY}\n"]},
    {"operatorKeys": ["sk-ssh-ed25519@openssh.com " + "A" * 80 + " token"]},
    {"image": f"localhost:5000/site@{IMAGE.partition('@')[2]}"},
    {"image": "", "deploySite": False},
    {"appProject": "12345", "infraProject": "group/sub.group/name_2"},
    {"databaseVersion": 18},
    {"protect": "true"},
    {"basicAuth": "visitor:with:colons:in it"},
    {"basicAuth": "visitor:" + "x" * 72},
    {"alertEmail": "ops+site@sub.example.com"},
    {"env": {"PORT": 2525, "RATIO": 0.5}},
    {"env": {"JSON": '{"domains": {"a": 1}, "database": {"b": 2}}', "FORMAT": "{name} {0} {}", "SHELL": "${domain_name}"}},
    {"env": {"A": "{domain} {database.url} {broker.url}"}},
    {"secrets": {}},
    {"stateAccessKey": "short", "infraProject": ""},
    {"processes": web(healthCommand="curl -f http://127.0.0.1:8000/healthz")},
    {"processes": web(command=["gunicorn", "config.wsgi"])},
    {"processes": web(replicas=2, connections=4)},
]


@pytest.mark.parametrize("overrides", VALID, ids=repr)
def test_an_unusual_value_is_fine(overrides: dict[str, Any]) -> None:
    parse(**overrides)


def test_a_number_in_env_is_the_text_that_was_written() -> None:
    assert parse(env={"PORT": 2525}).env == {"PORT": "2525"}


def test_a_command_is_split_as_a_shell_would() -> None:
    process = parse(processes=web(command="gunicorn 'my app:wsgi' --bind=0.0.0.0:8000")).processes["web"]
    assert process.command == ("gunicorn", "my app:wsgi", "--bind=0.0.0.0:8000")


def test_settings_show_no_secret() -> None:
    settings = parse(basicAuth=CONFIG_SECRETS["site:basicAuth"])
    assert "canary" not in repr(settings)
    assert "canary" not in settings.model_dump_json()


def test_keys_of_providers_are_not_this_programs_business() -> None:
    Settings.parse("staging", compose("staging") | {"aws:region": "x", "gitlab:baseUrl": "https://gitlab.example.com"})


@pytest.mark.parametrize("port", ["25", "465", 587])
def test_a_mail_port_that_digitalocean_blocks_is_warned_of_with_one_that_works(port: Any) -> None:
    warnings = [str(warning) for warning in rules.warnings(parse(env={"EMAIL_PORT": port}))]
    assert len(warnings) == 1
    assert "pulumi config set --path site:env.EMAIL_PORT 2525" in warnings[0]


def test_dns_kept_elsewhere_is_warned_of_once() -> None:
    assert rules.warnings(parse()) == []
    assert [warning.key for warning in rules.warnings(parse(dnsZone="", manageDnsZone=False))] == ["site:dnsZone"]


def test_ssh_for_the_whole_world_needs_a_reason_and_is_warned_of() -> None:
    settings = parse(sshFrom=["0.0.0.0/0"], allowedViolations={"SITE-SSH-1": "no fixed address"})
    assert [warning.key for warning in rules.warnings(settings)] == ["site:sshFrom"]


def test_a_release_needs_memory_for_old_and_new_side_by_side() -> None:
    one, two = (capacity.memory_needed(parse(processes=web(memory=300, replicas=n), serverSize="s-8vcpu-16gb")) for n in (1, 2))
    assert two - one == 300
    assert one > 2 * 300


def test_a_value_that_is_wrong_by_itself_hides_no_rule_over_the_others() -> None:
    message = told(region="Frankfurt", serverCount=3, databaseNodes=2, secretKey="short")
    for key in ("site:region", "site:serverCount", "site:databaseNodes", "site:secretKey"):
        assert f"- {key}" in message


def test_a_rule_that_needs_a_wrong_value_is_left_for_the_next_run() -> None:
    message = told(processes={"web": {"command": ""}})
    assert "site:processes.web.command" in message
    assert "memory" not in message
