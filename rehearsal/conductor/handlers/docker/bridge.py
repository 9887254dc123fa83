"""A unix socket whose every connection is one `ssh HOST docker system dial-stdio`: what docker's own client does for `ssh://`."""

import socket
import subprocess
import tempfile
import threading
from pathlib import Path
from urllib.parse import urlsplit


class Bridge:
    """Listens until it is closed. `address` is `ssh://[user@]host[:port]`, `options` are ssh's."""

    def __init__(self, address: str, options: list[str]) -> None:
        target = urlsplit(address)
        login = ["-l", target.username] if target.username else []
        port = ["-p", str(target.port)] if target.port else []
        dial = ["docker", "system", "dial-stdio"]
        self._command = ["ssh", *login, *port, *options, "-o", "ConnectTimeout=30", "-T", "--", target.hostname or "", *dial]
        self._folder = tempfile.TemporaryDirectory(prefix="docker-")
        self.path = Path(self._folder.name) / "docker.sock"
        self.complaint = ""
        """What ssh said when a connection failed last."""
        self._listener = socket.socket(socket.AF_UNIX)
        self._listener.bind(str(self.path))
        self._listener.listen()
        threading.Thread(target=self._listen, daemon=True).start()

    def close(self) -> None:
        # Without the shutdown the thread in accept() would never hear of it.
        self._listener.shutdown(socket.SHUT_RDWR)
        self._listener.close()
        self._folder.cleanup()

    def _listen(self) -> None:
        while True:
            try:
                connection, _ = self._listener.accept()
            except OSError:
                return
            threading.Thread(target=self._serve, args=(connection,), daemon=True).start()

    def _serve(self, connection: socket.socket) -> None:
        """The connection itself is ssh's stdin and stdout. It is closed last: who reads its end asks for the complaint then."""
        with connection:
            stream = connection.fileno()
            done = subprocess.run(
                self._command, stdin=stream, stdout=stream, stderr=subprocess.PIPE, text=True, errors="replace", check=False
            )
            if done.returncode:
                self.complaint = done.stderr.strip()
