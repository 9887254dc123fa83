"""Changes of the proxy: reloaded in place, kept over a restart, and announced where they cost something."""

import shutil
import subprocess
from collections import Counter
from pathlib import Path

import httpx
import pytest
import yaml

from bench.load import Background, Load
from rehearsal.home import Home
from rehearsal.host import Host
from rehearsal.stack import Stack
from tests.rehearsal.rehearsing import SITE, Visitor, rehearse, wait_for

pytestmark = [pytest.mark.integration, pytest.mark.rehearsal]
REQUESTS, RATE = 240, 15
_PROXY = "docker ps --quiet --filter label=com.docker.swarm.service.name=proxy"


def hidden_from_search_engines(staging: Visitor) -> bool:
    return "noindex" in staging.see("/healthz").headers.get("x-robots-tag", "")


@pytest.mark.skipif(not shutil.which("curl"), reason="no curl on PATH")
def test_another_header_is_reloaded_without_a_lost_request_and_survives_a_restart(staging: Visitor, tmp_path: Path) -> None:
    overlay = tmp_path / "overlay.yaml"
    overlay.write_text(yaml.safe_dump({"config": {"site:noindex": False}}))
    stack, host = Stack("staging", Home()), Host(Home(), "staging")
    assert hidden_from_search_engines(staging)
    before = host.output(_PROXY)
    # One connection of HTTP/2 for all, as a browser has it; curl opens another when it is told to go away.
    words = ["curl", "--silent", "--http2", "--cacert", str(Home().certificate("staging")), "--rate", f"{RATE}/s", "--output", "/dev/null"]
    with (
        subprocess.Popen(
            [*words, "--write-out", "%{http_version} %{http_code}\n", f"https://{SITE}/healthz?[1-{REQUESTS}]"],
            stdout=subprocess.PIPE,
            text=True,
        ) as curl,
        Background(Load(url=stack.url, ca_file=stack.home.certificate("staging"), rate=5, slow=0)) as traffic,
    ):
        assert rehearse("up", "--config", str(overlay)).returncode == 0
        assert curl.stdout is not None
        answers = Counter(curl.stdout.read().splitlines())
    assert answers == {"2 200": REQUESTS}
    assert traffic.report.lost == {}, "idle kept-alive connections of HTTP/1.1 may close: they are counted apart, as stale"
    assert not hidden_from_search_engines(staging)
    assert host.output(_PROXY) == before, "it is the same proxy"

    host.output(f"docker kill $({_PROXY})")
    wait_for("another proxy", lambda: host.output(_PROXY) not in ("", before))
    wait_for("its answers", lambda: _answers(staging))
    assert not hidden_from_search_engines(staging)
    assert rehearse("up").returncode == 0
    assert hidden_from_search_engines(staging)


def _answers(staging: Visitor) -> bool:
    try:
        return staging.see("/healthz").status_code == 200
    except httpx.TransportError:
        return False
