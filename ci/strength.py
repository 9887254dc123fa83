"""What is a secret, and the rules that a new one must pass where a person chose or copied it; what the program makes itself passes."""

import functools
import itertools
import json
import re
from collections.abc import Iterator
from contextlib import suppress

from infra.rules import VISITOR, WEAK

_SHORTEST = {"secretKey": 50, "passphrase": 12, "digitalocean:token": 20, "gitlab:token": 20, "stateSecretKey": 20}
_OTHERWISE = 8
"""GitLab masks nothing shorter (infra/masking.py)."""
_COPIED = ("digitalocean:token", "gitlab:token", "stateAccessKey", "stateSecretKey")
"""What nobody can make up."""
_MAKE = "make one with `openssl rand -base64 48`"
_PEM = re.compile(r"(-----BEGIN ([A-Z0-9 ]+)-----\n.+?\n-----END \2-----\n*)+", re.DOTALL)
_FILLERS = ("your", "my", "the", "here", "key", "token", "value", "replace", "insert", "with", "real", "change", "me", "django", "xxx")
_WORDS = re.compile("|".join(sorted((*WEAK, *_FILLERS), key=len, reverse=True)))
"""What placeholders are made of."""
_PLAIN = re.compile(
    r"\w+=(?i:true|false|yes|no|on|off|none|[01])|\w*(AGE|TTL|TIMEOUT|LIFETIME|LENGTH|LIMIT|ROUNDS|SECONDS|MINUTES|HOURS|DAYS)=\d{1,9}"
)
"""Nothing to hide, whatever it is called."""
_SECRET = re.compile(
    # All that `pulumi config set` takes for the name of a secret, and may refuse in clear (keyPattern in its config.go), and more.
    r"^\w*(PASS|PWD|SECRET|TOKEN|CREDENTIAL|PRIVATE|(KEY|AUTH|SALT|DSN|PIN)S?(_|=))"
    r"|://[^/\s@]+@|-----BEGIN [A-Z ]*PRIVATE KEY|\beyJ[\w-]{8,}\.eyJ|[=?&;\s](?i:\w*(key|token|secret|sig|signature|password|pwd)=)"
    r"|\b([rs]k_(live|test)_|whsec_|sk-|gl(pat|dt|rt|cbt|ptt|ft|imt|soat|agent)-|do[opr]_v1_|gh[opsur]_|github_pat_|AKIA|ASIA|xox[a-z]-"
    r"|SG\.|AIza|npm_|pypi-|hf_|hvs\.)\S{8}"
)
"""A secret, by its name or its value: a login in an address, a key, a JWT, a parameter, what givers of tokens begin them with."""
_WORD = re.compile(r"(?!([a-z]{24}|[A-Z]{24}|\d{24}))((?:[A-Z](?=[a-z])|[a-z])*\d{0,3}|[A-Z]*\d{0,3}|\d+)")
"""A piece of a text as people write it: `production`, `EmailBackend`, `web2`, `2026`."""


PASSPHRASE = "passphrase"  # noqa: S105 - the name of a secret
"""It becomes a CI variable, which GitLab masks only without white space."""


def problems(name: str, value: str, *, old: str | None = None) -> list[str]:
    """What is wrong with `value` as the new value of the secret `name` (`secretKey`, `basicAuth`, `secrets.STRIPE_KEY` …); `old` is the
    value that it replaces.

    Each text reads after the name, says the rule and what mends it, and never shows the value. The rules for `secretKey` are those of
    Django's check security.W009 and of infra/rules.py; what is common stands in Django's list of 20,000 passwords.
    """
    if not value:
        return [f"is empty; {_mend(name)}"]
    found = [*_kind(name, value), *_text(name, value)]
    if value == old:
        found.append(f"is what it was before; {_mend(name)}")
    return found


def looks_secret(name: str, value: str) -> bool:
    """Whether a variable of the image is better kept as a secret, by its name or its value; in doubt it is.

    Also where something in the value looks random: sixteen letters and digits and more in pieces that nobody writes so.
    """
    text = f"{name.upper()}={value}"
    if _PLAIN.fullmatch(text):
        return False
    words = [re.findall(r"[A-Za-z0-9]+", word) for word in re.split(r"[\s,;\"']+", value)]
    odd = ["".join(piece for piece in word if not _WORD.fullmatch(piece)) for word in words]
    return bool(_SECRET.search(text)) or any(len(word) >= 16 and len(set(word)) >= 8 for word in odd)


def _kind(name: str, value: str) -> Iterator[str]:
    """What this secret needs."""
    least = _SHORTEST.get(name, _OTHERWISE)
    if name == "basicAuth":
        visitor, _, password = value.partition(":")
        if not VISITOR.fullmatch(visitor) or not 8 <= len(password.encode()) <= 72:
            rule = "must be name:password, a name of letters, digits, dots and dashes, and 8 to 72 bytes of password (bcrypt reads no more)"
            yield f"{rule}; {_mend(name)}"
    elif len(value) < least:
        yield f"is shorter than {least} characters; {_mend(name)}"
    if name == "secretKey" and (len(set(value)) < 5 or any(word in value.lower() for word in WEAK)):
        # `insecure` is such a word: it is in what `startproject` makes up.
        yield f"is weak: it needs 5 different characters and no placeholder like `django-insecure-` (Django's W009); {_mend(name)}"


def _text(name: str, value: str) -> Iterator[str]:
    """What no text may be; a PEM block and JSON have lines, and mostly end with one."""
    block = name.startswith("secrets.") and _is_block(value)
    if not block and value != value.strip():
        yield "begins or ends with white space; leave that out"
    if not block and "\n" in value.strip():
        yield f"has more than one line, which only a PEM block or JSON in `secrets` may; {_mend(name)}"
    elif name in (*_COPIED, PASSPHRASE) and len(value.split()) > 1:
        yield f"has white space in it; {_mend(name)}"
    seen = "\n\t" if block else "\n"
    if hidden := next((place for place, sign in enumerate(value, 1) if not sign.isprintable() and sign not in seen), 0):
        yield f"holds a character that can't be seen, its number {hidden}; type it, or copy it from another place"
    if not block and _is_common(value.partition(":")[2] if name == "basicAuth" else value):
        yield f"is too common: a placeholder, a known password, a repetition or a sequence; {_mend(name)}"


def _mend(name: str) -> str:
    if name in _COPIED:
        return "copy it whole and alone, from where it was made"
    if name == "basicAuth":
        return "make a password with `openssl rand -base64 24`"
    return f"copy it whole, or {_MAKE}" if name.startswith("secrets.") else _MAKE


def _is_block(value: str) -> bool:
    with suppress(ValueError):
        return isinstance(json.loads(value), dict | list)
    return _PEM.fullmatch(value) is not None


def _is_common(value: str) -> bool:
    """Also with some digits and signs behind it, as in `Summer2026!`, or where little is left without the words of placeholders."""
    text = value.strip().lower()
    forms = {text, re.sub(r"[\W_]+$", "", text), re.sub(r"(?<=[^\W\d_]{4})[\W\d_]{1,6}$", "", text)}
    if _WORDS.search(text):
        rest = re.sub(r"[\W_]", "", _WORDS.sub("", text))
        if len(rest) < 4:
            return True
        forms.add(rest)
    return any(form in _known() or _repeats(form) or _counts(form) for form in forms if form)


def _repeats(text: str) -> bool:
    return text in (text + text)[1:-1]


def _counts(text: str) -> bool:
    """Up or down by one, like `abcdefgh` and `87654321`."""
    return len(text) > 2 and {ord(after) - ord(before) for before, after in itertools.pairwise(text)} in ({1}, {-1})


@functools.cache
def _known() -> frozenset[str]:
    # Only here: Django takes longer to load than all other commands need together.
    from django.contrib.auth.password_validation import CommonPasswordValidator  # type: ignore[import-untyped]  # it brings no types

    return frozenset(CommonPasswordValidator().passwords)
