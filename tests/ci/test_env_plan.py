"""What becomes of each line of an `.env` file, before anything is written."""

import re
from typing import Any

import pytest

from ci.env_import import EnvFileError, plan
from tests.infra import test_environment as environment

KEY = "hT7$kq2pLw9zXc4vBn6mQr8sYd1fGj3aHt5uEi0oKp2lZx4cVb6nMq8w"
STRIPE = "sk_live_51H8xYzAbCdEfGhIjKl"
PEM = "-----BEGIN PRIVATE KEY-----\nMIIEvQIBADANBgkqhkiG9w0BAQEF\n-----END PRIVATE KEY-----\n"


def planned(text: str, *, overwrite: bool = False, **config: Any) -> list[str]:
    """`WHERE KIND` of each entry."""
    return [
        f"{entry.where} {entry.kind}" for entry in plan(text, {f"site:{key}": value for key, value in config.items()}, overwrite=overwrite)
    ]


def note(text: str, *, overwrite: bool = False, **config: Any) -> str:
    """What is said about the only entry."""
    [entry] = plan(text, {f"site:{key}": value for key, value in config.items()}, overwrite=overwrite)
    return entry.note


def test_what_is_secret_the_rest_and_what_the_program_gives_are_told_apart() -> None:
    text = f"SECRET_KEY='{KEY}'\nexport STRIPE_KEY={STRIPE} # live\n\nWEB_CONCURRENCY=3\nDATABASE_URL=postgres://u:pw@db/x\n"
    assert planned(text) == [
        "site:secretKey secret",
        "site:secrets.STRIPE_KEY secret",
        "site:env.WEB_CONCURRENCY plain",
        "DATABASE_URL left out",
    ]


@pytest.mark.parametrize("changes", [{}, {"broker": True, "aliases": ["example.com"], "verify": True, "fallbacks": "former"}])
def test_nothing_that_the_program_gives_comes_in_beside_it(changes: dict[str, Any]) -> None:
    given = re.findall(r"(?m)^(\w+)=", environment.text(**changes))
    assert "DATABASE_URL" in given
    for name in [*given, "RELEASE"]:
        [entry] = plan(f"{name}={KEY}", {})
        assert entry.kind == "left out" or entry.where in ("site:secretKey", "site:secretKeyFallbacks"), name


@pytest.mark.parametrize(
    ("line", "told"),
    [
        ("EMPTY=", "it is empty"),
        ("EMPTY=''", "it is empty"),
        ("DEBUG=True", "must not show its insides"),
        ("DJANGO_DEBUG=1", "must not show its insides"),
        ("PGPASSFILE=/x", "the database that it makes"),
        ("allowed_hosts=a,b", "site:domain and site:aliases"),
        ("POSTGRES_PASSWORD=x", "pulumi config set --path site:env.POSTGRES_PASSWORD '{database.…}'"),
        ("ANALYTICS=postgresql+psycopg://u:pw@postgres:5432/x", "pulumi config set --path site:env.ANALYTICS '{database.url}'"),
        ("CACHE_URL=redis://localhost:6379/1", "pulumi config set --path site:env.CACHE_URL '{broker.url}'"),
        ("RESULTS=amqp://guest:guest@rabbit//", "pulumi config set --path site:env.RESULTS '{broker.url}'"),
    ],
)
def test_what_is_left_out_is_told_with_its_reason(line: str, told: str) -> None:
    assert planned(line) == [f"{line.partition('=')[0]} left out"]
    assert told in note(line)


@pytest.mark.parametrize("line", ["DEBUG=False", "CACHE_URL=redis://cache.example.com:6379/1", "DATABASE_ROUTERS=a.B"])
def test_what_only_looks_like_it_is_taken_over(line: str) -> None:
    assert planned(line) == [f"site:env.{line.partition('=')[0]} plain"]


def test_a_weak_secret_key_is_refused_with_how_to_make_a_new_one() -> None:
    assert planned("SECRET_KEY=django-insecure-abc") == ["site:secretKey refused"]
    told = note("SECRET_KEY=django-insecure-abc")
    assert "make one with `openssl rand -base64 48`" in told
    assert told.endswith("then: pulumi config set --secret site:secretKey")


def test_a_weak_secret_of_the_site_is_refused_with_how_to_say_that_it_is_none() -> None:
    assert planned("AUTH_MODE=oidc") == ["site:secrets.AUTH_MODE refused"]
    assert note("AUTH_MODE=oidc").endswith("or, where it is no secret: pulumi config set --path site:env.AUTH_MODE")


def test_former_keys_stay_former_keys() -> None:
    assert planned(f"SECRET_KEY_FALLBACKS={KEY}") == ["site:secretKeyFallbacks secret"]


def test_one_key_under_both_names_is_taken_once() -> None:
    assert planned(f"SECRET_KEY={KEY}\nDJANGO_SECRET_KEY={KEY}") == ["site:secretKey secret", "DJANGO_SECRET_KEY left out"]


def test_two_keys_for_the_same_place_wait_for_a_person() -> None:
    found = plan(f"DJANGO_SECRET_KEY={KEY}\nSECRET_KEY={KEY[::-1]}", {})
    assert [entry.kind for entry in found] == ["secret", "refused"]
    assert "take one of them out of the file" in found[1].note


def test_of_a_name_that_comes_twice_the_last_counts() -> None:
    [entry] = plan("A=1\nA=2\n", {})
    assert (entry.value, entry.note) == ("2", "2 times in the file, the last counts")


@pytest.mark.parametrize("line", ["my-key=abc", "LONELY", "1A=2", "kXq7Zr2mWv9TbN4c+/Q="])
def test_a_line_without_a_good_name_is_told_by_its_number_only(line: str) -> None:
    found = plan(f"A=1\n\n# why\n\n{line}\n", {})
    assert (found[1].where, found[1].kind) == ("line 5", "refused")
    assert "name of letters, digits and underscores" in found[1].note


def test_a_quotation_mark_that_never_closes_stops_everything() -> None:
    with pytest.raises(EnvFileError, match=r"^line 3 is no NAME=value, or a quotation mark that opens there never closes"):
        plan(f"A=1\n\nB='{STRIPE}\nC=3\n", {})


def test_a_pem_block_without_quotes_stops_everything_for_its_lines_would_pass_as_names() -> None:
    with pytest.raises(EnvFileError, match=r"^line 2 has only the first line of a PEM block; put the whole block in double quotes$"):
        plan(f"A=1\nJWT={PEM}", {})


@pytest.mark.parametrize("text", [f'JWT="{PEM}"', 'JWT="{}"'.format(PEM.replace("\n", "\\n"))])
def test_a_pem_block_in_quotes_keeps_its_lines(text: str) -> None:
    [entry] = plan(text, {})
    assert (entry.where, entry.kind, entry.value) == ("site:secrets.JWT", "secret", PEM)


def test_a_dollar_stays_what_it_is(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("HOME", "/elsewhere")
    [entry] = plan("REF=${HOME}/$HOME\n", {})
    assert (entry.value, entry.note) == ("${HOME}/$HOME", "`${…}` in it stays as it is written")


def test_a_placeholder_is_told_where_the_program_fills_it_in() -> None:
    assert note("SITE=https://{domain}/x/{other}") == "the program fills in {domain}"


@pytest.mark.parametrize("line", ["A={database.foo}", "A_TOKEN=kXq7Zr2mWv9TbN4c{broker.}"])
def test_a_placeholder_that_does_not_exist_is_refused(line: str) -> None:
    [entry] = plan(line, {})
    assert entry.kind == "refused"
    assert "that is no placeholder; there are {database.host}, " in entry.note


@pytest.mark.parametrize(
    ("config", "told"),
    [
        ({"secrets": {"PAY_KEY": STRIPE}}, "the stack has the same"),
        ({"secrets": {"PAY_KEY": "another"}}, "the stack has another value; --overwrite replaces it"),
        ({"env": {"PAY_KEY": "another"}}, "the stack has another value; --overwrite replaces it"),
        ({"env": {"PAY_KEY": STRIPE}}, "it stands in clear there; --overwrite moves it to site:secrets.PAY_KEY"),
    ],
)
def test_what_the_stack_has_is_kept(config: dict[str, Any], told: str) -> None:
    text = f"PAY_KEY={STRIPE}"
    assert planned(text, **config) == [f"site:{next(iter(config))}.PAY_KEY kept"]
    assert note(text, **config) == told
    kept = told == "the stack has the same"
    assert planned(text, overwrite=True, **config) == [f"site:secrets.PAY_KEY {'kept' if kept else 'secret'}"]


@pytest.mark.parametrize(("number", "kind"), [(8080, "kept"), ("8080", "kept"), (8081, "plain")])
def test_a_number_of_the_stack_is_compared_as_the_text_that_the_image_gets(number: object, kind: str) -> None:
    assert planned("PORT=8080", overwrite=True, env={"PORT": number}) == [f"site:env.PORT {kind}"]


def test_what_the_stack_keeps_as_a_secret_stays_one() -> None:
    assert planned("REGION=eu-west", overwrite=True, secrets={"REGION": "eu-east"}) == ["site:secrets.REGION refused"]
    assert planned("REGION=eu-west-9", overwrite=True, secrets={"REGION": "eu-east"}) == ["site:secrets.REGION secret"]


def test_another_key_of_django_is_told_to_end_sessions() -> None:
    assert note(f"SECRET_KEY={KEY}", overwrite=True, secretKey=KEY[::-1]).endswith("everyone is logged out by this")


def test_secrets_that_are_one_text_are_not_added_to_because_the_cli_would_drop_it() -> None:
    with pytest.raises(EnvFileError, match=r"^site:secrets is one text; set each entry by itself: pulumi config set --path site:secrets"):
        plan("A=1", {"site:secrets": '{"B": "x"}'})


def test_an_entry_does_not_show_its_value() -> None:
    assert STRIPE not in repr(plan(f"STRIPE_KEY={STRIPE}", {}))
