"""The proxy's file, as Caddy itself understands it."""

import json
import shutil
import socket
import subprocess
import time
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import bcrypt
import httpx
import pytest

from infra.proxy import caddyfile
from tests.infra.build import Build

needs_caddy = pytest.mark.skipif(not shutil.which("caddy"), reason="no caddy on PATH (Debian: apt-get install caddy)")

SETTINGS: dict[str, dict[str, Any]] = {
    "plain": {},
    "guarded": {"basic_auth": 'visitor:p{ss} "w\'rd" $1'},
    "aliases": {"aliases": ["example.com", "example.org"]},
    "staging": {"noindex": True, "acme_ca": "https://acme.example.com/directory", "email": "ops@example.com"},
    "everything": {
        "aliases": ["example.com"],
        "noindex": True,
        "acme_ca": "https://acme.example.com/dir",
        "email": "o@e.de",
        "basic_auth": "v:longenough",
    },
}


def render(**changes: Any) -> str:
    """The file for a site, a little changed."""
    usual: dict[str, Any] = {
        "domain": "www.example.com",
        "aliases": [],
        "web": "web",
        "port": 8000,
        "health": "/healthz",
        "acme_ca": "",
        "email": "",
        "noindex": False,
        "basic_auth": "",
    }
    return caddyfile(**usual | changes)


def caddy(command: str, text: str, folder: Path) -> subprocess.CompletedProcess[str]:
    """Let Caddy read a file; it looks for its own folders below HOME."""
    file = folder / "Caddyfile"
    file.write_text(text)
    words = ["caddy", command, "--adapter", "caddyfile", "--config", str(file)]
    return subprocess.run(words, capture_output=True, text=True, env=environment(folder), check=False)


def environment(folder: Path) -> dict[str, str]:
    return {"HOME": str(folder), "PATH": "/usr/bin:/bin:/usr/local/bin"}


def adapted(text: str, folder: Path) -> dict[str, Any]:
    """The file as the JSON that Caddy makes of it."""
    ran = caddy("adapt", text, folder)
    assert ran.returncode == 0, ran.stderr
    config: dict[str, Any] = json.loads(ran.stdout)
    return config


def everything(value: Any) -> Iterator[dict[str, Any]]:
    """Each object in a JSON document."""
    if isinstance(value, dict):
        yield value
        for item in value.values():
            yield from everything(item)
    elif isinstance(value, list):
        for item in value:
            yield from everything(item)


def handlers(config: dict[str, Any], name: str) -> list[dict[str, Any]]:
    """All handlers of a kind."""
    return [found for found in everything(config) if found.get("handler") == name]


@needs_caddy
@pytest.mark.parametrize("name", SETTINGS)
def test_caddy_accepts_the_file(name: str, tmp_path: Path) -> None:
    ran = caddy("validate", render(**SETTINGS[name]), tmp_path)
    assert ran.returncode == 0, ran.stderr


@pytest.mark.parametrize("name", SETTINGS)
def test_no_placeholder_of_ours_is_left(name: str) -> None:
    assert "{$" not in render(**SETTINGS[name]).replace("{$NAME}", "", 1)


@needs_caddy
def test_the_log_holds_no_query_and_no_referer(tmp_path: Path) -> None:
    """They may hold tokens and addresses of people."""
    config = adapted(render(), tmp_path)
    used = [log for log in config["logging"]["logs"].values() if "encoder" in log]
    assert used
    for log in used:
        fields = log["encoder"]["fields"]
        assert fields["request>headers>Referer"] == {"filter": "delete"}
        assert fields["request>uri"]["filter"] == "regexp"
        assert fields["request>uri"]["regexp"] == r"\?.*"


@needs_caddy
def test_requests_are_logged_by_a_logger_with_the_filter(tmp_path: Path) -> None:
    config = adapted(render(), tmp_path)
    server = next(iter(config["apps"]["http"]["servers"].values()))
    assert "logs" in server, "access is not logged"
    assert list(config["logging"]["logs"]) == ["default"], "another logger would write the lines without the filter"


@needs_caddy
def test_tasks_are_found_by_their_name_twice_a_second(tmp_path: Path) -> None:
    (proxy,) = handlers(adapted(render(web="site", port=9000), tmp_path), "reverse_proxy")
    upstreams = proxy["dynamic_upstreams"]
    assert (upstreams["source"], upstreams["name"], upstreams["port"]) == ("a", "site", "9000")
    assert upstreams["refresh"] == 500_000_000
    assert proxy["load_balancing"]["try_duration"] >= 10 * 10**9, "a request that meets a stopping task is tried on the next one"


def _open(port: int) -> bool:
    with socket.socket() as client:
        return client.connect_ex(("127.0.0.1", port)) == 0


@needs_caddy
@pytest.mark.parametrize("method", ["GET", "POST"])
def test_a_request_that_comes_while_nobody_serves_is_held_and_not_refused(method: str, tmp_path: Path) -> None:
    (proxy,) = handlers(adapted(render(web="nobody.invalid"), tmp_path), "reverse_proxy")
    proxy["load_balancing"]["try_duration"] = "1s"
    with socket.create_server(("127.0.0.1", 0)) as free:
        port = free.getsockname()[1]
    server = {"listen": [f"127.0.0.1:{port}"], "routes": [{"handle": [proxy]}], "automatic_https": {"disable": True}}
    file = tmp_path / "held.json"
    file.write_text(json.dumps({"admin": {"disabled": True}, "apps": {"http": {"servers": {"held": server}}}}))
    with subprocess.Popen(
        ["caddy", "run", "--config", str(file)], env=environment(tmp_path), stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL
    ) as running:
        try:
            deadline = time.monotonic() + 10
            while not _open(port):
                assert time.monotonic() < deadline
            began = time.monotonic()
            answer = httpx.request(method, f"http://127.0.0.1:{port}/", timeout=30)
            assert answer.status_code in (502, 503)
            assert time.monotonic() - began >= 1
        finally:
            running.terminate()


@needs_caddy
def test_an_alias_redirects_to_the_domain_with_path_and_query(tmp_path: Path) -> None:
    config = adapted(render(aliases=["example.com"]), tmp_path)
    routes = next(iter(config["apps"]["http"]["servers"].values()))["routes"]
    (alias,) = [route for route in routes if route["match"] == [{"host": ["example.com"]}]]
    (redirect,) = handlers(alias, "static_response")
    assert redirect["headers"]["Location"] == ["https://www.example.com{http.request.uri}"]
    assert redirect["status_code"] in (301, 308)


@needs_caddy
def test_basic_auth_guards_everything_but_the_health_path(tmp_path: Path) -> None:
    config = adapted(render(basic_auth="visitor:long enough", health="/up"), tmp_path)
    (guard,) = [found for found in everything(config) if any(h.get("handler") == "authentication" for h in found.get("handle", []))]
    assert guard["match"] == [{"not": [{"path": ["/up"]}]}]
    assert not handlers(adapted(render(), tmp_path), "authentication")


@needs_caddy
def test_certificates_come_from_the_configured_authority(tmp_path: Path) -> None:
    config = adapted(render(acme_ca="https://acme.example.com/directory", email="ops@example.com"), tmp_path)
    text = json.dumps(config["apps"]["tls"])
    assert "https://acme.example.com/directory" in text
    assert "ops@example.com" in text


@needs_caddy
@pytest.mark.parametrize("noindex", [True, False])
def test_search_engines_are_told_to_stay_away_where_it_is_set(noindex: bool, tmp_path: Path) -> None:
    assert ("X-Robots-Tag" in json.dumps(adapted(render(noindex=noindex), tmp_path))) is noindex


@needs_caddy
def test_security_headers_leave_alone_what_the_site_says_itself(tmp_path: Path) -> None:
    found = [handler for handler in handlers(adapted(render(), tmp_path), "headers") if "response" in handler]
    defaults = {name for handler in found for name in handler["response"].get("set", {})}
    assert defaults >= {"Strict-Transport-Security", "X-Content-Type-Options", "X-Frame-Options", "Referrer-Policy"}
    for handler in found:
        if names := handler["response"].get("set", {}).keys() - {"X-Robots-Tag"}:
            assert handler["response"]["require"]["headers"] == dict.fromkeys(names), "only where the site says nothing"
            assert len(names) == 1, "in one block, one header that the site sends keeps all the others away"


def test_the_proxy_is_told_all_that_config_says_about_it(full: Build, production: Build) -> None:
    everything_on = full.one("command.Command", "proxy-file").plain["stdin"]
    for fragment in (
        "\nstaging.example.com {",
        "\nwww.staging.example.com {",
        "acme_ca https://acme.example.com/directory",
        "email ops@example.com",
        "X-Robots-Tag",
        "not path /healthz",
        "name web",
        "port 8000",
    ):
        assert fragment in everything_on
    assert "\nexample.com {\n\tredir https://www.example.com{uri}" in production.one("command.Command", "proxy-file").plain["stdin"]


def hashed(basic_auth: str) -> bytes:
    """The hash that the file holds."""
    lines = [line.split() for line in render(basic_auth=basic_auth).splitlines() if "$2b$" in line]
    assert len(lines) == 1
    return lines[0][1].encode()


@pytest.mark.parametrize("password", ["long enough", "with:colons", "grüße 🎈", "x" * 72])
def test_the_password_opens_its_hash_and_no_other_does(password: str) -> None:
    assert bcrypt.checkpw(password.encode(), hashed(f"visitor:{password}"))
    assert not bcrypt.checkpw(password[:-1].encode(), hashed(f"visitor:{password}"))


def test_the_file_is_the_same_on_every_run() -> None:
    """Else each `up` would reload the proxy."""
    assert hashed("visitor:long enough") == hashed("visitor:long enough")


def test_the_salt_says_nothing_about_the_password() -> None:
    """A salt made of it would be a quick way to try passwords, past the slowness of bcrypt."""
    salts = [hashed(f"visitor:{password}")[:29] for password in ("long enough", "another one")]
    assert salts[0] == salts[1]
    assert salts[0] != hashed("guest:long enough")[:29]
