"""What is in flight when a release comes: long requests, uploads, streams, sockets, tasks of workers, and the beat."""

import itertools
import json
import re
import socket
import ssl
import time
from collections.abc import Iterator
from concurrent.futures import Future, ThreadPoolExecutor
from datetime import datetime
from pathlib import Path

import pytest
import yaml

from rehearsal.home import Home
from rehearsal.host import Host
from rehearsal.world.engine import docker_cli
from tests.rehearsal.rehearsing import SITE, Visitor, rehearse, wait_for

pytestmark = [pytest.mark.integration, pytest.mark.rehearsal]
SECONDS = 20
# Views and a task that no real site needs, put at the end of the sample's own files.
_VIEWS = """

def stream(request):
    from django.http import StreamingHttpResponse

    def parts():
        for number in range(int(request.GET["s"])):
            yield f"{number}\\n"
            time.sleep(1)

    return StreamingHttpResponse(parts())


def websocket(request):
    peer = request.environ["gunicorn.socket"]
    peer.sendall(b"HTTP/1.1 101 Switching Protocols\\r\\nUpgrade: websocket\\r\\nConnection: Upgrade\\r\\n\\r\\n")
    while (said := peer.recv(100)) not in (b"", b"bye"):
        peer.sendall(said)
    raise SystemExit
"""
_URLS = "\nurlpatterns += [path('stream', load.stream), path('socket', load.websocket)]\n"
_TASK = """

@shared_task
def nap(seconds):
    import time

    from guestbook.models import Entry

    time.sleep(seconds)
    Entry.objects.create(name="napped", message="once")
"""


def image(number: int) -> str:
    """The sample with those, and a label that makes it another release."""
    name, lines = f"rehearsal/draining-{number}", ["FROM rehearsal/sample", "USER root"]
    for file, text in (("guestbook/load.py", _VIEWS), ("config/urls.py", _URLS), ("guestbook/tasks.py", _TASK)):
        lines.append(f"RUN {json.dumps(['python3', '-c', f'open({file!r}, chr(97)).write({text!r})'])}")
    docker_cli("build", "--quiet", "--tag", name, "-", stdin="\n".join([*lines, "USER 10001:10001", f"LABEL release={number}\n"]))
    return name


@pytest.fixture(scope="module")
def site(staging: Visitor, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Path]:
    """The staging site with threads for all that goes on here at once; gives the overlay."""
    overlay = tmp_path_factory.mktemp("config") / "overlay.yaml"
    overlay.write_text(yaml.safe_dump({"config": {"site:env": {"WEB_CONCURRENCY": "1", "WEB_THREADS": "12"}}}))
    done = rehearse("release", "--image", image(0), "--config", str(overlay))
    assert done.returncode == 0, done.stdout + done.stderr
    assert staging.see("/healthz").status_code == 200
    yield overlay
    rehearse("up")


class Talk:
    """An HTTP/1.1 connection to the site by hand."""

    def __init__(self, head: str) -> None:
        context = ssl.create_default_context(cafile=str(Home().certificate("staging")))
        plain = socket.create_connection(("127.0.0.1", 443), timeout=60)
        self.socket = context.wrap_socket(plain, server_hostname=SITE)
        self.send(f"{head} HTTP/1.1\r\nHost: {SITE}\r\n")

    def __enter__(self) -> "Talk":
        return self

    def __exit__(self, *_error: object) -> None:
        self.socket.close()

    def send(self, text: str) -> None:
        self.socket.sendall(text.encode())

    def rest(self) -> str:
        """All that comes until the other side closes."""
        said = b""
        while part := self.socket.recv(65536):
            said += part
        return said.decode()


def slow_upload() -> str:
    with Talk("POST /echo") as talk:
        talk.send(f"Connection: close\r\nContent-Type: text/plain\r\nContent-Length: {SECONDS}\r\n\r\n")
        for _ in range(SECONDS):
            talk.send("x")
            time.sleep(1)
        return talk.rest()


def stream() -> str:
    with Talk(f"GET /stream?s={SECONDS}") as talk:
        talk.send("Connection: close\r\n\r\n")
        return talk.rest()


def long_request() -> str:
    with Talk(f"GET /slow?s={SECONDS}") as talk:
        talk.send("Connection: close\r\n\r\n")
        return talk.rest()


def websocket() -> str:
    with Talk("GET /socket") as talk:
        talk.send("Connection: Upgrade\r\nUpgrade: websocket\r\n\r\n")
        assert b"101 Switching Protocols" in talk.socket.recv(1000)
        for number in range(SECONDS):
            talk.send(f"{number:03}")
            if talk.socket.recv(3) != f"{number:03}".encode():
                return f"broke off at {number}"
            time.sleep(1)
        talk.send("bye")
        return "all came back"


def test_what_is_in_flight_ends_well_and_beat_runs_once(site: Path) -> None:
    host = Host(Home(), "staging")
    worker = host.output("docker ps --quiet --filter label=com.docker.swarm.service.name=worker").strip()
    enqueue = f"from guestbook.tasks import nap; nap.delay({SECONDS})"
    host.output(f"docker exec {worker} sh -c 'set -a; . /run/secrets/site.env; exec python3 manage.py shell -c \"$0\"' '{enqueue}'")
    began = time.time()
    with ThreadPoolExecutor() as pool:
        flights: dict[str, Future[str]] = {fly.__name__: pool.submit(fly) for fly in (slow_upload, stream, long_request, websocket)}
        time.sleep(1)
        done = rehearse("release", "--image", image(1), "--config", str(site))
    assert done.returncode == 0, done.stdout + done.stderr
    ended = {name: flight.result() for name, flight in flights.items()}
    assert f'{{"length": {SECONDS}}}' in ended["slow_upload"]
    assert f'{{"slept": {SECONDS}.0}}' in ended["long_request"]
    assert f"{SECONDS - 1}\n" in ended["stream"]
    assert ended["stream"].endswith("0\r\n\r\n"), "with its end"
    assert ended["websocket"] == "all came back"
    web = host.output("docker ps --quiet --filter label=com.docker.swarm.service.name=web").split()
    ask = 'from guestbook.models import Entry; print(Entry.objects.filter(name="napped").count())'
    count = f"docker exec {web[0]} sh -c 'set -a; . /run/secrets/site.env; exec python3 manage.py shell -c \"$0\"' '{ask}'"
    wait_for("the task that was in flight", lambda: host.output(count).split()[-1] != "0")
    assert host.output(count).split()[-1] == "1"

    def ticks() -> list[float]:
        lines = host.output("docker service logs --raw --timestamps beat 2>/dev/null").splitlines()
        sent = [re.match(r"(\S+) .*Sending due task tick", line) for line in lines]
        return sorted(datetime.fromisoformat(found[1][:26] + "+00:00").timestamp() for found in sent if found)

    wait_for("the new beat", lambda: len([tick for tick in ticks() if tick > time.time() - 5]) > 0)
    around = [tick for tick in ticks() if tick > began - 15]
    gaps = [after - before for before, after in itertools.pairwise(around)]
    assert max(gaps) < 30, "at most one tick of ten seconds is missing"
    assert min(gaps) > 5, "never two at once"
