"""What looks like a secret, which new values are refused, and what is said about them."""

import base64
import hashlib
import json

import pytest

from ci.strength import looks_secret, problems
from infra.rules import WEAK

STRONG = base64.b64encode(bytes(range(7, 210, 4))).decode()
PEM = "-----BEGIN PRIVATE KEY-----\nMIIEvQIBADANBgkqhkiG9w0BAQEF\nAASCBKcwggSj\n-----END PRIVATE KEY-----\n"
NAMES = ("secretKey", "passphrase", "digitalocean:token", "gitlab:token", "stateSecretKey", "secrets.STRIPE_KEY")


def said(name: str, value: str, old: str | None = None) -> str:
    return "\n".join(problems(name, value, old=old))


@pytest.mark.parametrize("name", NAMES)
def test_a_value_of_the_command_that_is_told_passes(name: str) -> None:
    for number in range(200):
        assert problems(name, base64.b64encode(hashlib.sha384(bytes([number])).digest()).decode()) == []


@pytest.mark.parametrize(
    ("name", "least"),
    [
        ("secretKey", 50),
        ("passphrase", 12),
        ("digitalocean:token", 20),
        ("gitlab:token", 20),
        ("stateSecretKey", 20),
        ("secrets.STRIPE_KEY", 8),
        ("stateAccessKey", 8),
    ],
)
def test_each_kind_has_its_shortest_length(name: str, least: int) -> None:
    assert problems(name, STRONG[:least]) == []
    assert f"is shorter than {least} characters; " in said(name, STRONG[: least - 1])


@pytest.mark.parametrize("name", [*NAMES, "basicAuth"])
def test_an_empty_value_is_told_as_that_alone(name: str) -> None:
    [text] = problems(name, "")
    assert text.startswith("is empty; ")


@pytest.mark.parametrize("value", ["abcd" * 20, f"django-insecure-{STRONG}", *(f"{word}-{STRONG}" for word in WEAK)])
def test_a_secret_key_is_held_to_the_rules_of_django_and_of_the_program(value: str) -> None:
    assert "(Django's W009); make one with `openssl rand -base64 48`" in said("secretKey", value)


@pytest.mark.parametrize(
    "value",
    [
        "no-colon-in-here",
        "visitor:2short",
        f"visitor:{'much-2-long' * 7}",
        "vis {itor:l0ng-enough",
        ":n0body-is-here",
        "visitor:" + "ü" * 37,
    ],
)
def test_basic_auth_needs_a_name_and_what_bcrypt_reads(value: str) -> None:
    assert "8 to 72 bytes of password (bcrypt reads no more); make a password with" in said("basicAuth", value)


@pytest.mark.parametrize("password", ["kT9-w2mQ", "8 words with w", "kT9ü" * 14 + "w2"])
def test_basic_auth_may_be_anything_that_bcrypt_reads(password: str) -> None:
    assert problems("basicAuth", f"visitor:{password}") == []


@pytest.mark.parametrize("name", ["basicAuth", "passphrase", "secrets.STRIPE_KEY"])
@pytest.mark.parametrize(
    "value",
    [
        "changeme",
        "your-secret-key-here",
        "<replace-me-with-a-token>",
        "Password123!",
        "Summer2026!",
        "QWERTYUIOP",
        "iloveyou!!",
        "aaaaaaaaaaaaaaaa",
        "abcabcabcabcabc",
        "abcdefghijklmnop",
        "9876543210",
        "example-password-1",
    ],
)
def test_what_everybody_tries_first_is_too_common(name: str, value: str) -> None:
    assert "is too common: " in said(name, f"visitor:{value}" if name == "basicAuth" else value)


@pytest.mark.parametrize(
    "value",
    [
        "secret_kXq7Zr2mWv9TbN4c",
        "sk_test_4eC39HqLyjWDarjtT1zdp7dc",
        "https://5f1c2d@o1.ingest.example.com/4505",
        "123e4567-e89b-12d3-a456-426614174000",
        "correct horse battery staple",
        "ff562760",
        "!@^&*()=+[",
    ],
)
def test_a_word_of_placeholders_within_a_real_value_is_no_fault(value: str) -> None:
    assert problems("secrets.STRIPE_KEY", value) == []


@pytest.mark.parametrize("value", [PEM, PEM.strip(), PEM + PEM, json.dumps({"key": [STRONG]}, indent="\t") + "\n"])
def test_a_pem_block_and_json_keep_their_lines(value: str) -> None:
    assert problems("secrets.SIGNING", value) == []


@pytest.mark.parametrize("name", ["secretKey", "passphrase", "stateSecretKey", "basicAuth"])
def test_lines_are_only_for_the_secrets_of_the_site(name: str) -> None:
    assert "has more than one line, which only a PEM block or JSON in `secrets` may; " in said(name, f"visitor:{PEM}")


@pytest.mark.parametrize("value", [f"{STRONG}\n{STRONG}", f"{PEM}and more", PEM.replace("END PRIVATE", "END PUBLIC"), f"{STRONG}\n{{}}"])
def test_other_values_of_the_site_have_one_line(value: str) -> None:
    assert "has more than one line" in said("secrets.SIGNING", value)


@pytest.mark.parametrize("value", [f" {STRONG}", f"{STRONG}\n", f"{STRONG}\t"])
def test_white_space_around_a_value_is_a_slip(value: str) -> None:
    assert "begins or ends with white space; leave that out" in said("secrets.STRIPE_KEY", value)


def test_white_space_is_in_no_token_and_in_no_passphrase_which_gitlab_could_not_mask() -> None:
    value = "kXq7Zr2mWv9TbN4c aQ8sLd3f"
    assert "has white space in it; copy it whole and alone" in said("gitlab:token", value)
    assert "has white space in it; make one" in said("passphrase", value)


@pytest.mark.parametrize("sign", ["\x00", "\x1b", "\t", "\r", "\u200b", "\u00a0", "\ufeff"])
def test_a_character_that_cannot_be_seen_is_told_by_its_place(sign: str) -> None:
    assert "can't be seen, its number 5; type it" in said("secrets.STRIPE_KEY", f"kXq7{sign}Zr2mWv9TbN4c")


def test_the_lines_of_windows_are_seen_in_a_pem_block() -> None:
    assert "can't be seen, its number 28; " in said("secrets.SIGNING", PEM.replace("\n", "\r\n"))


def test_a_new_value_differs_from_the_old_one() -> None:
    assert problems("secretKey", STRONG, old=STRONG[::-1]) == []
    assert "is what it was before; make one with" in said("secretKey", STRONG, old=STRONG)


@pytest.mark.parametrize("name", [*NAMES, "basicAuth"])
@pytest.mark.parametrize("value", ["hunter2", " kXq7Zr2m\u200b ", "kXq7\nZr2m", "insecure-kXq7"])
def test_no_text_shows_the_value(name: str, value: str) -> None:
    found = problems(name, value, old=value)
    assert found
    assert not any(piece in text for text in found for piece in ("hunter2", "kXq7", "Zr2m"))
    assert all("; " in text for text in found), "each says what mends it"


@pytest.mark.parametrize(
    "line",
    [
        *(
            f"{name}=x"
            for name in ("APIKEY", "DBPASS", "MY_PASSWORD_HASH", "AWS_CREDENTIALS", "JWT_PRIVATE", "HASHIDS_SALT", "OAUTH_AUTH_URL")
        ),
        *(f"{name}=x" for name in ("sentry_dsn", "CARD_PIN", "DB_PWD", "TOKENS", "PASSENGER_URL")),
        "SMTP=smtp://user:pw@smtp.example.com:587",
        "SENTRY=https://5f1c2d@o1.ingest.example.com/1",
        "HOOK=https://hooks.example.com/services/T00000000/B00000000/XXaXXXbXXc4XdXXXeX4Xq",
        "BLOB=https://x.example.com/c?sv=2020&sig=abc",
        "DATA=host=db user=x password=y",
        "CERT=-----BEGIN RSA PRIVATE KEY-----",
        "BEARER=eyJhbGciOiJIUzI1NiJ9.eyJzdWIiOiIxMjM0NTY3ODkwIn0.x",
        "PAY=sk_live_abcdefgh",
        "LAB=glpat-abcdefghijkl",
        "OCEAN=dop_v1_abcdefgh",
        "HUB=ghp_abcdefghij",
        "CLOUD=AKIAIOSFODNNEXAMPLE",
        "HEX=9f86d081884c7d659a2feaa0c55ad015",
        "UUID=123e4567-e89b-12d3-a456-426614174000",
        "BASE64=dGhpcyBpcyBhIHNlY3JldCBrZXkgZm9y",
        "NUMBER=483920174839201748392017",
        "LETTERS=kqzjxhvbnmwrtplkqzjxhvbn",
    ],
)
def test_a_secret_is_known_by_its_name_or_its_value(line: str) -> None:
    name, _, value = line.partition("=")
    assert looks_secret(name, value)


@pytest.mark.parametrize(
    "line",
    [
        "WEB_CONCURRENCY=4",
        "DJANGO_SETTINGS_MODULE=config.settings.production",
        "DEFAULT_FILE_STORAGE=whitenoise.storage.CompressedManifestStaticFilesStorage",
        "AWS_STORAGE_BUCKET_NAME=my-bucket-production-2024-assets",
        "AWS_S3_ENDPOINT_URL=https://fra1.digitaloceanspaces.com",
        "CDN=https://d111111abcdef8.cloudfront.net/static/",
        "ADMINS=a@example.com,b@example.com",
        'FROM="Example <hello@example.com>"',
        "PASSWORD_RESET_TIMEOUT=3600",
        "USE_TOKENS=true",
        'FLAGS={"a": [1, 2], "beta": true}',
        "SLUG=^/(en|de)/articles/(?P<slug>[a-z0-9-]+)$",
        "API=https://api.example.com/v2/orders?limit=100&order=asc",
        "VERSION=2026.11.21-rc3",
    ],
)
def test_what_people_write_is_no_secret(line: str) -> None:
    name, _, value = line.partition("=")
    assert not looks_secret(name, value)
